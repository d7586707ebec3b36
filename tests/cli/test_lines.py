"""Reading JSON Lines: what is wrong with a line is said with file, line, field, value and what was expected."""

from __future__ import annotations

import io
from pathlib import Path
from types import SimpleNamespace

import pytest

from riskstream.cli.lines import BadInput, read_events
from schemas.orders import OrderRequest

GOOD = (
    '{"type":"order_request","order_id":"o","account_id":"a","symbol":"X","side":"buy","quantity":"1",'
    '"event_time_ns":5}'
)


def written(path: Path, *lines: str) -> Path:
    """A file of lines."""
    file = path / "events.jsonl"
    file.write_text("".join(f"{line}\n" for line in lines))
    return file


def test_reads_events_and_skips_empty_lines(tmp_path: Path) -> None:
    """Each line that is not empty is one event."""
    (event,) = read_events(written(tmp_path, "", GOOD, "  "))
    assert isinstance(event, OrderRequest)


def test_dash_is_standard_input(monkeypatch: pytest.MonkeyPatch) -> None:
    """The file name - reads standard input."""
    monkeypatch.setattr("sys.stdin", SimpleNamespace(buffer=io.BytesIO(GOOD.encode())))
    assert len(list(read_events(Path("-")))) == 1


@pytest.mark.parametrize(
    ("line", "named"),
    [
        (GOOD.replace('"1"', '"many"'), ("quantity", "many")),
        (GOOD.replace('"1"', '"-1"'), ("quantity", "-1", "more than 0")),
        (GOOD.replace('"buy"', '"bye"'), ("side", "bye", "buy")),
        (GOOD.replace('"order_request"', '"order"'), ("type", "order", "order_request")),
        (GOOD.replace(',"quantity":"1"', ""), ("quantity", "missing")),
        (GOOD.replace('"type":"order_request",', ""), ("type", "missing", "expected one of order_request")),
        (GOOD.replace('"o"', '""'), ("order_id", '""', "length")),
        (GOOD[:-1], ("JSON object",)),
        (GOOD.replace("}", ',"limt_price":1e400}'), ("`limt_price` is 1e400, expected one of the names order_id",)),
        (
            '{"type":"account","account_id":"a","limits":{"var_mx":1}}',
            ("`limits.var_mx` is 1, expected one of the names order_quantity_max",),
        ),
        (
            '{"type":"account","account_id":"a","positions":[{"symbol":"X","quantity":1,"price":1,"cost":1}]}',
            ("`positions[0].cost` is 1, expected one of the names symbol, quantity, price",),
        ),
        ("[1]", ("the payload is '[1]', expected a JSON object",)),
        ("not json", ("the payload is 'not json', expected a JSON object",)),
        ('{"type":"decision"}', ('`type` is "decision", expected one of order_request',)),
        (GOOD.replace('"event_time_ns":5', '"event_time_ns":4'), ("event_time_ns", "4", "at least 5")),
    ],
)
def test_bad_line(tmp_path: Path, line: str, named: tuple[str, ...]) -> None:
    """A bad line is named by file and number, with field, value and what was expected."""
    file = written(tmp_path, GOOD, line)
    with pytest.raises(BadInput) as caught:
        list(read_events(file))
    assert str(caught.value).startswith(f"{file}:2: ")
    assert all(part in str(caught.value) for part in named), str(caught.value)
