"""``hooktrace init``: create the database, pin it, and put the hooks into the agent's settings."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import click

from tracing.agentsettings import copy_hooks
from tracing.cli.collector import stop
from tracing.cli.schema.target import outcome, report
from tracing.cli.serverupgrade import upgrade_server
from tracing.collector.launch import start, write_launcher
from tracing.database.caretaker import care_url
from tracing.database.destination import Destination, resolve, without_password
from tracing.database.embedded import ServerError
from tracing.database.envfile import destination_from_file
from tracing.database.migration import MigrationError, migrate
from tracing.database.roles import set_up
from tracing.database.stranger import OWN_SCHEMA
from tracing.database.survey import Survey, survey
from tracing.database.upgrade import due
from tracing.installation import CommandError, Installation
from tracing.otel.target import VARIABLES, Target, told_by
from tracing.resources import resource
from tracing.settings import SETTINGS, SettingError
from tracing.wording import listed

NO_DATABASE = 3
"""Exit status when everything is in place but the database: events are spooled meanwhile."""


@click.command("init")
@click.option("--db", "database", metavar="URL", help="A libpq URL, `env` for POSTGRES_*/PG*, or `embedded`.")
@click.option("--env-file", type=click.Path(exists=True, dir_okay=False, path_type=Path), help="Take --db from a .env.")
@click.option("--schema", metavar="NAME", help="Where in the database the tables go (default: public).")
@click.option("--no-agent", is_flag=True, help="Leave the agent's settings alone.")
@click.option("--dry-run", is_flag=True, help="Write nothing; show what would change in the agent's settings.")
@click.option("--yes", is_flag=True, help="Ask nothing.")
def command(
    database: str | None, env_file: Path | None, schema: str | None, no_agent: bool, dry_run: bool, yes: bool
) -> None:
    """Create the database objects, pin the database, and put the hooks in. Safe to repeat: that is an upgrade."""
    installation = Installation.here()
    destination = _destination(installation, database, env_file)
    if dry_run:
        click.echo(f"database  {_named(destination)}")
        if not no_agent:
            click.echo(installation.agent.diff() or f"hooks     in {installation.agent.path}, as they are")
        return
    if refusal := installation.places.refusal():
        raise CommandError(refusal)
    if not yes and not _is_pinned(installation, destination):
        _ask(destination)
    collected = _prepare(installation, destination, _schema(installation, destination, schema, yes))
    ready = _set_up_database(installation, destination)
    if collected or (ready and installation.server):
        start(installation.places)  # it also puts the server away when it is idle
    if not no_agent:
        put_hooks_in(installation)
    if not ready:
        raise SystemExit(NO_DATABASE)


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


def _is_pinned(installation: Installation, destination: Destination) -> bool:
    settings = installation.settings
    return (destination.url or "") == settings.text("database.url") and installation.initialised


def _ask(destination: Destination) -> None:
    """Ask before objects are created in a database that others may use.

    Raises:
        CommandError: there is nobody to ask.
    """
    if not destination.url:
        return
    if not sys.stdin.isatty():
        hint = "hint: without a terminal, say --yes as well"
        raise CommandError(f"hooktrace's tables would be created in {without_password(destination.url)}\n{hint}")
    click.confirm(f"Create hooktrace's tables in {without_password(destination.url)}?", abort=True)


def _schema(installation: Installation, destination: Destination, option: str | None, yes: bool) -> str:
    """Return the schema for the tables: named, or where they are, or one of their own beside others' tables.

    Raises:
        CommandError: they are in another one than *option*.
    """
    settings = installation.settings
    known = _is_pinned(installation, destination)
    set_ = settings.origin("database.schema") != "default" and (known or not installation.initialised)
    wanted = option or (settings.text("database.schema") if set_ else str(SETTINGS["database.schema"].default))
    if not destination.url:
        return wanted  # the embedded server holds nothing else
    try:
        found = survey(care_url(settings, destination.url) if known else destination.url)
    except MigrationError:
        return wanted  # it is told when the tables are made
    if option and found.home and option != found.home:
        hint = "hint: leave --schema away; one database holds one installation"
        raise CommandError(f"this database holds hooktrace's tables in schema {found.home}, not {option}\n{hint}")
    if found.home or option or set_:
        return found.home or wanted
    return OWN_SCHEMA if _is_to_be_apart(found, yes) else wanted


def _is_to_be_apart(found: Survey, yes: bool) -> bool:
    """Decide, or ask, whether the tables get a schema of their own beside what others have in public."""
    if not found.tables and not found.same_names:
        return False
    if found.same_names:
        holds = f"schema public holds {listed(found.same_names)}, not made by hooktrace"
    else:
        holds = f"schema public holds {found.tables} tables of others"
    if not yes and sys.stdin.isatty():
        return click.confirm(f"{holds[0].upper()}{holds[1:]}. Put hooktrace's into schema {OWN_SCHEMA}?", default=True)
    apart = bool(found.same_names)  # names that do not collide may stay where the guide's queries look for them
    taken = (
        f"ours go to schema {OWN_SCHEMA}" if apart else f"ours go beside them; --schema {OWN_SCHEMA} keeps them apart"
    )
    click.echo(f"note      {holds}: {taken}")
    return apart


def _prepare(installation: Installation, destination: Destination, schema: str) -> bool:
    """Make the directories, pin the destination, and replace the hooks and the launcher by this version's.

    A collector that knows the old settings, or is the old version, is stopped; returns whether one was.
    """
    places, settings = installation.places, installation.settings
    places.create()
    other = not _is_pinned(installation, destination)
    moved = installation.initialised and (other or schema != settings.text("database.schema"))
    if moved and other and (server := installation.server):
        stop(installation)
        server.stop()  # nobody else would, once another database is pinned
    if installation.initialised and other and settings.text("database.care_url"):
        settings.set("database.care_url", "")
        click.echo("note      database.care_url was of the other database: it is empty now")
    pinned = {"database.url": destination.url or "", "database.source": destination.source, "database.schema": schema}
    for key, value in pinned.items():
        if settings[key] != value:
            settings.set(key, value)
    advised = _switch_advice(installation)
    sends = _heed_otel(installation)
    copy_hooks(resource("hooks"), places.hooks, settings.switch("advice.enabled"))
    changed = write_launcher(places, os.environ)
    click.echo(f"settings  {places.config_file}")
    click.echo(f"state     {places.state}")
    return stop(installation) if changed or moved or advised or sends else False


ADVISE = "HOOKTRACE_ADVISE"


def _switch_advice(installation: Installation) -> bool:
    """Switch advice as the environment says, and note which Python runs its hook; return whether it was switched."""
    settings, places = installation.settings, installation.places
    was, told = settings.switch("advice.enabled"), os.environ.get(ADVISE)
    if told:
        settings.set("advice.enabled", told)
    now = settings.switch("advice.enabled")
    if now:
        places.interpreter.write_text(f"{sys.executable}\n")
    else:
        places.interpreter.unlink(missing_ok=True)
    return was != now


def _heed_otel(installation: Installation) -> bool:
    """Keep what OpenTelemetry's variables say, for the client hides them from its hooks; return whether it is new.

    What the settings say already stands: a variable begins something, and changes nothing.
    """
    settings, told = installation.settings, told_by(os.environ)
    if settings.origin("otel.endpoint") != "default" or "otel.endpoint" not in told:
        told = {key: value for key, value in told.items() if key == "otel.disabled"}
    new = {key: value for key, value in told.items() if settings.origin(key) == "default"}
    try:
        for key, value in new.items():
            settings.set(key, value)
    except SettingError as error:  # it was said to others
        click.echo(f"note      not all of what the OTEL_* variables say is heeded: {error}")
    if settings.text("otel.endpoint") and "otel.endpoint" in new:
        target = Target.of(settings)
        variable = next(name for name in VARIABLES["otel.endpoint"] if os.environ.get(name))
        click.echo(f"note      spans are sent to {target.named}, as {variable} says")
        if target.exact:
            click.echo("          exactly there, and no metrics, while otel.endpoint_for is traces")
        click.echo("          `hooktrace config set otel.endpoint ''` ends that")
    return bool(new)


def put_hooks_in(installation: Installation) -> None:
    """Put the hooks into the agent's settings, and tell it."""
    change = installation.agent.install()
    click.echo(f"hooks     in {installation.agent.path}" + ("" if change.wrote else ", as they were"))
    if change.backup:
        click.echo(f"backup    {change.backup}")
    for warning in change.warnings:
        click.echo(f"note      {warning}")


def _set_up_database(installation: Installation, destination: Destination) -> bool:
    """Start and migrate the database; without one the installation stands and says how to go on."""
    try:
        if server := installation.server:
            if due(server):
                upgrade_server(installation, server)
            server.start()  # without a collector, which would find no tables yet
        settings = installation.settings
        url = care_url(settings, server.url if server else destination.url or "")
        schema = settings.text("database.schema")
        done = migrate(url, schema, dimensions=settings.number("embedding.dimensions"))
        if server:
            set_up(url, schema)  # there the roles are ours to make; elsewhere `hooktrace schema roles` does it
    except (ServerError, MigrationError) as error:
        click.echo(f"database  {_named(destination)} is not ready: {error}", err=True)
        hint = "hint: events wait in the spool; repair it and run `hooktrace init`, or name another with --db"
        click.echo(hint, err=True)
        return False
    click.echo(f"database  {_named(destination)}, {outcome(done)}")
    for line in report(done):
        click.echo(line)
    if schema != "public":
        click.echo(
            f"note      the tables are in schema {schema}: SET search_path = {schema}, public; the one query of the"
        )
        click.echo("          guide that then returns 0 is its count of tables, which looks into schema public")
    return True


def _named(destination: Destination) -> str:
    where = without_password(destination.url) if destination.url else "embedded PostgreSQL"
    return where if destination.source == "embedded" else f"{where} (named by {destination.source})"
