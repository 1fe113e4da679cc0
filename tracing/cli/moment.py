"""A time from which on something is told, as an option takes it."""

from __future__ import annotations

from datetime import UTC, datetime

import click

from tracing.database.reports import moment


class Since(click.ParamType[datetime]):
    """So long ago (30m, 24h, 7d, 4w), a date and time, or ``all``."""

    name = "time"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> datetime:
        """Read *value*."""
        if isinstance(value, datetime):
            return value
        text = str(value)
        found = datetime.min.replace(tzinfo=UTC) if text == "all" else moment(text, datetime.now().astimezone())
        if found is None:
            self.fail(
                f"a time is 30m, 24h, 7d or 4w ago, 2026-11-01, 2026-11-01T14:30 or all, not {text!r}", param, ctx
            )
        return found
