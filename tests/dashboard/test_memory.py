"""What is remembered for all pages: nobody holds it up by waiting for something else."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any, cast

import pytest

from tests.conftest import Installation
from tracing.dashboard.asked import Asked
from tracing.dashboard.filters import common
from tracing.dashboard.ledger import ledger
from tracing.dashboard.memory import Memory
from tracing.dashboard.page import Sources
from tracing.database.reader import TooSlow
from tracing.database.readers import Readers
from tracing.installation import Installation as Installed


class Watched(Memory):
    """Remembers, and tells what it was asked for."""

    def __init__(self) -> None:
        super().__init__()
        self.asked: list[str] = []

    def remembered(self, name: str, seconds: float, make: Callable[[], Any]) -> Any:
        """Return the value."""
        self.asked.append(name)
        return super().remembered(name, seconds, make)


class AllLent:
    """Readers that others have."""

    @contextmanager
    def lent(self) -> Iterator[None]:
        """Wait in vain."""
        raise TooSlow("4 others are being answered")
        yield


@pytest.mark.parametrize(
    "read",
    [ledger, lambda sources: common(sources, Asked({}, {}, datetime.now(UTC)), "project")],
    ids=["ledger", "choices"],
)
def test_who_waits_for_a_reader_does_so_before_its_turn(home: Installation, read: Callable[[Sources], Any]) -> None:
    """Else those who have the readers and wait for that turn would wait for each other."""
    memory = Watched()
    with Sources(Installed(home.places), cast("Readers", AllLent()), memory) as sources, pytest.raises(TooSlow):
        read(sources)
    assert memory.asked == []
