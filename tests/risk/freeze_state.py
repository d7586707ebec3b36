"""Writes what a frozen journal folds to anew: ``python -m tests.risk.freeze_state``, once ``STATE_VERSION`` is raised.

The journal itself stays: it is what an older version wrote.
"""

from __future__ import annotations

from pathlib import Path

from risk.apply import apply
from risk.digest import state_digest
from risk.state import PartitionState
from schemas.codec import decode_body

GOLDEN = Path(__file__).parents[1] / "golden" / "state"


def folded() -> bytes:
    """The digest of what the frozen journal folds to."""
    state = PartitionState()
    for line in (GOLDEN / "journal.jsonl").read_bytes().splitlines():
        apply(state, decode_body(line))
    return state_digest(state)


if __name__ == "__main__":
    (GOLDEN / "digest.txt").write_text(f"{folded().hex()}\n")
