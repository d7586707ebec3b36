"""How long the demo waits for its worker."""

from __future__ import annotations

import asyncio

import pytest

from riskstream.demo.patience import Behind, Patience

STILL_S = 0.2


async def test_waits_as_long_as_anything_moves() -> None:
    """Whatever the pulse is: far longer than the time after which a worker that stands still is given up."""
    looks = 0

    async def look() -> None:
        nonlocal looks
        looks += 1
        await asyncio.sleep(STILL_S / 4)

    patience = Patience(lambda: looks, STILL_S)
    await patience.until(lambda: looks == 12, lambda: "bars", look)
    assert patience.what() == ""


async def test_gives_up_what_stands_still() -> None:
    """The message says what was expected; meanwhile it can be read what is waited for."""
    patience, said = Patience(lambda: 1, STILL_S), list[str]()
    with pytest.raises(Behind, match=r"nothing came from the worker for 0 s, expected 3 of 4 bars"):
        await patience.until(lambda: bool(said.append(patience.what())), lambda: "3 of 4 bars")
    assert set(said) == {"3 of 4 bars"}
