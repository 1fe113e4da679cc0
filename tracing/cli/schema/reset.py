"""``hooktrace schema reset``: drop everything that was recorded and make the tables anew."""

from __future__ import annotations

import click

from tracing.cli.collector import stop
from tracing.cli.consent import confirm
from tracing.cli.schema.target import Target
from tracing.collector.launch import start
from tracing.database.migration import reset, to_reset
from tracing.installation import Installation


@click.command("reset")
@click.option("--yes", is_flag=True, help="Ask nothing.")
def command(yes: bool) -> None:
    """Drop hooktrace's tables with all rows, and make them anew. Nothing of anybody else is touched."""
    installation = Installation.here()
    target = Target.of(installation)
    rows = {name: count for name, count in to_reset(target.url, target.schema).items() if count}
    told = ", ".join(f"{name} ({count} rows)" for name, count in rows.items()) or "no rows"
    click.echo(f"database  {target.named}")
    click.echo(f"deletes   {told}")
    click.echo("backup    `hooktrace db backup` keeps a copy; what is deleted here does not come back")
    confirm("Delete all that?", f"everything recorded in {target.named} would be deleted: {told}", yes)
    collected = stop(installation)  # it remembers sessions that are no more
    try:
        done = reset(target.url, target.schema, dimensions=target.dimensions)
    finally:
        if collected:
            start(installation.places)
    for note in done.notes:
        click.echo(f"note      {note}")
    click.echo(f"database  {target.named}: empty, {len(done.new)} migrations applied")
