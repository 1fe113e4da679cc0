"""A server that is not ours: Debian's PostgreSQL 15, which has no pgvector."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

import psycopg
import pytest

from tests.conftest import Installation, new_installation
from tests.replay import RECORDINGS

BINARIES = Path("/usr/lib/postgresql/15/bin")
"""Where Debian's package postgresql-15 puts them."""

RECORDING = RECORDINGS / "2.1.330" / "simple.jsonl"
PASSWORD = "s3cr@t/:#"  # noqa: S105  # its special characters are the test

pytestmark = pytest.mark.skipif(
    not (BINARIES / "initdb").exists(), reason="PostgreSQL 15 is missing (Debian 12: apt-get install postgresql)"
)


@dataclass(frozen=True)
class Cluster:
    """A PostgreSQL 15 that wants a password."""

    directory: Path

    def url(self, database: str, login: str) -> str:
        """Return a URL for *login* (``user`` or ``user:password``) by the cluster's socket."""
        return f"postgresql://{login}@/{database}?host={quote(str(self.directory), safe='')}"

    def new_database(self, name: str) -> None:
        """Make an empty database, owned by a role that is no superuser and may log in by password."""
        with psycopg.connect(self.url("postgres", f"postgres:{quote(PASSWORD, safe='')}"), autocommit=True) as admin:
            admin.execute(f"CREATE ROLE {name} LOGIN PASSWORD '{PASSWORD}'".encode())
            admin.execute(f"CREATE DATABASE {name} OWNER {name}".encode())

    def run(self, program: str, *arguments: str | Path) -> None:
        """Run one of the server's programs as its user."""
        subprocess.run(
            [BINARIES / program, *arguments],
            check=True,
            cwd="/",
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            timeout=120,
            **self.identity(),
        )

    @staticmethod
    def identity() -> dict[str, Any]:
        """Return what makes a process run as the user postgres, whom root needs for it."""
        if os.geteuid() != 0:
            return {}
        account = pwd.getpwnam("postgres")
        return {"user": account.pw_uid, "group": account.pw_gid, "extra_groups": []}


@pytest.fixture(scope="module")
def cluster() -> Iterator[Cluster]:
    """Give a running cluster in a directory of its own, by socket only."""
    directory = Path(tempfile.mkdtemp(prefix="ht-pg15-", dir="/tmp"))
    directory.chmod(0o755)
    cluster = Cluster(directory)
    password, data = directory / "password", directory / "data"
    password.write_text(PASSWORD)
    if user := cluster.identity().get("user"):
        os.chown(directory, user, -1)
        os.chown(password, user, -1)
    initdb = ("--username=postgres", "--auth=scram-sha-256", f"--pwfile={password}", "--no-sync", "--encoding=UTF8")
    cluster.run("initdb", *initdb, "--locale=C.UTF-8", data)
    options = f"-c listen_addresses='' -c unix_socket_directories='{directory}'"
    cluster.run("pg_ctl", "start", "-w", "-D", data, "-l", directory / "log", "-o", options)
    try:
        yield cluster
    finally:
        cluster.run("pg_ctl", "stop", "-m", "immediate", "-D", data)
        shutil.rmtree(directory)


@pytest.fixture(scope="module")
def recorded(cluster: Cluster) -> Iterator[Installation]:
    """Give an installation that stores in the cluster, its password in the URL, and one recorded session."""
    cluster.new_database("by_url")
    url = cluster.url("by_url", f"by_url:{quote(PASSWORD, safe='')}")
    with new_installation("--db", url) as made:
        made._url = url  # `db url` does not print the password
        made.replay(RECORDING)
        made.flush()
        yield made


def test_a_server_without_pgvector_will_do(recorded: Installation) -> None:
    """The tables are made by a role that is no superuser, on PostgreSQL 15 without the extension."""
    assert str(recorded.query("SHOW server_version")[0][0]).startswith("15.")
    assert recorded.query("SELECT 1 FROM pg_available_extensions WHERE name = 'vector'") == []
    assert recorded.query("SELECT rolsuper FROM pg_roles WHERE rolname = current_user") == [(False,)]


def test_a_recorded_session_is_stored_there(recorded: Installation) -> None:
    """Every event of the session arrives, and the trace is whole."""
    assert recorded.count("hook_executions") > 0
    ((session,),) = recorded.query("SELECT session_id FROM hooktrace.sessions")
    assert recorded.json("show", str(session))["kind"] == "session"
    assert recorded.server.installed() is False


def test_nothing_shows_the_password(recorded: Installation) -> None:
    """`status`, `db url`, `config get` and the collector's log name the database without it."""
    database = recorded.json("status")["database"]
    assert (database["reachable"], database["server_pid"], database["source"]) == (True, None, "--db")
    assert "by_url@/by_url?host=" in database["url"]
    texts = [recorded.done(*words) for words in (("status",), ("status", "--json"), ("db", "url"), ("config", "get"))]
    texts.append(recorded.places.log.read_text())
    assert not any(part in text for text in texts for part in (PASSWORD, quote(PASSWORD, safe="")))


def test_a_second_init_changes_nothing(recorded: Installation) -> None:
    """The database stays pinned and its rows stay there."""
    before = recorded.row_counts()
    assert "up to date" in recorded.done("init", "--yes")
    assert recorded.json("status")["database"]["source"] == "--db"
    assert recorded.row_counts() == before


def test_a_password_file_serves_the_collector(cluster: Cluster) -> None:
    """With ?passfile= no password is in any file of ours, and psql and psycopg take what `db url` prints."""
    cluster.new_database("by_file")
    passfile = cluster.directory / "pgpass of ours"
    passfile.write_text(f"*:*:by_file:by_file:{PASSWORD.replace(':', chr(92) + ':')}\n")
    passfile.chmod(0o600)
    url = f"{cluster.url('by_file', 'by_file')}&passfile={quote(str(passfile), safe='')}"
    with new_installation("--db", url) as made:
        made.replay(RECORDING)
        made.flush()
        assert made.count("hook_executions") > 0
        assert made.url == url
        assert PASSWORD not in made.places.config_file.read_text()
        assert f"POSTGRES_PASSWORD='{PASSWORD}'" in made.done("db", "env")
