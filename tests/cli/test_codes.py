"""What an error means for the shell."""

from __future__ import annotations

import pytest
import typer

from riskstream.cli.codes import Code, reaching
from streams.auditing import Unreadable
from streams.journal import UnknownRecord
from streams.log import LogUnavailable
from streams.reader import JournalGap


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (JournalGap("starts at 5"), Code.REFUSED),
        (UnknownRecord("version 9"), Code.REFUSED),
        (Unreadable("gone"), Code.REFUSED),
        (LogUnavailable("away"), Code.UNREACHABLE),
        (OSError("refused"), Code.UNREACHABLE),
    ],
)
def test_a_journal_that_cannot_be_read_is_no_broker_out_of_reach(
    error: Exception, code: Code, capsys: pytest.CaptureFixture[str]
) -> None:
    """The broker has answered, and waiting for it would not help: the answer is no."""
    with pytest.raises(typer.Exit) as ended, reaching("the broker"):
        raise error
    assert ended.value.exit_code == code
    assert ("cannot reach" in capsys.readouterr().err) == (code is Code.UNREACHABLE)
