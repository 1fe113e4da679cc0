"""The days of this machine: each begins at its own midnight, also in another half of the year."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from zoneinfo import available_timezones

import psycopg
import pytest

from tests.conftest import Installation
from tracing import localzone
from tracing.dashboard.pages.now import days, hours
from tracing.database.reader import Reader
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


@pytest.mark.parametrize("name", ["posix/Europe/Berlin", "localtime", None])
def test_a_name_that_no_server_need_know_is_not_told(
    at_home_in: Callable[[str], None], monkeypatch: pytest.MonkeyPatch, name: str | None
) -> None:
    """As /etc/localtime may lead there: the distance is told instead."""
    at_home_in("Europe/Berlin")
    monkeypatch.setattr(localzone, "get_localzone_name", lambda: name)
    assert local_zone(WINTER) == "<local>-01:00"


def test_the_database_knows_every_zone(home: Installation) -> None:
    """Else no page with days would be shown there."""
    with psycopg.connect(home.url, autocommit=True) as connection:
        for name in available_timezones() - localzone.OF_THIS_MACHINE_ALONE:
            connection.execute("SELECT now() AT TIME ZONE %s::text", (name,))


def test_what_happened_counts_for_the_day_that_it_was_here(
    at_home_in: Callable[[str], None], home: Installation
) -> None:
    """Also seen from the other half of the year: in the activity of Now, and in figures by day."""
    at_home_in("Europe/Berlin")
    home.query(
        "INSERT INTO execution_traces (correlation_id, root_id, session_id, source, kind, name, started_at,"
        " start_observed) SELECT id, id, id::text, 'test', 'tool', 'Bash', at, true"
        " FROM unnest(%s::timestamptz[]) AS at, LATERAL (SELECT md5(at::text)::uuid AS id) AS named",
        [f"2026-10-{moment}Z" for moment in ("24 22:30", "25 22:30", "25 23:30")],  # 0:30, 23:30 and 0:30 here
    )
    now = datetime(2026, 10, 26, 12, tzinfo=UTC)
    steps = days(now.astimezone(), 3)
    asked = {"since": steps[0], "until": now, "project": None, "user": None, "tool": None}
    with Reader.connected(home.url) as reader:
        activity = reader.page("calls_over_time", steps=steps, first=steps[0], now=now)
        by_day = reader.page("failures_by_day", **asked, zone=local_zone(WINTER))
    assert [row["calls"] for row in activity] == [0, 2, 1]
    assert [(row["day"], row["calls"]) for row in by_day] == [(BACK, 2), (BACK + timedelta(days=1), 1)]


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
