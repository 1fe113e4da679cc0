"""``hooktrace run``: a command within an execution of its own."""

from __future__ import annotations

import sys

import click

from tracing.run.command import run


@click.command("run", context_settings={"allow_interspersed_args": False})
@click.option("--name", metavar="NAME", help="What it is called in traces; default: the program.")
@click.argument("command_line", metavar="COMMAND...", nargs=-1, required=True, type=click.UNPROCESSED)
def command(name: str | None, command_line: tuple[str, ...]) -> None:
    """Run COMMAND, and record it as a task; agents and programs that it starts are its children.

    A CI job or a script becomes the root of one trace: `hooktrace run -- ./nightly.sh`.  Exit status, signals,
    terminal and output are the command's own.  Where nothing can be recorded it runs all the same.
    """
    sys.exit(run(list(command_line), name))
