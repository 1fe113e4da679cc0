"""``hooktrace otel status|replay``: what is sent to an OpenTelemetry backend, and sending it again."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime, timedelta

import click

from tracing.cli.progress import shown
from tracing.cli.sending import Sending, how_it_goes
from tracing.database.store import Unavailable
from tracing.installation.installed import CommandError, Installation

_UNITS = {"m": "minutes", "h": "hours", "d": "days", "w": "weeks"}


class Ago(click.ParamType[datetime]):
    """A time so long ago: ``7d``, ``12h``, ``30m``, ``2w``; or a day or moment in ISO 8601."""

    name = "TIME"

    def convert(self, value: str, param: click.Parameter | None, ctx: click.Context | None) -> datetime:
        """Return the moment."""
        if found := re.fullmatch(r"(\d{1,4})([mhdw])", value):
            return datetime.now(UTC) - timedelta(**{_UNITS[found[2]]: int(found[1])})
        try:
            return datetime.fromisoformat(value).astimezone(UTC)
        except ValueError:
            self.fail(f"{value!r} is no time; 7d, 12h, 30m, or 2026-11-30 are", param, ctx)


@click.group("otel")
def command() -> None:
    """Tell what is sent to an OpenTelemetry backend; `hooktrace config set otel.endpoint URL` begins it."""


@command.command("status")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def status(as_json: bool) -> None:
    """Tell whereto spans are sent, how many were, what waits, and why if they are not taken."""
    told = how_it_goes(Installation.here())
    if as_json:
        click.echo(json.dumps(told))
        return
    for name, value in told.items():
        if value is not None:
            click.echo(f"{name.replace('_', ' '):<15} {value}")


@command.command("replay")
@click.option("--since", type=Ago(), required=True, help="Send what ended since then: 7d, 12h, or a date.")
@click.option("--dry-run", is_flag=True, help="Send nothing; tell how many spans it would be.")
def replay(since: datetime, dry_run: bool) -> None:
    """Send what ended since a time, again if it was sent: corrected, with the ids that it had.

    A backend that keeps one span an id replaces the earlier one; another shows both.
    """
    installation = Installation.here()
    if not installation.settings.text("otel.endpoint"):
        raise CommandError(
            "there is nowhere to send to\nhint: `hooktrace config set otel.endpoint http://localhost:4318`"
        )
    try:
        with Sending.of(installation) as sending, shown() as progress:
            count = sending.replay(since, dry_run, progress)
    except Unavailable as error:
        raise CommandError(f"the database does not answer: {error}\nhint: `hooktrace doctor` looks further") from error
    click.echo(f"{count:,} spans would be sent" if dry_run else f"sent {count:,} spans")
