"""``hooktrace prove``: a recorded session goes the whole way, and its trace is printed."""

from __future__ import annotations

import os
from uuid import UUID

import click
from rich.console import Console

from tracing.cli.flush import wait_until_stored
from tracing.cli.installation import CommandError, Installation
from tracing.cli.show import drawn
from tracing.cli.status import switched_off
from tracing.collector.launch import KEPT_VARIABLES
from tracing.database.removal import remove_session
from tracing.proof import ProofFailed, send
from tracing.resources import resource
from tracing.tree import trees

LIMIT_S = 30.0


@click.command("prove")
def command() -> None:
    """Send a recorded session through the real hooks into the database, print its trace, and remove it again."""
    installation = Installation.here()
    if switched_off():
        raise CommandError("HOOKTRACE_ENABLED switches the hooks off\nhint: unset it and try again")
    url, schema = installation.url(), installation.settings.text("database.schema")
    hooks = installation.places.hooks if installation.places.hooks.is_dir() else resource("hooks")
    kept = {name: os.environ[name] for name in ("PATH", *KEPT_VARIABLES) if name in os.environ}
    try:
        proof = send(hooks, installation.places.state, kept)
    except ProofFailed as error:
        raise CommandError(f"{error}\nhint: `hooktrace doctor` checks each part") from None
    wait_until_stored(installation, LIMIT_S)
    try:
        with installation.reader() as reader:
            rows = reader.rows("tree", root_id=UUID(proof.session_id))
            stored = reader.row("events_of_session", session_id=proof.session_id)["events"]
        if stored != proof.events:
            raise CommandError(f"{stored} of {proof.events} events were stored\nhint: see `hooktrace status`")
        console = Console()
        console.print(drawn(trees(rows), console.width))
        click.echo(f"\n{stored} of {proof.events} events went from the hooks through the collector into PostgreSQL.")
    finally:
        remove_session(url, schema, proof.session_id)
