"""The migrations make the same schema by every way: at once, step by step, again after a loss, or through psql."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import psycopg
import pytest

from tests.conftest import CHECKOUT
from tests.names import FILE
from tests.servers import ADMIN, Cluster, new_cluster
from tracing.database.catalogue import ALWAYS, Key, catalogue, count_rows, must_have
from tracing.database.migration import inspect, migrate, pending
from tracing.database.roles import set_up
from tracing.database.script import script

MIGRATIONS = CHECKOUT / "sql/migrations"

TABLES = sorted(name for kind, name in must_have()[ALWAYS] if kind == "table" and not name.endswith("_default"))

ROWS = {
    "0002_executions": (
        "INSERT INTO execution_traces (root_id, correlation_id, session_id, source)"
        " SELECT md5(n::text)::uuid, md5(n::text)::uuid, 'session ' || n, 'test' FROM generate_series(1, 20) AS n"
    ),
    "0003_events": (
        "INSERT INTO hook_executions (id, root_id, trace_id, session_id, hook_type, hook_name, started_at, status)"
        " SELECT gen_random_uuid(), root_id, correlation_id, session_id, 'Stop', 'record', now(), 'completed'"
        " FROM execution_traces"
    ),
    "0004_decisions_and_calls": (
        "INSERT INTO agent_routing_decisions (root_id, trace_id, session_id, agent_selected, routing_strategy)"
        " SELECT root_id, correlation_id, session_id, 'Explore', 'model' FROM execution_traces"
    ),
    "0005_patterns": "INSERT INTO agent_chaining_patterns (chain) VALUES ('{a,b}')",
}
"""What a database holds after a migration, before the next one."""


@pytest.fixture(params=["embedded18", "debian15"])
def server(request: pytest.FixtureRequest) -> Cluster:
    """Give the newest server, with pgvector, and the oldest, without."""
    cluster: Cluster = request.getfixturevalue(request.param)
    return cluster


def stands(url: str, schema: str = "public") -> dict[Key, str]:
    """Return the catalogue of the database at *url*."""
    with psycopg.connect(url, autocommit=True) as connection:
        return catalogue(connection, schema)


def test_the_names_are_known_beforehand(any_server: Cluster) -> None:
    """sql/catalogue.json names what a fresh database holds on every server; `python -m tests.names` writes it."""
    with any_server.migrated() as url:
        expected = must_have()[ALWAYS] | (must_have()["vector"] if any_server.offers("vector") else set())
        assert set(stands(url)) == expected, f"run `python -m tests.names`, which writes {FILE.name}"
        assert inspect(url).lost == []


def test_the_upgrade_of_a_database_in_use_makes_what_a_fresh_one_is(any_server: Cluster, tmp_path: Path) -> None:
    """Applied one by one, with rows stored in between, the files make the same schema, and keep the rows."""
    with any_server.migrated() as fresh, any_server.database() as old:
        for file in sorted(MIGRATIONS.glob("*.sql")):
            shutil.copy(file, tmp_path)
            assert migrate(old, directory=tmp_path).new == [file.stem]
            if file.stem in ROWS:
                with psycopg.connect(old, autocommit=True) as connection:
                    connection.execute(ROWS[file.stem].encode())
        migrate(old)
        assert stands(old) == stands(fresh)
        with psycopg.connect(old) as connection:
            counted = connection.execute(
                "SELECT (SELECT count(*) FROM execution_traces), (SELECT count(*) FROM hook_executions)"
            ).fetchone()
        assert counted == (20, 20)


def test_every_file_may_run_again(server: Cluster) -> None:
    """All files once more on a complete database with rows change nothing."""
    with server.migrated() as url:
        fill(url)
        before = stands(url)
        with psycopg.connect(url) as connection:
            connection.execute("SELECT set_config('search_path', 'public, public, pg_temp', true)")
            for file in sorted(MIGRATIONS.glob("*.sql")):
                connection.execute(file.read_bytes())
        assert stands(url) == before
        assert counts(url) == dict.fromkeys(counts(url), 20)


def test_any_table_that_is_lost_comes_back(server: Cluster) -> None:
    """Each table in turn is dropped with all that depends on it: one migration makes the same schema again."""
    with server.migrated() as url:
        whole = stands(url)
        for table in TABLES:
            fill(url)
            with psycopg.connect(url, autocommit=True) as connection:
                connection.execute(f"DROP TABLE {table} CASCADE".encode())
            assert ("table", table) in inspect(url).lost
            assert ("table", table) in migrate(url).lost
            assert stands(url) == whole, f"after the loss of {table}"
            assert inspect(url).lost == []


def test_events_outlive_the_loss_of_their_executions(debian15: Cluster) -> None:
    """The table that all event tables refer to is dropped: their rows are kept, and belong to something again."""
    with debian15.migrated() as url:
        fill(url)
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute("DROP TABLE execution_traces CASCADE")
        migrate(url)
        assert counts(url) == {"execution_traces": 20, "hook_executions": 20, "agent_routing_decisions": 20}


def test_a_schema_of_its_own_holds_the_same(server: Cluster) -> None:
    """In another schema the same objects are made, worded the same, and none of them in public."""
    with server.migrated() as one, server.database() as other:
        migrate(other, "traceability")
        assert stands(other, "traceability") == stands(one)
        assert [name for _, name in stands(other) if "hooktrace." not in name] == []
        assert pending(other, "traceability") == []


def test_pgvector_may_come_later(embedded18: Cluster) -> None:
    """The extension is dropped with its indexes: a migration makes them again."""
    with embedded18.migrated() as url:
        whole = stands(url)
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute("DROP EXTENSION vector CASCADE")
        assert stands(url).keys() == must_have()[ALWAYS]
        assert migrate(url).lost == sorted(must_have()["vector"])
        assert stands(url) == whole


def test_a_superuser_brings_the_extension_where_the_owner_may_not() -> None:
    """The tables belong to a role that is no superuser; who migrates as its member still creates what it may itself."""
    with new_cluster("embedded18") as cluster, cluster.database() as url:
        migrate(url)
        set_up(url)
        whole = stands(url)
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute("DROP EXTENSION vector CASCADE")
        migrate(url)
        assert stands(url) == whole
        with psycopg.connect(url, autocommit=True) as connection:
            owners = connection.execute(
                "SELECT tableowner FROM pg_tables WHERE tablename = 'success_patterns' UNION ALL"
                " SELECT rolname FROM pg_extension JOIN pg_roles r ON r.oid = extowner WHERE extname = 'vector'"
            ).fetchall()
        assert owners == [("hooktrace_owner",), (ADMIN,)]


def test_embeddings_have_the_length_that_was_set(embedded18: Cluster) -> None:
    """The vector indexes are for as many dimensions as the settings say, and are made anew when these change."""
    with embedded18.database() as url:
        for dimensions in (384, 768):
            migrate(url, dimensions=dimensions)
            assert f"vector({dimensions})" in stands(url)["index", "idx_pattern_embedding"]


@pytest.mark.parametrize("schema", ["public", "traceability", "user"])
def test_the_script_makes_what_the_migrations_make(server: Cluster, schema: str) -> None:
    """With `schema sql`, psql makes an equal schema with equal books; a migration finds nothing to do."""
    with server.database() as migrated, server.database() as scripted:
        migrate(migrated, schema)
        psql = ["psql", "-X", "-q", "-v", "ON_ERROR_STOP=1", "-1", "-d", scripted, "-f", "-"]
        run = subprocess.run(psql, input=script(schema), capture_output=True, text=True)
        assert (run.returncode, run.stderr) == (0, "")
        assert stands(scripted, schema) == stands(migrated, schema)
        assert books(scripted) == books(migrated)
        assert not migrate(scripted, schema)


def books(url: str) -> list[list[tuple[object, ...]]]:
    """Return what the books say, without when and whence."""
    with psycopg.connect(url) as connection:
        return [
            connection.execute(statement).fetchall()
            for statement in (
                "SELECT migration_id, migration_hash FROM hooktrace._yoyo_migration ORDER BY 1",
                "SELECT migration_id, migration_hash, operation, username FROM hooktrace._yoyo_log ORDER BY 1",
                "SELECT version FROM hooktrace._yoyo_version",
                "SELECT kind, name, definition, server_major FROM hooktrace.objects ORDER BY 1, 2",
            )
        ]


def fill(url: str) -> None:
    """Store 20 executions, with an event and a decision each, unless they are there."""
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("TRUNCATE execution_traces CASCADE")
        for name in ("0002_executions", "0003_events", "0004_decisions_and_calls"):
            connection.execute(ROWS[name].encode())


def counts(url: str) -> dict[str, int]:
    """Return how many rows the tables of :func:`fill` hold."""
    with psycopg.connect(url) as connection:
        tables = ("execution_traces", "hook_executions", "agent_routing_decisions")
        return {table: count_rows(connection, "public", table) for table in tables}
