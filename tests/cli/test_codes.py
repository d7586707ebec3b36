"""What an error means for the shell."""

from __future__ import annotations

import logging

import pytest
import typer

from riskstream.cli.codes import Code, reaching, reaching_broker
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


def test_a_broker_that_answers_and_fails_is_quoted(capsys: pytest.CaptureFixture[str]) -> None:
    """What went wrong after the connection was made is said; the hint is for an address where nobody is."""
    with pytest.raises(typer.Exit), reaching_broker("host:1"):
        raise LogUnavailable("partition 2 has no leader")
    assert capsys.readouterr().err == "riskstream: cannot reach the broker at host:1: partition 2 has no leader\n"


def test_the_log_of_the_client_speaks_again_afterwards() -> None:
    """Its level is what it was, however the command ended."""
    log = logging.getLogger("aiokafka")
    heard = [log.isEnabledFor(logging.ERROR)]

    def command() -> None:
        with reaching_broker("host:1"):
            heard.append(log.isEnabledFor(logging.ERROR))
            raise KeyError

    with pytest.raises(KeyError):
        command()
    heard.append(log.isEnabledFor(logging.ERROR))
    assert heard == [True, False, True]
