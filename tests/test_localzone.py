"""The days of this machine: each begins at its own midnight, also in another half of the year."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise

import psycopg
import pytest

from tests.conftest import Installation
from tracing import localzone
from tracing.dashboard.pages.now import days, hours
from tracing.localzone import local_zone, midnight

WINTER = datetime(2026, 11, 30, 12, tzinfo=UTC)
BACK = date(2026, 10, 25)
"""The day on which Berlin's clocks were set back: it has 25 hours."""


@pytest.fixture
def at_home_in(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[str], None]]:
    """Give what moves this machine to another zone."""

    def move(zone: str) -> None:
        monkeypatch.setenv("TZ", zone)
        monkeypatch.setattr("tzlocal.unix._cache_tz_name", None)  # found once in a process, which moves nowhere else
        _heed()

    yield move
    monkeypatch.undo()
    _heed()


def _heed() -> None:
    time.tzset()
    localzone._name.cache_clear()


def test_a_zone_is_told_by_its_name(at_home_in: Callable[[str], None]) -> None:
    """By it the database knows how far each day is from UTC."""
    at_home_in("Europe/Berlin")
    assert local_zone(WINTER) == "Europe/Berlin"


@pytest.mark.parametrize(
    ("zone", "hours_east"), [("UTC-14", 14), ("UTC+12", -12), ("XYZ-05:30", 5.5), ("UTC0", 0), ("<-0330>3:30", -3.5)]
)
def test_a_zone_without_a_name_is_told_by_its_distance(
    at_home_in: Callable[[str], None], shared_installation: Installation, zone: str, hours_east: float
) -> None:
    """East and west, halves of hours too, as the database understands it."""
    at_home_in(zone)
    with psycopg.connect(shared_installation.url) as connection:
        row = connection.execute("SELECT %s AT TIME ZONE %s::text", (WINTER, local_zone(WINTER))).fetchone()
    assert row == (WINTER.replace(tzinfo=None) + timedelta(hours=hours_east),)


def test_a_day_begins_at_its_own_midnight(at_home_in: Callable[[str], None]) -> None:
    """In winter, the days of summer do so an hour earlier by UTC."""
    at_home_in("Europe/Berlin")
    assert midnight(BACK) == datetime(2026, 10, 24, 22, tzinfo=UTC)
    assert midnight(BACK + timedelta(days=1)) == datetime(2026, 10, 25, 23, tzinfo=UTC)


def test_the_steps_of_the_activity_follow_the_clock(at_home_in: Callable[[str], None]) -> None:
    """Of 30 days one is an hour longer; of 24 hours none is."""
    at_home_in("Europe/Berlin")
    steps = days(datetime(2026, 11, 10, 12, tzinfo=UTC).astimezone(), 30)
    assert [step.astimezone().hour for step in steps] == [0] * 31
    lengths = [later - earlier for earlier, later in pairwise(steps)]
    assert (lengths.count(timedelta(hours=24)), lengths.count(timedelta(hours=25))) == (29, 1)
    steps = hours(datetime(2026, 10, 25, 12, 30, tzinfo=UTC).astimezone(), 24)
    assert {later - earlier for earlier, later in pairwise(steps)} == {timedelta(hours=1)}
    assert steps[-2] <= datetime(2026, 10, 25, 12, 30, tzinfo=UTC) < steps[-1]
