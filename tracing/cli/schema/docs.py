"""``hooktrace schema docs``: what everything in the database is for, in its own words."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import click
from rich import box
from rich.table import Table
from rich.text import Text

from tracing.cli.terminal import terminal
from tracing.installation import CommandError, Installation

GROUPS = {"Tables": "table", "Views": "view", "Functions": "function"}


@dataclass
class Part:
    """A table, view or function, or what belongs to one of the first two."""

    kind: str
    name: str
    of_relation: str | None
    detail: str | None
    comment: str | None
    parts: list[Part] = field(default_factory=list)

    def of(self, kind: str) -> list[Part]:
        """Return the parts of a kind."""
        return [part for part in self.parts if part.kind == kind]

    @property
    def short(self) -> str:
        """The name, without the table that a trigger stands on."""
        return self.name.partition(" on ")[0]


@click.command("docs")
@click.option("--markdown", is_flag=True, help="Print Markdown, as into a pipe.")
def command(markdown: bool) -> None:
    """Print the documentation that the database holds of its tables, views and functions."""
    installation = Installation.here()
    with installation.reader() as reader:
        rows = reader.rows("documentation", schema=installation.settings.text("database.schema"))
    parts = _nested(rows)
    if not parts:
        raise CommandError("the database holds no tables of hooktrace\nhint: run `hooktrace schema apply`")
    if markdown or not sys.stdout.isatty():
        click.echo("\n".join(_markdown(parts)))
    else:
        _print(parts)


def _nested(rows: list[dict[str, Any]]) -> list[Part]:
    """Return tables, views and functions, each with what belongs to it; the rows come in that order."""
    top: dict[str, Part] = {}
    for row in rows:
        part = Part(**row)
        if part.of_relation is None:
            top[part.name] = part
        else:
            top[part.of_relation].parts.append(part)
    return list(top.values())


def _markdown(parts: list[Part]) -> Iterator[str]:
    yield "# The database of hooktrace"
    for heading, kind in GROUPS.items():
        yield f"\n## {heading}"
        for part in (part for part in parts if part.kind == kind):
            yield f"\n### {part.name if part.detail is None else part.name.partition('(')[0]}"
            if part.detail:
                yield f"\n`{part.name.partition('(')[0]}{part.detail}`"
            yield f"\n{part.comment or ''}"
            yield from _rows("column", "type", part.of("column"))
            yield from _rows("index", "on", part.of("index"))
            yield from _rows("trigger", "when", part.of("trigger"))


def _rows(what: str, detail: str, parts: list[Part]) -> Iterator[str]:
    if not parts:
        return
    yield f"\n| {what} | {detail} | meaning |\n|---|---|---|"
    for part in parts:
        yield f"| {_cell(part.short)} | {_cell(part.detail)} | {_cell(part.comment)} |"


def _cell(text: str | None) -> str:
    return " ".join((text or "").replace("|", "\\|").split())


def _print(parts: list[Part]) -> None:
    console = terminal(80)
    for heading, kind in GROUPS.items():
        console.rule(heading)
        for part in (part for part in parts if part.kind == kind):
            name = part.name.partition("(")[0]
            console.print(Text(f"\n{name}", "bold") + Text(part.detail or "", "cyan"))
            console.print(Text(part.comment or ""))
            for belonging in ("column", "index", "trigger"):
                if part.of(belonging):
                    console.print(_table(belonging, part.of(belonging)))


def _table(kind: str, parts: list[Part]) -> Table:
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    table.add_column(kind, style="bold", overflow="fold")
    table.add_column("", style="cyan", overflow="fold", max_width=40)
    table.add_column("", overflow="fold")
    for part in parts:
        table.add_row(Text(part.short), Text(part.detail or ""), Text(part.comment or ""))
    return table
