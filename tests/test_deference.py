"""What can wait gives way to a backlog, and goes on when that is never stored."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tracing.capturerule import CaptureRule
from tracing.collector import learner, rounds
from tracing.collector.learner import Learning
from tracing.collector.rounds import Rounds
from tracing.database.caretaker import Caretaker
from tracing.database.store import Store
from tracing.database.writer import Writer
from tracing.learning.embedding import HashedEmbedder
from tracing.places import Places
from tracing.queue import MANY
from tracing.settings import Settings

NOWHERE = "postgresql://nobody@127.0.0.1:1/none"

Clock = Callable[[], float]


def rounds_of(places: Places, clock: Clock) -> Rounds:
    store = Store(NOWHERE, "public")
    writer = Writer(store, CaptureRule.of(Settings.load(places.config_file)))
    return Rounds(places, store, writer, lambda _: None, clock=clock)


def learning_of(places: Places, clock: Clock) -> Learning:
    return Learning(places, Caretaker(NOWHERE, "public"), HashedEmbedder(), lambda _: None, clock)


@pytest.mark.parametrize(
    ("made", "longest_s"),
    [
        pytest.param(rounds_of, rounds.GIVE_WAY_S, id="rounds"),
        pytest.param(learning_of, learner.GIVE_WAY_S, id="learning"),
    ],
)
def test_a_backlog_that_stays_is_waited_for_so_long(
    tmp_path: Path, made: Callable[[Places, Clock], Rounds | Learning], longest_s: float
) -> None:
    """To the second; and anew for the next one, once it was gone."""
    places = Places(tmp_path, tmp_path, tmp_path)
    places.spool.mkdir(parents=True)
    now = 1000.0
    thread = made(places, lambda: now)
    assert not thread.gives_way()
    for _ in range(2):
        waiting = [places.spool / f"{number}" for number in range(MANY + 1)]
        for file in waiting:
            file.touch()
        assert thread.gives_way()
        now += longest_s - 1
        assert thread.gives_way()
        now += 1
        assert not thread.gives_way()
        for file in waiting:
            file.unlink()
        assert not thread.gives_way()


class Seconds:
    """Time that passes where somebody sleeps, during which events may come."""

    def __init__(self) -> None:
        self.now = 1000.0
        self.meanwhile: Callable[[], None] = lambda: None

    def monotonic(self) -> float:
        """Return the time."""
        return self.now

    def sleep(self, seconds: float) -> None:
        """Let time pass."""
        self.now += seconds
        self.meanwhile()


def test_learning_rests_while_events_come(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Three times as long as a batch took; hardly where nothing comes, and not at all for whoever waits."""
    places = Places(tmp_path, tmp_path, tmp_path)
    places.spool.mkdir(parents=True)
    seconds = Seconds()
    monkeypatch.setattr(learner, "time", seconds)
    learning = learning_of(places, seconds.monotonic)

    def rested(taken_s: float) -> float:
        before = seconds.now
        learning._rest(taken_s)
        return seconds.now - before

    assert rested(2.0) == 0
    learning.see([])
    assert rested(2.0) == pytest.approx(learner.BUSY_S, abs=learner.REST_SLICE_S + 0.01)
    seconds.meanwhile = lambda: learning.see([])
    learning.see([])
    assert rested(2.0) == pytest.approx(6.0)
    (places.learning / "flush").touch()
    assert rested(2.0) == 0
