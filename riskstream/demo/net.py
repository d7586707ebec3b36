"""Loopback ports and the page's first answer."""

from __future__ import annotations

import asyncio
import socket
import time


class NoAnswer(RuntimeError):
    """The page did not answer in time."""


def free_port(wanted: int, host: str = "127.0.0.1") -> int:
    """The wanted port if nothing listens on it, else one that the system gives."""
    for port in (wanted, 0):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((host, port))
            except OSError:
                continue
            found: int = probe.getsockname()[1]
            return found
    raise OSError(f"no free port on {host}")


async def answers(host: str, port: int, timeout_s: float) -> None:
    """Wait until ``GET /`` is answered with 200.

    :raises NoAnswer: not within the time.
    """
    deadline = time.monotonic() + timeout_s
    while not await _ok(host, port):
        if time.monotonic() > deadline:
            raise NoAnswer(f"http://{host}:{port} did not answer within {timeout_s:.0f} s")
        await asyncio.sleep(0.1)


async def _ok(host: str, port: int) -> bool:
    try:
        reader, writer = await asyncio.open_connection(host, port)
        writer.write(f"GET / HTTP/1.1\r\nHost: {host}:{port}\r\nConnection: close\r\n\r\n".encode())
        status = await asyncio.wait_for(reader.readline(), 2.0)
        writer.close()
    except (OSError, TimeoutError):
        return False
    return b" 200 " in status
