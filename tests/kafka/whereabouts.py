"""Where the tasks of workers stand that get nowhere: Faust writes it down on SIGUSR1."""

from __future__ import annotations

import asyncio
import re
import signal
from pathlib import Path

from tests.kafka.fleet import Worker
from tests.kafka.stage import REPOSITORY, KafkaStage

#: So long a worker may take to write it down.
WRITE_S = 3.0
OURS = REPOSITORY / "streams"
_TASK, _FRAME = "  TASK ", re.compile(r'File "([^"]+)", line (\d+)')


async def whereabouts(stage: KafkaStage, workers: list[Worker]) -> str:
    """Of each worker the places of its tasks, a line for each."""
    for worker in workers:
        if worker.poll() is None and _listens(worker):
            worker.send_signal(signal.SIGUSR1)
    await asyncio.sleep(WRITE_S)
    return "".join("\n".join([f"worker {each.pid}:", *places(stage.log_of(each)), ""]) for each in workers)


def places(log: str) -> list[str]:
    """The places of our tasks in the code, one line each, the outermost first.

    >>> frames = [f'  File "{OURS}/hold.py", line 7, in work', '  File "/lib/asyncio/tasks.py", line 8, in wait']
    >>> places("\\n".join(["[said before]", "  TASK work", *frames, "  TASK wait", frames[1]]))
    ['work: hold.py:7 tasks.py:8']
    """
    found = []
    for task in log.split(_TASK)[1:]:
        frames = [(Path(path), line) for path, line in _FRAME.findall(task)]
        if any(path.is_relative_to(OURS) for path, _ in frames):
            found.append(f"{task.split()[0]}: " + " ".join(f"{path.name}:{line}" for path, line in frames))
    return found


def _listens(worker: Worker) -> bool:
    """Whether SIGUSR1 does not end it, as it would before Faust has started."""
    status = Path(f"/proc/{worker.pid}/status").read_text()
    caught = re.search(r"^SigCgt:\s*([0-9a-f]+)$", status, re.MULTILINE)
    return caught is not None and bool(int(caught[1], 16) >> (signal.SIGUSR1 - 1) & 1)
