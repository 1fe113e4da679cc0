"""The figures that metrics tell, each with its name, unit and meaning, as values worked out from rows and files.

Counters count from a moment on: the beginning of the day, or of the process that tells them.  By the rows alone they
could go down: a session that is resumed has not ended any more, a timeout turns out to have been completed, something
is forgotten.  A counter that falls is taken for one that began anew, so whoever tells them more than once keeps them up
by ``Rising``.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any, Literal, NamedTuple, Protocol

from tracing.otel.attributes import PROVIDERS, Attributes, Value


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


class Rising:
    """Keeps counters up: each series is told as high as it ever was, also once nothing of it is left."""

    def __init__(self) -> None:
        self._since: datetime | None = None
        self._highest: dict[str, dict[frozenset[tuple[str, Value]], Point]] = {}
        self._changed = threading.Lock()  # several may ask for /metrics at once

    def by_name(self, figures: Iterable[Figure], since: datetime) -> Mapping[str, Figure]:
        """Return *figures* by their names; where they count from another moment on than before, all begins anew."""
        with self._changed:
            if since != self._since:
                self._since, self._highest = since, {}
            return {figure.name: self._raised(figure) if figure.kind == "counter" else figure for figure in figures}

    def _raised(self, figure: Figure) -> Figure:
        highest = self._highest.setdefault(figure.name, {})
        for point in figure.points:
            series = frozenset(point.attributes.items())
            highest[series] = max(point, highest.get(series, point), key=lambda one: one.value)
        return replace(figure, points=[*highest.values()])


def figures(reader: Reader, spooled: Spooled, since: datetime, *, own: bool) -> Iterator[Figure]:
    """Yield all figures; counters count from *since* on, of all that the reader may see, or of its login's *own*."""
    yield from _executions(reader.rows("metric_executions", since=since, own=own))
    yield from _requests(reader.rows("metric_requests", since=since, own=own))
    yield from _events(reader.rows("metric_events", since=since, own=own))
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
