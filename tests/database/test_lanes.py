"""Two lanes write through one writer: what one of them learns meanwhile, the other does not undo."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from contextlib import closing
from datetime import UTC, datetime
from typing import Any

import psycopg
import pytest

from tests.servers import Cluster
from tests.story import SESSION
from tracing.capture import NO_CONTENT
from tracing.capturerule import VARIABLE, CaptureRule
from tracing.database.connection import Row
from tracing.database.store import Store
from tracing.database.writer import Writer
from tracing.event import read_event
from tracing.item import Item
from tracing.spool import Entry, Spooled


@pytest.fixture
def writer(embedded18: Cluster) -> Iterator[Writer]:
    """Give a writer into a database without a session."""
    with embedded18.migrated() as url, closing(Store(url)) as store:
        store.open()
        yield Writer(store, CaptureRule())


def item(number: int, **header: str) -> Item:
    """Return an event of one session."""
    payload = {"hook_event_name": "Notification", "session_id": SESSION, "message": f"{number}"}
    entry = Entry(int(datetime.now(UTC).timestamp() * 1e9) + number, f"{number}.00-1", 1)
    return Item(entry, read_event(Spooled(entry, header, json.dumps(payload).encode())))


@pytest.mark.parametrize("knows", [True, False], ids=["a known session", "a session to recall"])
def test_a_restriction_outlives_a_batch_that_began_before_it(
    writer: Writer, monkeypatch: pytest.MonkeyPatch, knows: bool
) -> None:
    """No content is kept of the session from then on, whichever lane ends last."""
    writer.write([item(1)])
    if not knows:
        writer.forget()
    note = Writer._note

    def interrupted(self: Writer, connection: psycopg.Connection[Row], items: Iterable[Item]) -> set[tuple[Any, ...]]:
        monkeypatch.setattr(Writer, "_note", note)
        writer.write([item(2, **{VARIABLE: NO_CONTENT})])
        return note(self, connection, items)

    monkeypatch.setattr(Writer, "_note", interrupted)
    writer.write([item(3)])
    session = writer.session(SESSION)
    assert session
    assert session.omits_content


def test_a_batch_is_written_though_everything_is_forgotten_meanwhile(
    writer: Writer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The other lane found that tables were lost, or remembers too much."""
    writer.write([item(1)])
    note = Writer._note

    def interrupted(self: Writer, connection: psycopg.Connection[Row], items: Iterable[Item]) -> set[tuple[Any, ...]]:
        writer.forget()
        return note(self, connection, items)

    monkeypatch.setattr(Writer, "_note", interrupted)
    assert writer.write([item(2)]) == set()
