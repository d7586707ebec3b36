"""The demo's instruments and accounts, from the files in ``data``."""

from __future__ import annotations

from importlib.resources import files

from schemas.codec import decode_input
from schemas.reference import Account, Instrument


def instruments() -> tuple[Instrument, ...]:
    """20 stocks and two invented symbols that show two refusals."""
    return tuple(decode_input(line) for line in _lines("instruments.jsonl"))


def accounts() -> tuple[Account, ...]:
    """Five accounts with different limits."""
    return tuple(decode_input(line) for line in _lines("accounts.jsonl"))


def _lines(name: str) -> list[bytes]:
    return files("riskstream.demo.data").joinpath(name).read_bytes().splitlines()
