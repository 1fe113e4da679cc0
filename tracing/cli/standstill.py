"""Keeps the collector away while something is done to the database; events wait in the spool."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress

import click

from tracing.cli.collector import stop
from tracing.collector.launch import LaunchError, start
from tracing.installation import CommandError, Installation

ATTEMPTS = 5
"""A hook may start a collector just when one has ended; so often in a row is something else."""


@contextmanager
def paused(installation: Installation) -> Iterator[None]:
    """Stop the collector, and let none start until the block ends; one that ran, or has work by then, is started.

    For that its lock is held, so that whatever the hooks start leaves at once.

    Raises:
        CommandError: the collector does not end, or another command keeps it away.
    """
    context = click.get_current_context(silent=True)
    command = context.command_path if context else "another command"
    lock, ran = installation.lock, stop(installation)
    for _ in range(ATTEMPTS):
        if lock.acquire(command):
            break
        ran = stop(installation) or ran
    else:
        raise CommandError("collectors are started again and again\nhint: `hooktrace collector stop`, then try again")
    try:
        yield
    finally:
        lock.release()
        if ran or installation.queue.events:
            with suppress(LaunchError):  # the next session does it, and `hooktrace doctor` tells why not now
                start(installation.places)
