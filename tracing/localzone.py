"""The zone of this machine: by its midnights the days of every figure begin."""

from __future__ import annotations

import warnings
from datetime import date, datetime, time, timedelta
from functools import cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

from tzlocal import get_localzone_name

OF_THIS_MACHINE_ALONE = frozenset({"localtime"})
"""Names that a server does not know, or takes for its own zone; so are posix/... and right/..., which are no zones."""


def local_zone(now: datetime) -> str:
    """Return the zone as PostgreSQL's ``AT TIME ZONE`` takes it.

    By its name, since a day in summer begins at another distance from UTC than one in winter.  Where the machine
    does not tell the name, or its clock goes by another zone than that, it is the distance at *now*.
    """
    distance = now.astimezone().utcoffset() or timedelta()
    name = _name()
    if name and now.astimezone(ZoneInfo(name)).utcoffset() == distance:
        return name
    hours, minutes = divmod(abs(round(distance.total_seconds() / 60)), 60)
    # POSIX, whose rules PostgreSQL takes too, counts to the west.
    return f"<local>{'-' if distance > timedelta() else '+'}{hours:02}:{minutes:02}"


def midnight(day: date) -> datetime:
    """Return the moment at which *day* begins on this machine."""
    return datetime.combine(day, time.min).astimezone()


@cache
def _name() -> str | None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # that the machine has no zone: its distance from UTC will do
        try:
            name = get_localzone_name()
            return name if name in available_timezones() - OF_THIS_MACHINE_ALONE else None
        except (ZoneInfoNotFoundError, ValueError, OSError):
            return None
