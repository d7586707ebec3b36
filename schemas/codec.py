"""Bytes to events and back. Decoding validates; what comes out may be trusted."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from typing import Any, Union

import msgspec

from schemas import records
from schemas.base import Event
from schemas.faults import BadPayload, explained
from schemas.topics import INPUTS, Topic

__all__ = ["PAYLOAD_MAX_BYTES", "BadPayload", "Input", "decode", "decode_body", "decode_input", "encode"]

PAYLOAD_MAX_BYTES = 64 * 1024
Input = Union[tuple(INPUTS)]  # type: ignore[valid-type]  # noqa: UP007
#: PostgreSQL stores no NUL, and JSON has no other way to write one.
_NUL = b"\\u0000"
_encoder = msgspec.json.Encoder()
_INPUTS: msgspec.json.Decoder[Any] = msgspec.json.Decoder(Input)
_BODY: msgspec.json.Decoder[Any] = msgspec.json.Decoder(records.Body)


def encode(event: Event) -> bytes:
    """JSON of an event; the event that is decoded from it gives the same bytes again.

    A field that was left out is left out; one that was given a value equal to its default may be written.
    """
    return _encoder.encode(event)


@cache
def _decoder(topic: Topic) -> msgspec.json.Decoder[Any]:
    return msgspec.json.Decoder(Union[topic.types])  # noqa: UP007


def _checked(decoder: msgspec.json.Decoder[Any], payload: bytes | None, types: Iterable[type[Event]]) -> Any:
    if not payload:
        raise BadPayload("the payload is empty, expected a JSON object")
    if len(payload) > PAYLOAD_MAX_BYTES:
        raise BadPayload(f"the payload has {len(payload)} bytes, expected at most {PAYLOAD_MAX_BYTES}")
    if _NUL in payload:
        raise BadPayload("the payload has the character \\u0000, expected text without it")
    try:
        return decoder.decode(payload)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise explained(error, payload, types) from None


def decode(topic: Topic, payload: bytes | None) -> Any:
    """The event that a payload of a topic holds.

    :raises BadPayload: not JSON, of a type that does not travel on this topic, or with a value out of its range.
    """
    return _checked(_decoder(topic), payload, topic.types)


def decode_input(payload: bytes | None) -> Any:
    """Any event that an outsider may publish (a line of a replay file).

    :raises BadPayload: as for :func:`decode`.
    """
    return _checked(_INPUTS, payload, INPUTS)


def decode_body(payload: bytes) -> Any:
    """The body of a journal record.

    :raises msgspec.ValidationError: a kind or a form that this version does not know; readers stop.
    """
    return _BODY.decode(payload)
