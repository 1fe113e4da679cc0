"""Turns, and the ends of tool calls, as the records of a transcript tell of them.

Esc fires no hook, in no version of the client: only the transcript tells that a call or a turn was
interrupted.  It also tells what was asked, and how a call ended, where a hook was lost.  What an older
client does not say (whether a call that came back with an error had run at all) is not concluded from
its words.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from tracing.assemble import ERROR_LIMIT, described_prompt
from tracing.identity import prompt_uuid, request_uuid, tool_uuid
from tracing.redact import redact_text
from tracing.transcriptrecord import Record, blocks, shown, text_of, time_of

REJECTED = "User rejected tool use"
"""The result of a call that Esc, or a No, ended: before it ran or while it did."""

INTERRUPTED = "[Request interrupted by user"
"""How the line begins that ends an interrupted turn."""

NOT_RUN = "<tool_use_error>"
"""How a result begins of a call that was refused before any hook: an unknown tool, an input of another form."""

NOT_ASKED = ("isMeta", "isCompactSummary", "isVisibleInTranscriptOnly")
"""What the client calls a line that stands where a prompt would, and that nobody asked."""

COMMAND_OUTPUT = ("<local-command-", "<bash-stdout>", "<bash-stderr>", "Caveat: ")
"""How such lines begin that an older client calls nothing."""

WITHOUT_SUBMIT = ("<bash-input>",)
"""How a prompt begins for which no hook fires, besides one that was typed while another ran."""

PROMPT_LIMIT = 65_536
"""Characters of a prompt that are kept."""


@dataclass(frozen=True)
class ToolResult:
    """How a tool call ended."""

    session_id: str
    tool_use_id: str
    at: datetime
    status: str
    """completed, failed, denied or cancelled."""
    error_type: str | None = None
    """``unsure``: failed or denied, ``rejected``: denied or cancelled, and an older client does not say which;
    ``not_run``: refused before any hook."""
    error_message: str | None = None
    redactions: int = 0

    @property
    def correlation_id(self) -> UUID:
        """The execution that it is the end of."""
        return tool_uuid(self.session_id, self.tool_use_id)


@dataclass(frozen=True)
class Turn:
    """A turn, or as much of one as a part of a transcript tells."""

    session_id: str
    prompt_id: str
    began_at: datetime | None = None
    prompt_text: str | None = None
    """What was asked, redacted; None of a prompt that the agent wrote to itself."""
    context: Mapping[str, str] = field(default_factory=dict)
    """What else its beginning tells (see ``assemble.described_prompt``)."""
    unannounced: bool = False
    """Whether no hook fires for it, or one that tells the id of the prompt that ran when it was typed."""
    answered_at: datetime | None = None
    """When the model had answered, and asked for nothing more."""
    ended_at: datetime | None = None
    status: str | None = None
    """completed, failed or cancelled."""
    error_type: str | None = None
    error_message: str | None = None
    redactions: int = 0
    """How many secrets were taken out of the prompt."""
    broke_off_calls: tuple[str, ...] = ()
    broke_off_message: str | None = None
    """What was interrupted, where it was asked for in an earlier part of the transcript: it tells the turn better."""

    @property
    def correlation_id(self) -> UUID:
        """The execution that it speaks of."""
        return prompt_uuid(self.session_id, self.prompt_id)

    @property
    def last_at(self) -> datetime | None:
        """The last time that it tells of."""
        return max((at for at in (self.began_at, self.answered_at, self.ended_at) if at), default=None)

    @property
    def call_ids(self) -> list[UUID]:
        """The executions of the calls that were broken off."""
        return [tool_uuid(self.session_id, use) for use in self.broke_off_calls]

    @property
    def request_id(self) -> UUID | None:
        """The request whose answer was broken off."""
        return request_uuid(self.session_id, self.broke_off_message) if self.broke_off_message else None


class _Rejection(NamedTuple):
    """A call that was rejected, until the line after it tells whether it had begun to run."""

    result: ToolResult
    says: bool
    """Whether the client said so itself (it does since a version after 2.1.197)."""


class Turns:
    """The ends that the records of one transcript tell, taken in one by one, in the order of the file."""

    def __init__(self, session_id: str) -> None:
        self.session_id = session_id
        self.results: dict[str, ToolResult] = {}
        self.turns: dict[str, Turn] = {}
        self.interruptions: list[Turn] = []
        """Ends of turns that may be others than the client counts them to: what was broken off tells."""
        self._rejected: list[_Rejection] = []
        self._others: set[str] = set()

    def answered(self, prompt_id: str, at: datetime) -> None:
        """Note a message of the model that asks for nothing more."""
        self._merge(Turn(self.session_id, prompt_id, answered_at=at))

    def failed(self, prompt_id: str, at: datetime, error_type: str, message: str | None) -> None:
        """Note that the turn ended with an error of the model's service."""
        ended = Turn(self.session_id, prompt_id, ended_at=at, status="failed", error_type=error_type)
        self._merge(replace(ended, error_message=message))

    def forget_until(self, at: datetime) -> None:
        """Leave out the turns that had been taken in before it showed that they are another session's."""
        self.turns = {name: turn for name, turn in self.turns.items() if not turn.last_at or turn.last_at > at}

    def pass_over(self, tool_use_ids: Iterable[str]) -> None:
        """Leave out the results of calls that belong to another session."""
        self._others.update(tool_use_ids)

    def take(self, record: Record, prompt_id: str | None, asked_in: Mapping[str, str | None]) -> None:
        """Take in a record of type user or system.

        *prompt_id* is the turn of the lines before it; *asked_in* gives the turn in which the model wrote
        the message, or asked for the tool call, of an id: after an interruption the client counts its
        last lines to the turn that comes next.
        """
        at = time_of(record.get("timestamp"))
        if at is None:
            return
        if record.get("type") == "system":
            if record.get("subtype") == "stop_hook_summary" and prompt_id and record.get("isSidechain") is not True:
                self._merge(Turn(self.session_id, prompt_id, ended_at=at, status="completed"))
            return
        self.results.update((result.tool_use_id, result) for result in self._results(record, at))
        if record.get("isSidechain") is not True:
            self._take_words(record, at, prompt_id, asked_in)

    def _results(self, record: Record, at: datetime) -> Iterable[ToolResult]:
        for block in blocks(record.get("message")):
            tool_use_id = text_of(block, "tool_use_id") if block.get("type") == "tool_result" else None
            if tool_use_id and tool_use_id not in self._others:
                status, kind = _outcome(record, block)
                said, redactions = ("", 0) if status == "completed" else redact_text(shown(block.get("content")))
                message = said.replace(NOT_RUN, "")[:ERROR_LIMIT] or None
                result = ToolResult(self.session_id, tool_use_id, at, status, kind, message, redactions)
                if record.get("toolUseResult") == REJECTED:
                    self._rejected.append(_Rejection(result, "toolDenialKind" in record))
                yield result

    def _take_words(
        self, record: Record, at: datetime, prompt_id: str | None, asked_in: Mapping[str, str | None]
    ) -> None:
        said = shown(record.get("message"))
        own_prompt = prompt_of(record)
        if said.startswith(INTERRUPTED):
            broken_off = text_of(record, "interruptedMessageId")
            rejected, self._rejected = self._rejected, []
            for rejection in rejected:
                if not rejection.says and not broken_off:  # a No at the dialog, or a signal
                    denied = replace(rejection.result, status="denied", error_type="rejected")
                    self.results[rejection.result.tool_use_id] = denied
            calls = tuple(rejection.result.tool_use_id for rejection in rejected)
            known = next(filter(None, map(asked_in.get, (broken_off or "", *calls))), None)
            if turn := known or own_prompt or prompt_id:
                ended = Turn(self.session_id, turn, ended_at=at, status="cancelled", error_type="interrupt")
                if known:
                    self._merge(ended)
                else:
                    self.interruptions.append(replace(ended, broke_off_calls=calls, broke_off_message=broken_off))
        elif own_prompt and _is_prompt(record, said):
            clean, redactions = redact_text(said)
            text, context = described_prompt(clean)
            unannounced = record.get("promptSource") == "queued" or said.startswith(WITHOUT_SUBMIT)
            asked = Turn(
                self.session_id,
                own_prompt,
                began_at=at,
                prompt_text=text[:PROMPT_LIMIT] if text else None,
                context=context,
                unannounced=unannounced,
                redactions=redactions,
            )
            self._merge(asked)

    def _merge(self, turn: Turn) -> None:
        known = self.turns.get(turn.prompt_id)
        self.turns[turn.prompt_id] = _merged(known, turn) if known else turn


def _merged(known: Turn, later: Turn) -> Turn:
    """Fold what two lines tell of a turn, in the order of time: the first beginning holds, and the last end."""
    begins = known if known.began_at else later
    before = known if known.began_at or not later.began_at else replace(later, ended_at=None, answered_at=None)
    ends = later if later.ended_at else before
    return replace(
        ends,
        began_at=begins.began_at,
        prompt_text=begins.prompt_text,
        context=begins.context,
        unannounced=begins.unannounced,
        redactions=begins.redactions,
        answered_at=later.answered_at or before.answered_at,
    )


def prompt_of(record: Record) -> str | None:
    """Return the id of the turn that a line of the user's belongs to; an older client's prompt has that of its line."""
    if told := text_of(record, "promptId"):
        return told
    begins = record.get("isSidechain") is not True and _is_prompt(record, shown(record.get("message")))
    return text_of(record, "uuid") if begins else None


def _is_prompt(record: Record, said: str) -> bool:
    """Tell whether a line of the user's is what was asked, not a result or the client's own words."""
    if any(block.get("type") == "tool_result" for block in blocks(record.get("message"))):
        return False
    own_words = any(record.get(mark) is True for mark in NOT_ASKED) or said.startswith((INTERRUPTED, *COMMAND_OUTPUT))
    return isinstance(record.get("message"), Mapping) and not own_words


def _outcome(record: Record, block: Mapping[str, Any]) -> tuple[str, str | None]:
    """Return status and error type of the tool call that *block* of *record* is the result of."""
    if block.get("is_error") is not True:
        return "completed", None
    if record.get("toolUseResult") == REJECTED:
        return ("denied", "permission") if record.get("toolDenialBeforeRun") is True else ("cancelled", "interrupt")
    if "toolDenialKind" in record:
        return "denied", "permission"
    if shown(block.get("content")).startswith(NOT_RUN):
        return "failed", "not_run"
    decision = record.get("permissionDecision")
    accepted = isinstance(decision, dict) and decision.get("decision") == "accept"
    return "failed", "tool_error" if accepted else "unsure"
