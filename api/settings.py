"""How the API is set up."""

from __future__ import annotations

from typing import Annotated

import msgspec

Count = Annotated[int, msgspec.Meta(ge=1)]
Seconds = Annotated[float, msgspec.Meta(gt=0)]


class ApiSettings(msgspec.Struct, frozen=True, kw_only=True):
    """Address, patience and memory.

    ``port`` 0 takes any free one. ``recent`` decisions are kept with all their evidence, ``history`` points of each
    account's charts, ``window`` messages for clients that come back to the stream. A worker that is silent for
    ``silence_s`` makes the health degraded, for ``silence_down_s`` down.
    """

    host: str = "127.0.0.1"
    port: Annotated[int, msgspec.Meta(ge=0, le=65535)] = 8080
    title: str = "riskstream"
    decision_timeout_ms: Count = 2000
    recent: Count = 500
    history: Count = 720
    window: Count = 10_000
    clients_max: Count = 64
    frames_per_s: Annotated[float, msgspec.Meta(gt=0, le=10)] = 10.0
    heartbeat_s: Seconds = 10.0
    send_timeout_s: Seconds = 5.0
    silence_s: Seconds = 5.0
    silence_down_s: Seconds = 30.0
    lag_max: Count = 5000
