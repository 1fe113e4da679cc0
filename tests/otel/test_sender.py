"""What the backend refuses is told apart: a span that it will never take, or everything, whatever it is."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import closing
from datetime import UTC, datetime
from uuid import UUID

import pytest

from tests.otel.receiver import Receiver, receiving
from tests.otel.test_recordings import target
from tracing.otel.export import BatchRefused, Sender
from tracing.otel.span import Mark, Reference, Span

AT = datetime(2026, 11, 30, tzinfo=UTC)


@pytest.fixture
def backend() -> Iterator[Receiver]:
    """Give a backend that dislikes what is called poison."""
    with receiving() as receiver:
        receiver.dislikes = "poison"
        yield receiver


@pytest.fixture
def sender(backend: Receiver) -> Iterator[Sender]:
    """Give what sends to it."""
    with closing(Sender(target(backend.url))) as sender:
        yield sender


def spans(number: int, poisoned: Sequence[int] = ()) -> list[Span]:
    """Return so many spans, some of them poison."""
    return [
        Span(
            Reference(1, one + 1), None, "poison" if one in poisoned else "good", "internal", 1, 2, None, {}, (), (),
            Mark(UUID(int=1), UUID(int=one + 1), AT, UUID(int=1), "s"),
        )
        for one in range(number)
    ]  # fmt: skip


@pytest.mark.parametrize("poisoned", [[0], [499], [3, 4, 5, 6, 7, 8, 9, 250], [*range(100, 150)]])
def test_what_is_refused_beside_others_is_told(backend: Receiver, sender: Sender, poisoned: list[int]) -> None:
    """Every other span is taken, once, and told as taken; those that are refused alone are returned."""
    batch = spans(500, poisoned)
    taken: list[Span] = []
    refused = sender.deliver(batch, taken.extend)
    assert {span.itself.span_id for span in refused} == {one + 1 for one in poisoned}
    assert len(taken) == len(backend.spans) == 500 - len(poisoned)
    assert {span.span_id for span in backend.spans} == {f"{span.itself.span_id:016x}" for span in taken}


@pytest.mark.parametrize("number", [1, 2, 500])
def test_a_backend_that_takes_nothing_refuses_no_span(backend: Receiver, sender: Sender, number: int) -> None:
    """Where none was taken the spans are to be tried again, and a few requests are enough to know it."""
    taken: list[Span] = []
    with pytest.raises(BatchRefused, match="status 400"):
        sender.deliver(spans(number, range(number)), taken.extend)
    assert taken == []
    assert len(backend.paths) <= 20
