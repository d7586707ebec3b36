"""Scenarios of one's own in TOML: what is taken, and what each mistake is answered with."""

from __future__ import annotations

import pytest

from risk.stress import user_defined
from risk.stress.scenario_set import SHIPPED
from risk.stress.user_defined import BadScenario, scenario_set
from schemas.reference import AssetClass, Instrument

GOOD = """
[[scenario]]
name = "oil_embargo"
source = "risk committee"
equity = -0.15
bond = -0.04
commodity = 0.6
fx = 0
crypto = -0.2
[scenario.sectors]
energy = 0.25
[scenario.symbols]
XOM = 0.3
"""


def test_own_scenarios_come_after_those_that_ship() -> None:
    """With their shocks by class, sector and symbol; whole numbers are numbers."""
    found = scenario_set(GOOD)
    assert found.names == (*SHIPPED.names, "oil_embargo")
    for instrument, shock in (
        (Instrument(symbol="CVX", sector="energy"), 0.25),
        (Instrument(symbol="XOM", sector="energy"), 0.3),
        (Instrument(symbol="KO", sector="consumer staples"), -0.15),
        (Instrument(symbol="CL", asset_class=AssetClass.COMMODITY), 0.6),
    ):
        shocks = found.shocks(instrument, "USD")
        assert shocks is not None
        assert shocks[-1] == shock


def test_own_scenarios_alone_or_in_the_place_of_a_shipped_one() -> None:
    """``shipped = false`` leaves the others out; a shipped name is replaced."""
    assert scenario_set("shipped = false\n" + GOOD).names == ("oil_embargo",)
    replaced = scenario_set(GOOD.replace("oil_embargo", "crash_10"))
    assert sorted(replaced.names) == sorted(SHIPPED.names)
    assert replaced.scenarios[-1].source == "risk committee"


def test_the_example_of_the_documentation_is_one() -> None:
    """The TOML in the module's text is taken as it stands."""
    text = (user_defined.__doc__ or "").split("::\n", 1)[1].split("\nAll fields")[0]
    example = scenario_set("\n".join(line.strip() for line in text.splitlines())).scenarios[-1]
    assert (example.name, example.sectors, example.spread_multiple) == ("oil_embargo", {"energy": 0.25}, 2.0)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[[scenario", "the scenarios are no TOML: "),
        ("", r"the file has no scenario, expected one or more \[\[scenario\]\]"),
        ("scenario = 3", "the file has no scenario"),
        ("scenario = [3]", r"`scenario\[1\]` is 3, expected a table"),
        ("shipped = 1" + GOOD, "expected .* `shipped` true or false"),
        ("shiped = true" + GOOD, "'shiped' is not expected"),
        (
            GOOD + "[[scenario]]\nname = 'x'",
            r"`scenario\[2\].source` is missing, expected it with name, source, equity",
        ),
        (
            GOOD.replace("bond =", "bonds ="),
            r"`scenario\[1\].bonds` is -?[0-9.]+, expected one of the names name, source",
        ),
        (GOOD.replace("crypto", "window = ['2020', '2021-01-01']\ncrypto"), r"`scenario\[1\].window` is \['2020'"),
        (GOOD.replace("-0.15", "'a lot'"), r"`scenario\[1\].equity` is 'a lot', expected `?float`?"),
        (GOOD.replace("-0.15", "nan"), r"`scenario\[1\].equity` is nan, expected a finite number"),
        (GOOD.replace("-0.15", "-15"), r"`equity` is -15.0, expected a simple return from -2.0 to 10.0"),
        (GOOD.replace("energy =", "oil ="), "`sectors` names 'oil', expected one of communication services"),
        (GOOD.replace("XOM = 0.3", "XOM = -inf"), r"`symbols.XOM` is -inf, expected a simple return"),
        (GOOD + "[scenario.currencies]\neuro = 0.1", "`currencies.euro` is 0.1, expected a currency of three capitals"),
        (GOOD.replace("crypto", "volume_share = 0\ncrypto"), "`volume_share` is 0.0, expected above 0 and at most 1"),
        (
            GOOD.replace("crypto", "volume_share = 2\ncrypto"),
            r"`scenario\[1\].volume_share` is 2, expected `float` <= 1.0",
        ),
        (GOOD.replace("crypto", "correlation_one = true\ncrypto"), "`volatility_multiple` is 0, expected above 0"),
        (
            "shipped = false" + GOOD + GOOD,
            "`scenarios` has the names oil_embargo, oil_embargo, expected one or more, each",
        ),
    ],
)
def test_a_mistake_names_field_value_and_what_was_expected(text: str, message: str) -> None:
    """Nothing is guessed and nothing left out."""
    with pytest.raises(BadScenario, match=message):
        scenario_set(text)
