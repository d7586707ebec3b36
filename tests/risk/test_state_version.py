"""A state says which version of the code folded it."""

from __future__ import annotations

from risk.digest import state_version
from risk.state import STATE_VERSION
from tests.risk.freeze_state import GOLDEN, folded


def test_a_frozen_journal_folds_to_what_it_did() -> None:
    """Whatever changes what a state holds, or how a record is folded into it, raises the version: a worker of the next
    release takes over the digest of none of this one's records as its own."""
    frozen = bytes.fromhex((GOLDEN / "digest.txt").read_text())
    assert state_version(folded()) == STATE_VERSION
    assert folded() == frozen, "raise risk.state.STATE_VERSION, then run `python -m tests.risk.freeze_state`"
