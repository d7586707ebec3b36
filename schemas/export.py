"""Schemas for other languages, as files: JSON Schema of the events and AsyncAPI of the topics."""

from __future__ import annotations

from pathlib import Path

import msgspec

from schemas.asyncapi import asyncapi
from schemas.json_schema import TYPES, Schema, json_schema, tag_of, type_schema
from schemas.topics import PREFIX

__all__ = ["asyncapi", "export_schemas", "json_schema", "render"]


def render(document: Schema) -> bytes:
    """A document as bytes: indented JSON with a newline at its end, the same for the same schemas."""
    return msgspec.json.format(msgspec.json.encode(document), indent=2) + b"\n"


def export_schemas(directory: Path, prefix: str = PREFIX, accounts: int = 4, market: int = 1) -> list[Path]:
    """Write ``schemas.json``, ``<type>.json`` for each type and ``asyncapi.json``; the directory is made if missing.

    :return: the paths written, in this order.
    :raises OSError: the directory can't be made or written.
    """
    whole = json_schema()
    documents = {"schemas": whole} | {tag_of(kind): type_schema(kind, whole) for kind in TYPES}
    documents["asyncapi"] = asyncapi(prefix, accounts, market)
    directory.mkdir(parents=True, exist_ok=True)
    return [_write(directory / f"{name}.json", document) for name, document in documents.items()]


def _write(path: Path, document: Schema) -> Path:
    path.write_bytes(render(document))
    return path
