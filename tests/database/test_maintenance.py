"""Maintenance: partitions, statistics, dead rows and vector indexes; and what it tells of the tables."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import closing
from functools import partial
from typing import Any

import psycopg
import pytest

from tests.conftest import Installation
from tests.servers import Cluster
from tests.team import Team, fill, new_team
from tracing.database.caretaker import Caretaker, NotDone
from tracing.database.maintenance import Maintenance, Report, most_bytes
from tracing.database.migration import migrate
from tracing.database.upkeep import Stopped, Upkeep

EVENTS = """
INSERT INTO execution_traces (root_id, correlation_id, session_id, source)
SELECT md5('root')::uuid, md5('root')::uuid, 's', 'test' ON CONFLICT DO NOTHING;
INSERT INTO hook_executions (id, root_id, trace_id, session_id, hook_type, hook_name, started_at, status)
SELECT gen_random_uuid(), md5('root')::uuid, md5('root')::uuid, 's', 'Stop', 'record',
       :at + n * interval '1 minute', 'completed'
FROM generate_series(1, :rows) AS n;
"""

PATTERNS = """
INSERT INTO success_patterns (pattern_hash, intent, prompt_embedding, embedding_model)
SELECT n::text, 'i', (SELECT array_agg(sin(n * d)::real) FROM generate_series(1, :dimensions) AS d), 'model'
FROM generate_series(1, :rows) AS n;
"""

NEXT_DECADE = "date_trunc('month', now() AT TIME ZONE 'UTC') AT TIME ZONE 'UTC' + interval '10 years'"
PARTITIONS = "SELECT tableoid::regclass::text, count(*) FROM hook_executions GROUP BY 1 ORDER BY 1"


@pytest.fixture
def database(debian15: Cluster) -> Iterator[psycopg.Connection[Any]]:
    """Give a session in a database with our tables, whose login owns them and is no superuser."""
    with debian15.connect("postgres") as admin:
        if admin.execute("SELECT FROM pg_roles WHERE rolname = 'keeper'").rowcount == 0:
            debian15.new_role("keeper")
    with debian15.copied("kept", migrate, "keeper") as url, psycopg.connect(url, autocommit=True) as connection:
        yield connection


@pytest.fixture
def with_vectors(embedded18: Cluster) -> Iterator[psycopg.Connection[Any]]:
    """Give a session in a database with pgvector, for embeddings of eight dimensions."""
    copy = embedded18.copied("of_eight_dimensions", partial(migrate, dimensions=8))
    with copy as url, psycopg.connect(url, autocommit=True) as connection:
        yield connection


def do(connection: psycopg.Connection[Any], text: str, **values: object) -> None:
    """Run statements."""
    for name, value in values.items():
        text = text.replace(f":{name}", str(value))
    connection.execute(text.encode())


def rows(connection: psycopg.Connection[Any], text: str) -> list[tuple[Any, ...]]:
    """Run one statement and return its rows."""
    return connection.execute(text.encode()).fetchall()


def maintain(url: str, **options: Any) -> Report:
    """Do the maintenance; locks are waited for only an instant."""
    with closing(Caretaker(url)) as caretaker:
        return Maintenance(Upkeep(caretaker, **{"patience_ms": 50, **options})).run()


def url_of(connection: psycopg.Connection[Any]) -> str:
    """Return where *connection* leads."""
    return f"{connection.info.dsn} password='{connection.info.password}'"


def test_partitions_are_made_ahead(database: psycopg.Connection[Any]) -> None:
    """Three months have theirs, whoever dropped one; it is told once."""
    (name,) = rows(database, "SELECT name FROM hooktrace.months() WHERE isfinite(ends) ORDER BY ends DESC LIMIT 1")[0]
    do(database, f"DROP TABLE {name}")
    assert maintain(url_of(database)).done == ["1 partitions made for the months to come"]
    assert maintain(url_of(database)).done == []


def test_events_without_a_month_get_one(database: psycopg.Connection[Any]) -> None:
    """What a clock set forward has left in the DEFAULT partition moves to a partition like the others, complete."""
    do(database, EVENTS, at=NEXT_DECADE, rows=30)
    do(database, EVENTS, at=f"{NEXT_DECADE} + interval '1 month'", rows=20)
    assert rows(database, PARTITIONS) == [("hook_executions_default", 50)]
    report = maintain(url_of(database))
    assert [sentence.partition(" ")[0] for sentence in report.done] == ["30", "20"]
    assert report.postponed == []
    found = rows(database, PARTITIONS)
    assert [count for _, count in found] == [30, 20]
    assert all(name.startswith("hook_executions_y") for name, _ in found)
    built = (
        "SELECT c.relname ~ 'y20', obj_description(c.oid), c.relrowsecurity,"
        " (SELECT count(*) FROM pg_index WHERE indrelid = c.oid),"
        " (SELECT count(*) FROM pg_constraint WHERE conrelid = c.oid AND contype <> 'n')"
        " FROM pg_inherits JOIN pg_class AS c ON c.oid = inhrelid"
        " WHERE inhparent = 'hook_executions'::regclass AND c.relname <> 'hook_executions_default'"
    )
    assert len(set(rows(database, built))) == 1, "they are as those that were made ahead"
    do(database, EVENTS, at=NEXT_DECADE, rows=5)
    assert [count for _, count in rows(database, PARTITIONS)] == [35, 20]
    do(database, "DELETE FROM execution_traces")
    assert rows(database, PARTITIONS) == []


def test_too_many_events_are_not_moved_but_told(
    database: psycopg.Connection[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Events for other months without a partition would have to wait."""
    monkeypatch.setattr("tracing.database.maintenance.MOST_SETTLED", 29)
    do(database, EVENTS, at=NEXT_DECADE, rows=30)
    (sentence,) = maintain(url_of(database)).postponed
    assert sentence.startswith("30 events of ") and "too many" in sentence
    assert rows(database, PARTITIONS) == [("hook_executions_default", 30)]


def test_who_uses_a_table_is_given_way_to(database: psycopg.Connection[Any]) -> None:
    """What could not be done is told, the rest is done, and the next time nothing is left."""
    do(database, EVENTS, at=NEXT_DECADE, rows=30)
    with psycopg.connect(url_of(database)) as holder:
        holder.execute("SELECT count(*) FROM hook_executions")
        holder.execute("LOCK TABLE success_patterns IN SHARE ROW EXCLUSIVE MODE")
        report = maintain(url_of(database))
    settling, statistics = report.postponed
    assert settling.startswith("30 events of ") and "lock timeout" in settling
    assert statistics.startswith("statistics of success_patterns: left for the next time")
    assert len(report.tables) > 8
    again = maintain(url_of(database))
    assert (again.postponed, len(again.done)) == ([], 1)


def test_the_planner_learns_what_the_tables_hold(database: psycopg.Connection[Any]) -> None:
    """Also of the parent of the partitions, which nobody else analyses."""
    do(database, EVENTS, at="now()", rows=500)
    report = maintain(url_of(database))
    estimated = (
        "SELECT reltuples FROM pg_class WHERE oid IN ('hook_executions'::regclass, 'execution_traces'::regclass)"
    )
    assert sorted(rows(database, estimated)) == [(1.0,), (500.0,)]
    assert all(table["analysed_at"] for table in report.tables)


def test_dead_rows_are_cleared_where_they_are_many(database: psycopg.Connection[Any]) -> None:
    """A few are left to autovacuum, which is switched off here."""
    do(database, "ALTER TABLE execution_traces SET (autovacuum_enabled = off)")
    inserted = (
        "INSERT INTO execution_traces (root_id, correlation_id, session_id, source)"
        " SELECT gen_random_uuid(), gen_random_uuid(), n::text, 'test' FROM generate_series(1, 3000) AS n"
    )
    do(database, inserted)
    for deleted, told in ((100, []), (1400, ["1500 dead rows in execution_traces: their room can be used again"])):
        of_these = f"(SELECT ctid FROM execution_traces LIMIT {deleted})"
        do(database, f"DELETE FROM execution_traces WHERE ctid = ANY (ARRAY{of_these})")
        do(database, "SELECT pg_stat_force_next_flush()")
        assert maintain(url_of(database)).done == told
    (table,) = [table for table in maintain(url_of(database)).tables if table["name"] == "execution_traces"]
    assert (table["rows"], table["dead_rows"]) == (1500, 0)
    assert table["vacuumed_at"] is not None
    assert 0.3 < table["spare_bytes"] / table["table_bytes"] < 0.7, "half of it is spare"


@pytest.mark.parametrize("dimensions", [8, 384, 768, 1536])
def test_a_new_vector_index_is_no_larger_than_it_should_be(embedded18: Cluster, dimensions: int) -> None:
    """The size from which on it is built anew is about twice the size of a new one, whatever its dimensions."""
    with embedded18.database() as url:
        migrate(url, dimensions=dimensions)
        with psycopg.connect(url, autocommit=True) as connection:
            do(connection, PATTERNS, dimensions=dimensions, rows=1000)
            assert maintain(url).done == []
            ((size,),) = rows(connection, "SELECT pg_relation_size('idx_pattern_embedding')")
            assert 1.5 * size < most_bytes(1000, dimensions) < 2.5 * size + 2**20


def test_a_bloated_vector_index_is_built_anew(
    with_vectors: psycopg.Connection[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of removed rows pgvector keeps the places; while they are a tenth that is nothing, when they are most it is."""
    monkeypatch.setattr("tracing.database.maintenance.SMALLEST", 2**16)
    do(with_vectors, PATTERNS, dimensions=8, rows=3000)
    url, size = url_of(with_vectors), "SELECT pg_relation_size('idx_pattern_embedding')"
    assert maintain(url).done == []
    ((whole,),) = rows(with_vectors, size)
    do(with_vectors, "DELETE FROM success_patterns WHERE pattern_hash::int % 10 = 0")
    assert not any("built anew" in sentence for sentence in maintain(url).done)
    do(with_vectors, "DELETE FROM success_patterns WHERE pattern_hash::int % 10 > 1")
    (sentence,) = [sentence for sentence in maintain(url).done if "built anew" in sentence]
    assert sentence.startswith("index idx_pattern_embedding: built anew")
    assert rows(with_vectors, size)[0][0] < whole / 4
    found = "SELECT count(*) FROM similar_patterns((SELECT prompt_embedding FROM success_patterns LIMIT 1), 'model', 5)"
    assert rows(with_vectors, found) == [(5,)]
    assert not any("built anew" in sentence for sentence in maintain(url).done)


def test_what_a_rebuilding_left_half_made_is_removed(with_vectors: psycopg.Connection[Any]) -> None:
    """An index that is not valid serves nobody, and every row is put into it: a kill leaves such."""
    ((definition,),) = rows(with_vectors, "SELECT pg_get_indexdef('idx_pattern_embedding'::regclass)")
    do(with_vectors, definition.replace("idx_pattern_embedding", "idx_pattern_embedding_ccnew"))
    invalid = "UPDATE pg_index SET indisvalid = false WHERE indexrelid = '{}'::regclass"
    do(with_vectors, invalid.format("idx_pattern_embedding_ccnew"))
    do(with_vectors, invalid.format("idx_routing_embedding"))
    report = maintain(url_of(with_vectors))
    assert [sentence.partition(",")[0] for sentence in report.done] == [
        "index idx_pattern_embedding_ccnew: dropped",
        "index idx_routing_embedding: built anew",
    ]
    assert maintain(url_of(with_vectors)).done == []


def test_indexes_that_nothing_uses_are_told(database: psycopg.Connection[Any]) -> None:
    """With their size, those of all partitions together; one that was used is not among them."""
    used = "idx_hook_executions_session"
    names = {row["name"]: row for row in maintain(url_of(database)).unused}
    assert used in names and "hook_executions_pkey" not in names
    assert names[used]["bytes"] == 4 * 8192
    with database.transaction():
        do(database, "SET LOCAL enable_seqscan = off")
        do(database, "SELECT 1 FROM hook_executions WHERE session_id = 's'")
    do(database, "SELECT pg_stat_force_next_flush()")
    left = {row["name"] for row in maintain(url_of(database)).unused}
    assert left == names.keys() - {used}


def test_it_ends_when_it_is_told_to(database: psycopg.Connection[Any]) -> None:
    """Between two steps."""
    with pytest.raises(Stopped):
        maintain(url_of(database), stopping=lambda: True)


@pytest.fixture
def shared(debian15: Cluster) -> Iterator[Team]:
    """Give a database that several people use."""
    with new_team(debian15) as made:
        yield made


def test_the_owners_role_does_it_and_a_writer_does_not(shared: Team) -> None:
    """Neither is a superuser; what a login may not do is refused in one line."""
    fill(shared.admin, "alice")
    do(shared.admin, EVENTS, at=NEXT_DECADE, rows=30)
    report = maintain(shared.url("olga"))
    assert (report.postponed, len(report.done)) == ([], 1)
    hidden = "SELECT bool_and(relrowsecurity) FROM pg_class WHERE oid = (SELECT max(tableoid) FROM hook_executions)"
    assert shared.rows(hidden) == [(True,)], "the new partition shows nothing that the policies hide"
    with pytest.raises(NotDone, match="permission denied"):
        maintain(shared.url("alice"))


def test_the_command_prints_a_table(home: Installation) -> None:
    """A line for each table, its partitions together; `--json` tells of each partition."""
    printed = home.done("maintain")
    assert all(name in printed for name in ("execution_traces", "hook_executions", "success_patterns", "spare"))
    report = home.json("maintain")
    assert {"done", "postponed", "tables", "unused_indexes"} <= report.keys()
    parts = [table["name"] for table in report["tables"] if table["belongs_to"] == "hook_executions"]
    assert "hook_executions_default" in parts and len(parts) >= 4
    status = home.json("status")["chores"]["maintenance"]
    assert (status["succeeded"], status["failed"]) == (True, None)
    findings = json.loads(home.run("doctor", "--json").stdout)["findings"]
    assert [one["severity"] for one in findings if one["id"] == "chores-done"] == ["ok"]
