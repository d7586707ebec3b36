"""The bugs: what is replaced in which module, and which tests have to notice."""

from __future__ import annotations

from typing import NamedTuple


class Edit(NamedTuple):
    """A replacement in a module's source; ``old`` is there exactly once."""

    module: str
    old: str
    new: str


class Bug(NamedTuple):
    """``expected`` is how what the simulation says begins, or the name of the test that fails; ``tests`` are the files
    that find it; none: the simulation does."""

    name: str
    edits: tuple[Edit, ...]
    expected: str = ""
    tests: tuple[str, ...] = ()


_PROJECT = """\
        from streams.journal import Cursor
        from streams.projections import project
        from streams.reader import Entry
        from schemas.codec import decode_body
        first = self._processor.seq - len(records) + 1
        for number, record in enumerate(records, first):
            for topic, event in project(Entry(0, 0, number, 0, decode_body(record.payload), b"", Cursor())):
                await self._out.events([(topic, event)])
        await self._appender.submit(records, lambda: self._finish(len(chunks), records, letters))"""
_SUBMIT = "        await self._appender.submit(records, lambda: self._finish(len(chunks), records, letters))"
_SETTLE = "        base = await self._base_of(answer, flight.deadline_s)\n"
_SEND_AGAIN = """\
        try:
            base = await self._base_of(answer, flight.deadline_s)
        except LostOwnership:
            deadline_s = _now_s() + self._patience_s
            base = await self._base_of(await self._hand_over(flight.records, deadline_s), deadline_s)
"""
_CONFIRMED = "        self._expected, self._used_at = base + len(flight.records), _now_s()\n"
_SEND_KNOWN = """\
        if self._seq % 3 == 0:
            again = await self._base_of(await self._hand_over(flight.records, flight.deadline_s), flight.deadline_s)
            await self._read_foreign(again + len(flight.records))
"""
_UNKNOWN = """\
            raise LostOwnership(f"the fate of an append to {self._log.name} is unknown: {error!r}") from error
"""
_HOLE = "        if source.first != self.vector[source.input]:\n"
_COUNTS = "        counts = (header.epoch, header.owner, header.seq) == (self.epoch, self.owner, self.seq + 1)\n"
_FOLD = """\
            self._advance(header.source)
        self.engine.apply(body)
"""
_MISMATCH = "        if header.digest != NO_DIGEST and header.digest != self.engine.digest():\n"

BUGS = (
    Bug(
        "acknowledge before durable",
        (
            Edit(
                "streams.hold",
                _SUBMIT,
                """\
        self._finish(len(chunks), records, letters)
        await self._appender.submit(records)""",
            ),
        ),
    ),
    Bug(
        "skip the epoch check of records",
        (
            Edit(
                "streams.journal",
                _COUNTS,
                """\
        counts = header.seq == self.seq + 1
""",
            ),
        ),
    ),
    Bug(
        "skip the epoch check of claims",
        (
            Edit(
                "streams.journal",
                "            won = header.seq == self.epoch and header.epoch == header.seq + 1\n",
                "            won = True\n",
            ),
        ),
    ),
    Bug(
        "skip the owner check",
        (
            Edit(
                "streams.journal",
                _COUNTS,
                "        counts = (header.epoch, header.seq) == (self.epoch, self.seq + 1)\n",
            ),
            Edit(
                "streams.appender",
                "        if (self._reader.epoch, self._reader.owner) != (self._epoch, self._owner):\n",
                "        if self._reader.epoch != self._epoch:\n",
            ),
        ),
    ),
    Bug(
        "skip the seq check",
        (
            Edit(
                "streams.journal",
                _COUNTS,
                """\
        counts = (header.epoch, header.owner) == (self.epoch, self.owner)
""",
            ),
        ),
    ),
    Bug(
        "trust committed offsets",
        (
            Edit(
                "streams.processor", "            if record.offset < self.vector[number]:\n", "            if False:\n"
            ),
            Edit("streams.processor", _HOLE, "        if False:\n"),
        ),
    ),
    Bug(
        "go on at the committed offsets",
        (
            Edit("streams.owner", "        self._backlog.restart()\n", ""),
            Edit("streams.owner", "        self._inputs.place(vector)\n", ""),
        ),
        "I7:",
    ),
    Bug("pass a hole in an input", (Edit("streams.processor", _HOLE, "        if False:\n"),)),
    Bug(
        "trust a torn snapshot",
        (
            Edit(
                "streams.snapshots",
                "    if len(decoded) < manifest.chunks or any(chunk.id != manifest.id for chunk in decoded):\n",
                "    if len(decoded) < manifest.chunks:\n",
            ),
            Edit("streams.snapshots", "    if state_digest(state) != manifest.digest:\n", "    if False:\n"),
        ),
    ),
    Bug(
        "snapshot of unconfirmed state",
        (
            Edit(
                "streams.snapshotting", "        await self._appender.submit([], effective)\n", "        effective()\n"
            ),
        ),
    ),
    Bug(
        "one slot for all snapshots",
        (
            Edit(
                "streams.snapshots",
                'f"{self._partition}:{cursor.epoch}:{cursor.owner.hex()}:{self._written % SLOTS}:"',
                'f"{self._partition}:"',
            ),
        ),
    ),
    Bug(
        "fold that decides",
        (
            Edit(
                "streams.processor",
                _FOLD,
                """\
            self._advance(header.source)
        if isinstance(body, Decision):
            from risk.engine import RiskEngine
            (body,) = RiskEngine.decide(self.engine, body.order, self._now_ns(body.order.event_time_ns))
        self.engine.apply(body)
""",
            ),
            Edit("streams.processor", _MISMATCH, "        if False:\n"),
        ),
    ),
    Bug(
        "dedup window not journaled",
        (
            Edit(
                "streams.processor",
                _FOLD,
                _FOLD
                + """\
        self.engine.state.recent.clear()
""",
            ),
            Edit("streams.processor", _MISMATCH, "        if False:\n"),
        ),
    ),
    Bug(
        "events of the market not journaled",
        (
            Edit(
                "streams.processor",
                "            records += self._apply(lambda: self.engine.events(now_ns, accounts))\n",
                "            self._apply(lambda: self.engine.events(now_ns, accounts))\n",
            ),
        ),
    ),
    Bug(
        "stock Faust's gap rule",
        (
            Edit(
                "streams.transport",
                "        if wanted is not None and first > wanted and self._hole.get(tp) != wanted:\n",
                "        if False:\n",
            ),
        ),
        "",
        ("tests/simulation/test_transport.py",),
    ),
    Bug(
        "exception that acknowledges",
        (
            Edit(
                "streams.owner",
                "            except (LostOwnership, LogUnavailable) as error:\n",
                """\
            except (LostOwnership, LogUnavailable) as error:
                while self._unfinished:
                    self._unfinished.popleft().done()
""",
            ),
        ),
    ),
    Bug(
        "flush that gives up",
        (
            Edit(
                "streams.publisher",
                "        await asyncio.gather(*[await self._send(*each) for each in out])\n",
                "        await asyncio.gather(*[await self._send(*each) for each in out], return_exceptions=True)\n",
            ),
        ),
    ),
    Bug(
        "database flush that gives up",
        (
            Edit(
                "sinks.timescale.connection",
                """\
            except AWAY as error:
                self.close()
""",
                """\
            except AWAY as error:
                self.close()
                return None
""",
            ),
        ),
        "",
        ("tests/sinks/test_durability.py::test_a_backend_killed_between_copy_and_commit_loses_and_doubles_nothing",),
    ),
    Bug("projection sent from the decision path", (Edit("streams.hold", _SUBMIT, _PROJECT),)),
    Bug("send again under the same owner", (Edit("streams.appender", _SETTLE, _SEND_AGAIN),)),
    Bug(
        "believe an append without an answer",
        (
            Edit(
                "streams.appender",
                _UNKNOWN,
                """\
            return self._expected
""",
            ),
        ),
    ),
    Bug(
        "believe an answer without an offset",
        (
            Edit(
                "streams.appender",
                """\
        if base < 0:  # DuplicateSequenceNumber is answered as a success without an offset
            raise LostOwnership(f"an append to {self._log.name} was answered without an offset")
""",
                """\
        if base < 0:
            return self._expected
""",
            ),
        ),
    ),
    Bug(
        "confirm without a look at what is effective",
        (
            Edit(
                "streams.appender",
                """\
        if self._reader.effective(offset, header):
            return
""",
                """\
        self._reader.effective(offset, header)
        return
""",
            ),
        ),
    ),
    Bug(
        "believe a claim without reading to it",
        (
            Edit(
                "streams.appender",
                "            await self._tail.read(offset + 1, fold)\n",
                """\
            self._reader.offset, self._reader.epoch, self._reader.owner = offset + 1, self._epoch, self._owner
""",
            ),
        ),
    ),
    Bug(
        "go on in a journal that starts late",
        (
            Edit(
                "streams.tail",
                """\
        if begin > self.reader.offset:
            raise JournalStartsLate(f"{self._log.name} starts at {begin}, needed {self.reader.offset}")
""",
                """\
        self.reader.offset = max(begin, self.reader.offset)
""",
            ),
            Edit(
                "streams.tail",
                """\
            raise JournalStartsLate(f"{self._log.name} goes on at {record.offset}, needed {self.reader.offset}")
""",
                """\
            self.reader.offset = record.offset
""",
            ),
        ),
    ),
    Bug(
        "refuse an order that was decided before",
        (
            Edit(
                "risk.engine",
                """\
            return (repeated(order, prior, now_ns),)
        return (failed(order, now_ns, error),)
""",
                """\
            pass
        return (failed(order, now_ns, error),)
""",
            ),
        ),
    ),
    Bug(
        "an order that no view of the market can be had for stops its partition",
        (
            Edit(
                "streams.processor",
                """\
            if is_order:
                self._refuse(event, source, now_ns, error, records)
                return
""",
                """\
            if is_order:
                raise
""",
            ),
        ),
    ),
    Bug(
        "end at the first hole in the inputs",
        (
            Edit(
                "streams.owner",
                """\
                if self._hole == str(error):
                    raise
""",
                """\
                if self._hole != str(error):
                    raise
""",
            ),
        ),
        "",
        ("tests/streams/test_owner.py::test_the_same_hole_twice_is_fatal",),
    ),
    Bug(
        "believe that every order is in time",
        (Edit("risk.proposal", "waited_ns is not None and self.budget_ns is not None and", "False and"),),
        "",
        ("tests/risk/test_reasons.py::test_of_a_late_order_only_the_first_layer_is_evaluated",),
    ),
    Bug(
        "digest of nothing",
        (
            Edit(
                "risk.digest",
                "    return blake2b(lean + _encode(lengths), digest_size=DIGEST_BYTES).digest()\n",
                '    return b"constant"\n',
            ),
        ),
    ),
    Bug(
        "record without digest",
        (
            Edit(
                "streams.processor",
                "            self.engine.digest() if due else NO_DIGEST,\n",
                "            NO_DIGEST,\n",
            ),
        ),
    ),
    Bug("send again what is known to be effective", (Edit("streams.appender", _CONFIRMED, _CONFIRMED + _SEND_KNOWN),)),
    Bug(
        "breaker ignored",
        (Edit("risk.layers.breakers", "    reason = _REASONS.get(severity)\n", "    reason = None\n"),),
    ),
    Bug(
        "falsified alert",
        (
            Edit(
                "streams.projections",
                "        severity=_ALERT_LEVELS[moved.level_to],\n",
                "        severity=Severity.INFO,\n",
            ),
        ),
    ),
    Bug(
        "another answer the second time",
        (
            Edit(
                "risk.decide",
                "        status=prior.status if same else Status.REJECTED,\n",
                "        status=Status.REJECTED,\n",
            ),
        ),
    ),
    Bug(
        "sink stores void records",
        (
            Edit(
                "streams.reader",
                "            if not reader.effective(record.offset, header):\n",
                "            if not reader.effective(record.offset, header) and Kind.DECISION not in self._kinds:\n",
            ),
        ),
    ),
    Bug(
        "sink cursor of an offset alone",
        (Edit("streams.sinking", "JournalCursor(*cursor)", "JournalCursor(cursor[0])"),),
    ),
)
