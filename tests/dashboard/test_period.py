"""Days and weeks in a row, whatever happened in them."""

from __future__ import annotations

from datetime import date

from tracing.dashboard.period import every_day, every_week


def test_a_week_without_work_is_one_too() -> None:
    """Between rows stand those of zeros; before the first and behind the last none."""
    monday, later = date(2026, 11, 2), date(2026, 11, 23)
    rows = every_week([{"week": monday, "used": 3}, {"week": later, "used": 1}])
    assert [(row["week"].day, row["used"]) for row in rows] == [(2, 3), (9, 0), (16, 0), (23, 1)]
    days = every_day([{"day": monday, "calls": 1}, {"day": date(2026, 11, 4), "calls": 2}])
    assert [row["calls"] for row in days] == [1, 0, 2]
    assert every_day([]) == []
