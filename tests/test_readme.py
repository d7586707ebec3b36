"""The README says what is true today."""

from __future__ import annotations

import re
from pathlib import Path

from tests.readme import refreshed

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text("utf-8")


def test_generated_parts_are_up_to_date() -> None:
    """Order, decision, tables and diagram are those that the code gives now."""
    assert refreshed(README) == README, "run `python -m tests.readme README.md`"


def test_links_and_pictures_exist() -> None:
    """Every relative link leads to a file of the repository."""
    for target in re.findall(r"\]\((?!https?:)([^)#]+)\)", README):
        assert (ROOT / target).exists(), target


def test_python_blocks_compile() -> None:
    """Every Python block is valid Python."""
    blocks = re.findall(r"```python\n(.*?)```", README, re.DOTALL)
    assert blocks
    for block in blocks:
        compile(block, "README.md", "exec")
