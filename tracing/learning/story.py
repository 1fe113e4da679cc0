"""A finished prompt as the database tells it: what was asked, what was done in which order, and how each step ended."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID


@dataclass(frozen=True)
class Call:
    """A tool call."""

    correlation_id: UUID
    name: str
    """The tool: Bash, Edit, ..."""
    status: str
    """completed, failed, denied, cancelled, timeout, ..."""
    started_at: datetime
    ended_at: datetime | None = None
    error_type: str = ""
    error_message: str = ""
    input: Mapping[str, Any] | None = None
    """As the tool was given it, redacted; None where no content is kept or it has aged."""
    agent: str | None = None
    """The type of the subagent in which it ran; None in the main thread."""
    background: bool = False
    """Whether it only started a command in the background: completed, it tells nothing of how that ended."""

    @property
    def failed(self) -> bool:
        """Tell whether it ran and went wrong."""
        return self.status in ("failed", "timeout")

    @property
    def succeeded(self) -> bool:
        """Tell whether it ran to its end, and well."""
        return self.status == "completed" and not self.background


@dataclass(frozen=True)
class AgentRun:
    """A subagent at work."""

    correlation_id: UUID
    name: str
    """Its type."""
    status: str
    started_at: datetime
    ended_at: datetime | None = None
    parent: UUID | None = None
    """The run in which it was started; None for the main thread."""


@dataclass(frozen=True)
class Story:
    """One prompt, from its submission to its end."""

    root_id: UUID
    correlation_id: UUID
    session_id: str
    status: str
    started_at: datetime
    ended_at: datetime | None = None
    duration_ms: float | None = None
    error_type: str = ""
    """Of a turn that an API error ended, or an interruption."""
    text: str | None = None
    """What was asked, redacted."""
    project: str | None = None
    model: str | None = None
    source: str = "claude-code"
    """The agent."""
    client_version: str | None = None
    instructions: str | None = None
    """Hash of the instruction files that the session had loaded."""
    calls: Sequence[Call] = ()
    """In the order in which they began."""
    agents: Sequence[AgentRun] = ()
    """In the order in which they began."""
    input_tokens: int = 0
    output_tokens: int = 0
    cost_usd: Decimal | None = None
    next_text: str | None = None
    """The next prompt of the same session."""
    next_at: datetime | None = None
    rating: int | None = None
    """What `hooktrace rate` said: 1 or -1."""
