"""``hooktrace db move``: copy everything to another database, and record there from then on."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from dataclasses import dataclass

import click

from tracing.cli.consent import confirm
from tracing.cli.db import rowcounts
from tracing.cli.progress import shown
from tracing.cli.schema.target import Target
from tracing.cli.standstill import paused
from tracing.collector.launch import start
from tracing.database.destination import resolve, without_password
from tracing.database.stranger import OWN_SCHEMA
from tracing.database.survey import survey
from tracing.database.transfer import move
from tracing.installation import CommandError, Installation

SOURCE = "hooktrace db move"
"""What `status` says when it is asked who named the database."""


@dataclass(frozen=True)
class Place:
    """A database to move to."""

    url: str
    pinned: str
    """What the settings are to hold; empty for the embedded server."""
    schema: str
    named: str
    """Without a password."""


@click.command("move")
@click.argument("url")
@click.option("--schema", metavar="NAME", help="Where in the database the tables go (default: as now).")
@click.option("--replace", is_flag=True, help="Delete what that database holds of hooktrace's already.")
@click.option("--yes", is_flag=True, help="Ask nothing.")
def command(url: str, schema: str | None, replace: bool, yes: bool) -> None:
    """Copy everything to the database at URL, compare, and record there from then on; the old one stays as it is.

    URL is a libpq URL, `embedded`, or `-` to read one from stdin: others can see a command line, and a password in
    it (`?passfile=` names a file that holds one).  Events that come meanwhile are stored in the new database.
    """
    installation = Installation.here()
    source = Target.of(installation)
    place = _place(installation, sys.stdin.readline().strip() if url == "-" else url, schema)
    what = f"everything recorded in {source.named} would be copied to {place.named}"
    confirm(f"Copy everything from {source.named} to {place.named}, and record there from then on?", what, yes)
    back = list(_way_back(installation, place))
    with paused(installation):
        with shown() as progress:
            counts = move(
                source.url,
                place.url,
                source.schema,
                place.schema,
                dimensions=source.dimensions,
                replace=replace,
                progress=progress,
            )
        click.echo(f"copied    {rowcounts.total(counts)} to {place.named}; each table has as many rows as before:")
        for line in rowcounts.table(counts):
            click.echo(line)
        _pin(installation, place)
    if installation.server:
        start(installation.places)  # it also puts the server away when it is idle
    click.echo(f"settings  {installation.places.config_file}")
    for line in back:
        click.echo(line)


def _place(installation: Installation, text: str, schema: str | None) -> Place:
    """Return the database that *text* names; the embedded server is started.

    Raises:
        CommandError: it is pinned already, or its tables are in another schema than *schema*.
        DestinationError: it is no URL.
        MigrationError: it does not answer.
    """
    settings, destination = installation.settings, resolve(text, os.environ)
    if (destination.url or "") == settings.text("database.url"):
        raise CommandError("that is the database that is pinned already\nhint: nothing needs to be moved")
    if destination.url:
        url, where = destination.url, without_password(destination.url)
    else:
        installation.embedded.start()
        url, where = installation.embedded.url, "embedded PostgreSQL"
    found = survey(url)
    if schema and found.home and schema != found.home:
        hint = "hint: leave --schema away; one database holds one installation"
        raise CommandError(f"that database holds hooktrace's tables in schema {found.home}, not {schema}\n{hint}")
    as_now = OWN_SCHEMA if found.same_names else settings.text("database.schema")
    chosen = found.home or schema or as_now
    return Place(url, destination.url or "", chosen, f"{where}, schema {chosen}")


def _way_back(installation: Installation, place: Place) -> Iterator[str]:
    """Yield how to record in the old database again."""
    settings = installation.settings
    url, schema = settings.text("database.url"), settings.text("database.schema")
    yield "before    the old database is as it was, without what is recorded from now on; the way back:"
    shown_url = without_password(url) if url else ""
    where = f"'{shown_url}'" if url else "embedded"
    where += f" --schema {schema}" if schema != place.schema else ""
    where += " (and its password)" if shown_url != url else ""
    yield f"          hooktrace init --db {where}"
    if care_url := settings.text("database.care_url"):
        yield f"          hooktrace config set database.care_url '{without_password(care_url)}'"


def _pin(installation: Installation, place: Place) -> None:
    """Make the settings name the new database, and put the old server away, which nobody else would."""
    settings, old = installation.settings, installation.server
    pinned = {
        "database.url": place.pinned,
        "database.source": SOURCE,
        "database.schema": place.schema,
        "database.care_url": "",  # a login of the old database
    }
    for key, value in pinned.items():
        if settings[key] != value:
            settings.set(key, value)
    if old:
        old.stop()
