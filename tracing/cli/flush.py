"""``hooktrace flush``: wait until everything spooled so far is stored and learned from."""

from __future__ import annotations

import time
from pathlib import Path
from uuid import uuid4

import click

from tracing.cli.progress import shown
from tracing.collector.launch import start
from tracing.database.reader import Unreachable
from tracing.database.rows import Progress, unseen
from tracing.installation import CommandError, Installation
from tracing.places import PRIVATE_DIRECTORY

POLL_S = 0.02


@click.command("flush")
@click.option("--timeout", "limit_s", type=click.FloatRange(min=0), default=60.0, show_default=True, metavar="S")
def command(limit_s: float) -> None:
    """Wait until everything in the spool is stored and learned from; exit 1 with the reason if it takes longer."""
    with shown() as progress:
        wait_until_stored(Installation.here(), limit_s, progress)


def wait_until_stored(installation: Installation, limit_s: float, progress: Progress = unseen) -> None:
    """Return once everything in the spool now is committed, looked after and learned from, starting what that needs.

    Looked after: what the transcripts tell so far is stored too, and what is over is closed.

    Raises:
        CommandError: it takes longer than *limit_s*; the message gives the reason.
        LaunchError: no collector can be started.
    """
    if not installation.initialised:
        raise CommandError("there is no database yet\nhint: run `hooktrace init`")
    spool, packs = installation.spool, installation.packs
    waiting = {entry.name for entry in spool.scan()}
    total = len(waiting)
    deadline = time.monotonic() + limit_s
    start(installation.places, max(limit_s, 1.0))
    while waiting := {entry.name for entry in spool.look(waiting)}:
        _check(installation, deadline, limit_s)
        progress("storing events", total - len(waiting), total)
        time.sleep(POLL_S)
    packed = set(packs.scan())  # what has left the spool is stored by now, or in one of these
    while packed := packed & set(packs.scan()):
        _check(installation, deadline, limit_s)
        progress("emptying packs", 0, None)
        time.sleep(POLL_S)
    progress("reading transcripts", 0, None)
    _wait_for(installation, installation.places.rounds, "the transcripts are not read", deadline, limit_s)
    progress("learning", 0, None)
    _wait_for(installation, installation.places.learning, "what is stored is not learned from", deadline, limit_s)


def _check(installation: Installation, deadline: float, limit_s: float) -> None:
    if time.monotonic() > deadline:
        events = installation.queue.events
        raise CommandError(f"{events} events are not stored after {limit_s:g} s: {_reason(installation)}")
    _attend(installation, deadline)


def _attend(installation: Installation, deadline: float) -> None:
    """See to a collector: the one that was found may have been about to end."""
    start(installation.places, max(deadline - time.monotonic(), 1.0))


def _wait_for(installation: Installation, directory: Path, otherwise: str, deadline: float, limit_s: float) -> None:
    """Ask the collector for what it does for a file in *directory* (rounds.py, learner.py), and wait until it has."""
    directory.mkdir(mode=PRIVATE_DIRECTORY, exist_ok=True)
    request = directory / uuid4().hex
    request.write_bytes(b"")
    try:
        while request.exists():
            if time.monotonic() > deadline:
                raise CommandError(f"{otherwise} after {limit_s:g} s: {_reason(installation)}")
            _attend(installation, deadline)
            time.sleep(POLL_S)
    finally:
        request.unlink(missing_ok=True)


def _reason(installation: Installation) -> str:
    try:
        with installation.reader() as reader:
            reader.row("event_counts")
    except Unreachable as error:
        return str(error)
    return f"the database answers, the collector is slow or stuck\nhint: see {installation.places.log}"
