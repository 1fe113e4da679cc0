"""Calls that edited files, and the prompts in which they were made."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import UUID

from tracing.checkout import Checkout
from tracing.database.connection import Row
from tracing.database.reader import Reader

EDITING = ("Edit", "MultiEdit", "NotebookEdit", "Write")
"""The tools that change a file that they name."""

READING = ("NotebookRead", "Read")

ALWAYS = (datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC))
"""A period that leaves nothing out."""


@dataclass(frozen=True)
class Prompt:
    """A prompt in which some calls were made."""

    prompt_id: UUID
    session_id: str
    started_at: datetime
    duration_ms: int | None
    status: str
    prompt_text: str | None
    cost_usd: Decimal | None
    """Of the whole prompt, whatever else it did; None where nothing of it has a known price."""

    @property
    def first_line(self) -> str:
        """The first line of what was asked that is not empty; empty where it is not known."""
        lines = (line.strip() for line in (self.prompt_text or "").splitlines())
        return next(filter(None, lines), "")


@dataclass(frozen=True)
class Total:
    """What several prompts took together, each counted once."""

    prompts: int
    sessions: int
    duration_ms: int
    cost_usd: Decimal | None
    """None where no price is known."""

    @classmethod
    def of(cls, prompts: Collection[Prompt]) -> Total:
        """Add *prompts* up."""
        costs = [prompt.cost_usd for prompt in prompts if prompt.cost_usd is not None]
        return cls(
            prompts=len(prompts),
            sessions=len({prompt.session_id for prompt in prompts}),
            duration_ms=sum(prompt.duration_ms or 0 for prompt in prompts),
            cost_usd=sum(costs, Decimal(0)) if costs else None,
        )


def recorded_paths(reader: Reader, checkout: Checkout, files: Iterable[str]) -> dict[str, str]:
    """Return under which paths *files* of the repository may have been recorded, each with the file that it means.

    A working tree counts as long as its repository lies where it lay; a clone, or one that was moved, if
    a session began there at a commit that this repository has.
    """
    places = reader.rows("workplaces")
    known = checkout.known({commit for place in places for commit in place["commits"]})
    roots = {str(checkout.top), checkout.repository}
    for place in places:
        if place["repository"] == checkout.repository or known & set(place["commits"]):
            roots |= {place["repository"], place["worktree"] or place["repository"]}
    return {str(Path(root) / file): file for file in files for root in roots}


def edits_of(
    reader: Reader, paths: Collection[str], tools: Sequence[str] = EDITING, period: tuple[datetime, datetime] = ALWAYS
) -> list[Row]:
    """Return the calls of *tools* about *paths* that began in the *period*, the oldest first."""
    since, until = period
    return reader.rows("edits_of_files", paths=list(paths), tools=list(tools), since=since, until=until)


def prompts_of(reader: Reader, calls: Collection[Mapping[str, Any]]) -> dict[UUID, Prompt]:
    """Return the prompt of each of *calls* (root_id, call_id), by the call's id; a prompt of several is one object."""
    keys = {"root_ids": [call["root_id"] for call in calls], "call_ids": [call["call_id"] for call in calls]}
    found: dict[UUID, Prompt] = {}
    by_call = {}
    for row in reader.rows("prompts_of_calls", **keys):
        call_id = row.pop("call_id")
        by_call[call_id] = found.setdefault(row["prompt_id"], Prompt(**row))
    return by_call


def once(prompts: Iterable[Prompt]) -> list[Prompt]:
    """Return *prompts*, each once, in the order in which they began."""
    return sorted({prompt.prompt_id: prompt for prompt in prompts}.values(), key=lambda prompt: prompt.started_at)
