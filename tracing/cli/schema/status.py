"""``hooktrace schema status``: what is applied, and what is not as it should be."""

from __future__ import annotations

import json
from typing import Any

import click
from rich import box
from rich.table import Table

from tracing.cli.schema.target import Target
from tracing.cli.terminal import terminal
from tracing.database.migration import MigrationError, State, inspect
from tracing.installation import CommandError, Installation
from tracing.wording import listed


@click.command("status")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def command(as_json: bool) -> None:
    """Tell which migrations are applied, and what is pending, altered, newer or lost.

    Exit status 1 when this version must not work on the database: it is newer, or of another history.
    """
    target = Target.of(Installation.here())
    state = inspect(target.url, target.schema)
    problem = _problem(state)
    if as_json:
        click.echo(json.dumps(_plain(state, target, problem), indent=2))
    else:
        _print(state, target)
    if problem:
        raise CommandError(problem)


def _problem(state: State) -> str | None:
    try:
        state.check()
    except MigrationError as error:
        return str(error)
    return None


def _plain(state: State, target: Target, problem: str | None) -> dict[str, Any]:
    return {
        "database": target.named,
        "schema": state.schema,
        "server": state.version,
        "up_to_date": state.whole and not problem,
        "migrations": [
            {"id": id_, "state": said, "applied_at": moment.isoformat() + "Z" if moment else None}
            for id_, said, moment in _migrations(state)
        ],
        "lost": [{"kind": kind, "name": name} for kind, name in state.lost],
        "extensions": state.extensions,
        "problem": problem,
    }


def _migrations(state: State) -> list[tuple[str, str, Any]]:
    """Return every file that either side knows: its id, how it stands, and when it was applied."""
    said = dict.fromkeys(state.applied, "applied")
    said |= dict.fromkeys(state.pending, "pending")
    said |= dict.fromkeys(state.altered, "altered")
    said |= dict.fromkeys(state.newer, "unknown")
    return [(id_, how, state.applied.get(id_)) for id_, how in sorted(said.items())]


def _print(state: State, target: Target) -> None:
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for heading in ("migration", "state", "applied (UTC)"):
        table.add_column(heading, no_wrap=True)
    colours = {"applied": "green", "pending": "yellow"}
    for id_, said, moment in _migrations(state):
        table.add_row(id_, f"[{colours.get(said, 'red')}]{said}[/]", f"{moment:%Y-%m-%d %H:%M}" if moment else "")
    console = terminal(80)
    console.print(table)
    click.echo(f"database   {target.named}, PostgreSQL {state.version}")
    for extension in state.extensions:
        click.echo(f"extension  {_extension(extension)}")
    if state.lost:
        click.echo(f"lost       {listed(f'{kind} {name}' for kind, name in state.lost)}")
    if not state.whole:
        click.echo("hint: `hooktrace schema apply` makes what is missing")


def _extension(extension: dict[str, str | None]) -> str:
    if extension["installed"]:
        return f"{extension['name']} {extension['installed']}"
    offered = extension["offered"]
    return f"{extension['name']}: " + (f"offered ({offered}), not created" if offered else "not offered by this server")
