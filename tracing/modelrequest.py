"""Requests to the model, as the records of a transcript tell of them.

A transcript is what Claude Code keeps of a session or of a subagent, one JSON object a line.
An answer of the model is several of its lines, which share ``message.id`` and repeat the usage;
results of tools may stand between them, and the last may not be written yet.  So a request is
facts that are merged, as executions are: ``merge`` is commutative, associative and idempotent,
and whoever stores what was read twice, or in pieces, does the same with the row that is there.

A forked session's transcript begins with a copy of another's.  What was copied is no request,
and no tool call, of this session.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields, replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any, NamedTuple
from uuid import UUID

from tracing.assemble import ERROR_LIMIT
from tracing.event import ID_LIMIT
from tracing.identity import agent_uuid, prompt_uuid, request_uuid, session_uuid
from tracing.redact import redact_text

Record = Mapping[str, Any]
"""A line of a transcript, as ``payload.parse`` gives it: nothing in it that jsonb refuses."""

SYNTHETIC = "<synthetic>"
"""The model of messages that the client wrote itself; one of them tells of a request only if it tells of an error."""

MOST_TOKENS = 10**12
"""A greater count is no measurement."""

MOST_DOLLARS = 10**8
"""Nor is this much money; the column holds less."""

_PROVIDERS = {"msg_bdrk_": "aws", "msg_vrtx_": "google"}
"""How the id of a message begins that did not come from Anthropic's own service."""

_TOLD_ALIKE = (
    *("request_id", "model", "requested_model", "prompt_id", "stop_reason", "service_tier", "speed", "inference_geo"),
    *("error_type", "error_message", "status_code"),
)
"""Fields of which every line of an answer says the same, if it says anything."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Tokens:
    """What a request was billed for."""

    input: int = 0
    """Tokens of the prompt that were neither read from nor written to the cache."""
    output: int = 0
    cache_read: int = 0
    cache_write: int = 0
    """All tokens written to the cache, for five minutes unless ``cache_write_1h`` counts them."""
    cache_write_1h: int = 0
    web_searches: int = 0
    """Searches that the provider made while it answered."""

    @property
    def cache_write_5m(self) -> int:
        """Tokens written to the cache for five minutes."""
        return self.cache_write - self.cache_write_1h


@dataclass(frozen=True)
class ModelRequest:
    """Facts about one request to the model and its answer."""

    session_id: str
    message_id: str
    """The provider's id of the answer; of a request that failed, the client's id of its message."""
    at: datetime
    """When the first block of the answer was complete."""
    last_at: datetime
    """When the last block was, or the error came."""
    started_at: datetime | None = None
    """When the request was sent (the last time, if it was sent again); None where the client does not say."""
    request_id: str | None = None
    model: str | None = None
    requested_model: str | None = None
    """The name that was asked for, which for a cloud is the cloud's own."""
    prompt_id: str | None = None
    agent_id: str | None = None
    is_sidechain: bool = False
    tokens: Tokens | None = None
    """None where the usage is not told: of errors."""
    billed_beside: bool = False
    """Whether the usage leaves out something that was billed: another model's advice, a compaction."""
    stop_reason: str | None = None
    """None of an answer that was broken off."""
    service_tier: str | None = None
    speed: str | None = None
    inference_geo: str | None = None
    tool_use_ids: frozenset[str] = frozenset()
    retry_count: int = 0
    """How often it had been sent before; 0 also where the client does not say."""
    error_type: str | None = None
    error_message: str | None = None
    status_code: int | None = None

    @property
    def id(self) -> UUID:
        """The id of the row: the same whenever and in whatever pieces the transcript is read."""
        return request_uuid(self.session_id, self.message_id)

    @property
    def provider(self) -> str:
        """Whose service answered: anthropic, aws or google."""
        return next((name for start, name in _PROVIDERS.items() if self.message_id.startswith(start)), "anthropic")

    @property
    def within(self) -> list[UUID]:
        """The correlation ids of the executions that made the request, the innermost first."""
        agent = [agent_uuid(self.session_id, self.agent_id)] if self.agent_id else []
        prompt = [prompt_uuid(self.session_id, self.prompt_id)] if self.prompt_id else []
        return [*agent, *prompt, session_uuid(self.session_id)]


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


class Spending(NamedTuple):
    """What one model did for a session, by the client's own account."""

    tokens: Tokens
    cost_usd: Decimal


@dataclass(frozen=True)
class Account:
    """The client's own account of a session with its subagents, as it wrote it at the end of a run.

    It goes on in the next run of the same session, and counts requests that no transcript shows:
    summaries, what a web tool asks a model.
    """

    session_id: str
    started_at: datetime
    """When the account was opened: an account that is told again, later, replaces the one with the same time."""
    cost_usd: Decimal | None
    """US dollars in all; None where the client says that it does not know the price of a model."""
    api_ms: float
    models: Mapping[str, Spending]
    includes_copies: bool
    """Whether what a forked session has from the other one is in it: then it is not this session's cost."""


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


def merge(one: ModelRequest, other: ModelRequest) -> ModelRequest:
    """Fold the facts of *one* and *other*, which have the same id."""
    return replace(
        one,
        at=min(one.at, other.at),
        last_at=max(one.last_at, other.last_at),
        started_at=min((at for at in (one.started_at, other.started_at) if at), default=None),
        agent_id=max(one.agent_id, other.agent_id) if one.agent_id and other.agent_id else None,
        is_sidechain=one.is_sidechain and other.is_sidechain,
        tokens=_most_tokens(one.tokens, other.tokens),
        billed_beside=one.billed_beside or other.billed_beside,
        tool_use_ids=one.tool_use_ids | other.tool_use_ids,
        retry_count=max(one.retry_count, other.retry_count),
        **{name: _known(getattr(one, name), getattr(other, name)) for name in _TOLD_ALIKE},
    )


def fold(requests: Iterable[ModelRequest]) -> list[ModelRequest]:
    """Return one set of facts per request, in the order of their times."""
    folded: dict[UUID, ModelRequest] = {}
    for request in requests:
        known = folded.get(request.id)
        folded[request.id] = merge(known, request) if known else request
    return sorted(folded.values(), key=lambda request: (request.at, request.message_id))


def tool_uses(records: Iterable[Record], session_id: str) -> list[ToolUse]:
    """Return the tool calls that *records* ask for in the session *session_id*, each once, in their order."""
    tally = Tally(session_id)
    for record in records:
        tally.take(record)
    return list(tally.tool_uses.values())


class Tally:
    """What the records of one transcript tell, taken in one by one, in the order of the file."""

    def __init__(self, session_id: str, so_far: SoFar = SoFar(), since: datetime | None = None) -> None:
        """Begin with what the lines before say; messages from before *since* were copied from another session.

        Newer clients mark what they copy.  Of older ones, only the time tells.
        """
        self.session_id = session_id
        self.so_far = so_far
        self.requests: dict[str, ModelRequest] = {}
        self.tool_uses: dict[str, ToolUse] = {}
        self.accounts: dict[datetime, Account] = {}
        self.copied: set[str] = set()
        """Ids of the messages that belong to another session."""
        self.unreadable = 0
        self.unanswered: Unanswered | None = None
        self._since = since
        self._sent: dict[str, datetime] = {}
        self._tried: dict[str, int] = {}

    def take(self, record: Record | None, offset: int = 0) -> None:
        """Take in the record of the line at *offset* bytes; None is a line that could not be read."""
        if record is None:
            self.unreadable += 1
            self.so_far = replace(self.so_far, prompt_id=None)  # it may have been a prompt
            return
        match record.get("type"):
            case "assistant":
                self._take_message(record)
            case "user":
                self.so_far = replace(self.so_far, prompt_id=_text(record, "promptId") or self.so_far.prompt_id)
            case "api-request":
                self._take_sending(record, offset)
            case "system" if record.get("subtype") == "api_error":
                self._tried[_text(record, "uuid") or ""] = min(_count(record.get("retryAttempt")), 1000)
            case "cost-state":
                self._take_account(record)

    def _take_sending(self, record: Record, offset: int) -> None:
        if self.unanswered is None:  # what was sent before has its answer
            self._sent.clear()
            self._tried.clear()
            self.unanswered = Unanswered(offset, self.so_far, self.unreadable)
        at, name = _time(record.get("timestamp")), _text(record, "id")
        if at and name:
            self._sent[name] = at

    def _take_message(self, record: Record) -> None:
        message, at = record.get("message"), _time(record.get("timestamp"))
        message_id = _text(message, "id") if isinstance(message, dict) else None
        if not isinstance(message, dict) or at is None or message_id is None:
            self.unreadable += 1
            return
        if self._is_copy(record, at):
            self.copied.add(message_id)
            self.so_far = replace(self.so_far, copied_at=max(at, self.so_far.copied_at or at))
            return
        if message.get("model") == SYNTHETIC and record.get("isApiErrorMessage") is not True:
            return
        request = self._request(record, message, message_id, at)
        known = self.requests.get(message_id)
        self.requests[message_id] = merge(known, request) if known else request
        self.unanswered = None
        for use, name in _tool_blocks(message):
            asked = ToolUse(use, name, self.session_id, message_id, at, request.prompt_id, request.agent_id)
            self.tool_uses.setdefault(use, asked)

    def _is_copy(self, record: Record, at: datetime) -> bool:
        fork = record.get("forkedFrom")
        forked_from = _text(fork, "sessionId") if isinstance(fork, dict) else None
        made_in = _text(record, "requestSessionId") or forked_from or _text(record, "sessionId") or self.session_id
        return made_in != self.session_id or (self._since is not None and at < self._since)

    def _request(self, record: Record, message: Record, message_id: str, at: datetime) -> ModelRequest:
        sent = self._sent.get(_text(record, "requestRef") or "")
        request = ModelRequest(
            self.session_id,
            message_id,
            at,
            at,
            started_at=sent if sent and sent <= at else None,
            request_id=_text(record, "requestId"),
            requested_model=_text(record, "requestedModel"),
            prompt_id=self.so_far.prompt_id,
            agent_id=_text(record, "agentId"),
            is_sidechain=record.get("isSidechain") is True,
            retry_count=self._tried.get(_text(record, "parentUuid") or "", 0),
        )
        if record.get("isApiErrorMessage") is True:
            return replace(request, **_error(record, message))
        return replace(request, **_answer(message))

    def _take_account(self, record: Record) -> None:
        started_at = _milliseconds(record.get("startTime"))
        if started_at is None or (_text(record, "sessionId") or self.session_id) != self.session_id:
            return
        cost, models = _dollars(record.get("totalCostUSD")), record.get("modelUsage")
        copied_at = self.so_far.copied_at
        self.accounts[started_at] = Account(
            self.session_id,
            started_at,
            cost_usd=None if record.get("hasUnknownModelCost") is True else cost,
            api_ms=_number(record.get("totalAPIDuration")) or 0.0,
            models=dict(_spendings(models)) if isinstance(models, dict) else {},
            includes_copies=copied_at is not None and started_at <= copied_at,
        )


def _answer(message: Record) -> dict[str, Any]:
    usage = message.get("usage")
    usage = usage if isinstance(usage, dict) else {}
    iterations = usage.get("iterations")
    steps = iterations if isinstance(iterations, list) else []
    return {
        "model": _text(message, "model"),
        "tokens": _tokens(usage) if usage else None,
        "billed_beside": any(not isinstance(step, dict) or step.get("type") != "message" for step in steps),
        "stop_reason": _text(message, "stop_reason"),
        "service_tier": _text(usage, "service_tier"),
        "speed": _text(usage, "speed"),
        "inference_geo": _text(usage, "inference_geo"),
        "tool_use_ids": frozenset(use for use, _ in _tool_blocks(message)),
    }


def _error(record: Record, message: Record) -> dict[str, Any]:
    texts = [block.get("text") for block in _blocks(message) if block.get("type") == "text"]
    shown = "\n".join(text for text in texts if isinstance(text, str))
    kind = _text(record, "apiErrorType") or _text(record, "apiError") or _text(record, "error")
    status = _count(record.get("apiErrorStatus"))
    return {
        "error_type": kind or "unknown",
        "error_message": redact_text(shown)[0][:ERROR_LIMIT] or None,
        "status_code": status if 100 <= status <= 599 else None,
    }


def _tokens(usage: Record) -> Tokens:
    cached, searched = usage.get("cache_creation"), usage.get("server_tool_use")
    written = _count(usage.get("cache_creation_input_tokens"))
    for_an_hour = _count(cached.get("ephemeral_1h_input_tokens")) if isinstance(cached, dict) else 0
    return Tokens(
        input=_count(usage.get("input_tokens")),
        output=_count(usage.get("output_tokens")),
        cache_read=_count(usage.get("cache_read_input_tokens")),
        cache_write=written,
        cache_write_1h=min(for_an_hour, written),
        web_searches=_count(searched.get("web_search_requests")) if isinstance(searched, dict) else 0,
    )


def _spendings(models: Record) -> Iterable[tuple[str, Spending]]:
    for model, usage in models.items():
        if isinstance(usage, dict) and len(model) <= ID_LIMIT:
            tokens = Tokens(
                input=_count(usage.get("inputTokens")),
                output=_count(usage.get("outputTokens")),
                cache_read=_count(usage.get("cacheReadInputTokens")),
                cache_write=_count(usage.get("cacheCreationInputTokens")),
                cache_write_1h=_count(usage.get("cacheCreationEphemeral1hInputTokens")),
                web_searches=_count(usage.get("webSearchRequests")),
            )
            yield model, Spending(tokens, _dollars(usage.get("costUSD")) or Decimal(0))


def _blocks(message: Record) -> Iterable[Record]:
    content = message.get("content")
    return [block for block in content if isinstance(block, dict)] if isinstance(content, list) else []


def _tool_blocks(message: Record) -> Iterable[tuple[str, str]]:
    """Yield id and name of the tools that the client is asked to run; the provider runs others itself."""
    for block in _blocks(message):
        use, name = _text(block, "id"), _text(block, "name")
        if block.get("type") == "tool_use" and use and name:
            yield use, name


def _most_tokens(one: Tokens | None, other: Tokens | None) -> Tokens | None:
    """Return the greater of each count: an answer that is still coming has fewer output tokens."""
    if one is None or other is None:
        return one or other
    return Tokens(*(max(getattr(one, kind.name), getattr(other, kind.name)) for kind in fields(Tokens)))


def _known(one: Any, other: Any) -> Any:
    """Return the one that is known; should both be, and differ, the same one whichever came first."""
    return max((value for value in (one, other) if value is not None), default=None)


def _text(record: Record, key: str) -> str | None:
    value = record.get(key)
    return value if isinstance(value, str) and 0 < len(value) <= ID_LIMIT else None


def _number(value: Any) -> float | None:
    """Return a number that a double holds exactly, or as near as the client could write it."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= 2**53:
        return None
    return float(value)


def _count(value: Any) -> int:
    return value if isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= MOST_TOKENS else 0


def _dollars(value: Any) -> Decimal | None:
    """Return the amount without what binary fractions added to it."""
    number = _number(value)
    return None if number is None or number >= MOST_DOLLARS else round(Decimal(repr(number)), 9)


def _milliseconds(value: Any) -> datetime | None:
    number = _number(value)
    try:
        return None if number is None else _EPOCH + timedelta(milliseconds=math.floor(number))
    except OverflowError:
        return None


def _time(value: Any) -> datetime | None:
    try:
        at = datetime.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        return None
    return at if at and at.tzinfo else None
