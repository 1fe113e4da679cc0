"""``hooktrace config get|set``: the settings."""

from __future__ import annotations

import click
from rich.console import Console
from rich.table import Table
from rich.text import Text

from tracing.cli.installation import Installation
from tracing.database.destination import without_password
from tracing.settings import SETTINGS, Settings


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
    Console().print(table)


@command.command("set")
@click.argument("key")
@click.argument("value")
def set_(key: str, value: str) -> None:
    """Write KEY into the config file; the collector reads it when it starts."""
    Installation.here().settings.set(key, value)


def _shown(settings: Settings, key: str) -> str:
    value = settings[key]
    return without_password(str(value)) if key == "database.url" and value else str(value)
