"""Finished prompts as rows, to learn from; and what was learned from them."""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg

from tests.servers import Cluster
from tracing.database.caretaker import Caretaker
from tracing.database.learner import Learner
from tracing.learning.embedding import HashedEmbedder

BEGIN = datetime(2026, 11, 1, 12, tzinfo=UTC)
LATER = BEGIN + timedelta(days=1)

FIXED = (("Edit", {"file_path": "/p/app.py"}, None), ("Bash", {"command": "pytest -q"}, None))
"""The calls of a prompt that went well."""
BROKEN = (("Edit", {"file_path": "/p/app.py"}, None), ("Bash", {"command": "pytest -q"}, "Exit code 1\n1 failed"))
"""The same that did not."""

Calls = Sequence[tuple[str, Mapping[str, Any], str | None]]
"""Tool, input, and with what it failed."""

LEARNED = {
    "success_patterns": "id, pattern_hash, user_id, intent, keywords, prompt_text, prompt_embedding, embedding_model,"
    " agent_sequence, tool_sequence, success_count, failure_count, usage_count, avg_duration_ms, example_trace_ids,"
    " last_used_at, metadata",
    "pattern_usage_log": "pattern_id, root_id, trace_id, user_id, match_score, used, outcome, actual_duration_ms,"
    " used_at",
    "agent_chaining_patterns": "user_id, chain, occurrence_count, success_count, failure_count, avg_total_duration_ms,"
    " avg_coordination_overhead_ms, example_trace_ids, last_used_at, metadata",
    "error_patterns": "fingerprint, user_id, error_type, error_category, severity, message_template, tool_name,"
    " affected_agents, affected_projects, occurrence_count, first_seen_at, last_seen_at, resolution_pattern,"
    " resolution_count, sample_trace_ids, metadata",
    "hooktrace.outcomes": "root_id, correlation_id, session_id, user_id, score, verdict, parts, rated, way, pattern_id,"
    " learned, version",
}
"""All that learning writes, but for when it did, and handles."""


class Work:
    """A database of finished prompts, and a learner."""

    def __init__(self, url: str, connection: psycopg.Connection[Any], caretaker: Caretaker) -> None:
        self.url = url
        self.connection = connection
        self.caretaker = caretaker
        self.learner = Learner(caretaker, HashedEmbedder())
        self._minutes = 0

    def query(self, sql: str, *values: object) -> list[tuple[Any, ...]]:
        """Run a statement in a transaction of its own, and return its rows."""
        cursor = self.connection.execute(sql.encode(), values or None)
        return cursor.fetchall() if cursor.description else []

    def one(self, sql: str, *values: object) -> Any:
        """Return the one value that a statement returns."""
        ((value,),) = self.query(sql, *values)
        return value

    def prompt(
        self, text: str | None, calls: Calls = FIXED, session: str = "one", agents: Sequence[str] = (), **told: Any
    ) -> uuid.UUID:
        """Store a finished prompt, a minute after the one before, and return its id."""
        root = session_id(session)
        at = BEGIN + timedelta(minutes=self._minutes)
        self._minutes += 1
        known = {"root_id": root, "session_id": str(root), "source": "claude-code", "project": "shop"}
        self._execution(known | {"correlation_id": root, "kind": "session", "started_at": at})
        self.query(
            "INSERT INTO hooktrace.sessions (session_id, root_id) VALUES (%s, %s) ON CONFLICT DO NOTHING",
            str(root),
            root,
        )
        prompt = uuid.uuid5(root, f"prompt {self._minutes}")
        own = {"correlation_id": prompt, "parent_id": root, "kind": "prompt", "prompt_text": text, "started_at": at}
        ended = {"completed_at": at + timedelta(seconds=30), "duration_ms": 30_000, "status": "completed"}
        self._execution(known | own | ended | told)
        for number, (name, given, error) in enumerate(calls):
            self._call(known, prompt, number, name, given, error, at)
        for number, name in enumerate(agents):
            begun = at + timedelta(seconds=2 * number)
            span = {"started_at": begun, "completed_at": begun + timedelta(seconds=1), "status": "completed"}
            agent = {"correlation_id": uuid.uuid5(prompt, f"agent {number}"), "kind": "agent", "name": name}
            self._execution(known | agent | span | {"parent_id": prompt})
        return prompt

    def _call(
        self, known: Any, prompt: uuid.UUID, number: int, name: str, given: Any, error: str | None, at: datetime
    ) -> None:
        call, begun = uuid.uuid5(prompt, f"call {number}"), at + timedelta(seconds=number + 1)
        failed = (
            {"status": "failed", "error_type": "tool_error", "error_message": error}
            if error
            else {"status": "completed"}
        )
        span = {"started_at": begun, "completed_at": begun + timedelta(milliseconds=500)}
        own = {"correlation_id": call, "parent_id": prompt, "kind": "tool", "name": name}
        self._execution(known | own | span | failed)
        self.query(
            "INSERT INTO hook_executions (id, root_id, trace_id, session_id, hook_type, hook_name, started_at, status,"
            " input_data) VALUES (gen_random_uuid(), %s, %s, %s, 'PreToolUse', 'record', %s, 'in_progress', %s)",
            known["root_id"], call, known["session_id"], begun, json.dumps(given),
        )  # fmt: skip

    def _execution(self, row: dict[str, Any]) -> None:
        names, marks = ", ".join(row), ", ".join(["%s"] * len(row))
        self.query(f"INSERT INTO execution_traces ({names}) VALUES ({marks}) ON CONFLICT DO NOTHING", *row.values())

    def learn(self) -> int:
        """Learn from all that is due."""
        return self.learner.learn_due(datetime.now(UTC))

    def learned(self) -> dict[str, list[str]]:
        """Return all that is learned."""
        return {
            table: sorted(str(row) for row in self.query(f"SELECT {columns} FROM {table}"))
            for table, columns in LEARNED.items()
        }

    def patterns(self) -> list[tuple[int, int, int]]:
        """Return uses, successes and failures of each pattern."""
        return self.query(
            "SELECT usage_count, success_count, failure_count FROM success_patterns ORDER BY 1 DESC, 2 DESC"
        )

    def rate(self, prompt: uuid.UUID, rating: int) -> None:
        """Say how a prompt went."""
        self.query(
            "UPDATE hooktrace.outcomes SET rated = %s, rated_at = now(), learned_at = NULL WHERE correlation_id = %s",
            rating, prompt,
        )  # fmt: skip


def session_id(name: str) -> uuid.UUID:
    """Return the id of a session, and of its tree."""
    return uuid.uuid5(uuid.NAMESPACE_OID, f"session {name}")


@contextmanager
def new_work(cluster: Cluster) -> Iterator[Work]:
    """Make such a database, without a prompt."""
    with (
        cluster.migrated() as url,
        psycopg.connect(url, autocommit=True) as connection,
        closing(Caretaker(url)) as caretaker,
    ):
        connection.execute("SET timezone = 'UTC'")
        yield Work(url, connection, caretaker)
