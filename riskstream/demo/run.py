"""``riskstream demo``: the composition root of the demo. Starts everything, plays, watches, judges and stops."""

from __future__ import annotations

import asyncio
import sys
import time
from collections.abc import Coroutine, Iterator
from contextlib import contextmanager, suppress
from typing import Any

import typer

from riskstream.cli.codes import Code
from riskstream.demo import script, show
from riskstream.demo.awaited import Awaited
from riskstream.demo.gateway import Gateway
from riskstream.demo.interrupt import SIGNALS, Interrupt, Interrupted
from riskstream.demo.meter import Meter
from riskstream.demo.net import NoAnswer, answers
from riskstream.demo.patience import Behind, Patience
from riskstream.demo.replayer import Replayer, step_s
from riskstream.demo.script import Cast
from riskstream.demo.sight import Sight
from riskstream.demo.stage import Stage
from riskstream.demo.verdict import Comparison, Ledger, against_database, complaints
from riskstream.demo.worker_view import WorkerView
from riskstream.embedded.children import Ended
from riskstream.settings import Settings
from schemas.topics import BARS, MARKS, METRICS
from streams.producer import EventProducer

Task = asyncio.Task[Any]
PAGE_TIMEOUT_S = 180.0
LAST_DECISIONS_STILL_S = 20.0
_WATCH_S = 0.2


class Died(RuntimeError):
    """A process of the demo ended by itself."""

    def __init__(self, ended: Ended) -> None:
        super().__init__(f"the {ended.name} ended with code {ended.returncode}; the end of its log:\n{ended.tail}")


def run(
    settings: Settings, *, seconds: int = 0, pace_s: float | None = None, seed: int = 1, as_json: bool = False
) -> int:
    """Run the demo until it is told to stop, or for ``seconds`` and with a verdict; the exit code. ``pace_s`` is how
    long a step takes at least, by default what brings the run to the crash."""
    started_s = time.monotonic()
    with Interrupt() as interrupt:
        cast = script.cast(seed)
        typer.echo(show.assumptions(cast.market.history), err=as_json)
        stage = Stage(settings, interrupt.check)
        try:
            with stage:
                demo = _Demo(stage, cast, seconds, step_s(seconds) if pace_s is None else pace_s, started_s, as_json)
                code = asyncio.run(demo.run(interrupt))
                if demo.stopped:
                    typer.echo(demo.closing, err=as_json)
        except Interrupted:
            code = Code.OK
            typer.echo("stopped before anything was played", err=as_json)
        except (Died, Behind, NoAnswer) as error:
            typer.secho(f"riskstream demo: {error}\nlogs: {stage.logs}", fg=typer.colors.RED, err=True)
            return int(Code.CRASHED)
    stage.forget()
    return int(code)


class _Demo:
    """One run: the tasks that play, read, watch and show, and what is made of them in the end."""

    def __init__(self, stage: Stage, cast: Cast, seconds: int, pace_s: float, started_s: float, as_json: bool) -> None:
        self._stage, self._cast, self._seconds, self._pace_s = stage, cast, seconds, pace_s
        self._started_s, self._as_json = started_s, as_json
        self._meter, self._stop = Meter(), asyncio.Event()
        self._worker = WorkerView(stage.settings.stream)
        self._ledger: Ledger | None = {} if seconds else None

    @property
    def stopped(self) -> bool:
        """Whether somebody stopped it before it was over."""
        return self._stop.is_set()

    @property
    def closing(self) -> str:
        """What it did until then, in one line."""
        return show.closing(self._meter, time.monotonic() - self._started_s)

    async def run(self, interrupt: Interrupt) -> Code:
        """Play until stopped; with a time limit, judge the run."""
        loop = asyncio.get_running_loop()
        for number in SIGNALS:
            loop.add_signal_handler(number, self._stop.set)
        interrupt.check()
        stream = self._stage.settings.stream
        async with EventProducer(stream) as producer:
            gateway, sight = Gateway(stream, producer, self._meter, self._ledger), Sight()
            awaited = Awaited(sight, self._worker, self._meter)
            replayer = Replayer(self._cast, producer, gateway, awaited, self._pace_s)
            sights = [sight.read(stream, topic) for topic in (MARKS, BARS, METRICS)]
            with _tasks(gateway.read(), *sights, self._watch(), self._show(awaited), self._worker.watch()) as tasks:
                return await self._play(replayer, tasks)

    async def _play(self, replayer: Replayer, tasks: list[Task]) -> Code:
        with _tasks(replayer.play(), self._stop.wait(), self._time(replayer)) as (play, stop, time_up):
            await _first([play, stop, time_up, *tasks])
            if stop.done():
                return Code.OK
            replayer.finish()
            await _first([play, stop, *tasks])
        meter = self._meter
        with suppress(Behind):
            patience = Patience(lambda: meter.decided_count, LAST_DECISIONS_STILL_S)
            await patience.until(lambda: not meter.waiting, lambda: "the last decisions")
        return await self._judged()

    async def _time(self, replayer: Replayer) -> None:
        await replayer.playing.wait()
        await (asyncio.sleep(self._seconds) if self._seconds else asyncio.Event().wait())

    async def _watch(self) -> None:
        while True:
            ended = self._stage.dead()
            if ended is not None:
                raise Died(ended)
            await asyncio.sleep(_WATCH_S)

    async def _show(self, awaited: Awaited) -> None:
        api = self._stage.settings.api
        await answers(api.host, api.port, PAGE_TIMEOUT_S)
        typer.echo(
            f"live page: {self._stage.page} (after {time.monotonic() - self._started_s:.1f} s)", err=self._as_json
        )
        typer.echo(self._stage.addresses, err=self._as_json)
        sys.stdout.flush()
        source = show.Source(self._meter, lambda: awaited.now, lambda: self._worker.reading.behind, self._stage.page)
        await (asyncio.Event().wait() if self._as_json else show.show(source, headless=bool(self._seconds)))

    async def _judged(self) -> Code:
        comparison: Comparison | None = None
        if self._ledger is not None:
            comparison = await against_database(self._ledger, self._stage.settings.database_url)
        found = complaints(self._meter, comparison)
        if self._as_json:
            typer.echo(show.summary_json(self._meter, self._seconds, comparison, found))
        else:
            typer.echo(show.summary(self._meter, self._seconds, comparison))
        for complaint in found:
            typer.secho(f"riskstream demo: {complaint}", fg=typer.colors.RED, err=True)
        return Code.REFUSED if found else Code.OK


@contextmanager
def _tasks(*work: Coroutine[Any, Any, Any]) -> Iterator[list[Task]]:
    """Run coroutines beside the block; what still runs at its end is cancelled."""
    tasks = [asyncio.ensure_future(each) for each in work]
    try:
        yield tasks
    finally:
        for task in tasks:
            task.cancel()


async def _first(tasks: list[Task]) -> None:
    """Wait until one task is done; raises what it raised."""
    done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    for task in done:
        task.result()
