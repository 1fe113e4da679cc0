"""``hooktrace resume``: record again after a pause."""

from __future__ import annotations

import click

from tracing.installation import Installation
from tracing.refusals import Refusals
from tracing.wording import duration


@click.command("resume")
def command() -> None:
    """Record again after `hooktrace pause`; what ran meanwhile is not brought back."""
    period = Refusals(Installation.here().places).resume()
    if period is None:
        click.echo("there was no pause: sessions are recorded")
        return
    took = duration((period.end - period.begin).total_seconds() * 1000)
    click.echo(f"sessions are recorded again; the {took} of the pause stay unrecorded")
