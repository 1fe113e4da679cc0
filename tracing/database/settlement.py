"""Settles offers of advice: when a prompt is learned, what was offered for it gets its tree, and how it ended."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from uuid import UUID

import psycopg
from psycopg.types.json import Jsonb

from tracing.database.connection import Row
from tracing.database.queries import query
from tracing.learning.offer import is_followed

Cursor = psycopg.Cursor[Row]


def adopt(cursor: Cursor, root_id: UUID, trace_id: UUID, user_id: str) -> None:
    """Bring the offers for a prompt into its tree: before it is learned, which may be a use of what was offered."""
    cursor.execute(query("adopt_offers"), {"root_id": root_id, "trace_id": trace_id, "user_id": user_id})


def settle(
    cursor: Cursor,
    root_id: UUID,
    trace_id: UUID,
    *,
    agents: Sequence[str],
    tools: Sequence[str],
    outcome: str | None,
    duration_ms: float | None,
    cost_usd: Decimal | None,
) -> None:
    """Fill in how a prompt ended for which there was an offer: after it is learned, and again whenever it is."""
    for offer in cursor.execute(query("offers_of_prompt"), {"root_id": root_id, "trace_id": trace_id}).fetchall():
        followed = is_followed(offer["agent_sequence"], offer["tool_sequence"], agents, tools)
        told = {"followed": followed, "cost_usd": None if cost_usd is None else float(cost_usd)}
        filled = {"id": offer["id"], "outcome": outcome, "duration_ms": duration_ms, "told": Jsonb(told)}
        cursor.execute(query("settle_offers"), filled)
