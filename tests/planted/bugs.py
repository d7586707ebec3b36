"""The bugs: what is replaced in which module, and which tests have to notice."""

from __future__ import annotations

from typing import NamedTuple


class Edit(NamedTuple):
    """A replacement in a module's source; ``old`` is there exactly once."""

    module: str
    old: str
    new: str


class Bug(NamedTuple):
    """``expected`` is how the violation begins that it must lead to, or several ways; ``tests`` are the files that find
    it; none: the simulation does."""

    name: str
    expected: str | tuple[str, ...]
    edits: tuple[Edit, ...]
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
_PARTS = """\
        parts = [packed[start : start + CHUNK_BYTES] for start in range(0, len(packed), CHUNK_BYTES)]
"""
_MISMATCH = "        if comparable(header.digest, place) and header.digest != self.engine.digest():\n"
_TORN = '    if comparable(manifest.digest, "a snapshot") and state_digest(state) != manifest.digest:\n'

BUGS = (
    Bug(
        "acknowledge before durable",
        "I4:",
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
        "I4:",
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
        "I8:",
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
        "I4:",
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
        "I10:",
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
        "I1:",
        (
            Edit(
                "streams.processor", "            if record.offset < self.vector[number]:\n", "            if False:\n"
            ),
            Edit("streams.processor", _HOLE, "        if False:\n"),
        ),
    ),
    Bug("pass a hole in an input", "I1:", (Edit("streams.processor", _HOLE, "        if False:\n"),)),
    Bug(
        "trust a torn snapshot",
        # Decided on it, or stopped in time by the next digest in the journal.
        ("I3:", "I7: a worker ended itself: DigestMismatch"),
        (
            Edit(
                "streams.snapshots",
                "    if len(decoded) < manifest.chunks or any(chunk.id != manifest.id for chunk in decoded):\n",
                "    if len(decoded) < manifest.chunks:\n",
            ),
            Edit("streams.snapshots", _TORN, "    if False:\n"),
            # What is not compressed has no checksum either.
            Edit(
                "streams.snapshots",
                '    return b"".join([*(packer.compress(part) for part in state), packer.flush()])\n',
                '    return b"".join(state)\n',
            ),
            # In one slot the newest set is the one that is torn.
            Edit("streams.snapshots", '{self._written % SLOTS}:"', '0:"'),
            # A field a chunk: what is torn can be read.
            Edit(
                "streams.snapshots",
                _PARTS,
                """\
        fields = msgspec.json.decode(packed, type=dict[str, msgspec.Raw])
        parts = [b"," + msgspec.json.encode(name) + b":" + bytes(value) for name, value in fields.items()]
        parts[0], parts[-1] = b"{" + parts[0][1:], parts[-1] + b"}"
""",
            ),
            Edit(
                "streams.snapshots",
                '    state = decode_state(zlib.decompress(b"".join(chunk.payload for chunk in decoded)))\n',
                '    state = decode_state(b"".join(chunk.payload for chunk in decoded))\n',
            ),
        ),
    ),
    Bug(
        "snapshot of unconfirmed state",
        "I5:",
        (
            Edit(
                "streams.snapshotting", "        await self._appender.submit([], effective)\n", "        effective()\n"
            ),
        ),
    ),
    Bug(
        "one slot for all snapshots",
        "I7: a healthy worker did not finish",
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
        "I3:",
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
        "I2:",
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
        "I3:",
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
        "assert",
        (
            Edit(
                "streams.transport",
                "        if wanted is not None and first > wanted and self._hole.get(tp) != wanted:\n",
                "        if False:\n",
            ),
        ),
        ("tests/simulation/test_transport.py",),
    ),
    Bug(
        "exception that acknowledges",
        "I4:",
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
        "I6:",
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
        "AssertionError: the condition did not come true in time",
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
        ("tests/sinks/test_durability.py::test_a_backend_killed_between_copy_and_commit_loses_and_doubles_nothing",),
    ),
    Bug("projection sent from the decision path", "I6:", (Edit("streams.hold", _SUBMIT, _PROJECT),)),
    Bug(
        "a projector that passes over what tells something",
        "I6:",
        (Edit("streams.quiet", "        if tells:\n", "        if False:\n"),),
    ),
    Bug(
        "a projector that passes over what others wrote",
        "I6:",
        (Edit("streams.quiet", "        self._since = self._until = cursor\n", ""),),
    ),
    Bug("send again under the same owner", "I8:", (Edit("streams.appender", _SETTLE, _SEND_AGAIN),)),
    Bug(
        "believe an append without an answer",
        "I4:",
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
        "I4:",
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
        "I4:",
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
        "I3:",
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
        "refuse an order that was decided before",
        "I2:",
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
        "I1:",
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
        "assert",
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
        ("tests/streams/test_owner.py::test_the_same_hole_twice_is_fatal",),
    ),
    Bug(
        "believe that every order is in time",
        "AssertionError: assert",
        (Edit("risk.arrival", "waited_ns is not None and self.budget_ns is not None and", "False and"),),
        ("tests/risk/test_reasons.py::test_of_a_late_order_only_the_first_layer_is_evaluated",),
    ),
    Bug(
        "digest of nothing",
        "I3:",
        (
            Edit(
                "risk.digest",
                "    return _VERSION + blake2b(lean + _encode(lengths), digest_size=DIGEST_BYTES - len(_VERSION))"
                ".digest()\n",
                '    return _VERSION + b"always"\n',
            ),
        ),
    ),
    Bug(
        "record without digest",
        "I3:",
        (
            Edit(
                "streams.processor",
                "            self.engine.digest() if due else NO_DIGEST,\n",
                "            NO_DIGEST,\n",
            ),
        ),
    ),
    Bug(
        "send again what is known to be effective",
        "I8:",
        (Edit("streams.appender", _CONFIRMED, _CONFIRMED + _SEND_KNOWN),),
    ),
    Bug(
        "breaker ignored",
        "I9:",
        (Edit("risk.layers.breakers", "    reason = _REASONS.get(severity)\n", "    reason = None\n"),),
    ),
    Bug(
        "falsified alert",
        "I6:",
        (
            Edit(
                "streams.projections",
                '_alert(number, moved, _ALERT_LEVELS[moved.level_to], "circuit_breaker", text)\n',
                '_alert(number, moved, Severity.INFO, "circuit_breaker", text)\n',
            ),
        ),
    ),
    Bug(
        "another answer the second time",
        "I2:",
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
        "I6:",
        (
            Edit(
                "streams.reader",
                "            if not reader.effective(record.offset, header):\n",
                """\
            counts = reader.effective(record.offset, header)
            if not counts and (header.kind is Kind.CLAIM or Kind.DECISION not in self._kinds):
""",
            ),
        ),
    ),
    Bug(
        "sink cursor of an offset alone",
        "I6:",
        (Edit("streams.sinking", "JournalCursor(*cursor)", "JournalCursor(cursor[0])"),),
    ),
    Bug(
        "commit past an unfinished chunk",
        "AssertionError: an unfinished record is committed",
        (
            Edit(
                "streams.chunks",
                "        while tokens and tokens[0][0]:\n",
                "        while any(token[0] for token in tokens):\n",
            ),
        ),
        ("tests/simulation/test_delivery.py",),
    ),
    Bug(
        "generation taken before the fetch",
        "AssertionError: records were passed over",
        (
            Edit(
                "streams.transport",
                "                records, active = await self._wait_next_records(1.0)\n",
                """\
                self.before = self.app.consumer_generation_id
                records, active = await self._wait_next_records(1.0)
""",
            ),
            Edit(
                "streams.transport",
                "        generation = self.app.consumer_generation_id\n",
                "        generation = self.before\n",
            ),
        ),
        ("tests/simulation/test_delivery.py",),
    ),
    Bug(
        "a claim is no reason for a snapshot",
        "AssertionError: I7: an idle partition",
        (
            Edit(
                "streams.snapshotting",
                "        return self._appender.cursor.offset != self._coverage.offset\n",
                "        return self._processor.seq != self._seq\n",
            ),
        ),
        ("tests/simulation/test_simulation.py::test_an_idle_partition_outlives_its_journal",),
    ),
    Bug(
        "the end of a consumer takes its caller along",
        "streams.tasks.CancelledByNobody: stopped was cancelled",
        (
            Edit(
                "streams.connections",
                "        if task is not None and task.cancelling():\n            raise\n        fetcher",
                "        if task is not None:\n            raise\n        fetcher",
            ),
        ),
        ("tests/streams/test_connections.py::test_a_consumer_that_is_ended_at_once_ends_whole",),
    ),
    Bug(
        "go on in a journal that starts late",
        "Failed: DID NOT RAISE",
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
        ),
        ("tests/streams/test_appender.py::test_a_journal_without_its_beginning_is_fatal",),
    ),
)
