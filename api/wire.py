"""Structs to JSON for people: every field is written, also one that has its default."""

from __future__ import annotations

from typing import Any

import msgspec

_encoder = msgspec.json.Encoder()


def plain(value: Any) -> Any:
    """The value with structs as mappings of all their fields; a tagged struct begins with its ``type``."""
    if isinstance(value, msgspec.Struct):
        return _fields(value)
    if isinstance(value, list | tuple):
        return [plain(each) for each in value]
    if isinstance(value, dict):
        return {key: plain(each) for key, each in value.items()}
    return value


def _fields(struct: msgspec.Struct) -> dict[str, Any]:
    config = struct.__struct_config__
    tag = {config.tag_field: config.tag} if config.tag_field else {}
    return tag | {name: plain(getattr(struct, name)) for name in struct.__struct_fields__}


def full_json(value: Any) -> bytes:
    """JSON of a value with all fields; decimals are strings, so that no reader rounds them."""
    return _encoder.encode(plain(value))
