"""``hooktrace prove``: a recorded session goes the whole way, and its trace is printed."""

from __future__ import annotations

import os
import time
from uuid import UUID

import click

from tracing.cli.show import drawn
from tracing.cli.terminal import terminal
from tracing.collector.launch import KEPT_VARIABLES, start
from tracing.database.caretaker import care_url
from tracing.database.reader import Reader
from tracing.database.removal import NotAllowed, remove_session
from tracing.installation import CommandError, Installation
from tracing.proof import Proof, ProofFailed, send
from tracing.resources import resource
from tracing.tree import trees

LIMIT_S = 30.0
POLL_S = 0.02


@click.command("prove")
def command() -> None:
    """Send a recorded session through the real hooks into the database, print its trace, and remove it again."""
    installation = Installation.here()
    url, schema = installation.url(), installation.settings.text("database.schema")
    hooks = installation.places.hooks if installation.places.hooks.is_dir() else resource("hooks")
    kept = {name: os.environ[name] for name in ("PATH", *KEPT_VARIABLES) if name in os.environ}
    try:
        proof = send(hooks, installation.places.state, kept)
    except ProofFailed as error:
        raise CommandError(f"{error}\nhint: `hooktrace doctor` checks each part") from None
    installation.note_hook_cost(proof.hook_ms)
    try:
        start(installation.places)
        with installation.reader() as reader:
            stored = _wait(reader, proof)
            rows = reader.rows("tree", root_id=UUID(proof.session_id))
        if stored != proof.events:
            hint = "hint: `hooktrace doctor` checks each part"
            raise CommandError(f"{stored} of {proof.events} events were stored within {LIMIT_S:g} s\n{hint}")
        console = terminal(80)
        console.print(drawn(trees(rows), console.width))
        click.echo(f"\n{stored} of {proof.events} events went from the hooks through the collector into PostgreSQL.")
    finally:
        try:
            remove_session(care_url(installation.settings, url), schema, proof.session_id)
        except NotAllowed as error:  # it is no session of a real agent, and is not taken for one
            click.echo(f"note      {error}")


def _wait(reader: Reader, proof: Proof) -> int:
    """Return how many of the proof's events are stored, as soon as all are or the time is over."""
    deadline = time.monotonic() + LIMIT_S
    while True:
        stored: int = reader.row("events_of_session", session_id=proof.session_id)["events"]
        if stored >= proof.events or time.monotonic() > deadline:
            return stored
        time.sleep(POLL_S)
