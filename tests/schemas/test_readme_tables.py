"""The README's tables are those of the code."""

from __future__ import annotations

from pathlib import Path

import pytest

from schemas import tables
from schemas.reasons import Reason
from schemas.topics import TOPICS, full_name

README = Path(__file__).parents[2] / "README.md"
TEXT = "# x\n<!-- reasons:begin -->\nold\n<!-- reasons:end -->\nbetween\n<!-- topics:begin -->\n<!-- topics:end -->\n"


@pytest.mark.parametrize("name", tables.TABLES)
def test_the_readme_is_up_to_date(name: str) -> None:
    """README.md holds the table between its markers, as the code has it today."""
    assert README.exists(), "README.md is missing"
    try:
        found = tables.find(name, README.read_text("utf-8"))
    except ValueError as error:
        pytest.fail(f"README.md: {error}")
    assert found == tables.TABLES[name](), "README.md is out of date: run `python -m schemas.tables README.md`"


def test_tables_are_complete() -> None:
    """Every reason and every topic has a row of its own, and all rows have the same number of cells."""
    rows = tables.reasons_table().splitlines()
    assert [row.split("`")[1] for row in rows[2:]] == list(Reason)
    topics = tables.topics_table().splitlines()
    assert [row.split("`")[1] for row in topics[2:]] == [full_name(topic) for topic in TOPICS]
    assert {row.count("|") for row in rows} == {5}
    assert {row.count("|") for row in topics} == {6}


def test_renewing_a_file(tmp_path: Path) -> None:
    """The command replaces what stands between the markers, keeps the rest, and changes nothing the second time."""
    path = tmp_path / "README.md"
    path.write_text(TEXT)
    assert tables.main([str(path)]) == 0
    text = path.read_text()
    assert text.replace(tables.reasons_table(), "old\n").replace(tables.topics_table(), "") == TEXT
    assert tables.renew(text) == text


@pytest.mark.parametrize("text", ["", TEXT + TEXT, TEXT.replace("reasons:end", "")])
def test_missing_or_double_markers_are_named(text: str) -> None:
    """A file without exactly one pair of markers is refused, and the message shows the markers."""
    with pytest.raises(ValueError, match="<!-- reasons:begin --> and <!-- reasons:end -->"):
        tables.renew(text)
