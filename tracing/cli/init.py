"""``hooktrace init``: create the database, pin it, and put the hooks into the agent's settings."""

from __future__ import annotations

import os
from pathlib import Path

import click

from tracing.agentsettings import copy_hooks
from tracing.cli.collector import stop
from tracing.cli.installation import Installation
from tracing.collector.launch import write_launcher
from tracing.database.destination import Destination, resolve, without_password
from tracing.database.embedded import ServerError
from tracing.database.envfile import destination_from_file
from tracing.database.migration import MigrationError, migrate
from tracing.resources import resource

NO_DATABASE = 3
"""Exit status when everything is in place but the database: events are spooled meanwhile."""


@click.command("init")
@click.option("--db", "database", metavar="URL", help="A libpq URL, `env` for POSTGRES_*/PG*, or `embedded`.")
@click.option("--env-file", type=click.Path(exists=True, dir_okay=False, path_type=Path), help="Take --db from a .env.")
@click.option("--no-agent", is_flag=True, help="Leave the agent's settings alone.")
@click.option("--dry-run", is_flag=True, help="Write nothing; show what would change in the agent's settings.")
@click.option("--yes", is_flag=True, help="Ask nothing.")
def command(database: str | None, env_file: Path | None, no_agent: bool, dry_run: bool, yes: bool) -> None:
    """Create the database objects, pin the database, and put the hooks in. Safe to repeat: that is an upgrade."""
    installation = Installation.here()
    destination = _destination(installation, database, env_file)
    if dry_run:
        click.echo(f"database  {_named(destination)}")
        if not no_agent:
            click.echo(installation.agent.diff() or f"hooks     in {installation.agent.path}, as they are")
        return
    if destination.url and not yes:
        click.confirm(f"Create hooktrace's tables in {without_password(destination.url)}?", abort=True)
    _prepare(installation, destination)
    if not no_agent:
        _put_hooks_in(installation)
    _set_up_database(installation, destination)


def _destination(installation: Installation, option: str | None, env_file: Path | None) -> Destination:
    """Return what the options name, else what is pinned already, else what the environment names."""
    if env_file and option:
        raise click.UsageError("--db and --env-file both name a database: give one of them")
    if env_file:
        return destination_from_file(env_file, os.environ)
    settings = installation.settings
    if option is None and installation.initialised:
        return Destination(settings.text("database.url") or None, settings.text("database.source"))
    return resolve(option, os.environ)


def _prepare(installation: Installation, destination: Destination) -> None:
    """Make the directories, pin the destination, and replace the hooks and the collector by this version's."""
    places, settings = installation.places, installation.settings
    places.create()
    for key, value in (("database.url", destination.url or ""), ("database.source", destination.source)):
        if settings[key] != value:
            settings.set(key, value)
    copy_hooks(resource("hooks"), places.hooks)
    write_launcher(places, os.environ)
    stop(installation)  # one that runs knows the old settings, or is the old version
    click.echo(f"settings  {places.config_file}")
    click.echo(f"state     {places.state}")


def _put_hooks_in(installation: Installation) -> None:
    change = installation.agent.install()
    click.echo(f"hooks     in {installation.agent.path}" + ("" if change.wrote else ", as they were"))
    if change.backup:
        click.echo(f"backup    {change.backup}")
    for warning in change.warnings:
        click.echo(f"note      {warning}")


def _set_up_database(installation: Installation, destination: Destination) -> None:
    """Start and migrate the database; without one the installation stands and says how to go on."""
    try:
        applied = migrate(destination.url or installation.url(), installation.settings.text("database.schema"))
    except (ServerError, MigrationError) as error:
        click.echo(f"database  {_named(destination)} is not ready: {error}", err=True)
        hint = "hint: events wait in the spool; repair it and run `hooktrace init`, or name another with --db"
        click.echo(hint, err=True)
        raise SystemExit(NO_DATABASE) from None
    done = f"{len(applied)} migrations applied" if applied else "up to date"
    click.echo(f"database  {_named(destination)}, {done}")


def _named(destination: Destination) -> str:
    where = without_password(destination.url) if destination.url else "embedded PostgreSQL"
    return where if destination.source == "embedded" else f"{where} (named by {destination.source})"
