"""A session told event by event, each at a time of one's choice: a file of the spool is as old as its mtime says."""

from __future__ import annotations

import os
import time
from collections.abc import Mapping
from typing import Any
from uuid import UUID

from tests.conftest import Installation
from tracing.identity import agent_uuid, prompt_uuid, session_uuid, tool_uuid

SESSION = "463965a0-a02c-490d-8927-3f7f722984ae"
PROMPT = "cca888e5-0e48-4ec4-8123-1f7ad8fea322"
NEXT_PROMPT = "dda888e5-0e48-4ec4-8123-1f7ad8fea322"


class Story:
    """Fires events of one session; without a time each comes when it is told."""

    def __init__(self, home: Installation, session: str = SESSION, **env: str) -> None:
        self.home = home
        self.session = session
        self.env = env
        self.begin = time.time() - 60

    def tell(self, name: str, at: float | None = None, env: Mapping[str, str] | None = None, **payload: Any) -> None:
        """Fire an event; *at* is in seconds from the story's beginning, a minute ago, and needs no collector about."""
        before = set(self.home.spooled())
        told = {"hook_event_name": name, "session_id": self.session, **payload}
        self.home.fire(told, env={**self.env, **(env or {})})
        if at is not None:
            (file,) = set(self.home.spooled()) - before
            os.utime(file, (self.begin + at, self.begin + at))

    def starts(self, at: float | None = None, **payload: Any) -> None:
        """Begin the session."""
        self.tell("SessionStart", at, source="startup", **payload)

    def prompts(self, at: float | None = None, prompt_id: str = PROMPT, text: str = "go", **payload: Any) -> None:
        """Submit a prompt."""
        self.tell("UserPromptSubmit", at, prompt_id=prompt_id, prompt=text, **payload)

    def calls(
        self, use: str, at: float | None = None, prompt_id: str = PROMPT, tool: str = "Bash", **more: Any
    ) -> None:
        """Begin a tool call."""
        asked = {"tool_input": {"command": f"echo {use}"}, **more}
        self.tell("PreToolUse", at, prompt_id=prompt_id, tool_name=tool, tool_use_id=use, **asked)

    def returns(
        self, use: str, at: float | None = None, prompt_id: str = PROMPT, tool: str = "Bash", **more: Any
    ) -> None:
        """End a tool call."""
        told = {"tool_input": {"command": f"echo {use}"}, "tool_response": {"stdout": use}, "duration_ms": 5, **more}
        self.tell("PostToolUse", at, prompt_id=prompt_id, tool_name=tool, tool_use_id=use, **told)

    def outcome(self, correlation_id: UUID) -> tuple[str, str | None]:
        """Return status and error type of an execution."""
        sql = "SELECT status, error_type FROM execution_traces WHERE correlation_id = %s AND session_id = %s"
        [(status, error_type)] = self.home.query(sql, correlation_id, self.session)
        return status, error_type

    def of_session(self) -> tuple[str, str | None]:
        """Return how the session stands."""
        return self.outcome(session_uuid(self.session))

    def of_prompt(self, prompt_id: str = PROMPT) -> tuple[str, str | None]:
        """Return how a prompt stands."""
        return self.outcome(prompt_uuid(self.session, prompt_id))

    def of_call(self, use: str) -> tuple[str, str | None]:
        """Return how a tool call stands."""
        return self.outcome(tool_uuid(self.session, use))

    def of_agent(self, agent_id: str) -> tuple[str, str | None]:
        """Return how a subagent stands."""
        return self.outcome(agent_uuid(self.session, agent_id))
