"""``hooktrace otel status|replay``: what is sent to an OpenTelemetry backend, and sending it again."""

from __future__ import annotations

import json
from datetime import datetime

import click

from tracing.cli.moment import Since
from tracing.cli.progress import shown
from tracing.cli.sending import Sending, how_it_goes
from tracing.database.store import Unavailable
from tracing.installation.installed import CommandError, Installation


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
@click.option("--since", type=Since(), required=True, help="Send what ended since then: 7d, 12h, a date, or all.")
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
