"""What the library's examples in the README print: ``python -m tests.library.readme README.md`` renews it in place."""

from __future__ import annotations

import ast
import asyncio
import contextlib
import inspect
import io
import re
import sys
from pathlib import Path
from typing import Any

_SECTION = re.compile(r"## As a library\n.*?(?=\n## )", re.DOTALL)
#: A block of code and what it prints.
_BLOCK = re.compile(r"```py\n(.*?)```\n(?:\n```text\n(.*?)```\n)?", re.DOTALL)


async def run(code: str, names: dict[str, Any]) -> str:
    """Run a block as it stands, top-level ``await`` included; gives what it prints."""
    printed = io.StringIO()
    compiled = compile(code, "README.md", "exec", flags=ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)
    with contextlib.redirect_stdout(printed):
        waiting = eval(compiled, names)  # noqa: S307
        if inspect.isawaitable(waiting):
            await waiting
    return printed.getvalue()


async def refreshed(text: str) -> str:
    """The README with the output of its library examples made anew."""
    found = _SECTION.search(text)
    assert found is not None, "the README has a section on the library"
    names: dict[str, Any] = {}
    section, last = "", 0
    for block in _BLOCK.finditer(found[0]):
        output = await run(block[1], names)
        section += found[0][last : block.start()] + f"```py\n{block[1]}```\n\n```text\n{output}```\n"
        last = block.end()
    return text[: found.start()] + section + found[0][last:] + text[found.end() :]


if __name__ == "__main__":
    for name in sys.argv[1:]:
        Path(name).write_text(asyncio.run(refreshed(Path(name).read_text("utf-8"))), "utf-8")
