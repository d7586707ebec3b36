"""All settings of a process: defaults, then a TOML file, then the environment; each wins over the one before.

``RISKSTREAM_<NAME>`` sets a field of :class:`streams.settings.StreamSettings` or ``database_url``;
``RISKSTREAM_API_<NAME>`` sets one of :class:`api.settings.ApiSettings`. The file (``RISKSTREAM_CONFIG`` or
``--config``) has the same names in lower case, those of the API in a table ``[api]``.
"""

from __future__ import annotations

import os
import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, TypeVar

import msgspec

from api.settings import ApiSettings
from schemas.expectations import expectation
from streams.settings import StreamSettings

PREFIX = "RISKSTREAM_"
API_PREFIX = "RISKSTREAM_API_"
CONFIG = "RISKSTREAM_CONFIG"
S = TypeVar("S", bound=msgspec.Struct)


class BadSetting(ValueError):
    """A setting that can't be used: the message names the variable, its value and what was expected."""


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """What a process of riskstream is told. Without ``database_url`` there is no database."""

    stream: StreamSettings = StreamSettings()
    api: ApiSettings = ApiSettings()
    database_url: str = ""


def load(environment: Mapping[str, str] | None = None, config: Path | None = None) -> Settings:
    """Settings from a file, if one is named, and the environment (default: that of the process).

    :raises BadSetting: a value that is not possible, an unknown name in the file, or no such file.
    """
    variables = os.environ if environment is None else environment
    file = _read(config or variables.get(CONFIG))
    api = _struct(ApiSettings, file.pop("api", {}), _named(ApiSettings, API_PREFIX, variables), API_PREFIX, "api.")
    url = variables.get(f"{PREFIX}DATABASE_URL", file.pop("database_url", ""))
    stream = _struct(StreamSettings, file, _named(StreamSettings, PREFIX, variables), PREFIX)
    return Settings(stream=stream, api=api, database_url=_url(url))


def environment(settings: Settings) -> dict[str, str]:
    """The variables that give a child process the same settings."""
    named = {f"{PREFIX}{name.upper()}": value for name, value in _values(settings.stream).items()}
    named |= {f"{API_PREFIX}{name.upper()}": value for name, value in _values(settings.api).items()}
    return named | {f"{PREFIX}DATABASE_URL": settings.database_url}


def _values(struct: msgspec.Struct) -> dict[str, str]:
    values: dict[str, Any] = msgspec.to_builtins(struct)
    return {name: _text(value) for name, value in values.items() if value is not None}


def _text(value: Any) -> str:
    return value if isinstance(value, str) else msgspec.json.encode(value).decode()


def _read(path: Path | str | None) -> dict[str, Any]:
    if not path:
        return {}
    try:
        return tomllib.loads(Path(path).read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise BadSetting(f"{CONFIG} is {str(path)!r}, expected a readable TOML file: {error}") from None


def _named(kind: type[msgspec.Struct], prefix: str, variables: Mapping[str, str]) -> dict[str, str]:
    names = {name: variables.get(f"{prefix}{name.upper()}") for name in kind.__struct_fields__}
    return {name: value for name, value in names.items() if value is not None}


def _struct(kind: type[S], file: Any, variables: dict[str, str], prefix: str, table: str = "") -> S:
    if not isinstance(file, dict):
        raise BadSetting(f"api is {file!r}, expected a table [api]")
    types = {field.name: field.type for field in msgspec.structs.fields(kind)}
    unknown = sorted(set(file) - set(types))
    if unknown:
        raise BadSetting(f"{table}{unknown[0]} is {file[unknown[0]]!r}, expected one of the names {', '.join(types)}")
    values = {name: _value(f"{table}{name}", value, types[name]) for name, value in file.items()}
    values |= {name: _value(f"{prefix}{name.upper()}", value, types[name]) for name, value in variables.items()}
    return kind(**values)


def _value(name: str, value: Any, kind: Any) -> Any:
    try:
        return msgspec.convert(_parsed(value, kind), kind, strict=False)
    except (msgspec.ValidationError, msgspec.DecodeError) as error:
        raise BadSetting(f"{name} is {value!r}, expected {expectation(error, kind)}") from None


def _parsed(value: Any, kind: Any) -> Any:
    """Lists and mappings come as JSON in a variable; everything else as plain text."""
    structured = isinstance(value, str) and value[:1] in "[{" and kind is not str and value
    return msgspec.json.decode(value) if structured else value


def _url(value: Any) -> str:
    if not isinstance(value, str) or (value and not value.startswith(("postgresql://", "postgres://"))):
        raise BadSetting(f"{PREFIX}DATABASE_URL is {_masked(value)!r}, expected postgresql://user@host:port/database")
    return value


def _masked(url: Any) -> Any:
    """A URL may hold a password, and errors end up in logs."""
    return re.sub(r":[^:@/]*@", ":***@", url) if isinstance(url, str) else url
