"""The demo's instruments and accounts, from the files in ``data``."""

from __future__ import annotations

from importlib.resources import files

from schemas.codec import decode_input
from schemas.reference import Account, Instrument

#: The demo plays a day in a second: what is computed beside the decisions is days old by its clock before it is a
#: second old by the wall's. So its risk managers let accounts be judged by what is up to five days old, and by GARCH
#: parameters of a year, as the first fits lie in the warm-up.
AGES = {"monte_carlo_age_max_ns": 432_000e9, "analysis_age_max_ns": 432_000e9, "garch_age_max_ns": 31_536_000e9}


def instruments() -> tuple[Instrument, ...]:
    """20 stocks and two invented symbols that show two refusals."""
    return tuple(decode_input(line) for line in _lines("instruments.jsonl"))


def accounts() -> tuple[Account, ...]:
    """Five accounts: three with presets, two with limits of their own."""
    return tuple(decode_input(line) for line in _lines("accounts.jsonl"))


def _lines(name: str) -> list[bytes]:
    return files("riskstream.demo.data").joinpath(name).read_bytes().splitlines()
