"""The figures that metrics tell, each with its name, unit and meaning, as values worked out from rows and files.

Counters count from a moment on: the beginning of the day, or of the process that tells them.  So they never go down
while somebody watches, whatever retention takes away.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Literal, NamedTuple, Protocol

from tracing.otel.attributes import PROVIDERS, Attributes


class Reader(Protocol):
    """Whatever runs a named query: :class:`tracing.database.reader.Reader` does."""

    def rows(self, name: str, **values: Any) -> Sequence[Mapping[str, Any]]:
        """Return the rows of the query *name*."""


class Spooled(NamedTuple):
    """What waits, and what could not be stored, at one moment."""

    waiting: int
    """Events in the spool and in packs."""
    size: int
    """Their bytes."""
    oldest_s: float
    """The age of the oldest, in seconds; 0 if none waits."""
    bad: int
    """Events that were set aside."""
    dropped: int
    """Events that were dropped since the spool was full, ever."""


class Point(NamedTuple):
    """One value, and of what."""

    value: int | float
    attributes: Attributes


@dataclass(frozen=True)
class Figure:
    """One metric with its values."""

    name: str
    kind: Literal["counter", "gauge"]
    unit: str
    """As UCUM writes it."""
    meaning: str
    points: Sequence[Point]


def today(now: datetime) -> datetime:
    """Return the beginning of the day, by UTC."""
    return now.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)


def figures(reader: Reader, spooled: Spooled, since: datetime) -> Iterator[Figure]:
    """Yield all figures; counters count from *since* on."""
    yield from _executions(reader.rows("metric_executions", since=since))
    yield from _requests(reader.rows("metric_requests", since=since))
    yield from _events(reader.rows("metric_events", since=since))
    yield from _spool(spooled)


def _executions(rows: Sequence[Mapping[str, Any]]) -> Iterator[Figure]:
    def points(column: str) -> list[Point]:
        return [Point(row[column], _execution(row)) for row in rows if row[column] is not None]

    yield Figure("hooktrace.executions", "counter", "{execution}", "Executions that ended.", points("executions"))
    yield Figure("hooktrace.executions.duration", "counter", "s", "The time that they took.", points("seconds"))
    about = "The time that 95 of 100 of them took at most."
    yield Figure("hooktrace.executions.duration.p95", "gauge", "s", about, points("p95_seconds"))


def _execution(row: Mapping[str, Any]) -> Attributes:
    about: Attributes = {"hooktrace.kind": row["kind"], "hooktrace.status": row["status"]}
    if row["name"]:
        about[{"tool": "gen_ai.tool.name", "agent": "gen_ai.agent.name"}.get(row["kind"], "hooktrace.name")] = row[
            "name"
        ]
    return about


def _requests(rows: Sequence[Mapping[str, Any]]) -> Iterator[Figure]:
    tokens = [
        Point(row[kind], _request(row) | {"gen_ai.token.type": kind}) for row in rows for kind in ("input", "output")
    ]
    yield Figure("gen_ai.client.token.usage", "counter", "{token}", "Tokens of requests to a model.", tokens)

    def points(column: str) -> Iterable[Point]:
        return (Point(row[column], _request(row) | {"hooktrace.success": row["success"]}) for row in rows)

    yield Figure("hooktrace.requests", "counter", "{request}", "Requests to a model.", [*points("requests")])
    yield Figure("hooktrace.requests.duration", "counter", "s", "The time that they took.", [*points("seconds")])
    yield Figure("hooktrace.cost", "counter", "USD", "What they cost at list prices.", [*points("usd")])


def _request(row: Mapping[str, Any]) -> Attributes:
    return {
        "gen_ai.operation.name": "chat",
        "gen_ai.provider.name": PROVIDERS.get(row["service"], row["service"]),
        "gen_ai.request.model": row["model"],
    }


def _events(rows: Sequence[Mapping[str, Any]]) -> Iterator[Figure]:
    stored = [Point(row["events"], {"hooktrace.event": row["event"]}) for row in rows]
    yield Figure("hooktrace.events", "counter", "{event}", "Hook events that were stored.", stored)
    total = sum(row["events"] for row in rows)
    late = sum(row["events"] * (row["mean_delay_seconds"] or 0.0) for row in rows)
    delay = [Point(late / total, {})] if total else []
    yield Figure("hooktrace.writer.delay", "gauge", "s", "From an event to its row, on average.", delay)


def _spool(spooled: Spooled) -> Iterator[Figure]:
    yield Figure("hooktrace.spool.waiting", "gauge", "{event}", "Events that wait.", [Point(spooled.waiting, {})])
    yield Figure("hooktrace.spool.size", "gauge", "By", "Their size.", [Point(spooled.size, {})])
    yield Figure("hooktrace.spool.oldest", "gauge", "s", "The age of the oldest.", [Point(spooled.oldest_s, {})])
    yield Figure("hooktrace.spool.bad", "gauge", "{event}", "Events that were set aside.", [Point(spooled.bad, {})])
    dropped = "Events that were dropped since the spool was full."
    yield Figure("hooktrace.spool.dropped", "counter", "{event}", dropped, [Point(spooled.dropped, {})])
