"""A server that is not ours: Debian's PostgreSQL 15, which has no pgvector."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import quote

import pytest

from tests.conftest import Installation, new_installation
from tests.replay import RECORDINGS
from tests.servers import PASSWORD, Cluster

RECORDING = RECORDINGS / "2.1.330" / "simple.jsonl"


@pytest.fixture(scope="module")
def recorded(debian15: Cluster) -> Iterator[Installation]:
    """Give an installation that stores in the cluster, its password in the URL, and one recorded session."""
    url = debian15.new_database("by_url")
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


def test_a_password_file_serves_the_collector(debian15: Cluster) -> None:
    """With ?passfile= no password is in any file of ours, and psql and psycopg take what `db url` prints."""
    debian15.new_database("by_file")
    passfile = debian15.directory / "pgpass of ours"
    passfile.write_text(f"*:*:by_file:by_file:{PASSWORD.replace(':', chr(92) + ':')}\n")
    passfile.chmod(0o600)
    url = f"{debian15.url('by_file', 'by_file')}&passfile={quote(str(passfile), safe='')}"
    with new_installation("--db", url) as made:
        made.replay(RECORDING)
        made.flush()
        assert made.count("hook_executions") > 0
        assert made.url == url
        assert PASSWORD not in made.places.config_file.read_text()
        assert f"POSTGRES_PASSWORD='{PASSWORD}'" in made.done("db", "env")
