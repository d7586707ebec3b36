"""What a worker says of itself on its web port."""

from __future__ import annotations

import http.client
import json
from typing import Any

TIMEOUT_S = 2.0


def health(port: int) -> dict[str, Any]:
    """The body of ``/health``; empty while it does not answer."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=TIMEOUT_S)
    try:
        connection.request("GET", "/health")
        return dict(json.loads(connection.getresponse().read()))
    except (OSError, http.client.HTTPException):
        return {}
    finally:
        connection.close()


def owned(port: int) -> set[int]:
    """The partitions whose journal is that worker's; none while it does not answer."""
    return {int(number) for number, is_owned in health(port).get("partitions_owned", {}).items() if is_owned}
