"""`hooktrace db move`: everything recorded goes to another database, and so does what is recorded from then on."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Iterator

import psycopg
import pytest

from tests.conftest import CHECKOUT, Installation, _hooktrace
from tests.filling import connected, digests, fill
from tests.servers import PASSWORD, Cluster
from tracing.database.migration import migrate

SESSION = {"hook_event_name": "SessionStart", "session_id": "5e550000-0000-4000-8000-000000000003"}

WAITING_CHECK = """
CREATE FUNCTION public.waited() RETURNS boolean LANGUAGE plpgsql AS
    $$ BEGIN PERFORM pg_advisory_lock_shared(42); RETURN true; END $$;
ALTER TABLE error_patterns ADD CONSTRAINT waits CHECK (public.waited());
"""
"""Lets the copying of this table wait for the lock 42, when other tables have their rows already."""

WAITING = "SELECT pid FROM pg_stat_activity WHERE application_name = 'hooktrace copy' AND wait_event = 'advisory'"


@pytest.fixture
def filled(home: Installation) -> Iterator[Installation]:
    """Give an installation with the embedded server and rows in every table; afterwards it is pinned again."""
    fill(home.url)
    yield home
    home.done("init", "--db", "embedded", "--schema", "public", "--yes", "--no-agent")
    home.done("config", "set", "database.source", "embedded")


@pytest.fixture
def other(debian15: Cluster, filled: Installation) -> Iterator[str]:
    """Give the URL of an empty database on a server that wants a password."""
    with debian15.database() as url:
        yield url
        filled.stop_collector()


def executions(url: str) -> int:
    """Return how many events of SESSION the database at *url* holds."""
    with psycopg.connect(url) as connection:
        row = connection.execute(
            "SELECT count(*) FROM hook_executions WHERE session_id = %s", [SESSION["session_id"]]
        ).fetchone()
        return int(row[0]) if row else 0


def go_back(home: Installation, said: str) -> None:
    """Give the command that `db move` printed as the way back."""
    (line,) = (line for line in said.splitlines() if line.strip().startswith("hooktrace init"))
    home.done(*line.split()[1:], "--yes", "--no-agent")


def test_everything_goes_along(filled: Installation, other: str) -> None:
    """Every row is there, the counts are told, the old database is as it was and its server at rest."""
    before, old = digests(filled.url), filled.url
    process = filled.run("db", "move", "--yes", other)
    assert process.returncode == 0, process.stderr
    assert digests(other) == before
    for name, (rows, _) in before.items():
        assert name.startswith("hooktrace.") or (f"{name} " in process.stdout and f"{rows:,}\n" in process.stdout)
    assert filled.server.pid() is None
    filled.server.start()
    assert digests(old) == before


def test_it_records_there_from_then_on(filled: Installation, other: str) -> None:
    """The new database is pinned, what was in the spool arrives in it, and in the old one nothing does."""
    old = filled.url
    with filled.without_collector():
        filled.fire(SESSION)
        assert len(filled.spooled()) == 1
    filled.done("db", "move", "--yes", other)
    filled.fire(SESSION)
    filled.flush()
    assert executions(other) == 2
    database = filled.json("status")["database"]
    assert (database["reachable"], database["source"], database["server_pid"]) == (True, "hooktrace db move", None)
    filled.server.start()
    assert executions(old) == 0


def test_the_way_back_is_told_and_is_one(filled: Installation, other: str) -> None:
    """The line that is printed leads to the old database, with everything that was in it."""
    before = digests(filled.url)
    said = filled.done("db", "move", "--yes", other)
    go_back(filled, said)
    assert filled.json("status")["database"]["url"] is None
    assert digests(filled.url) == before


def test_it_goes_both_ways(filled: Installation, other: str) -> None:
    """Back to the embedded server, over what was left there, with what came since."""
    filled.done("db", "move", "--yes", other)
    filled.fire(SESSION)
    filled.flush()
    before = digests(other)
    process = filled.run("db", "move", "--yes", "embedded")
    assert process.returncode == 1
    assert "rows already\nhint: --replace deletes them" in process.stderr
    assert filled.json("status")["database"]["source"] == "hooktrace db move"
    said = filled.done("db", "move", "--yes", "--replace", "embedded")
    assert "(and its password)" in said
    assert digests(filled.url) == before


def test_nothing_shows_the_password(filled: Installation, other: str) -> None:
    """Neither what is printed, nor `status` or `config get`; with `-` the URL is not on the command line either."""
    process = subprocess.run(
        [*_hooktrace(), "db", "move", "--yes", "-"],
        cwd=CHECKOUT,
        env=filled.env,
        input=f"{other}\n",
        capture_output=True,
        text=True,
    )
    assert process.returncode == 0, process.stderr
    refused = filled.run("db", "move", "--yes", other)
    assert "pinned already" in refused.stderr
    texts = [process.stdout, process.stderr, refused.stderr, filled.done("status"), filled.done("config", "get")]
    texts.append(filled.places.log.read_text())
    assert not any(part in text for text in texts for part in (PASSWORD, "s3cr%40t"))


def test_nothing_is_moved_unasked(filled: Installation, other: str) -> None:
    """Without a terminal it takes --yes; what is no URL, or leads nowhere, is told."""
    for words in ([other], ["--yes", "nonsense"], ["--yes", f"{other}_nowhere"]):
        process = filled.run("db", "move", *words)
        assert process.returncode == 1
        assert "hint: " in process.stderr
        assert "Traceback" not in process.stderr
    assert filled.json("status")["database"]["url"] is None


def test_interrupted_it_leaves_the_old_one_pinned(filled: Installation, other: str) -> None:
    """Killed -9 while it copies, it leaves the new database without rows; recording goes on in the old one."""
    before = digests(filled.url)
    migrate(other)
    with connected(other) as watch, connected(other) as holder, holder.transaction():
        watch.execute(WAITING_CHECK.encode())
        holder.execute("SELECT pg_advisory_xact_lock(42)")
        process = subprocess.Popen(
            [*_hooktrace(), "db", "move", "--yes", other],
            cwd=CHECKOUT,
            env=filled.env,
            stdout=subprocess.DEVNULL,
        )
        until = time.monotonic() + 120
        while not watch.execute(WAITING.encode()).fetchone():
            assert process.poll() is None and time.monotonic() < until
            time.sleep(0.01)
        filled.fire(SESSION)  # its collector, if one is started, leaves at once
        assert len(filled.spooled()) == 1
        os.kill(process.pid, signal.SIGKILL)
        process.wait()
    assert {rows for rows, _ in digests(other).values()} == {0}
    assert filled.json("status")["database"]["url"] is None
    filled.flush()
    assert executions(filled.url) == 1
    after = digests(filled.url)
    assert all(after[name] == before[name] for name in ("success_patterns", "endpoint_calls"))
    filled.done("db", "move", "--yes", other)
    assert digests(other) == after


def test_tables_of_others_get_other_company(filled: Installation, other: str) -> None:
    """Where public holds tables of our names that are not ours, ours go to a schema of their own."""
    with connected(other) as connection:
        connection.execute("CREATE TABLE execution_traces AS SELECT 'theirs' AS whose")
    before = digests(filled.url)
    said = filled.done("db", "move", "--yes", other)
    assert digests(other, "traceability") == before
    with connected(other) as connection:
        assert connection.execute("SELECT whose FROM public.execution_traces").fetchall() == [("theirs",)]
    filled.fire(SESSION)
    filled.flush()
    with connected(other, "traceability") as connection:
        row = connection.execute("SELECT count(*) FROM hook_executions WHERE session_id = %s", [SESSION["session_id"]])
        assert row.fetchone() == (1,)
    go_back(filled, said)
    assert digests(filled.url) == before
