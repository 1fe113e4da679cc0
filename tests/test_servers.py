"""The servers that are not ours are what their fixtures promise."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import psycopg
import pytest

from tests.conftest import CHECKOUT
from tests.servers import ADMIN, Cluster, PgBouncer, login, new_cluster, new_pgbouncer

PROMISED = {
    "embedded18": (18, {"vector"}),
    "debian15": (15, {"uuid-ossp"}),
    "plain16": (16, {"uuid-ossp"}),
    "plain17": (17, {"uuid-ossp"}),
    "both18": (18, {"vector", "uuid-ossp"}),
}
"""The major version of each server, and which of the two extensions it has."""

GONE_LIMIT_S = 60

KILLED = """\
import os, signal
from tests.servers import new_cluster
with new_cluster("embedded18") as cluster:
    print(cluster.directory, (cluster.directory / "data/postmaster.pid").read_text().split()[0], flush=True)
    os.kill(os.getpid(), signal.SIGKILL)
"""


def test_a_server_is_of_its_version(any_server: Cluster) -> None:
    """The server and the directory agree on the major version, and it is the promised one."""
    with any_server.connect(ADMIN) as admin:
        assert admin.info.server_version // 10_000 == any_server.major == PROMISED[any_server.name][0]


def test_a_server_has_the_extensions_it_should(any_server: Cluster) -> None:
    """What is promised can be created and works; what is not is neither offered nor created."""
    promised = PROMISED[any_server.name][1]
    with any_server.database() as url, psycopg.connect(url, autocommit=True) as connection:
        for extension, proof in (
            ("vector", "SELECT vector_dims('[1,2,3]'::vector) = 3"),
            ("uuid-ossp", "SELECT uuid_generate_v4() IS NOT NULL"),
        ):
            create = f'CREATE EXTENSION "{extension}"'.encode()
            assert any_server.offers(extension) == (extension in promised)
            if extension in promised:
                connection.execute(create)
                assert connection.execute(proof.encode()).fetchone() == (True,)
            else:
                with pytest.raises(psycopg.errors.FeatureNotSupported):
                    connection.execute(create)


def test_a_server_wants_the_password(any_server: Cluster) -> None:
    """A role gets in by its password alone, and into a database of its own; it is no superuser."""
    url = any_server.new_database("wanted")
    with psycopg.connect(url) as connection:
        row = connection.execute("SELECT current_user, rolsuper FROM pg_roles WHERE rolname = current_user").fetchone()
        assert row == ("wanted", False)
    for refused in ("wanted", "wanted:wrong"):
        with pytest.raises(psycopg.OperationalError, match="password"):
            psycopg.connect(any_server.url("wanted", refused), passfile="/dev/null")
    any_server.drop_database("wanted")


def test_a_database_goes_with_its_block(any_server: Cluster) -> None:
    """A temporary database is its own, and does not stay even when somebody is connected."""
    with any_server.database() as one, any_server.database() as other:
        assert one != other
        lingering = psycopg.connect(one)
    lingering.close()
    with pytest.raises(psycopg.OperationalError, match="does not exist"):
        psycopg.connect(one)


@pytest.mark.parametrize("signal_name", ["INT", "QUIT"])
def test_a_server_comes_back_with_what_was_committed(signal_name: str) -> None:
    """A server of a test's own can be stopped, or crashed, and started again."""
    with new_cluster("embedded18") as cluster:
        with cluster.connect(ADMIN) as admin:
            admin.execute("CREATE TABLE kept AS SELECT 1 AS one")
        cluster.stop(signal_name)
        with pytest.raises(psycopg.OperationalError):
            cluster.connect(ADMIN)
        cluster.start()
        with cluster.connect(ADMIN) as admin:
            assert admin.execute("SELECT one FROM kept").fetchone() == (1,)
        directory = cluster.directory
    assert not directory.exists()


def test_a_killed_run_leaves_nothing() -> None:
    """Whoever asked for a server is killed with -9: the server ends and its directory goes."""
    killed = subprocess.run(
        [sys.executable, "-c", KILLED], cwd=CHECKOUT, capture_output=True, text=True, timeout=GONE_LIMIT_S
    )
    assert killed.returncode == -signal.SIGKILL, killed.stderr
    directory, pid = killed.stdout.split()
    until = time.monotonic() + GONE_LIMIT_S
    while Path(directory).exists():
        assert time.monotonic() < until, f"{directory} is still there"
        time.sleep(0.05)
    with pytest.raises(ProcessLookupError):
        os.kill(int(pid), 0)


def test_a_server_that_does_not_start_says_why() -> None:
    """What the server logged is the error."""
    with new_cluster("embedded18") as cluster:
        cluster.stop()
        (cluster.directory / "data/pg_hba.conf").write_text("nonsense\n")
        with pytest.raises(RuntimeError, match=r"pg_hba\.conf"):
            cluster.start()


def test_the_pooler_shares_connections_between_transactions(pgbouncer: PgBouncer) -> None:
    """Two transactions of one client run on two server connections, for another client had the first meanwhile."""
    with pgbouncer.connect(ADMIN) as one, pgbouncer.connect(ADMIN) as other:
        first = _backend(one)
        with other.transaction():
            assert _backend(other) == first
            assert _backend(one) != first


def test_the_pooler_forgets_what_a_session_set(debian15: Cluster) -> None:
    """A setting stays with the server connection, which the next transaction of the client need not get."""
    with new_pgbouncer(debian15) as bouncer, bouncer.connect(ADMIN) as one, bouncer.connect(ADMIN) as other:
        one.execute("SET statement_timeout = '77s'")
        with other.transaction():
            assert _timeout(other) == "77s"  # it has the first one's connection, with what was set there
            assert _timeout(one) == "0"


def test_the_pooler_knows_every_role(debian15: Cluster, pgbouncer: PgBouncer) -> None:
    """Pooled by transaction, a new role gets in by its password, and as itself; a wrong password stays outside."""
    debian15.new_database("pooled")
    with psycopg.connect(pgbouncer.url("pooled", login("pooled"))) as connection:
        assert connection.execute("SELECT session_user").fetchone() == ("pooled",)
    with pytest.raises(psycopg.OperationalError, match="SASL authentication failed"):
        psycopg.connect(pgbouncer.url("pooled", "pooled:wrong"))
    with psycopg.connect(pgbouncer.url("pgbouncer", login(ADMIN)), autocommit=True) as console:
        settings = {row[0]: row[1] for row in console.execute("SHOW CONFIG")}
    assert settings["pool_mode"] == "transaction"


def test_the_pooler_stands_before_any_server(any_server: Cluster) -> None:
    """It reaches each of the servers, with settings of the test's own, and comes back after an outage."""
    with new_pgbouncer(any_server, default_pool_size=1) as bouncer:
        with bouncer.connect(ADMIN) as connection:
            assert connection.info.server_version // 10_000 == any_server.major
        bouncer.stop()
        with pytest.raises(psycopg.OperationalError):
            bouncer.connect(ADMIN)
        bouncer.start()
        bouncer.connect(ADMIN).close()


def _backend(connection: psycopg.Connection[tuple[object, ...]]) -> object:
    row = connection.execute("SELECT pg_backend_pid()").fetchone()
    assert row is not None
    return row[0]


def _timeout(connection: psycopg.Connection[tuple[object, ...]]) -> object:
    row = connection.execute("SHOW statement_timeout").fetchone()
    assert row is not None
    return row[0]
