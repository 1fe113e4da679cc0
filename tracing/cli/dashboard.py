"""``hooktrace dashboard``: pages over what was recorded, in a browser on this machine."""

from __future__ import annotations

import webbrowser

import click

from tracing.dashboard.access import new_token
from tracing.dashboard.server import LOOPBACK, Address, listen, serve
from tracing.installation import CommandError, Installation

PORT = 8765


@click.command("dashboard")
@click.option("--port", default=PORT, show_default=True, help="The port to listen at; 0: any that is free.")
@click.option("--no-browser", is_flag=True, help="Only print the address.")
def command(port: int, no_browser: bool) -> None:
    """Show what was recorded in a browser, until Ctrl-C."""
    try:
        listening = listen(LOOPBACK, port)
    except OSError as error:
        reason = error.strerror or str(error)
        raise CommandError(f"port {port} cannot be had: {reason}\nhint: --port 0 takes one that is free") from error
    address = Address(listening, new_token())

    def started() -> None:
        click.echo(address.url)
        if not no_browser:
            webbrowser.open(address.url)

    serve(Installation.here(), address, started)
