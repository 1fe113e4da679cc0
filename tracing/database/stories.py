"""Reads finished prompts as stories, many in three round trips."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import psycopg

from tracing.database.connection import Row
from tracing.database.queries import query
from tracing.learning.outcome import Outcome
from tracing.learning.story import AgentRun, Call, Story


@dataclass(frozen=True)
class Prompt:
    """A prompt by its key."""

    root_id: UUID
    correlation_id: UUID


@dataclass(frozen=True)
class Told:
    """A story, whose it is, and what was learned from it before."""

    story: Story
    user_id: str
    learned: Mapping[str, Any]
    kept: Outcome | None
    """How it went, where that was judged before the content of its events aged: they tell less now."""


def read_stories(cursor: psycopg.Cursor[Row], prompts: Sequence[Prompt]) -> list[Told]:
    """Return the stories of *prompts*, in their order; of one that is gone there is none.

    Raises:
        psycopg.Error: the database does not answer.
    """
    about = {
        "root_ids": [prompt.root_id for prompt in prompts],
        "correlation_ids": [prompt.correlation_id for prompt in prompts],
    }
    told = cursor.execute(query("told_prompts"), about).fetchall()
    work: dict[UUID, list[Row]] = {}
    for row in cursor.execute(query("work_of_prompts"), about):
        work.setdefault(row["prompt_id"], []).append(row)
    spent = {row["prompt_id"]: row for row in cursor.execute(query("spent_on_prompts"), about)}
    return [
        Told(
            _story(row, work.get(row["correlation_id"], []), spent.get(row["correlation_id"])),
            row["user_id"],
            row["learned"],
            Outcome(row["score"], row["verdict"], row["parts"]) if row["judged"] and row["aged"] else None,
        )
        for row in told
    ]


_OWN = ("root_id", "correlation_id", "session_id", "status", "started_at", "duration_ms", "project", "source",
        "client_version", "instructions", "next_text", "next_at")  # fmt: skip
"""What a story has under the name of its column."""


def _story(row: Row, work: Iterable[Row], spent: Row | None) -> Story:
    work = list(work)
    return Story(
        **{name: row[name] for name in _OWN},
        ended_at=row["completed_at"],
        error_type=row["error_type"] or "",
        text=row["prompt_text"],
        rating=row["rated"],
        model=(spent["model"] if spent else None) or row["session_model"],
        input_tokens=spent["input_tokens"] if spent else 0,
        output_tokens=spent["output_tokens"] if spent else 0,
        cost_usd=spent["cost_usd"] if spent else None,
        calls=[_call(each) for each in work if each["kind"] == "tool"],
        agents=[_agent(each) for each in work if each["kind"] == "agent"],
    )


def _call(row: Row) -> Call:
    given = row["input_data"]
    return Call(
        row["correlation_id"],
        row["name"] or "",
        row["status"],
        row["started_at"],
        row["completed_at"],
        row["error_type"] or "",
        row["error_message"] or "",
        given if isinstance(given, dict) else None,
        row["agent"],
        bool(row["background"]),
    )


def _agent(row: Row) -> AgentRun:
    own = (row["correlation_id"], row["name"] or "", row["status"], row["started_at"], row["completed_at"])
    return AgentRun(*own, row["parent_agent"])
