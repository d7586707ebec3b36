"""Ports and the first answer of a page."""

from __future__ import annotations

import asyncio
import socket

import pytest

from riskstream.demo.net import NoAnswer, answers, free_port


def test_wanted_port_if_free() -> None:
    """A port that nobody has is given as wanted."""
    port = free_port(0)
    assert free_port(port) == port


def test_other_port_if_taken() -> None:
    """A port that somebody listens on is not given; another is."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        assert free_port(port) not in {0, port}


async def test_waits_for_200() -> None:
    """A server's 200 ends the wait."""

    async def serve(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with server:
        await answers("127.0.0.1", server.sockets[0].getsockname()[1], 5.0)


async def test_gives_up() -> None:
    """Without an answer the wait ends with an error."""
    with pytest.raises(NoAnswer, match="did not answer"):
        await answers("127.0.0.1", free_port(0), 0.2)
