"""Subagents, as transcripts tell of them: each has one of its own, and the call that started it names it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from tracing.identity import agent_uuid, tool_uuid


@dataclass(frozen=True)
class Subagent:
    """A subagent, or as much of one as a part of a transcript tells."""

    session_id: str
    agent_id: str
    name: str | None = None
    """Its type, such as general-purpose."""
    call: str | None = None
    """The tool_use_id of the call that started it."""
    began_at: datetime | None = None
    answered_at: datetime | None = None
    """When it had answered, and asked for nothing more."""

    @property
    def correlation_id(self) -> UUID:
        """The execution that it is."""
        return agent_uuid(self.session_id, self.agent_id)

    @property
    def parent_id(self) -> UUID | None:
        """The execution that started it, where that is known."""
        return tool_uuid(self.session_id, self.call) if self.call else None


def merge(one: Subagent, later: Subagent) -> Subagent:
    """Fold what two records tell of one subagent, in the order of time."""
    return Subagent(
        one.session_id,
        one.agent_id,
        one.name or later.name,
        one.call or later.call,
        one.began_at or later.began_at,
        later.answered_at or one.answered_at,
    )
