"""A line of time: order is kept, pauses are short, and marks can be read."""

from __future__ import annotations

import itertools

import pytest

from tracing.dashboard.timescale import CUT_WIDTH, TICK_ROOM, WIDTH, Timescale


def test_without_a_pause_the_line_is_even() -> None:
    """Half of the time is half of the line."""
    scale = Timescale.of([(100, 150), (150, 200)])
    assert [scale.at(moment) for moment in (100, 150, 200)] == [0, WIDTH / 2, WIDTH]
    assert scale.cuts == []


def test_a_night_between_two_prompts_is_cut_short() -> None:
    """Work keeps the room, and stays in its order."""
    scale = Timescale.of([(0, 60), (40_000, 40_060)])
    assert len(scale.cuts) == 1
    left, right = scale.cuts[0]
    assert right - left == CUT_WIDTH
    assert scale.at(60) == pytest.approx(left) == pytest.approx((WIDTH - CUT_WIDTH) / 2)
    assert scale.at(20_000) == pytest.approx((left + right) / 2, abs=1)


def test_a_thousand_pauses_leave_room_for_work() -> None:
    """All cuts together take a fifth at most, and no moment lies before an earlier one."""
    scale = Timescale.of([(1000 * number, 1000 * number + 1) for number in range(1000)])
    assert sum(right - left for left, right in scale.cuts) <= WIDTH / 5 + 1
    places = [scale.at(moment) for moment in range(0, 1_000_000, 333)]
    assert places == sorted(places)


@pytest.mark.parametrize("seconds", [0, 0.004, 1, 59, 3_600, 86_400 * 40])
def test_marks_are_apart(seconds: float) -> None:
    """Whatever the length, the first mark is the beginning, and no two run into each other."""
    ticks = Timescale.of([(5, 5 + seconds)]).ticks
    assert (ticks[0].at, ticks[0].label) == (0, "0")
    assert all(later.at - one.at >= TICK_ROOM for one, later in itertools.pairwise(ticks))


def test_what_is_outside_lies_at_the_ends() -> None:
    """A session is open before its first prompt, and after its last."""
    scale = Timescale.of([(10, 20)])
    assert (scale.at(0), scale.at(99)) == (0, WIDTH)
