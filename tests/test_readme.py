"""The README says what is true today."""

from __future__ import annotations

import asyncio
import contextlib
import re
from pathlib import Path
from typing import Any

import pytest

from riskstream.settings import Settings, environment
from streams.producer import EventProducer
from tests.readme import refreshed
from tests.streams.stage import Stage
from tests.streams.test_worker import order
from tests.waiting import until

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text("utf-8")


def test_generated_parts_are_up_to_date() -> None:
    """Order, decision, tables and diagram are those that the code gives now."""
    assert refreshed(README) == README, "run `python -m tests.readme README.md`"


def test_links_and_pictures_exist() -> None:
    """Every relative link leads to a file of the repository."""
    for target in re.findall(r"\]\((?!https?:)([^)#]+)\)", README):
        assert (ROOT / target).exists(), target


@pytest.mark.e2e
async def test_the_consumer_example_prints_decisions(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    """The block that reads decisions runs as it stands, against a broker with a worker on it."""
    monkeypatch.chdir(tmp_path)  # its cursors are a file
    (block,) = re.findall(r"```python\n(.*?)```", README, re.DOTALL)
    async with Stage() as stage:
        for name, value in environment(Settings(stream=stage.settings)).items():
            monkeypatch.setenv(name, value)
        stage.start_worker()
        async with EventProducer(stage.settings) as producer:
            await producer.send(order(1))
        names: dict[str, Any] = {}
        exec(compile(block, "README.md", "exec"), names)  # noqa: S102
        task = asyncio.create_task(names["decisions"]())
        printed: list[str] = []

        async def answered() -> bool:
            printed.append(capsys.readouterr().out)
            return task.done() or "Decision(order_id='o1'" in "".join(printed)

        await until(answered, 30, "the decision on standard output")
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task
