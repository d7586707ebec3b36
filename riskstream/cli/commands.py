"""``riskstream command``: what a risk manager orders, sent to where it belongs and proved to be there."""

from __future__ import annotations

from math import isfinite, nan
from typing import Annotated

import typer

from riskstream.cli.codes import EPILOG, Code, fail
from riskstream.cli.command_copies import order

app = typer.Typer(help="Kill switches, limits, breakers and timers: order them.", no_args_is_help=True)
ScopeArgument = Annotated[str, typer.Argument(help="account, desk, firm, strategy or trader.")]
LimitScopeArgument = Annotated[str, typer.Argument(help="account, desk or firm.")]
ScopeIdArgument = Annotated[str, typer.Argument(help="Which of them, such as the account's id or its firm_id.")]
AccountArgument = Annotated[str, typer.Argument(help="The account's id.")]
BreakerArgument = Annotated[str, typer.Argument(help="daily_loss or drawdown.")]
AuthorOption = Annotated[str, typer.Option(help="Who orders it; it goes into the journal.")]
ReasonOption = Annotated[str, typer.Option(help="Why; it goes into the journal.")]
IdOption = Annotated[str, typer.Option("--id", help="The command's id, to send the same again; default: a new one.")]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON.")]


@app.callback()
def command() -> None:
    """Order kill switches, limits, breakers and timers.

    What concerns one account goes to its partition, everything else to every partition, a copy each; each copy is
    proved to be durable, and printed with its place. Exit code 3: one is not; send the command again with its --id.
    """


@app.command(epilog=EPILOG)
def kill(
    context: typer.Context,
    scope: ScopeArgument,
    scope_id: ScopeIdArgument,
    author: AuthorOption,
    reason: ReasonOption,
    command_id: IdOption = "",
    as_json: JsonOption = False,
) -> None:
    """Stop all orders but cancels of an account, desk, strategy, trader or the firm."""
    if not reason.strip():
        fail("--reason is empty, expected why orders are stopped", Code.USAGE)
    fields = {"scope": scope, "scope_id": scope_id, "author": author, "reason": reason}
    order(context, "kill", command_id, fields, as_json)


@app.command(epilog=EPILOG)
def unkill(
    context: typer.Context,
    scope: ScopeArgument,
    scope_id: ScopeIdArgument,
    author: AuthorOption,
    reason: ReasonOption = "",
    command_id: IdOption = "",
    as_json: JsonOption = False,
) -> None:
    """End a kill of the same scope and id."""
    fields = {"scope": scope, "scope_id": scope_id, "author": author, "reason": reason}
    order(context, "unkill", command_id, fields, as_json)


@app.command(epilog=EPILOG)
def set_limits(
    context: typer.Context,
    scope: LimitScopeArgument,
    scope_id: ScopeIdArgument,
    changes: Annotated[list[str], typer.Argument(metavar="NAME=VALUE...", help="Such as var_max=0.01.")],
    author: AuthorOption,
    reason: ReasonOption = "",
    command_id: IdOption = "",
    as_json: JsonOption = False,
) -> None:
    """Replace some limits of an account, or put a ceiling over all accounts of a desk or the firm."""
    fields = {"scope": scope, "scope_id": scope_id, "author": author, "reason": reason}
    order(context, "set_limits", command_id, {**fields, "changes": dict(map(_change, changes))}, as_json)


@app.command(epilog=EPILOG)
def trip(
    context: typer.Context,
    account_id: AccountArgument,
    breaker: BreakerArgument,
    author: AuthorOption,
    level: Annotated[str, typer.Option(help="warning, restricted, reduce_only or halted.")] = "halted",
    reason: ReasonOption = "",
    command_id: IdOption = "",
    as_json: JsonOption = False,
) -> None:
    """Put an account's breaker at a level; it stays there until it is reset."""
    fields = {"account_id": account_id, "breaker": breaker, "level": level, "author": author, "reason": reason}
    order(context, "trip_breaker", command_id, fields, as_json)


@app.command(epilog=EPILOG)
def reset(
    context: typer.Context,
    account_id: AccountArgument,
    breaker: BreakerArgument,
    author: AuthorOption,
    reason: ReasonOption = "",
    command_id: IdOption = "",
    as_json: JsonOption = False,
) -> None:
    """Put an account's breaker back to normal; losses are measured from its equity now."""
    fields = {"account_id": account_id, "breaker": breaker, "author": author, "reason": reason}
    order(context, "reset_breaker", command_id, fields, as_json)


@app.command(epilog=EPILOG)
def timer(context: typer.Context, command_id: IdOption = "", as_json: JsonOption = False) -> None:
    """Let time pass for every partition: closes a day for accounts without orders."""
    order(context, "timer", command_id, {}, as_json)


def _change(text: str) -> tuple[str, float]:
    name, _, value = text.partition("=")
    try:
        number = float(value)
    except ValueError:
        number = nan
    if not isfinite(number):
        fail(f"NAME=VALUE is {text!r}, expected a limit and a number, such as var_max=0.01", Code.USAGE)
    return name, number
