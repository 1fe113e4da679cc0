"""Requests to the model, as the records of a transcript tell of them.

A transcript is what Claude Code keeps of a session or of a subagent, one JSON object a line.
An answer of the model is several of its lines, which share ``message.id`` and repeat the usage;
results of tools may stand between them, and the last may not be written yet.  So a request is
facts that are merged, as executions are: ``merge`` is commutative, associative and idempotent,
and whoever stores what was read twice, or in pieces, does the same with the row that is there.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, fields, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from tracing.assemble import ERROR_LIMIT
from tracing.identity import agent_uuid, prompt_uuid, request_uuid, session_uuid
from tracing.redact import redact_text
from tracing.transcriptrecord import Record, blocks, count_of, shown, text_of

SYNTHETIC = "<synthetic>"
"""The model of messages that the client wrote itself; one of them tells of a request only if it tells of an error."""

_PROVIDERS = {"msg_bdrk_": "aws", "msg_vrtx_": "google"}
"""How the id of a message begins that did not come from Anthropic's own service."""

_TOLD_ALIKE = (
    *("request_id", "model", "requested_model", "prompt_id", "stop_reason", "service_tier", "speed", "inference_geo"),
    *("error_type", "error_message", "status_code"),
)
"""Fields of which every line of an answer says the same, if it says anything."""


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


def answer(message: Record) -> dict[str, Any]:
    """Return what one line of an answer tells of its request, as fields of it."""
    usage = message.get("usage")
    usage = usage if isinstance(usage, dict) else {}
    iterations = usage.get("iterations")
    steps = iterations if isinstance(iterations, list) else []
    return {
        "model": text_of(message, "model"),
        "tokens": _tokens(usage) if usage else None,
        "billed_beside": any(not isinstance(step, dict) or step.get("type") != "message" for step in steps),
        "stop_reason": text_of(message, "stop_reason"),
        "service_tier": text_of(usage, "service_tier"),
        "speed": text_of(usage, "speed"),
        "inference_geo": text_of(usage, "inference_geo"),
        "tool_use_ids": frozenset(use for use, _ in tool_blocks(message)),
    }


def error(record: Record, message: Record) -> dict[str, Any]:
    """Return what the client wrote of a request that failed, as fields of it."""
    kind = text_of(record, "apiErrorType") or text_of(record, "apiError") or text_of(record, "error")
    status = count_of(record.get("apiErrorStatus"))
    return {
        "error_type": kind or "unknown",
        "error_message": redact_text(shown(message))[0][:ERROR_LIMIT] or None,
        "status_code": status if 100 <= status <= 599 else None,
    }


def _tokens(usage: Record) -> Tokens:
    cached, searched = usage.get("cache_creation"), usage.get("server_tool_use")
    written = count_of(usage.get("cache_creation_input_tokens"))
    for_an_hour = count_of(cached.get("ephemeral_1h_input_tokens")) if isinstance(cached, dict) else 0
    return Tokens(
        input=count_of(usage.get("input_tokens")),
        output=count_of(usage.get("output_tokens")),
        cache_read=count_of(usage.get("cache_read_input_tokens")),
        cache_write=written,
        cache_write_1h=min(for_an_hour, written),
        web_searches=count_of(searched.get("web_search_requests")) if isinstance(searched, dict) else 0,
    )


def tool_blocks(message: Record) -> Iterable[tuple[str, Record]]:
    """Yield id and block of the tools that the client is asked to run; the provider runs others itself."""
    for block in blocks(message):
        use = text_of(block, "id")
        if block.get("type") == "tool_use" and use and text_of(block, "name"):
            yield use, block


def _most_tokens(one: Tokens | None, other: Tokens | None) -> Tokens | None:
    """Return the greater of each count: an answer that is still coming has fewer output tokens."""
    if one is None or other is None:
        return one or other
    return Tokens(*(max(getattr(one, kind.name), getattr(other, kind.name)) for kind in fields(Tokens)))


def _known(one: Any, other: Any) -> Any:
    """Return the one that is known; should both be, and differ, the same one whichever came first."""
    return max((value for value in (one, other) if value is not None), default=None)
