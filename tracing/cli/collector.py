"""``hooktrace collector start|stop|run``."""

from __future__ import annotations

import os
import signal
import time
from contextlib import suppress

import click

from tracing.collector.launch import start as launch
from tracing.installation import CommandError, Installation

STOP_LIMIT_S = 75.0
"""How long a collector may take to end: longer than the start of an embedded server may."""


@click.group("collector")
def command() -> None:
    """Start, stop or run the collector. The hooks start it when it is needed."""


@command.command("start")
def start() -> None:
    """Start the collector in the background, unless it runs."""
    click.echo(f"the collector runs, pid {launch(Installation.here().places)}")


@command.command("stop")
def stop_command() -> None:
    """Let the collector finish its batch and end; events wait in the spool until it is started again."""
    click.echo("the collector has stopped" if stop(Installation.here()) else "no collector runs")


@command.command("run")
def run() -> None:
    """Run the collector in the foreground, with its log on stderr."""
    from tracing.collector.__main__ import main

    installation = Installation.here()
    if pid := installation.lock.running():
        raise CommandError(f"a collector runs already, pid {pid}\nhint: `hooktrace collector stop`")
    raise SystemExit(main(["--foreground"]))


def stop(installation: Installation) -> bool:
    """Stop the collector if one runs; return whether one did.

    Raises:
        CommandError: it does not end, or a command keeps it away, which nobody may end amid its work.
    """
    pid, command = installation.lock.holder()
    if not pid:
        return False
    if command:
        raise CommandError(f"`{command}`, process {pid}, keeps the collector away\nhint: wait until it is done")
    with suppress(ProcessLookupError):
        os.kill(pid, signal.SIGTERM)
    deadline = time.monotonic() + STOP_LIMIT_S
    while installation.lock.running() == pid:
        if time.monotonic() > deadline:
            raise CommandError(f"the collector, pid {pid}, does not end\nhint: kill -9 {pid} loses nothing")
        time.sleep(0.02)
    return True
