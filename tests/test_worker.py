"""A worker of the collector goes on, whatever happens on its rounds."""

from __future__ import annotations

import errno
import threading
from pathlib import Path

from tests.waiting import eventually
from tracing.collector.learner import Learning
from tracing.collector.worker import Worker
from tracing.database.caretaker import Caretaker
from tracing.learning.embedding import HashedEmbedder
from tracing.places import Places

PATIENCE_S = 30.0


class Unlucky(Worker):
    """Fails on its first round, and again when it is to tell why."""

    def __init__(self, directory: Path) -> None:
        self.failures: list[Exception] = []
        self.went_on = threading.Event()
        self._begun = False
        super().__init__(directory, self.failures.append)

    def _round(self, urgent: bool) -> float:  # noqa: ARG002
        if self._begun:
            self.went_on.set()
            return PATIENCE_S
        self._begun = True
        raise ConnectionError

    def _expected(self, error: Exception) -> str | None:
        raise OSError(errno.ENOSPC, "No space left on device") from error


def test_a_worker_outlives_what_it_cannot_tell(tmp_path: Path) -> None:
    """What fails while an expected error is noted, as on a full disk, is counted, and the next round comes."""
    worker = Unlucky(tmp_path / "work")
    worker.start()
    assert worker.went_on.wait(PATIENCE_S)
    worker.stop()
    assert [type(error) for error in worker.failures] == [OSError]


class Slow(Worker):
    """Breaks its round off when it is stopped."""

    def __init__(self, directory: Path) -> None:
        self.begun = threading.Event()
        super().__init__(directory, lambda _: None)

    def _round(self, urgent: bool) -> float:
        if urgent:
            self.begun.set()
            assert eventually(lambda: self._stopping)
        return PATIENCE_S

    def _expected(self, error: Exception) -> str | None:
        raise error


def test_who_waits_for_a_round_that_is_broken_off_waits_for_the_next_collector(tmp_path: Path) -> None:
    """What was asked for is not done yet: the request stays."""
    directory = tmp_path / "work"
    worker = Slow(directory)
    worker.start()
    request = directory / "a request"
    request.touch()
    assert worker.begun.wait(PATIENCE_S)
    worker.stop()
    assert request.exists()


def test_who_waits_for_learning_waits_for_a_second_try(tmp_path: Path) -> None:
    """A database that restarts does not make it done; one that stays away is not waited for any longer."""
    places = Places(tmp_path, tmp_path, tmp_path)
    caretaker = Caretaker("postgresql://nobody@127.0.0.1:1/none", "public")
    learning = Learning(places, caretaker, HashedEmbedder(), lambda _: None)
    learning.look_at("session")
    request = places.learning / "a request"
    request.touch()
    learning._turn()
    assert request.exists()
    learning._turn()
    assert not request.exists()
