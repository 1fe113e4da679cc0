"""Merging facts about executions: in any order, in Python and in SQL, the same row comes out."""

from __future__ import annotations

import itertools
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from functools import reduce
from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest

from tests.conftest import Installation
from tracing.database.parameters import execution_row, recordset
from tracing.database.queries import query
from tracing.facts import Ending, Execution, fold, merge

AT = datetime(2026, 11, 23, 6, 0, tzinfo=UTC)
KEY = uuid4()
PARENTS = [uuid4(), uuid4()]

COLUMNS = (
    "name, parent_id, parent_certain, started_at, start_observed, last_started_at, completed_at, duration_ms, status,"
    " success, error_type, error_message, prompt_text, project, context"
)


def facts(minute: float = 0, correlation_id: UUID = KEY, **told: Any) -> Execution:
    """Return facts about one tool call, told at a minute."""
    at = AT + timedelta(minutes=minute)
    known: dict[str, Any] = {"name": None, "parent_id": None, "started_at": at, **told}
    return Execution(KEY, correlation_id, "session", "test", "tool", **known)


def start(minute: float, **description: Any) -> Execution:
    """Return the facts of an observed start."""
    return facts(minute).started(AT + timedelta(minutes=minute), **description)


def ended(minute: float, status: str, observed: bool = True, message: str = "") -> Execution:
    """Return the facts of an end."""
    ending = Ending(AT + timedelta(minutes=minute), status, "", message)
    return facts(minute, observed_end=ending) if observed else facts(minute, inferred_end=ending)


def of_prompt(*told: Execution) -> list[Execution]:
    """Return the same facts of what, other than a tool call, can begin anew."""
    return [each._replace(kind="prompt") for each in told]


LIVES = {
    "a tool call": [start(1, context={"a": 1}), ended(2, "completed")],
    "a call that was refused after its start": [start(1), ended(2, "refused", observed=False)],
    "a call that never started": [facts(2), ended(2, "refused", observed=False, message="no such tool")],
    "a late end beats the sweeper": [
        start(1),
        ended(60, "timeout", observed=False),
        ended(3, "failed", message="boom"),
    ],
    "a prompt resumed and open": of_prompt(start(1), ended(2, "completed"), start(3)),
    "a prompt resumed and closed": of_prompt(
        *(start(1, prompt_text="one"), ended(2, "completed")),
        *(start(3, prompt_text="two"), ended(4, "failed")),
    ),
    "resumed, then inferred to be over": of_prompt(
        *(start(1), ended(2, "completed"), start(3), ended(9, "cancelled", observed=False)),
    ),
    "a call that ended before it began": [start(3), ended(2, "completed")],
    "a parent that becomes known": [
        facts(1, parent_id=PARENTS[0], parent_certain=False, name="Explore"),
        facts(2, parent_id=PARENTS[1], parent_certain=True),
        start(1.5),
    ],
    "ended before any start was seen": [facts(5), facts(3), ended(6, "completed"), facts(7, measured_ms=12.0)],
}


@pytest.mark.parametrize("life", LIVES)
def test_facts_merge_to_the_same_whatever_their_order_and_grouping(life: str) -> None:
    """Merging is commutative, associative and idempotent: hooks run in parallel, and replays happen."""
    told = LIVES[life]
    expected = reduce(merge, told)
    for order in itertools.permutations([*told, told[0]]):
        assert reduce(merge, order) == expected
        assert merge(order[0], reduce(merge, order[1:])) == expected


@pytest.mark.parametrize("life", LIVES)
def test_the_database_merges_as_python_does(home: Installation, life: str) -> None:
    """A batch folded in Python and then stored gives the row that storing fact by fact gives, in any order."""
    told = LIVES[life]
    orders = list(itertools.permutations(told))
    stored = [store(home, order) for order in [fold(told), *orders, [*told, *told]]]
    assert all(row == stored[0] for row in stored)


def test_outcomes_are_derived_from_the_facts(home: Installation) -> None:
    """Each life ends with the status, end and success that its story tells."""
    outcome = {life: store(home, told) for life, told in LIVES.items()}
    status = {life: row["status"] for life, row in outcome.items()}
    assert status == {
        "a tool call": "completed",
        "a call that was refused after its start": "denied",
        "a call that never started": "failed",
        "a late end beats the sweeper": "failed",
        "a prompt resumed and open": "in_progress",
        "a prompt resumed and closed": "failed",
        "resumed, then inferred to be over": "cancelled",
        "a call that ended before it began": "completed",
        "a parent that becomes known": "in_progress",
        "ended before any start was seen": "completed",
    }
    assert outcome["a tool call"]["duration_ms"] == 60_000
    assert outcome["a call that never started"]["duration_ms"] is None
    assert outcome["a call that ended before it began"]["duration_ms"] == 0
    assert outcome["ended before any start was seen"]["duration_ms"] == 12
    assert outcome["a prompt resumed and open"]["completed_at"] is None
    assert outcome["a prompt resumed and open"]["success"] is None
    assert outcome["a prompt resumed and closed"]["prompt_text"] == "one"
    assert outcome["a late end beats the sweeper"]["error_message"] == "boom"
    assert outcome["a parent that becomes known"]["parent_id"] == PARENTS[1]
    assert all(row["success"] for life, row in outcome.items() if status[life] == "completed")


def test_facts_that_add_nothing_write_nothing(home: Installation) -> None:
    """A replayed batch leaves the row as it was, down to its version: no dead rows for nothing."""
    told = LIVES["a prompt resumed and closed"]
    with psycopg.connect(home.url) as connection:
        _store(connection, told)
        before = connection.execute("SELECT xmin, updated_at FROM execution_traces").fetchall()
        _store(connection, reversed(told))
        assert connection.execute("SELECT xmin, updated_at FROM execution_traces").fetchall() == before


def store(home: Installation, told: Iterable[Execution]) -> dict[str, Any]:
    """Store facts one after the other, return the row, and take it back."""
    with psycopg.connect(home.url, row_factory=psycopg.rows.dict_row) as connection:
        _store(connection, told)
        row: dict[str, Any] | None = connection.execute(f"SELECT {COLUMNS} FROM execution_traces").fetchone()
        connection.rollback()
    assert row is not None
    return row


def _store(connection: psycopg.Connection[Any], told: Iterable[Execution]) -> None:
    for number, each in enumerate(told):
        now = AT + timedelta(days=1, seconds=number)
        connection.execute(query("record_executions"), {"told": recordset([execution_row(each)]), "now": now})
