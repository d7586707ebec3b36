"""Settings: defaults, file, environment; errors name variable, value and what was expected."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from riskstream.settings import BadSetting, Settings, environment, load
from streams.settings import Clock


def test_defaults() -> None:
    """Without file and environment every setting has its default."""
    assert load({}) == Settings()


def test_environment_sets_fields() -> None:
    """``RISKSTREAM_<NAME>`` sets a field of its type, ``RISKSTREAM_API_<NAME>`` one of the API's."""
    settings = load(
        {
            "RISKSTREAM_PARTITIONS": "8",
            "RISKSTREAM_CLOCK": "event",
            "RISKSTREAM_API_PORT": "9000",
            "RISKSTREAM_DATABASE_URL": "postgresql://u@h:5432/d",
        }
    )
    assert (settings.stream.partitions, settings.stream.clock) == (8, Clock.EVENT)
    assert settings.api.port == 9000
    assert settings.database_url == "postgresql://u@h:5432/d"


def test_environment_wins_over_the_file(tmp_path: Path) -> None:
    """A variable beats the file, the file beats the default."""
    config = tmp_path / "riskstream.toml"
    config.write_text('partitions = 2\nprefix = "x"\n[api]\nport = 9001\n')
    settings = load({"RISKSTREAM_CONFIG": str(config), "RISKSTREAM_PARTITIONS": "3"})
    assert (settings.stream.partitions, settings.stream.prefix, settings.api.port) == (3, "x", 9001)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("RISKSTREAM_PARTITIONS", "0"),
        ("RISKSTREAM_PARTITIONS", "many"),
        ("RISKSTREAM_CLOCK", "sundial"),
        ("RISKSTREAM_API_PORT", "tcp://10.0.0.1:80"),
        ("RISKSTREAM_DATABASE_URL", "mysql://h"),
    ],
)
def test_bad_variable_is_named(name: str, value: str) -> None:
    """A value that is not possible is refused with the variable's name, the value and what was expected."""
    with pytest.raises(BadSetting) as caught:
        load({name: value})
    assert name in str(caught.value)
    assert repr(value) in str(caught.value)
    assert "expected" in str(caught.value)


@pytest.mark.parametrize("content", ["partitons = 4", "[api]\nprot = 1", "not toml", "partitions = 'x'", "api = 1"])
def test_bad_file_is_refused(tmp_path: Path, content: str) -> None:
    """An unknown name, a bad value and a file that is no TOML are refused."""
    config = tmp_path / "riskstream.toml"
    config.write_text(content)
    with pytest.raises(BadSetting, match="expected"):
        load({}, config)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("[api]\nport = 99999", "api.port is 99999, expected `int` <= 65535"),
        ("[api]\nprot = 1", "api.prot is 1, expected one of the names host, port"),
        ("clock = 'utc'", "clock is 'utc', expected one of wall, event"),
        ("prefix = 'a b'", "prefix is 'a b', expected `str` matching regex"),
        ("bootstrap_servers = ''", "bootstrap_servers is '', expected `str` of length >= 1"),
        ("[market]\nhistry = 3", "market is {'histry': 3}, expected one of the names lambda_volatility"),
        ("[market]\nlambda_volatility = 2.0", "`lambda_volatility` is 2.0, expected above 0 and below 1"),
        ("[market]\nsplit_tolerance = nan", "`split_tolerance` is nan, expected at least 0"),
        ("[market]\nvolume_half_life = inf", "`volume_half_life` is inf, expected a finite number above 0"),
        ("[market]\nregime_elevated = 3.0", "`elevated` is 3.0 and `stressed` 2.5, expected 1 < elevated < stressed"),
        ("[market]\ncovariance_shrinkage = 'x'", "one of none, scaled_identity, constant_correlation - at"),
    ],
)
def test_mistakes_of_a_file_are_named(tmp_path: Path, content: str, message: str) -> None:
    """The message says which setting of which table, what it is and what it could be."""
    config = tmp_path / "riskstream.toml"
    config.write_text(content)
    with pytest.raises(BadSetting, match=re.escape(message)):
        load({}, config)


def test_missing_file_is_refused(tmp_path: Path) -> None:
    """A file that was named must be there."""
    with pytest.raises(BadSetting, match="expected a readable TOML file"):
        load({}, tmp_path / "none.toml")


def test_password_stays_secret() -> None:
    """An error about the database's address does not print its password."""
    with pytest.raises(BadSetting) as caught:
        load({"RISKSTREAM_DATABASE_URL": "mysql://user:secret@host/db"})
    assert "secret" not in str(caught.value)


def test_children_get_the_same_settings() -> None:
    """The variables made for a child process load to the same settings."""
    settings = load(
        {
            "RISKSTREAM_PARTITIONS": "3",
            "RISKSTREAM_CLOCK": "event",
            "RISKSTREAM_API_PORT": "9000",
            "RISKSTREAM_DATABASE_URL": "postgresql://u:p@h:5432/d",
        }
    )
    assert load(environment(settings)) == settings
