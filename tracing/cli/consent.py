"""A yes before something that is not undone, or takes long."""

from __future__ import annotations

import sys

import click

from tracing.installation import CommandError


def confirm(question: str, loss: str, yes: bool) -> None:
    """Ask *question*, unless *yes*.

    Raises:
        CommandError: there is nobody to ask; the message says *loss*.
        click.Abort: the answer is no.
    """
    if yes:
        return
    if not sys.stdin.isatty():
        raise CommandError(f"{loss}\nhint: without a terminal, say --yes as well")
    click.confirm(question, abort=True)
