"""What the records of one transcript tell: requests to the model, tool calls, ends of turns, accounts.

A forked session's transcript begins with a copy of another's.  What was copied is no request,
and no tool call, of this session.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from tracing.account import Account, read_account
from tracing.assemble import path_of
from tracing.identity import agent_uuid, parse_uuid, prompt_uuid, tool_uuid
from tracing.modelrequest import SYNTHETIC, ModelRequest, answer, error, merge, tool_blocks
from tracing.period import Period
from tracing.redact import redact_text
from tracing.subagent import Subagent
from tracing.subagent import merge as merge_agents
from tracing.transcriptrecord import Record, blocks, count_of, text_of, time_of
from tracing.turn import ToolResult, Turn, Turns, prompt_of

COMPLETE = frozenset({"end_turn", "stop_sequence", "max_tokens", "refusal", "model_context_window_exceeded"})
"""Why an answer stops that asks for no tool."""

_STARTS_AGENT = re.compile(r"(?:^|[\s;&|(/])(?:claude|codex|gemini|copilot|qwen)\s")
"""A command that may start another agent."""

MARKS_COPIES = (2, 1, 330)
"""A version of the client that marks what it copies into a forked session's transcript; an older one may not."""


def marks_copies(version: str | None) -> bool:
    """Tell whether the client of this *version* marks the messages that are copied from another session."""
    numbers = [int(part) for part in (version or "").split(".") if part.isdecimal()]
    return tuple(numbers) >= MARKS_COPIES


def made_in(record: Record, session_id: str) -> str:
    """Return the session in which a message of *session_id*'s transcript was made, as far as it is marked."""
    fork = record.get("forkedFrom")
    forked_from = text_of(fork, "sessionId") if isinstance(fork, dict) else None
    return text_of(record, "requestSessionId") or forked_from or text_of(record, "sessionId") or session_id


@dataclass(frozen=True)
class ToolUse:
    """A block in which the model asked for a tool, whether or not the tool then ran."""

    id: str
    name: str
    session_id: str
    message_id: str
    at: datetime
    prompt_id: str | None
    agent_id: str | None
    context: Mapping[str, Any] = field(default_factory=dict)
    """The ``file_path`` that it is about; whether it ``starts_agent``: another agent, from a shell."""

    @property
    def correlation_id(self) -> UUID:
        """The execution that the call is, if it ran."""
        return tool_uuid(self.session_id, self.id)

    def without_content(self) -> ToolUse:
        """Return what is kept of it where no content is."""
        return replace(self, context={name: value for name, value in self.context.items() if name != "file_path"})

    @property
    def parent_id(self) -> UUID | None:
        """The execution that it is part of, where that is told."""
        if self.agent_id:
            return agent_uuid(self.session_id, self.agent_id)
        return prompt_uuid(self.session_id, self.prompt_id) if self.prompt_id else None


@dataclass(frozen=True)
class SoFar:
    """What the lines up to a place in a transcript say that later ones need."""

    prompt_id: str | None = None
    copied_at: datetime | None = None
    """The time of the newest message that was copied from another session."""


class Unanswered(NamedTuple):
    """Where the request stands that was sent last, as long as no answer to it was read."""

    offset: int
    so_far: SoFar
    unreadable: int


def tool_uses(records: Iterable[Record], session_id: str) -> list[ToolUse]:
    """Return the tool calls that *records* ask for in the session *session_id*, each once, in their order."""
    tally = Tally(session_id)
    for record in records:
        tally.take(record)
    return list(tally.tool_uses.values())


class Tally:
    """What the records of one transcript tell, taken in one by one, in the order of the file."""

    def __init__(
        self,
        session_id: str,
        so_far: SoFar = SoFar(),
        since: datetime | None = None,
        refused: Sequence[Period] = (),
    ) -> None:
        """Begin with what the lines before say; messages from before *since* were copied from another session.

        Newer clients mark what they copy.  Of older ones, only the time tells.  What was written in a
        *refused* period is passed over.
        """
        self.session_id = session_id
        self.so_far = so_far
        self.requests: dict[str, ModelRequest] = {}
        self.tool_uses: dict[str, ToolUse] = {}
        self.accounts: dict[datetime, Account] = {}
        self.copied: set[str] = set()
        """Ids of the messages that belong to another session."""
        self.forked_from: str | None = None
        """The session in which the last of them was made, where that is told."""
        self.unreadable = 0
        self.unanswered: Unanswered | None = None
        self.agents: dict[str, Subagent] = {}
        self._since = since
        self._refused = refused
        self._turns = Turns(session_id)
        self._asked_in: dict[str, str | None] = {}
        """The prompt in which the model wrote the message, or asked for the tool call, of an id."""
        self._sent: dict[str, datetime] = {}
        self._tried: dict[str, int] = {}

    @property
    def results(self) -> Mapping[str, ToolResult]:
        """How tool calls ended, by their ids."""
        return self._turns.results

    @property
    def turns(self) -> Iterable[Turn]:
        """How turns began and ended, as far as that is told."""
        return [*self._turns.turns.values(), *self._turns.interruptions]

    def take(self, record: Record | None, offset: int = 0) -> None:
        """Take in the record of the line at *offset* bytes; None is a line that could not be read."""
        if record is None:
            self.unreadable += 1
            self.so_far = replace(self.so_far, prompt_id=None)  # it may have been a prompt
            return
        if self._is_refused(record):
            return
        match record.get("type"):
            case "assistant":
                self._take_message(record)
            case "user":
                self._take_turn(record)
                self.so_far = replace(self.so_far, prompt_id=prompt_of(record) or self.so_far.prompt_id)
                self._take_started_agent(record)
            case "api-request":
                self._take_sending(record, offset)
            case "system" if record.get("subtype") == "api_error":
                self._tried[text_of(record, "uuid") or ""] = min(count_of(record.get("retryAttempt")), 1000)
            case "system":
                self._take_turn(record)
            case "cost-state":
                if account := read_account(record, self.session_id, self.so_far.copied_at):
                    self.accounts[account.started_at] = account

    def _is_refused(self, record: Record) -> bool:
        at = time_of(record.get("timestamp")) if self._refused else None
        return at is not None and any(at in period for period in self._refused)

    def _take_turn(self, record: Record) -> None:
        at, copied_at = time_of(record.get("timestamp")), self.so_far.copied_at
        # Of what is copied only the model's messages are marked; what the client wrote stands between them.
        if at and not (copied_at and at <= copied_at) and not self._is_copy(record, at):
            self._turns.take(record, self.so_far.prompt_id, self._asked_in)

    def _take_sending(self, record: Record, offset: int) -> None:
        if self.unanswered is None:  # what was sent before has its answer
            self._sent.clear()
            self._tried.clear()
            self.unanswered = Unanswered(offset, self.so_far, self.unreadable)
        at, name = time_of(record.get("timestamp")), text_of(record, "id")
        if at and name:
            self._sent[name] = at

    def _take_message(self, record: Record) -> None:
        message, at = record.get("message"), time_of(record.get("timestamp"))
        message_id = text_of(message, "id") if isinstance(message, dict) else None
        if not isinstance(message, dict) or at is None or message_id is None:
            self.unreadable += 1
            return
        if self._is_copy(record, at):
            self.copied.add(message_id)
            if (origin := made_in(record, self.session_id)) != self.session_id and parse_uuid(origin):
                self.forked_from = origin
            self._turns.pass_over(use for use, _ in tool_blocks(message))
            self._turns.forget_until(at)
            self.so_far = replace(self.so_far, copied_at=max(at, self.so_far.copied_at or at))
            return
        if message.get("model") == SYNTHETIC and record.get("isApiErrorMessage") is not True:
            return
        request = self._request(record, message, message_id, at)
        known = self.requests.get(message_id)
        self.requests[message_id] = merge(known, request) if known else request
        self._asked_in[message_id] = request.prompt_id
        self.unanswered = None
        for use, block in tool_blocks(message):
            self._asked_in[use] = request.prompt_id
            about = (self.session_id, message_id, at, request.prompt_id, request.agent_id, _context(block))
            self.tool_uses.setdefault(use, ToolUse(use, block["name"], *about))
        self._take_answer(record, request)

    def _take_answer(self, record: Record, request: ModelRequest) -> None:
        """Note whether a line of an answer is the last of its turn, or of its subagent's work."""
        complete = request.stop_reason in COMPLETE and not request.tool_use_ids
        if request.agent_id:
            answered_at = request.at if complete else None
            self._merge_agent(Subagent(self.session_id, request.agent_id, None, None, request.at, answered_at))
        elif request.prompt_id and not request.is_sidechain and request.error_type:
            error_type = text_of(record, "error") or request.error_type
            self._turns.failed(request.prompt_id, request.at, error_type, request.error_message)
        elif request.prompt_id and not request.is_sidechain and complete:
            self._turns.answered(request.prompt_id, request.at)

    def _take_started_agent(self, record: Record) -> None:
        """Note which call started a subagent: the call's result names it."""
        told = record.get("toolUseResult")
        agent_id = text_of(told, "agentId") if isinstance(told, dict) else None
        uses = [text_of(block, "tool_use_id") for block in blocks(record.get("message"))] if agent_id else []
        if isinstance(told, dict) and agent_id and len(uses) == 1 and uses[0] in self.tool_uses:
            self._merge_agent(Subagent(self.session_id, agent_id, text_of(told, "agentType"), uses[0]))

    def _merge_agent(self, agent: Subagent) -> None:
        known = self.agents.get(agent.agent_id)
        self.agents[agent.agent_id] = merge_agents(known, agent) if known else agent

    def _is_copy(self, record: Record, at: datetime) -> bool:
        return made_in(record, self.session_id) != self.session_id or (self._since is not None and at < self._since)

    def _request(self, record: Record, message: Record, message_id: str, at: datetime) -> ModelRequest:
        sent = self._sent.get(text_of(record, "requestRef") or "")
        request = ModelRequest(
            self.session_id,
            message_id,
            at,
            at,
            started_at=sent if sent and sent <= at else None,
            request_id=text_of(record, "requestId"),
            requested_model=text_of(record, "requestedModel"),
            prompt_id=self.so_far.prompt_id,
            agent_id=text_of(record, "agentId"),
            is_sidechain=record.get("isSidechain") is True,
            retry_count=self._tried.get(text_of(record, "parentUuid") or "", 0),
        )
        if record.get("isApiErrorMessage") is True:
            return replace(request, **error(record, message))
        return replace(request, **answer(message))


def _context(block: Record) -> dict[str, Any]:
    """Return what is kept of a tool's input: no content."""
    told = block.get("input")
    if not isinstance(told, Mapping):
        return {}
    path, command = path_of(told), told.get("command")
    context: dict[str, Any] = {"file_path": redact_text(path)[0]} if path else {}
    if isinstance(command, str) and _STARTS_AGENT.search(command):
        context["starts_agent"] = True
    return context
