"""The embedded server's way from one major version of PostgreSQL to the next."""

from __future__ import annotations

import os
import signal
import stat
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import psycopg
import pytest

from tests.filling import connected, digests, fill
from tests.making import copy_cluster
from tracing.database import embedded
from tracing.database.backup import read
from tracing.database.embedded import MAJOR, EmbeddedServer, ServerError
from tracing.database.migration import inspect, migrate
from tracing.database.roles import set_up
from tracing.database.transfer import restore
from tracing.database.upgrade import due, upgrade
from tracing.places import Places

REPOSITORY = Path(__file__).parents[2]

OLD = "16"
"""The wheel holds it, too."""

INITDB_16 = ("--username=hooktrace", "--auth=peer", "--encoding=UTF8", "--locale=C", "--no-instructions")
"""It knows no builtin locale."""

UPGRADE = """
import sys
from pathlib import Path
from tracing.database.embedded import EmbeddedServer
from tracing.database.upgrade import upgrade
from tracing.places import Places
upgrade(EmbeddedServer.at(Places.from_environment()), Path(sys.argv[1]))
"""


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """Give a directory whose name needs quoting everywhere."""
    return tmp_path / "it's a home"


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedServer]:
    """Give a stopped server with a filled cluster of the old version, to copy it."""
    server = EmbeddedServer.at(Places.from_environment({"HOOKTRACE_HOME": str(tmp_path_factory.mktemp("filled"))}))
    try:
        with pytest.MonkeyPatch.context() as context:
            context.setattr(embedded, "INITDB", INITDB_16)
            replace(server, major=OLD).start()
        migrate(server.url)
        set_up(server.url)
        fill(server.url)
        server.stop()
        yield server
    finally:
        server.destroy()


@pytest.fixture
def server(home: Path, filled: EmbeddedServer) -> Iterator[EmbeddedServer]:
    """Give a stopped server with a filled cluster of the old version."""
    server = EmbeddedServer.at(Places.from_environment({"HOOKTRACE_HOME": str(home)}))
    try:
        copy_cluster(filled, server)
        yield server
    finally:
        server.destroy()


def of_old(server: EmbeddedServer) -> dict[str, tuple[int, str | None]]:
    """Return what the old cluster holds, and leave it stopped."""
    old = replace(server, major=OLD)
    old.start()
    found = digests(server.url)
    old.stop()
    return found


def test_a_cluster_of_the_old_version_is_not_started(server: EmbeddedServer) -> None:
    """The new programs are not let loose on it; the error names the cure, and it is known to be due."""
    with pytest.raises(ServerError, match=rf"of PostgreSQL {OLD}, this hooktrace runs {MAJOR}\nhint: `hooktrace init`"):
        server.start()
    assert (server.version(), due(server)) == (OLD, True)


def test_everything_is_there_afterwards(server: EmbeddedServer, tmp_path: Path) -> None:
    """Rows, other people's tables, roles with their rights and passwords; on the new version, in its locale."""
    old = replace(server, major=OLD)
    old.start()
    with connected(server.url) as connection:
        for statement in (
            "CREATE TABLE mine AS SELECT 'x' AS a",
            "CREATE VIEW mine_too AS SELECT count(*) FROM execution_traces",
            "CREATE ROLE reader LOGIN PASSWORD 'hush'",
            "GRANT SELECT ON mine_too TO reader",
            "ALTER SYSTEM SET work_mem = '5MB'",
        ):
            connection.execute(statement.encode())
    before = digests(server.url)
    done = upgrade(server, tmp_path / "all.dump")
    server.start()
    with connected(server.url) as connection:
        assert connection.info.server_version // 10_000 == int(MAJOR)
        assert connection.execute("SELECT a FROM mine").fetchone() == ("x",)
        assert connection.execute("SELECT has_table_privilege('reader', 'mine_too', 'SELECT')").fetchone() == (True,)
        password = connection.execute("SELECT rolpassword FROM pg_authid WHERE rolname = 'reader'").fetchone()
        assert password and str(password[0]).startswith("SCRAM-SHA-256$")
        locale = "SELECT datlocale FROM pg_database WHERE datname = 'hooktrace'"
        assert connection.execute(locale).fetchone() == ("C.UTF-8",)
    assert digests(server.url) == before
    assert not due(server)
    assert (done.before, done.tuning) == (OLD, ("work_mem = '5MB'",))


def test_the_schema_is_whole_afterwards(server: EmbeddedServer, tmp_path: Path) -> None:
    """Migrations see nothing lost, nothing altered and nothing to do."""
    upgrade(server, tmp_path / "all.dump")
    server.start()
    state = inspect(server.url)
    assert (state.pending, state.altered, state.lost) == ([], [], [])
    assert not migrate(server.url)


def test_the_dump_stays_and_the_old_cluster_goes(server: EmbeddedServer, tmp_path: Path) -> None:
    """The dump is private, and `db restore` takes it; nothing else of the way is left."""
    before = of_old(server)
    done = upgrade(server, tmp_path / "all.dump")
    assert stat.S_IMODE(done.dump.stat().st_mode) == 0o600
    assert {path.name for path in server.base.iterdir()} <= {
        "data", "lock", "alive", "postgresql.conf", "pg_hba.conf", "pg_ident.conf"
    }  # fmt: skip
    server.start()
    restore(read(done.dump), server.url, "public", server, replace=True)
    assert digests(server.url) == before


def test_what_would_be_left_behind_stops_it(server: EmbeddedServer, tmp_path: Path) -> None:
    """Another database in the cluster is named, the old cluster is what it was, and without it all goes well."""
    before = of_old(server)
    old = replace(server, major=OLD)
    old.start()
    with connected(server.url) as connection:
        connection.execute("CREATE DATABASE of_others")
    with pytest.raises(ServerError, match=r"not hooktrace's: of_others\nhint: "):
        upgrade(server, tmp_path / "all.dump")
    assert list(tmp_path.glob("*.dump")) == []
    assert (server.version(), server.pid()) == (OLD, None)
    old.start()
    with connected(server.url) as connection:
        connection.execute("DROP DATABASE of_others")
    upgrade(server, tmp_path / "all.dump")
    server.start()
    assert digests(server.url) == before


@pytest.mark.parametrize(("version", "cure"), [("17", "does not bring\nhint: .*db backup"), ("99", "newer hooktrace")])
def test_without_the_programs_it_is_said_what_to_do(
    server: EmbeddedServer, tmp_path: Path, version: str, cure: str
) -> None:
    """A version that the wheel does not hold, and one that is newer than ours."""
    (server.data / "PG_VERSION").write_text(f"{version}\n")
    with pytest.raises(ServerError, match=rf"(?s)PostgreSQL {version}.*{cure}"):
        upgrade(server, tmp_path / "all.dump")


@pytest.mark.parametrize("moment", ["dump", "new cluster", "rows"])
def test_killed_half_way_it_can_be_repeated(server: EmbeddedServer, home: Path, tmp_path: Path, moment: str) -> None:
    """Killed -9 with what it started, it leaves the old cluster whole, and the next attempt succeeds."""
    before = of_old(server)
    new = server.beside("upgrade")
    reached: dict[str, Callable[[], bool]] = {
        "dump": lambda: any(tmp_path.glob(".first.dump.*")),
        "new cluster": lambda: (new.base / "data.new").exists(),
        "rows": lambda: new.pid() is not None,
    }
    process = subprocess.Popen(
        [sys.executable, "-c", UPGRADE, tmp_path / "first.dump"],
        env={**os.environ, "HOOKTRACE_HOME": str(home), "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
        cwd=REPOSITORY,
        start_new_session=True,
    )
    while not reached[moment]() and process.poll() is None:
        time.sleep(0.001)
    os.killpg(process.pid, signal.SIGKILL)
    assert process.wait() == -signal.SIGKILL
    upgrade(server, tmp_path / "second.dump")
    server.start()
    assert digests(server.url) == before
    assert not new.base.exists()


def test_an_exchange_of_clusters_has_no_bad_moment(server: EmbeddedServer, tmp_path: Path) -> None:
    """Between its two renames the old cluster comes back; after them the new one stays and the old one goes."""
    before = server.base / "data.before"
    server.data.rename(before)
    assert (server.version(), due(server)) == (OLD, True)
    with pytest.raises(ServerError, match="hooktrace init"):
        server.start()
    assert server.installed() and not before.exists()
    upgrade(server, tmp_path / "all.dump")
    before.mkdir()
    server.start()
    assert not before.exists()
    with psycopg.connect(server.url) as connection:
        assert connection.info.server_version // 10_000 == int(MAJOR)


def test_removing_the_server_removes_what_is_beside_it(server: EmbeddedServer) -> None:
    """A server that an upgrade was killed with goes, too."""
    beside = server.beside("upgrade")
    beside.start()
    pid = beside.pid()
    assert pid
    server.destroy()
    assert not server.base.exists()
    assert beside.pid() is None
