"""The proxy spoils what it is told to, and nothing else."""

from __future__ import annotations

import contextlib
import socket
import threading
import time
from collections.abc import Iterator

import pytest

from tests.kafka.broker import free_ports
from tests.kafka.proxy import TcpProxy


@pytest.fixture
def proxy() -> Iterator[tuple[TcpProxy, int]]:
    """A proxy before a server that sends back what it gets, and its port."""
    port, target = free_ports(2)
    with socket.create_server(("127.0.0.1", target)) as server:
        threading.Thread(target=_echo_all, args=(server,), daemon=True).start()
        with TcpProxy(port, target) as started:
            yield started, port


def _echo_all(server: socket.socket) -> None:
    while True:
        try:
            threading.Thread(target=_echo, args=(server.accept()[0],), daemon=True).start()
        except OSError:
            return


def _echo(connection: socket.socket) -> None:
    with connection, contextlib.suppress(ConnectionError):
        while data := connection.recv(65_536):
            connection.sendall(data)


def _connect(port: int) -> socket.socket:
    return socket.create_connection(("127.0.0.1", port), timeout=5)


def _round_trip(connection: socket.socket) -> bytes:
    connection.sendall(b"ping")
    return connection.recv(4)


def test_it_forwards_both_ways_and_delays(proxy: tuple[TcpProxy, int]) -> None:
    """A round trip takes at least twice the delay."""
    with _connect(proxy[1]) as connection:
        assert _round_trip(connection) == b"ping"
        proxy[0].delay(0.1)
        start = time.monotonic()
        assert _round_trip(connection) == b"ping"
        assert time.monotonic() - start >= 0.2


def test_it_cuts_what_is_open_and_takes_new_ones(proxy: tuple[TcpProxy, int]) -> None:
    """An open connection ends; the next one works."""
    with _connect(proxy[1]) as connection:
        _round_trip(connection)
        proxy[0].cut()
        with pytest.raises(ConnectionError):
            _round_trip(connection)
        assert proxy[0].cuts == 1
    with _connect(proxy[1]) as connection:
        assert _round_trip(connection) == b"ping"


def test_it_refuses_until_it_admits_again(proxy: tuple[TcpProxy, int]) -> None:
    """While it refuses, open connections stay and new ones fail."""
    with _connect(proxy[1]) as connection:
        _round_trip(connection)
        proxy[0].refuse()
        with pytest.raises(ConnectionRefusedError):
            _connect(proxy[1])
        assert _round_trip(connection) == b"ping"
    proxy[0].admit()
    with _connect(proxy[1]) as connection:
        assert _round_trip(connection) == b"ping"


def test_it_fails_with_the_connection_it_was_told(proxy: tuple[TcpProxy, int]) -> None:
    """Two work, the third takes them with it, the fourth is refused; it can be told to go on."""
    proxy[0].fail_after(2)
    with _connect(proxy[1]) as first, _connect(proxy[1]) as second:
        assert _round_trip(first) == _round_trip(second) == b"ping"
        with _connect(proxy[1]) as third, pytest.raises(ConnectionError):
            _round_trip(third)
        with pytest.raises(ConnectionError):
            _round_trip(first)
    with pytest.raises(ConnectionRefusedError):
        _connect(proxy[1])
    proxy[0].admit()
    with _connect(proxy[1]) as connection:
        assert _round_trip(connection) == b"ping"
