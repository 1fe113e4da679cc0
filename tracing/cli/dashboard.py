"""``hooktrace dashboard``: pages over what was recorded, in a browser on this machine."""

from __future__ import annotations

import socket
from contextlib import ExitStack

import click

from tracing.dashboard import browser
from tracing.dashboard.access import new_token
from tracing.dashboard.server import LOOPBACK, Address, listen, serve
from tracing.installation import CommandError, Installation

PORT = 8765

EXPOSED = """\
Whoever reaches this machine and has the token below reads everything that was recorded: prompts, commands, \
outputs, paths, errors. It travels unencrypted; whoever listens on the way reads it, too."""


@click.command("dashboard")
@click.option("--port", default=PORT, show_default=True, help="The port to listen at; 0: any that is free.")
@click.option("--host", default=LOOPBACK, show_default=True, help="The address to listen at; 0.0.0.0: all of them.")
@click.option("--expose", is_flag=True, help="Agree that other machines reach it, which --host can bring about.")
@click.option("--no-browser", is_flag=True, help="Only print the address.")
def command(port: int, host: str, expose: bool, no_browser: bool) -> None:
    """Show what was recorded in a browser, until Ctrl-C.

    The address that is printed holds a token, new at each start, without which nobody gets an answer. Programs send it
    as a bearer (Authorization: Bearer TOKEN) to /api/... and /metrics.
    """
    installation = Installation.here()
    address = Address(_listening(host, port), new_token())
    if address.exposed and not expose:
        address.listening.close()
        raise CommandError(
            f"{host} is reached from other machines\n{EXPOSED}\nhint: --expose, if that is what you want"
        )
    with ExitStack() as opened:

        def started() -> None:
            if address.exposed:
                click.echo(EXPOSED, err=True)
            click.echo(address.url)
            if not no_browser and browser.is_there():
                opened.enter_context(browser.opened(address.url))

        serve(installation, address, started)


def _listening(host: str, port: int) -> socket.socket:
    try:
        return listen(host, port)
    except (OSError, OverflowError, UnicodeError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        hint = "--port 0 takes a port that is free; another dashboard may have this one"
        raise CommandError(f"{host}, port {port} cannot be had: {reason}\nhint: {hint}") from error
