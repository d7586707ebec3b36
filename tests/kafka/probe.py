"""What a worker says of itself on its web port."""

from __future__ import annotations

import http.client
import json

TIMEOUT_S = 2.0


def owned(port: int) -> set[int]:
    """The partitions whose journal is that worker's; none while it does not answer."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=TIMEOUT_S)
    try:
        connection.request("GET", "/health")
        body = json.loads(connection.getresponse().read())
    except (OSError, http.client.HTTPException):
        return set()
    finally:
        connection.close()
    return {int(number) for number, is_owned in body["partitions_owned"].items() if is_owned}
