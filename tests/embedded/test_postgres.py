"""The embedded PostgreSQL starts quickly, keeps data over a restart, and never outlives its parent."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import psycopg
import pytest

from riskstream.embedded import postgres
from riskstream.embedded.postgres import EmbeddedPostgres, EmbeddedPostgresError, reachable_home
from tests.waiting import wait_until

PARENT = """
import sys, time
from riskstream.embedded.postgres import EmbeddedPostgres
server = EmbeddedPostgres().start()
print(server.pid, flush=True)
time.sleep(60)
"""


def alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    status = Path(f"/proc/{pid}/stat")
    return not (status.exists() and status.read_text().rpartition(")")[2].split()[0] == "Z")


def test_it_keeps_data_over_a_restart_and_removes_it_at_the_end() -> None:
    """The named database is there; rows survive a restart; afterwards nothing is left on disk."""
    with EmbeddedPostgres(database="books") as server:
        with psycopg.connect(server.dsn) as connection:
            connection.execute("CREATE TABLE kept (n int)")
            connection.execute("INSERT INTO kept VALUES (7)")
        server.restart()
        with psycopg.connect(server.dsn) as connection:
            assert connection.execute("SELECT n FROM kept").fetchall() == [(7,)]
            folder = Path(str(connection.execute("SHOW data_directory").fetchone()[0]))  # type: ignore[index]
    assert not folder.exists()


def test_it_ends_with_a_killed_parent() -> None:
    """When the parent is killed with SIGKILL, the server goes too."""
    parent = subprocess.Popen([sys.executable, "-c", PARENT], stdout=subprocess.PIPE, text=True)
    assert parent.stdout is not None
    pid = int(parent.stdout.readline())
    assert alive(pid)
    parent.send_signal(signal.SIGKILL)
    parent.wait()
    parent.stdout.close()
    wait_until(lambda: not alive(pid), what="the end of the orphaned server")


def test_it_starts_where_the_temporary_folder_is_private(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Root runs the server as another user, who may not reach root's own temporary folder."""
    private = tmp_path / "private"
    private.mkdir(mode=0o700)
    monkeypatch.setattr("tempfile.tempdir", str(private))
    with EmbeddedPostgres() as server, psycopg.connect(server.dsn) as connection:
        assert connection.execute("SELECT 1").fetchone() == (1,)


def test_it_starts_from_an_environment_that_is_private(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Root may have installed where no other user can look, as below /root: binaries and their libraries are copied."""
    package = postgres._wheel_binaries().parents[1]
    private = tmp_path / "private"
    for each in (package, package.with_name(f"{package.name}.libs")):
        shutil.copytree(each, private / each.name, symlinks=True)
    private.chmod(0o700)
    binaries = private / package.name / postgres._wheel_binaries().parent.name / "bin"
    monkeypatch.setattr(postgres, "_wheel_binaries", lambda: binaries)
    with EmbeddedPostgres() as server, psycopg.connect(server.dsn) as connection:
        assert connection.execute("SELECT 1").fetchone() == (1,)


def test_a_given_folder_keeps_its_surroundings() -> None:
    """The folder that holds a caller's data directory stays its caller's."""
    home = reachable_home("riskstream-given-")
    before = home.stat()
    with EmbeddedPostgres(data_dir=home / "data") as server, psycopg.connect(server.dsn) as connection:
        assert connection.execute("SELECT 1").fetchone() == (1,)
    after = home.stat()
    shutil.rmtree(home)
    assert (after.st_uid, after.st_gid, after.st_mode) == (before.st_uid, before.st_gid, before.st_mode)


def test_a_taken_port_is_a_clear_error() -> None:
    """A server that can't come up says why."""
    with EmbeddedPostgres() as first, pytest.raises(EmbeddedPostgresError, match=str(first.port)):
        EmbeddedPostgres(port=first.port).start()
