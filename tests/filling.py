"""Rows for every table, with what is hard to carry from one database to another, and a digest to compare them by."""

from __future__ import annotations

from typing import Any

import psycopg

TABLES = """
SELECT CASE WHEN n.nspname = 'hooktrace' THEN 'hooktrace.' ELSE '' END || c.relname
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE n.nspname IN ('hooktrace', %s) AND c.relkind IN ('r', 'p') AND NOT c.relispartition
  AND c.relname NOT LIKE '\\_yoyo%%' AND (n.nspname, c.relname) <> ('hooktrace', 'objects') ORDER BY 1
"""
"""All but the migrations' books."""

ROWS = r"""
INSERT INTO hooktrace.sessions (session_id, root_id, context)
SELECT 's' || n, md5('r' || n)::uuid, '{"ü": "\\ \" \n"}' FROM generate_series(1, 40) AS n;

INSERT INTO execution_traces (correlation_id, root_id, parent_id, session_id, source, kind, name, prompt_text,
                              started_at, context, tags, start_observed, last_started_at, observed_end, measured_ms)
SELECT md5('c' || n)::uuid, md5('r' || n)::uuid, md5('p' || n)::uuid, 's' || n, 'claude-code', 'tool', 'Bash',
       (ARRAY[E'tab\tnewline\nreturn\rbackslash\\', E'\\.', '\N', '', NULL, 'é 漢字 🙂', E'a''b"c{}%s\u0001'])
           [1 + n % 7], began,
       jsonb_build_object('deep', jsonb_build_array(1.5e300, NULL, E'\\\n"')), ARRAY['a,b', 'c"d', '{}', NULL],
       true, began,
       ROW(now() + interval '1 day', (ARRAY['completed', 'failed', 'refused'])[1 + n % 3], 'x',
           E'(a,"b")\\')::hooktrace.ending,
       CASE n % 3 WHEN 0 THEN 1.0 / 3 WHEN 1 THEN 1e-9 END
FROM generate_series(1, 40) AS n,
     LATERAL (SELECT timestamptz '2025-01-31 23:59:59.999999+00' + n * interval '9 days' AS began) AS moment;

INSERT INTO execution_traces (correlation_id, root_id, session_id, source, started_at)
VALUES (gen_random_uuid(), md5('far')::uuid, 'far', 'test', 'infinity'),
       (md5('cfar')::uuid, md5('far')::uuid, 'far', 'test', '-infinity');

SELECT hooktrace.create_partitions('2025-02-01', 12);

INSERT INTO hook_executions (id, root_id, trace_id, session_id, hook_type, hook_name, started_at, status,
                             input_data, metadata)
SELECT gen_random_uuid(), root_id, correlation_id, session_id, 'Stop', 'record', started_at + m * interval '1 hour',
       'completed', jsonb_build_object('command', repeat(coalesce(prompt_text, '-'), 50)), '{"redactions": 1}'
FROM execution_traces, generate_series(1, 3) AS m WHERE source = 'claude-code';
INSERT INTO hook_executions (id, root_id, trace_id, session_id, hook_type, hook_name, started_at, status)
SELECT gen_random_uuid(), md5('far')::uuid, md5('cfar')::uuid, 'far', 'Stop', 'record', moment, 'failed'
FROM unnest(ARRAY['-infinity', '2099-12-31', '1999-01-01 BC']::timestamptz[]) AS moment;

INSERT INTO agent_routing_decisions (root_id, trace_id, session_id, query_text, query_embedding, embedding_model,
                                     agent_selected, routing_strategy, confidence_score, updated_at)
SELECT root_id, correlation_id, session_id, prompt_text,
       (SELECT array_agg(sin(i)::real) FROM generate_series(1, 384) AS i), 'model', 'planner', 'explicit', 0.1 + 0.2,
       '2025-06-01'
FROM execution_traces WHERE source = 'claude-code';

INSERT INTO endpoint_calls (root_id, trace_id, session_id, service, endpoint, started_at, status_code, cost_usd)
SELECT root_id, correlation_id, session_id, 'web', '/', started_at, 200 + 100 * (n % 4), 0.000001 * n
FROM (SELECT *, row_number() OVER () AS n FROM execution_traces WHERE source = 'claude-code') AS trace;

INSERT INTO hooktrace.processes (session_id, host, pid, birth, seen_at)
SELECT session_id, 'ü', 7, E'boot/\\', '2025-01-31' FROM hooktrace.sessions;
INSERT INTO hooktrace.transcripts (session_id, path, position_bytes, copied_at)
SELECT session_id, E'/a\tb/\\', 12, 'infinity' FROM hooktrace.sessions;
INSERT INTO hooktrace.transcribed (session_id, correlation_id, root_id, kind, ended_at, status, error_message)
SELECT session_id, md5('c' || session_id)::uuid, root_id, 'tool', '2025-01-31', 'failed', E'\\.\n'
FROM hooktrace.sessions;
INSERT INTO hooktrace.accounts (session_id, started_at, cost_usd, api_ms, models)
SELECT session_id, '2025-01-31', 0.000000001, 1.0 / 3, '{"a\\nb": 1}' FROM hooktrace.sessions;

INSERT INTO hooktrace.exports (root_id, id, ended_at, trace_id, session_id, exported_at)
SELECT root_id, correlation_id, started_at, correlation_id, session_id, '2025-01-31' FROM execution_traces;

INSERT INTO hooktrace.tombstones (kind, key, forgotten_at) VALUES ('session', E'ü\\t\\\\', '2025-01-31');

INSERT INTO success_patterns (id, pattern_hash, intent, keywords, prompt_embedding, embedding_model, updated_at)
SELECT md5('pattern' || n)::uuid, n::text, 'fix', '{"a b"}', ARRAY['NaN', 1e-40, 'Infinity', -0.0]::real[], 'model',
       '2025-06-01'
FROM generate_series(1, 5) AS n;
INSERT INTO pattern_usage_log (pattern_id, outcome, used)
SELECT md5('pattern' || 1 + n % 5)::uuid, (ARRAY['success', 'failure', NULL])[1 + n % 3], n % 4 > 0
FROM generate_series(1, 30) AS n;
INSERT INTO agent_chaining_patterns (chain, occurrence_count, success_count)
SELECT ARRAY['a', 'b' || n], 5, 3 FROM generate_series(1, 5) AS n;
INSERT INTO error_patterns (fingerprint, error_type, message_template)
SELECT 'f' || n, 'tool_error', E'\t' FROM generate_series(1, 5) AS n;
INSERT INTO hooktrace.outcomes (root_id, correlation_id, session_id, score, verdict, parts, pattern_id, learned)
SELECT root_id, correlation_id, session_id, 1.0 / 3, 'success', '{"ü": -0.1}', md5('pattern1')::uuid, '{"errors": {}}'
FROM execution_traces WHERE source = 'claude-code';
"""

DIGEST = (
    "SELECT count(*), md5(string_agg(line, E'\\n' ORDER BY line)) FROM (SELECT t::text AS line FROM {} AS t) AS lines"
)


def fill(url: str, schema: str = "public") -> None:
    """Put rows into every table of the migrated database at *url*."""
    with connected(url, schema) as connection:
        connection.execute(ROWS.encode())


def digests(url: str, schema: str = "public") -> dict[str, tuple[int, str | None]]:
    """Return how many rows each table holds, and what is in them; of two databases they are equal if all rows are."""
    with connected(url, schema) as connection:
        found = {}
        for (table,) in connection.execute(TABLES.encode(), [schema]).fetchall():
            row = connection.execute(DIGEST.format(table).encode()).fetchone()
            assert row
            found[table] = (row[0], row[1])
        return found


def connected(url: str, schema: str = "public") -> psycopg.Connection[Any]:
    """Connect so that unqualified names mean *schema*, and values look alike from every server."""
    connection = psycopg.connect(url, autocommit=True)
    connection.execute(f"SET search_path = {schema}, public".encode())
    connection.execute("SET timezone = 'UTC'")
    return connection
