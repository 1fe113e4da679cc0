"""``hooktrace pause``: record nothing for a while."""

from __future__ import annotations

import click

from tracing.installation import Installation
from tracing.refusals import Refusals


@click.command("pause")
def command() -> None:
    """Record nothing, in any session, until `hooktrace resume`.

    What runs meanwhile is not brought back later, neither by healing nor by an import.
    """
    installation = Installation.here()
    installation.places.create()
    since = Refusals(installation.places).pause()
    click.echo(f"nothing is recorded since {since.astimezone():%Y-%m-%d %H:%M:%S}; `hooktrace resume` goes on")
