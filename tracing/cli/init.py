"""``hooktrace init``: create the database, pin it, and prepare the hooks."""

from __future__ import annotations

import os

import click

from tracing.cli.collector import stop
from tracing.cli.installation import Installation
from tracing.collector.launch import write_launcher
from tracing.database.destination import Destination, resolve, without_password
from tracing.database.migration import migrate
from tracing.resources import resource


@click.command("init")
@click.option("--db", "database", metavar="URL", help="A libpq URL, `env` for POSTGRES_*/PG*, or `embedded`.")
@click.option("--yes", is_flag=True, help="Ask nothing.")
def command(database: str | None, yes: bool) -> None:
    """Create the database objects, pin the database, and prepare the hooks. Safe to repeat."""
    installation = Installation.here()
    places, settings = installation.places, installation.settings
    destination = _destination(installation, database)
    if destination.url and not yes:
        click.confirm(f"Create hooktrace's tables in {without_password(destination.url)}?", abort=True)
    places.create()
    settings.set("database.url", destination.url or "")
    settings.set("database.source", destination.source)
    write_launcher(places, os.environ)
    stop(installation)  # a collector that runs knows the old settings
    click.echo(f"state     {places.state}")
    click.echo(f"settings  {places.config_file}")
    click.echo(f"hooks     {resource('hooks')}")
    where = without_password(destination.url) if destination.url else "embedded PostgreSQL"
    if not destination.url and (server := installation.server):
        server.start()
    applied = migrate(destination.url or installation.url(), settings.text("database.schema"))
    what = f"{len(applied)} migrations applied" if applied else "up to date"
    click.echo(f"database  {where} (named by {destination.source}), {what}")
    click.echo("\nTry it: claude --plugin-dir " + str(resource("hooks").parent))
    click.echo("Switch it off: HOOKTRACE_ENABLED=0 in the agent's environment")


def _destination(installation: Installation, option: str | None) -> Destination:
    """Return what *option* names, else what is pinned already, else what the environment names."""
    settings = installation.settings
    if option is None and installation.initialised:
        return Destination(settings.text("database.url") or None, settings.text("database.source"))
    return resolve(option, os.environ)
