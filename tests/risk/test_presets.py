"""Presets are journaled by value: what an account is judged by is a fold, whatever a process ships with."""

from __future__ import annotations

from decimal import Decimal

import msgspec
import pytest

from risk.engine import RiskEngine
from risk.market import MarketState
from risk.state import PartitionState, decode_state, encode_state
from schemas.commands import Scope, SetLimits
from schemas.decisions import Status
from schemas.limits import CONSERVATIVE, STANDARD, changed
from schemas.presets import PRESETS, Preset
from schemas.reasons import Reason
from schemas.records import AccountDefined
from schemas.reference import Account
from tests.risk.world import LOOSE, World, calm_market

MARKET = calm_market()
OWN = msgspec.structs.replace(PRESETS["standard"], limits=changed(STANDARD, {"order_value_max": 5_000.0}))


def engine(presets: dict[str, Preset], state: PartitionState | None = None) -> RiskEngine:
    return RiskEngine(state or PartitionState(), MarketState(), presets)


def define(one: RiskEngine, account: Account) -> list[AccountDefined]:
    bodies = one.define(account)
    for body in bodies:
        one.apply(body)
    return [body for body in bodies if isinstance(body, AccountDefined)]


ACCOUNT = Account(account_id="acc", preset="own", cash={"USD": Decimal(1)})


def test_a_definition_carries_its_preset_and_another_process_folds_it() -> None:
    """A process that knows no such preset has the same limits, weights and digest from the record alone."""
    one, other = engine(PRESETS | {"own": OWN}), engine(PRESETS)
    (record,) = define(one, ACCOUNT)
    assert record.preset == OWN
    other.apply(record)
    assert other.state.accounts["acc"].limits == OWN.limits
    assert other.digest() == one.digest()
    assert decode_state(encode_state(one.state)).presets == {"own": OWN}


def test_another_content_is_journaled_once_and_reaches_every_account_of_the_preset() -> None:
    """Limits that a command changed stay as they are; accounts of another preset are not touched."""
    one = engine(PRESETS | {"own": OWN})
    for name, preset in (("acc", "own"), ("set", "own"), ("else", "standard")):
        define(one, Account(account_id=name, preset=preset))
    command = SetLimits(
        command_id="c", scope=Scope.ACCOUNT, scope_id="set", changes={"var_max": 0.01}, author="m", event_time_ns=1
    )
    one.step(command, 1)
    tight = msgspec.structs.replace(OWN, limits=CONSERVATIVE)
    later = engine(PRESETS | {"own": tight}, one.state)
    (record,) = define(later, ACCOUNT)
    assert record.preset == tight
    assert define(later, ACCOUNT) == []
    limits = {name: account.limits for name, account in later.state.accounts.items()}
    assert limits == {"acc": CONSERVATIVE, "set": changed(OWN.limits, {"var_max": 0.01}), "else": STANDARD}


def test_a_journal_from_before_presets_were_in_it_is_folded() -> None:
    """Its accounts have the presets that ship."""
    one = engine(PRESETS)
    one.apply(AccountDefined(account=Account(account_id="acc", preset="conservative")))
    assert one.state.accounts["acc"].limits == CONSERVATIVE
    assert one.state.presets == {}


@pytest.mark.parametrize("limits", [None, LOOSE])
def test_an_unknown_preset_lets_only_reducing_orders_pass(limits: object) -> None:
    """Whatever limits the account brings; the way out is open."""
    world = World(market=MARKET, preset="bold", limits=limits)
    world.fill("AAA", quantity=100)
    world.sweep()
    assert world.judge(world.order()).reason is Reason.PRESET_UNKNOWN
    assert world.judge(world.order(side="sell", quantity=50)).status is Status.APPROVED


def test_a_preset_that_becomes_known_opens_the_account() -> None:
    """The strictest limits that stood in for it are gone with it."""
    one = engine(PRESETS)
    define(one, ACCOUNT)
    assert one.state.accounts["acc"].limits == CONSERVATIVE
    later = engine(PRESETS | {"own": OWN}, one.state)
    assert [record.preset for record in define(later, ACCOUNT)] == [OWN]
    assert later.state.accounts["acc"].limits == OWN.limits
