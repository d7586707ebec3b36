"""What `docs/readers/README.md` says runs as it stands, and its table is the header's layout."""

from __future__ import annotations

import asyncio
import contextlib
import re
import sqlite3
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from riskstream.settings import Settings, environment
from streams.journal import Header, Input, Kind, Reader, Source, decode_header, encode_header
from streams.settings import StreamSettings
from tests.docs.recorded import recorded
from tests.streams.written import decided, publish
from tests.waiting import until

FOLDER = Path(__file__).parents[2] / "docs/readers"
TEXT = (FOLDER / "README.md").read_text("utf-8")
RULE, GATEWAY, EXACTLY_ONCE = re.findall(r"```python\n(.*?)```", TEXT, re.DOTALL)


def names_of(block: str) -> dict[str, Any]:
    names: dict[str, Any] = {}
    exec(compile(block, "docs/readers/README.md", "exec"), names)  # noqa: S102
    return names


@pytest.fixture
def deployed(settings: StreamSettings, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """The environment of a program beside a deployment, in an empty folder."""
    for name, value in environment(Settings(stream=settings)).items():
        monkeypatch.setenv(name, value)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_the_rule_is_the_rule() -> None:
    """The ten lines of the document say of every record what the project's reader says."""
    names = names_of(RULE)
    names["CLAIM"] = Kind.CLAIM
    mine, theirs = [SimpleNamespace(offset=0, epoch=0, owner=b"", seq=0) for _ in range(2)], [Reader(), Reader()]
    for partition, offset, raw in recorded(1):
        header = decode_header(raw)
        assert names["effective"](mine[partition], offset, header) == theirs[partition].effective(offset, header)
    assert [tuple(vars(each).values()) for each in mine] == [each.cursor for each in theirs]


def test_the_table_is_the_layout() -> None:
    """Sizes and order of the fields are those of a header that the project writes."""
    rows = re.findall(r"^\| ([\d, ]+) \| (\w[\w, ]*) \|", TEXT, re.MULTILINE)
    sizes = [int(size) for sizes, _ in rows for size in sizes.split(", ")]
    header = Header(Kind.FACTS, 2, b"o" * 16, 3, Source(Input.FILLS, 4, 5), b"d" * 8)
    raw, parts = encode_header(header), []
    for size in sizes:
        parts.append(raw[:size])
        raw = raw[size:]
    assert raw == b""
    assert [int.from_bytes(part) for part in parts[:3]] == [1, Kind.FACTS, 2]
    assert parts[3] == b"o" * 16
    assert [int.from_bytes(part) for part in parts[4:8]] == [3, Input.FILLS, 4, 5]
    assert parts[8] == b"d" * 8
    assert f"one Kafka header `j`, {sum(sizes)} bytes" in TEXT


def test_links_lead_somewhere() -> None:
    """Every relative link leads to a file."""
    for target in re.findall(r"\]\((?!https?:)([^)#]+)\)", TEXT):
        assert (FOLDER / target).exists(), target


async def test_the_gateway_prints_decisions(
    deployed: Path, settings: StreamSettings, capsys: pytest.CaptureFixture[str]
) -> None:
    """The first example prints each effective decision and keeps its cursors."""
    await publish(settings, decided(4))
    task, printed = asyncio.create_task(names_of(GATEWAY)["gateway"]()), ""

    async def complete() -> bool:
        nonlocal printed
        printed += capsys.readouterr().out
        return task.done() or printed.count(" approved") == 4

    await until(complete, 20, "four decisions on standard output")
    await end(task)
    assert (deployed / "gateway.cursors").exists()


async def test_exactly_once_is(deployed: Path, settings: StreamSettings) -> None:
    """The second example, stopped and started again, has each decision in its table once."""
    names = names_of(EXACTLY_ONCE)
    await publish(settings, decided(4))

    async def answered(count: int) -> None:
        task = asyncio.create_task(names["answer"](deployed / "answers.db"))

        async def there() -> bool:
            return task.done() or len(stored()) >= count

        def stored() -> list[Any]:
            with (
                contextlib.closing(sqlite3.connect(deployed / "answers.db")) as database,
                contextlib.suppress(sqlite3.OperationalError),
            ):
                return database.execute("SELECT order_id, status FROM answers").fetchall()
            return []

        await until(there, 20, f"{count} answers")
        await end(task)
        assert stored() == [(f"o{number}", "approved") for number in range(4)]

    await answered(4)
    await answered(4)


async def end(task: asyncio.Task[None]) -> None:
    """Cancel it; an error of its own is raised."""
    task.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await task
