"""The database explains itself, and holds what the design promises."""

from __future__ import annotations

from tests.conftest import Installation

UNEXPLAINED = """
SELECT kind || ' ' || name FROM (
    SELECT 'table' AS kind, oid::regclass::text AS name,
           obj_description(oid, 'pg_class') AS comment, relnamespace AS schema
    FROM pg_class WHERE relkind IN ('r', 'p', 'v', 'm')
    UNION ALL
    SELECT 'index', oid::regclass::text, obj_description(oid, 'pg_class'), relnamespace
    FROM pg_class WHERE relname LIKE 'idx\\_%'
    UNION ALL
    SELECT 'function', oid::regprocedure::text, obj_description(oid, 'pg_proc'), pronamespace FROM pg_proc
    WHERE NOT EXISTS (SELECT FROM pg_depend
                      WHERE classid = 'pg_proc'::regclass AND objid = pg_proc.oid AND deptype = 'e')
    UNION ALL
    SELECT 'type', t.oid::regtype::text, obj_description(t.oid, 'pg_type'), t.typnamespace
    FROM pg_type t JOIN pg_class c ON c.oid = t.typrelid AND c.relkind = 'c'
    UNION ALL
    SELECT 'trigger', tgname || ' on ' || tgrelid::regclass, obj_description(t.oid, 'pg_trigger'), c.relnamespace
    FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid WHERE NOT tgisinternal
) AS object
WHERE comment IS NULL AND schema IN ('public'::regnamespace, 'hooktrace'::regnamespace) AND name NOT LIKE '%_yoyo_%'
"""

KEYS_WITHOUT_ROOT = """
SELECT conrelid::regclass::text || ': ' || conname
FROM pg_constraint
WHERE conrelid IN ('execution_traces'::regclass, 'hook_executions'::regclass) AND contype IN ('p', 'u', 'f')
  AND NOT EXISTS (SELECT FROM pg_attribute
                  WHERE attrelid = conrelid AND attnum = ANY (conkey) AND attname = 'root_id')
"""

SEED_INSERT = """
INSERT INTO execution_traces (
    correlation_id, root_id, session_id, source, status
) VALUES (
    gen_random_uuid(), gen_random_uuid(), gen_random_uuid(),
    'local_test', 'completed'
) RETURNING id, correlation_id
"""


def test_every_object_is_explained(home: Installation) -> None:
    """Tables, indexes, functions, types and triggers say in the database itself what they are for."""
    assert home.query(UNEXPLAINED) == []


def test_every_key_of_the_event_tables_holds_the_root(home: Installation) -> None:
    """The tables can be distributed by root_id without changing a key."""
    assert home.query(KEYS_WITHOUT_ROOT) == []


def test_a_row_without_facts_keeps_what_it_was_given(home: Installation) -> None:
    """The original's test INSERT runs as it stands, and its status is believed."""
    ((id_, correlation_id),) = home.query(SEED_INSERT)
    rows = home.query(
        "SELECT id, status, success, kind FROM execution_traces WHERE correlation_id = %s", correlation_id
    )
    assert rows == [(id_, "completed", True, "prompt")]


def test_a_month_without_a_partition_is_stored_all_the_same(home: Installation) -> None:
    """A clock set forward by years loses no event; making that month's partition later fails nothing."""
    home.fire({"hook_event_name": "Notification", "session_id": "far"})
    home.flush()
    moved = "UPDATE hook_executions SET started_at = started_at + interval '5 years' RETURNING tableoid::regclass::text"
    assert home.query(moved) == [("hook_executions_default",)]
    assert home.query("SELECT hooktrace.create_partitions(now() + interval '5 years')") == [(2,)]
    assert home.count("hook_executions") == 1


def test_events_lie_in_the_partition_of_their_month(home: Installation) -> None:
    """The current month and the two after it have partitions from the first day."""
    home.fire({"hook_event_name": "Notification", "session_id": "now"})
    home.flush()
    ((partition,),) = home.query("SELECT tableoid::regclass::text FROM hook_executions")
    ((month,),) = home.query("SELECT to_char(now() AT TIME ZONE 'UTC', '\"y\"YYYY\"m\"MM')")
    assert partition == f"hook_executions_{month}"
