"""A database that several people use: a login for each, and rows of most of them."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any

import psycopg
from psycopg import sql

from tests.servers import ADMIN, Cluster, PgBouncer, login
from tracing.database.migration import migrate
from tracing.database.roles import set_up

MEMBERS = {
    "alice": "hooktrace_writer",
    "bob": "hooktrace_writer",
    "rita": "hooktrace_reader",
    "ann": "hooktrace_auditor",
    "olga": "hooktrace_owner",
    "nobody_at_all": None,
}
"""Logins, and what was granted to each."""

GROUPS = ("hooktrace_owner", "hooktrace_writer", "hooktrace_reader", "hooktrace_auditor")

TOLD = (
    *("hooktrace.processes", "hooktrace.transcripts", "hooktrace.transcribed", "hooktrace.accounts"),
    "hooktrace.exports",
)
RECORDED = (
    *("hooktrace.sessions", "execution_traces", "hook_executions", "agent_routing_decisions", "endpoint_calls"),
    *TOLD,
)
STONES = ("hooktrace.tombstones",)
LEARNED = ("success_patterns", "pattern_usage_log", "agent_chaining_patterns", "error_patterns", "hooktrace.outcomes")
TABLES = (*RECORDED, *STONES, *LEARNED)
"""All that holds anybody's work."""

ROWS = (
    "INSERT INTO hooktrace.sessions (session_id, root_id, user_id) VALUES (%(text)s, %(root)s, %(user)s)",
    """INSERT INTO execution_traces (root_id, correlation_id, session_id, user_id, source, kind, name, prompt_text,
                                     status, error_type, error_message, project)
       SELECT %(root)s, CASE number WHEN 1 THEN %(call)s::uuid ELSE gen_random_uuid() END, %(text)s, %(user)s, %(text)s,
              (ARRAY['prompt', 'tool', 'agent'])[number %% 3 + 1], %(text)s, %(text)s,
              CASE number %% 3 WHEN 1 THEN 'failed' ELSE 'completed' END, %(text)s, %(text)s, %(text)s
       FROM generate_series(1, %(count)s) AS number""",
    """INSERT INTO hook_executions (id, root_id, trace_id, session_id, user_id, hook_type, hook_name, tool_name,
                                    started_at, status, input_data)
       VALUES (%(call)s, %(root)s, %(call)s, %(text)s, %(user)s, 'PreToolUse', 'record', %(text)s,
               now(), 'completed', jsonb_build_object('command', %(text)s::text))""",
    """INSERT INTO agent_routing_decisions (root_id, trace_id, session_id, user_id, query_text, query_embedding,
                                            embedding_model, agent_selected, routing_strategy)
       VALUES (%(root)s, %(call)s, %(text)s, %(user)s, %(text)s, '{1,0,0}', 'model', %(text)s, 'model')""",
    """INSERT INTO endpoint_calls (root_id, trace_id, session_id, user_id, service, endpoint)
       VALUES (%(root)s, %(call)s, %(text)s, %(user)s, %(text)s, %(text)s)""",
    """INSERT INTO hooktrace.processes (session_id, host, pid, birth, seen_at, user_id)
       VALUES (%(text)s, %(text)s, 1, %(text)s, now(), %(user)s)""",
    "INSERT INTO hooktrace.transcripts (session_id, path, user_id) VALUES (%(text)s, %(text)s, %(user)s)",
    """INSERT INTO hooktrace.transcribed (session_id, correlation_id, root_id, kind, name, prompt_text, user_id)
       VALUES (%(text)s, %(call)s, %(root)s, 'tool', %(text)s, %(text)s, %(user)s)""",
    """INSERT INTO hooktrace.accounts (session_id, started_at, api_ms, models, user_id)
       VALUES (%(text)s, now(), 1, jsonb_build_object(%(text)s::text, 1), %(user)s)""",
    """INSERT INTO hooktrace.exports (root_id, id, ended_at, trace_id, session_id, user_id)
       VALUES (%(root)s, %(call)s, now(), %(call)s, %(text)s, %(user)s)""",
    "INSERT INTO hooktrace.tombstones (kind, key, user_id) VALUES ('session', %(text)s, %(user)s)",
    """INSERT INTO success_patterns (id, pattern_hash, user_id, intent, keywords, prompt_text, prompt_embedding,
                                     embedding_model, agent_sequence, example_trace_ids)
       VALUES (%(call)s, %(text)s, %(user)s, %(text)s, ARRAY[%(text)s], %(text)s, '{1,0,0}',
               'model', ARRAY[%(text)s], ARRAY[%(call)s::uuid])""",
    """INSERT INTO pattern_usage_log (pattern_id, user_id, match_score, metadata)
       VALUES (%(call)s, %(user)s, 0.5, jsonb_build_object('of', %(text)s::text))""",
    "INSERT INTO agent_chaining_patterns (user_id, chain) VALUES (%(user)s, ARRAY[%(text)s])",
    """INSERT INTO error_patterns (fingerprint, user_id, error_type, message_template, tool_name, sample_trace_ids)
       VALUES (%(text)s, %(user)s, %(text)s, %(text)s, %(text)s, ARRAY[%(call)s::uuid])""",
    """INSERT INTO hooktrace.outcomes (root_id, correlation_id, session_id, user_id, learned)
       VALUES (%(root)s, %(call)s, %(text)s, %(user)s, jsonb_build_object('of', %(text)s::text))""",
)


@dataclass(frozen=True)
class Team:
    """A database with hooktrace's tables and roles, and the logins of MEMBERS."""

    cluster: Cluster
    database: str
    admin: psycopg.Connection[tuple[Any, ...]]
    """A session of the superuser."""

    def url(self, member: str, through: PgBouncer | None = None) -> str:
        """Return a login's URL."""
        return (through or self.cluster).url(self.database, login(member))

    def connect(self, member: str) -> psycopg.Connection[tuple[Any, ...]]:
        """Connect as a login, each statement a transaction of its own."""
        return self.cluster.connect(self.database, member)

    def rows(self, statement: str) -> list[tuple[Any, ...]]:
        """Run a statement as the superuser."""
        cursor = self.admin.execute(statement.encode())
        return cursor.fetchall() if cursor.description else []

    def state(self, but: str = "") -> list[tuple[Any, ...]]:
        """Return a digest of each table's rows, except those of one user."""
        digests = (
            f"SELECT '{table}', count(*), md5(string_agg(one::text, '' ORDER BY one::text))"  # our names
            f" FROM {table} AS one WHERE user_id <> '{but}'"
            for table in TABLES
        )
        return self.rows(" UNION ALL ".join(digests))


def root_of(user: str) -> uuid.UUID:
    """Return the root of a user's tree."""
    return uuid.uuid5(uuid.NAMESPACE_OID, f"root of {user}")


def call_of(user: str) -> uuid.UUID:
    """Return the execution in a user's tree that everything else of his is about; his pattern has that id, too."""
    return uuid.uuid5(uuid.NAMESPACE_OID, f"call of {user}")


def text_of(user: str) -> str:
    """Return what stands in all rows of a user."""
    return f"{user}s-secret"


def fill(connection: psycopg.Connection[Any], user: str, count: int = 30) -> None:
    """Give *user* a row in every table, and *count* executions, as the owner or the superuser."""
    values = {"root": root_of(user), "call": call_of(user), "text": text_of(user), "user": user, "count": count}
    for statement in ROWS:
        connection.execute(statement.encode(), values)


@contextmanager
def new_team(cluster: Cluster, schema: str = "public") -> Iterator[Team]:
    """Make such a database; afterwards the server is as it was."""
    for member in MEMBERS:
        cluster.new_role(member)
    try:
        with _tables(cluster, schema) as url, psycopg.connect(url, autocommit=True) as admin:
            set_up(url, schema)
            for member, group in MEMBERS.items():
                if group:
                    admin.execute(sql.SQL("GRANT {} TO {}").format(sql.Identifier(group), sql.Identifier(member)))
            yield Team(cluster, admin.info.dbname, admin)
    finally:
        drop_roles(cluster, *MEMBERS, *GROUPS)


def _tables(cluster: Cluster, schema: str) -> AbstractContextManager[str]:
    return cluster.copied(f"migrated_in_{schema.encode().hex()}", partial(migrate, schema=schema))


def drop_roles(cluster: Cluster, *names: str) -> None:
    """Remove roles that no database knows any more, as far as they are there."""
    with cluster.connect(ADMIN) as admin:
        for name in names:
            admin.execute(sql.SQL("DROP ROLE IF EXISTS {}").format(sql.Identifier(name)))
