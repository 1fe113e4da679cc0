"""The client's own account of a session, as a record of its transcript tells it."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any, NamedTuple

from tracing.event import ID_LIMIT
from tracing.modelrequest import Tokens
from tracing.transcriptrecord import Record, count_of, number_of, text_of

MOST_DOLLARS = 10**8
"""More money is no cost; the column holds less."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


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


def read_account(record: Record, session_id: str, copied_at: datetime | None) -> Account | None:
    """Return the account that *record* is, if it is one of this session.

    *copied_at* is the time of the newest message before it that was copied from another session.
    """
    started_at = _milliseconds(record.get("startTime"))
    if started_at is None or (text_of(record, "sessionId") or session_id) != session_id:
        return None
    cost, models = _dollars(record.get("totalCostUSD")), record.get("modelUsage")
    return Account(
        session_id,
        started_at,
        cost_usd=None if record.get("hasUnknownModelCost") is True else cost,
        api_ms=number_of(record.get("totalAPIDuration")) or 0.0,
        models=dict(_spendings(models)) if isinstance(models, dict) else {},
        includes_copies=copied_at is not None and started_at <= copied_at,
    )


def _spendings(models: Record) -> Iterable[tuple[str, Spending]]:
    for model, usage in models.items():
        if isinstance(usage, dict) and len(model) <= ID_LIMIT:
            tokens = Tokens(
                input=count_of(usage.get("inputTokens")),
                output=count_of(usage.get("outputTokens")),
                cache_read=count_of(usage.get("cacheReadInputTokens")),
                cache_write=count_of(usage.get("cacheCreationInputTokens")),
                cache_write_1h=count_of(usage.get("cacheCreationEphemeral1hInputTokens")),
                web_searches=count_of(usage.get("webSearchRequests")),
            )
            yield model, Spending(tokens, _dollars(usage.get("costUSD")) or Decimal(0))


def _dollars(value: Any) -> Decimal | None:
    """Return the amount without what binary fractions added to it."""
    number = number_of(value)
    return None if number is None or number >= MOST_DOLLARS else round(Decimal(repr(number)), 9)


def _milliseconds(value: Any) -> datetime | None:
    number = number_of(value)
    try:
        return None if number is None else _EPOCH + timedelta(milliseconds=math.floor(number))
    except OverflowError:
        return None
