"""A loopback TCP proxy that spoils connections on demand."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import struct
import threading
from types import TracebackType
from typing import Any, Self

CHUNK_BYTES = 65_536
_RESET = struct.pack("ii", 1, 0)


class TcpProxy:
    """Forwards connections on one loopback port to another, in a thread of its own.

    All methods but those with an underscore may be called from any thread.
    """

    def __init__(self, port: int, target: int) -> None:
        self._port, self._target = port, target
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="proxy", daemon=True)
        self._server: asyncio.Server | None = None
        self._writers: set[asyncio.StreamWriter] = set()
        self._delay_s = 0.0
        self._fatal = 0
        #: Connections that were made, and those of them that were cut.
        self.connections = self.cuts = 0

    def __enter__(self) -> Self:
        self._thread.start()
        self.admit()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.refuse()
        self.cut()
        self._call(self._drain())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def admit(self) -> None:
        """Take connections; so it does from the start."""
        self._call(self._listen())

    def refuse(self) -> None:
        """Refuse new connections; those that are open stay."""
        self._call(self._close())

    def cut(self) -> None:
        """Reset all open connections, whatever is on its way."""
        self._call(self._abort())

    def fail_after(self, count: int) -> None:
        """The connection after so many more is the last: with it all are reset, and new ones refused, until
        :meth:`admit`."""
        self._fatal = self.connections + count + 1

    def delay(self, delay_s: float) -> None:
        """From now on, hold everything back for so long in each direction; 0 ends that."""
        self._delay_s = delay_s

    def _call(self, work: Any) -> None:
        asyncio.run_coroutine_threadsafe(work, self._loop).result(10)

    async def _listen(self) -> None:
        if self._server is None:
            self._server = await asyncio.start_server(self._serve, "127.0.0.1", self._port)

    async def _close(self) -> None:
        if self._server is not None:
            self._server.close()
            self._server = None

    async def _abort(self) -> None:
        self.cuts += len(self._writers) // 2
        for writer in list(self._writers):
            with contextlib.suppress(OSError):  # it was just closed
                # Without this the other side would see a proper end.
                writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
            writer.transport.abort()

    async def _drain(self) -> None:
        """Let the tasks of closed connections end."""
        others = asyncio.all_tasks() - {asyncio.current_task()}
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            far_reader, far_writer = await asyncio.open_connection("127.0.0.1", self._target)
        except OSError:
            writer.transport.abort()
            return
        self.connections += 1
        pair = {writer, far_writer}
        self._writers |= pair
        if self.connections == self._fatal:
            await self._close()
            await self._abort()
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(self._pump(reader, far_writer))
                group.create_task(self._pump(far_reader, writer))
        except* (OSError, _Ended):
            pass
        finally:
            self._writers -= pair
            for each in pair:
                each.transport.abort()

    async def _pump(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while data := await reader.read(CHUNK_BYTES):
            if self._delay_s:
                await asyncio.sleep(self._delay_s)
            writer.write(data)
            await writer.drain()
        raise _Ended


class _Ended(Exception):
    """One side is done, so both are: Kafka's clients do not half-close."""
