"""The five views and the readable functions: figures written down by hand, against a small known database."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import psycopg
import pytest
from psycopg.rows import dict_row

from tests.servers import Cluster

Connection = psycopg.Connection[dict[str, Any]]

WORK = """
-- session s: prompt p1 (answered, 10 s) with a failed Bash and an agent e whose Read succeeded; p2 still runs.
INSERT INTO execution_traces (root_id, correlation_id, parent_id, session_id, source, kind, name, started_at,
                              completed_at, duration_ms, status, error_type, error_message, project)
SELECT md5('r')::uuid, md5(id)::uuid, md5(above)::uuid, 's', 'test', kind, name, now() - interval '1 hour' + began,
       CASE WHEN status <> 'in_progress' THEN now() - interval '1 hour' + began + ms * interval '1 ms' END,
       CASE WHEN status <> 'in_progress' THEN ms END, status, error_type, 'message ' || id, 'project'
FROM (VALUES
    ('s',  NULL, 'session', NULL,      interval '0 s', 0,     'in_progress', NULL),
    ('p1', 's',  'prompt',  NULL,      interval '1 s', 10000, 'completed',   NULL),
    ('t1', 'p1', 'tool',    'Bash',    interval '2 s', 1000,  'failed',      'tool_error'),
    ('t2', 'p1', 'tool',    'Agent',   interval '3 s', 4000,  'completed',   NULL),
    ('e',  't2', 'agent',   'Explore', interval '4 s', 3000,  'completed',   NULL),
    ('t3', 'e',  'tool',    'Read',    interval '5 s', 200,   'completed',   NULL),
    ('t4', 'e',  'tool',    'Bash',    interval '6 s', 3000,  'denied',      'permission'),
    ('n',  't1', 'session', NULL,      interval '2 s', 500,   'completed',   NULL),
    ('np', 'n',  'prompt',  NULL,      interval '3 s', 400,   'failed',      'api_error'),
    ('p2', 's',  'prompt',  NULL,      interval '9 s', 0,     'in_progress', NULL)
) AS row (id, above, kind, name, began, ms, status, error_type);

INSERT INTO hook_executions (id, root_id, trace_id, session_id, hook_type, hook_name, started_at, status)
SELECT gen_random_uuid(), root_id, correlation_id, session_id, 'Test', 'record', started_at + n * interval '1 ms',
       'completed'
FROM execution_traces CROSS JOIN generate_series(1, 2) AS n WHERE kind = 'tool';

INSERT INTO endpoint_calls (root_id, trace_id, session_id, service, endpoint, started_at, completed_at, status_code,
                            input_tokens, output_tokens, cost_usd)
VALUES (md5('r')::uuid, md5('p1')::uuid, 's', 'anthropic', '/v1/messages', now(), now() + interval '2 s', 200,
        100, 10, 0.5),
       (md5('r')::uuid, md5('e')::uuid,  's', 'anthropic', '/v1/messages', now(), NULL, 529, 50, 5, NULL),
       (md5('r')::uuid, md5('p2')::uuid, 's', 'web', 'example.org', now(), NULL, NULL, NULL, NULL, NULL);

INSERT INTO agent_routing_decisions (root_id, trace_id, session_id, agent_selected, confidence_score, routing_strategy)
VALUES (md5('r')::uuid, md5('p1')::uuid, 's', 'Explore', 0.8, 'model'),
       (md5('r')::uuid, md5('p2')::uuid, 's', 'Plan', NULL, 'explicit');

INSERT INTO success_patterns (id, pattern_hash, intent, agent_sequence) VALUES
    (md5('good')::uuid, 'good', 'find', '{Explore}'), (md5('new')::uuid, 'new', 'find', '{Explore,Plan}');
INSERT INTO pattern_usage_log (pattern_id, root_id, trace_id, match_score, used, outcome)
SELECT md5('good')::uuid, gen_random_uuid(), gen_random_uuid(), 0.5, n <= 4,
       CASE WHEN n <= 3 THEN 'success' WHEN n = 4 THEN 'failure' END
FROM generate_series(1, 6) AS n;
INSERT INTO pattern_usage_log (pattern_id, root_id, trace_id, match_score, used, metadata)
SELECT md5('good')::uuid, gen_random_uuid(), gen_random_uuid(), 0.5, false, metadata
FROM unnest(ARRAY['{"offered": true, "followed": true}', '{"offered": true, "followed": false}', '{"offered": true}',
                  '{"offered": false, "followed": true}']::jsonb[]) AS metadata;

INSERT INTO error_patterns (fingerprint, error_type, severity, tool_name, occurrence_count, resolution_count,
                            resolution_pattern, first_seen_at)
VALUES ('f1', 'tool_error', 'high', 'Bash', 4, 1, '{"tool": "Edit"}', now() - interval '1 year'),
       ('f2', 'gone', 'low', 'Grep', 7, 0, NULL, now() - interval '1 year');
"""


@pytest.fixture(scope="module")
def empty(embedded18: Cluster) -> Iterator[Connection]:
    """Give a database without a row."""
    with embedded18.migrated() as url, psycopg.connect(url, autocommit=True, row_factory=dict_row) as connection:
        yield connection


@pytest.fixture(scope="module")
def worked(any_server: Cluster) -> Iterator[Connection]:
    """Give the small database, on each server."""
    with any_server.migrated() as url, psycopg.connect(url, autocommit=True, row_factory=dict_row) as connection:
        connection.execute(WORK.encode())
        yield connection


def one(connection: Connection, query: str, *values: Any) -> dict[str, Any]:
    """Return the only row."""
    (row,) = connection.execute(query.encode(), values).fetchall()
    return row


def test_an_empty_database_has_zeros_and_nulls(empty: Connection) -> None:
    """Four views have no row; the dashboard has one, whose counts are 0 and whose figures are NULL."""
    for view in ("trace_summary", "agent_performance", "error_analysis", "pattern_effectiveness"):
        assert empty.execute(f"SELECT * FROM {view}".encode()).fetchall() == []
    row = one(empty, "SELECT * FROM dashboard_summary")
    unknown = {"overall_success_rate", "median_duration_ms", "p95_duration_ms", "last_trace_at"}
    unknown |= {"avg_pattern_success_rate", "most_used_agent"}
    assert {name for name, value in row.items() if value is None} == unknown
    assert {value for name, value in row.items() if name not in unknown} == {0}


def test_a_trace_counts_what_is_beneath_it(worked: Connection) -> None:
    """Tools, agents, events, calls, tokens and cost of the whole branch, nested sessions included."""
    row = one(worked, "SELECT * FROM trace_summary WHERE trace_id = md5('p1')::uuid")
    expected = {"tool_count": 4, "failed_tool_count": 2, "agent_count": 1, "hook_count": 8, "endpoint_count": 2}
    assert {name: row[name] for name in expected} == expected
    assert (row["input_tokens"], row["output_tokens"], float(row["cost_usd"])) == (150, 15, 0.5)
    assert (row["agent_selected"], row["routing_confidence"], row["success"]) == ("Explore", 0.8, True)
    running = one(worked, "SELECT * FROM trace_summary WHERE trace_id = md5('p2')::uuid")
    assert (running["tool_count"], running["endpoint_count"], running["cost_usd"], running["success"]) == (
        0,
        1,
        None,
        None,
    )
    assert len(worked.execute("SELECT FROM trace_summary").fetchall()) == 3


def test_each_agent_has_its_figures(worked: Connection) -> None:
    """`main` has the prompts; a rate counts only what ended well or badly; an agent only chosen is there too."""
    rows = {row["agent_name"]: row for row in worked.execute("SELECT * FROM agent_performance").fetchall()}
    assert set(rows) == {"main", "Explore", "Plan"}
    main = rows["main"]
    assert (main["total_executions"], main["rated_executions"], main["running_executions"]) == (3, 2, 1)
    assert (main["success_rate_pct"], main["timed_executions"], main["median_duration_ms"]) == (50.0, 2, 5200.0)
    explore = rows["Explore"]
    assert (explore["success_rate_pct"], explore["avg_routing_confidence"], explore["patterns_used"]) == (100.0, 0.8, 1)
    plan = rows["Plan"]
    assert (plan["total_executions"], plan["success_rate_pct"], plan["times_selected"]) == (0, None, 1)


def test_errors_recorded_and_learned_stand_together(worked: Connection) -> None:
    """A failure that is recorded, one that is learned too, and one that only was learned."""
    rows = {
        (row["error_type"], row["tool_name"]): row for row in worked.execute("SELECT * FROM error_analysis").fetchall()
    }
    assert set(rows) == {("tool_error", "Bash"), ("permission", "Bash"), ("gone", "Grep")}
    both = rows["tool_error", "Bash"]
    assert (both["error_count"], both["occurrences_24h"], both["resolution_rate"], both["severity"]) == (
        4,
        1,
        0.25,
        "high",
    )
    assert (both["affected_agents"], both["last_message"]) == (["main"], "message t1")
    recorded = rows["permission", "Bash"]
    assert (recorded["error_count"], recorded["affected_agents"], recorded["resolution_rate"]) == (1, ["Explore"], None)
    learned = rows["gone", "Grep"]
    assert (learned["error_count"], learned["occurrences_7d"], learned["affected_agents"]) == (7, 0, [])


def test_a_pattern_shows_its_uses(worked: Connection) -> None:
    """The trigger counted the log: 3 of 4 uses went well; an unused pattern has no rate.

    What it was offered as advice is told apart from its uses: three times, one of them followed, once withheld.
    """
    rows = {row["pattern_hash"]: row for row in worked.execute("SELECT * FROM pattern_effectiveness").fetchall()}
    good = rows["good"]
    assert (good["success_count"], good["failure_count"], good["total_usage_count"], good["success_rate"]) == (
        3,
        1,
        4,
        0.75,
    )
    assert (good["times_offered"], good["times_followed"], good["avg_match_score"]) == (3, 1, 0.5)
    assert (rows["new"]["success_rate"], rows["new"]["confidence_score"], rows["new"]["rated_uses"]) == (None, None, 0)


def test_the_dashboard_sums_up(worked: Connection) -> None:
    """Counts, the success rate of what ended, and the errors of a day."""
    row = one(worked, "SELECT * FROM dashboard_summary")
    expected = {
        "total_traces": 3, "completed_traces": 2, "successful_traces": 1, "running_traces": 1,
        "overall_success_rate": 50.0,
        "total_patterns": 2, "rated_patterns": 1, "avg_pattern_success_rate": 0.75, "active_agents": 1,
        "most_used_agent": "Explore", "errors_24h": 2, "unique_error_types": 2, "total_sessions": 2, "open_sessions": 1,
    }  # fmt: skip
    assert {name: row[name] for name in expected} == expected


def test_a_tree_is_told_depth_first(worked: Connection) -> None:
    """With its depth; a second id takes one branch."""
    tree = "SELECT depth, coalesce(name, kind) AS what FROM trace_tree(md5('r')::uuid{})"
    rows = [(row["depth"], row["what"]) for row in worked.execute(tree.format("").encode()).fetchall()]
    assert rows == [
        (0, "session"), (1, "prompt"), (2, "Bash"), (3, "session"), (4, "prompt"), (2, "Agent"), (3, "Explore"),
        (4, "Read"), (4, "Bash"), (1, "prompt"),
    ]  # fmt: skip
    branch = worked.execute(tree.format(", md5('e')::uuid").encode()).fetchall()
    assert [(row["depth"], row["what"]) for row in branch] == [(0, "Explore"), (1, "Read"), (1, "Bash")]


def test_a_loop_of_parents_ends(worked: Connection) -> None:
    """Neither the tree nor the summary runs for ever on rows that no agent writes."""
    with worked.transaction(force_rollback=True):
        worked.execute("UPDATE execution_traces SET parent_id = md5('t3')::uuid WHERE correlation_id = md5('p1')::uuid")
        looped = worked.execute("SELECT FROM trace_tree(md5('r')::uuid, md5('p1')::uuid)").fetchall()
        assert 5 <= len(looped) <= 12
        assert one(worked, "SELECT tool_count FROM trace_summary WHERE trace_id = md5('p1')::uuid")["tool_count"] == 4


def test_tools_have_rates_and_percentiles(worked: Connection) -> None:
    """A denied call is no failure of the tool, and no success; one that ran out of time is a failure."""
    row = one(worked, "SELECT * FROM tool_performance(now() - interval '1 day') WHERE tool_name = 'Bash'")
    assert (row["calls"], row["failed"], row["denied"], row["success_rate"]) == (2, 1, 1, 0.0)
    assert (row["median_ms"], float(row["total_ms"])) == (2000.0, 4000.0)
    assert worked.execute("SELECT FROM tool_performance(now())").fetchall() == []
    with worked.transaction(force_rollback=True):
        worked.execute("UPDATE execution_traces SET status = 'timeout' WHERE name = 'Read'")
        row = one(worked, "SELECT * FROM tool_performance() WHERE tool_name = 'Read'")
        assert (row["calls"], row["succeeded"], row["failed"], row["success_rate"]) == (1, 0, 1, 0.0)


@pytest.mark.parametrize(("good", "bad", "bound"), [(0, 0, None), (3, 0, 0.4385), (99, 1, 0.9455), (0, 5, 0.0)])
def test_the_lower_bound_is_wilsons(empty: Connection, good: int, bad: int, bound: float | None) -> None:
    """Against figures of the formula, worked out elsewhere; without a case there is none."""
    found = one(empty, "SELECT rate_lower_bound(%s, %s) AS bound", good, bad)["bound"]
    assert found is bound or found == pytest.approx(bound, abs=5e-5)


def test_what_is_learned_of_a_use_later_is_counted_and_stays(worked: Connection) -> None:
    """An outcome that comes, and one that changes, moves the counters; deleting the log does not."""
    counts = "SELECT usage_count, success_count, failure_count FROM success_patterns WHERE pattern_hash = 'new'"
    with worked.transaction(force_rollback=True):
        worked.execute(
            "INSERT INTO pattern_usage_log (pattern_id, match_score, used) VALUES (md5('new')::uuid, 0.9, true)"
        )
        assert tuple(one(worked, counts).values()) == (1, 0, 0)
        for outcome, expected in (("success", (1, 1, 0)), ("failure", (1, 0, 1))):
            worked.execute("UPDATE pattern_usage_log SET outcome = %s WHERE pattern_id = md5('new')::uuid", [outcome])
            assert tuple(one(worked, counts).values()) == expected
        worked.execute("DELETE FROM pattern_usage_log")
        assert tuple(one(worked, counts).values()) == (1, 0, 1)


def test_a_call_is_judged_by_what_it_told(worked: Connection) -> None:
    """Duration from the times, success from the status code; unknown where neither was told."""
    rows = worked.execute(
        "SELECT status_code, duration_ms, success FROM endpoint_calls ORDER BY status_code"
    ).fetchall()
    assert [tuple(row.values()) for row in rows] == [(200, 2000, True), (529, None, False), (None, None, None)]


OUTCOMES = {
    "a start alone": ((True, None, None, None), ("in_progress", None, None, None)),
    "an observed end": ((True, None, (3, "failed", "oops"), None), ("failed", False, "oops", 3000)),
    "an observed end before an inferred one": (
        (True, None, (3, "completed", ""), (9, "timeout", "silence")),
        ("completed", True, None, 3000),
    ),
    "an inferred end": ((True, None, None, (9, "timeout", "silence")), ("timeout", False, "silence", 9000)),
    "a start after the end": ((True, 5, (3, "completed", ""), None), ("in_progress", None, None, None)),
    "a refusal of what had begun": ((True, None, None, (0, "refused", "no")), ("denied", False, "no", 0)),
    "a refusal of what had not": ((False, None, None, (0, "refused", "no")), ("failed", False, "no", None)),
}
"""start_observed, last_started_at, observed_end and inferred_end, in seconds; status, success, error_type, duration."""


@pytest.mark.parametrize("facts", OUTCOMES)
def test_facts_become_an_outcome(empty: Connection, facts: str) -> None:
    """The trigger derives it, whatever status the statement gives."""
    (observed, again, end, inferred), expected = OUTCOMES[facts]
    ending = (
        "CASE WHEN %s::float IS NOT NULL"
        " THEN ROW(began + %s * interval '1 s', %s::text, %s::text, '')::hooktrace.ending END"
    )
    statement = (
        "INSERT INTO execution_traces (root_id, correlation_id, session_id, source, started_at, status,"
        " start_observed, last_started_at, observed_end, inferred_end)"
        " SELECT md5('r')::uuid, md5('x')::uuid, 's', 'test', began, 'cancelled', %s, began + %s * interval '1 s',"
        f" {ending}, {ending} FROM (SELECT now() AS began) AS moment RETURNING status, success, error_type, duration_ms"
    )
    ends = [(at, at, status, kind) for at, status, kind in (end or (None,) * 3, inferred or (None,) * 3)]
    with empty.transaction(force_rollback=True):
        assert tuple(one(empty, statement, observed, again, *ends[0], *ends[1]).values()) == expected


TOUCHED = {
    "agent_routing_decisions": "outcome = 'success'",
    "success_patterns": "intent = 'other'",
    "pattern_usage_log": "outcome = 'failure'",
    "agent_chaining_patterns": "occurrence_count = 2",
    "error_patterns": "severity = 'low'",
}


@pytest.mark.parametrize("table", TOUCHED)
def test_a_change_says_when_it_was(worked: Connection, table: str) -> None:
    """updated_at follows an UPDATE that does not set it."""
    with worked.transaction(force_rollback=True):
        worked.execute("INSERT INTO agent_chaining_patterns (chain) VALUES ('{a,b}')")
        worked.execute(f"UPDATE {table} SET updated_at = '2020-01-01'".encode())
        worked.execute(f"UPDATE {table} SET {TOUCHED[table]}".encode())
        assert one(worked, f"SELECT count(*) FILTER (WHERE updated_at < now()) AS old FROM {table}") == {"old": 0}


def test_purging_counts_first_and_keeps_what_is_alive(worked: Connection) -> None:
    """A dry run counts what the run removes; what runs, its ancestors and what was learned stay."""
    year = "interval '1 year'"
    old = f"UPDATE execution_traces SET started_at = started_at - {year}, completed_at = completed_at - {year}"
    alive = "UPDATE execution_traces SET status = 'in_progress', completed_at = NULL WHERE name = 'Read'"
    with worked.transaction(force_rollback=True):
        worked.execute(old.encode())
        worked.execute(f"UPDATE hook_executions SET started_at = started_at - {year}".encode())
        # t3 runs: so do e, t2, p1 and s, which are above it, and p2, which runs itself, stay.
        worked.execute(alive)
        purge = "SELECT * FROM purge_traces(now() - interval '90 days', {})"
        counted = worked.execute(purge.format("true").encode()).fetchall()
        removed = worked.execute(purge.format("false").encode()).fetchall()
        assert counted == removed
        assert {row["table_name"]: row["row_count"] for row in removed} == {
            "hook_executions": 4, "agent_routing_decisions": 0, "endpoint_calls": 0, "execution_traces": 4,
        }  # fmt: skip
        left = worked.execute("SELECT coalesce(name, kind) AS what FROM trace_tree(md5('r')::uuid)").fetchall()
        assert [row["what"] for row in left] == ["session", "prompt", "Agent", "Explore", "Read", "prompt"]
        assert one(worked, "SELECT count(*) FROM success_patterns") == {"count": 2}


def test_an_event_goes_with_its_execution_whenever_it_came(worked: Connection) -> None:
    """One of a month after the end is not counted, for only the partitions of that time are read, but goes too."""
    with worked.transaction(force_rollback=True):
        worked.execute("UPDATE execution_traces SET status = 'completed', completed_at = started_at")
        worked.execute(
            "UPDATE hook_executions SET started_at = now() + interval '1 month' WHERE trace_id = md5('t1')::uuid"
        )
        rows = worked.execute("SELECT * FROM purge_traces(now() + interval '1 hour', false)").fetchall()
        assert (rows[0]["table_name"], rows[0]["row_count"]) == ("hook_executions", 6)
        assert one(worked, "SELECT count(*) FROM hook_executions") == {"count": 0}


def test_purging_goes_in_batches(worked: Connection) -> None:
    """At most so many executions at once, until none is left."""
    with worked.transaction(force_rollback=True):
        worked.execute("UPDATE execution_traces SET status = 'completed', completed_at = started_at")
        batch = "SELECT * FROM purge_traces(now() + interval '1 hour', false, 4) WHERE table_name = 'execution_traces'"
        sizes = [one(worked, batch)["row_count"] for _ in range(4)]
    assert sizes == [4, 4, 2, 0]
