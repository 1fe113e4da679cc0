"""``hooktrace config get|set``: the settings."""

from __future__ import annotations

import click
from rich.table import Table
from rich.text import Text

from tracing.cli.collector import stop
from tracing.cli.terminal import terminal
from tracing.collector.launch import start
from tracing.database.destination import normalised, without_password
from tracing.database.embedded import LOOPBACK
from tracing.installation import Installation
from tracing.otel.target import pairs, without_secrets
from tracing.settings import SETTINGS, Settings

RESTARTING = ("capture.", "redact.", "advice.", "learning.", "otel.", "database.care_url")
"""Settings for which the collector is restarted."""

URLS = ("database.url", "database.care_url")
"""Settings that hold a login: they are checked, and shown without its password."""


@click.group("config")
def command() -> None:
    """Read and write the settings."""


@command.command("get")
@click.argument("key", required=False)
def get(key: str | None) -> None:
    """Print the value of KEY, or every setting with its meaning."""
    settings = Installation.here().settings
    if key:
        click.echo(_shown(settings, key))
        return
    table = Table.grid(padding=(0, 2))
    for name, setting in SETTINGS.items():
        origin = "" if settings.origin(name) == "default" else "set"
        table.add_row(name, Text(_shown(settings, name)), origin, Text(setting.meaning, style="dim"))
    terminal(80).print(table)


@command.command("set")
@click.argument("key")
@click.argument("values", metavar="VALUE", nargs=-1)
def set_(key: str, values: tuple[str, ...]) -> None:
    """Write KEY into the config file; the collector reads it when it starts.

    Some take a list: any number of values, or none.  For capture.*, redact.*, advice.*, learning.*, otel.* and
    database.care_url the collector is restarted.
    """
    installation = Installation.here()
    if isinstance(installation.settings[key], tuple):
        installation.settings.set(key, values)
    elif len(values) == 1:
        installation.settings.set(key, normalised(values[0], key) if key in URLS and values[0] else values[0])
    else:
        raise click.UsageError(f"{key} takes one value, not {len(values)}")
    if key == "embedded.port":
        click.echo(_with_port(installation))
    # What comes from now on is to be kept as was asked.
    elif key.startswith(RESTARTING) and stop(installation):
        start(installation.places)
    if key == "advice.enabled":
        click.echo("`hooktrace init` puts its hook into the agent's settings, or takes it out again")
    if key == "learning.embedder":
        click.echo("`hooktrace patterns reembed` gives what was learned before the new embeddings")


def _with_port(installation: Installation) -> str:
    """Let a running server open or close its TCP port; return what was done."""
    server = installation.server
    if server is None:
        return "no effect for now: the database is not the embedded server"
    if server.pid() is None:
        return "the embedded server heeds it when it starts (`hooktrace db env` starts it)"
    collected = stop(installation)  # a collector that runs knows the old settings
    server.restart()
    if collected:
        start(installation.places)
    if problem := server.tcp_problem():
        return f"the embedded server has restarted; {problem}"
    if not server.port:
        return "the embedded server has restarted; it listens on its socket only"
    return (
        f"the embedded server has restarted and listens on {LOOPBACK}:{server.port} too\n"
        f"its password is in {server.passfile}; `hooktrace db env` prints it"
    )


def _shown(settings: Settings, key: str) -> str:
    value = settings[key]
    if key == "otel.headers":
        return "\n".join(f"{name}=(hidden)" for name in pairs(settings.texts(key)))
    if key == "otel.endpoint" and value:
        return without_secrets(str(value))
    if isinstance(value, tuple):
        return "\n".join(value)
    return without_password(str(value)) if key in URLS and value else str(value)
