"""``hooktrace schema verify``: hold the live catalogue against what must be there."""

from __future__ import annotations

import json
from dataclasses import asdict

import click
from rich import box
from rich.table import Table
from rich.text import Text

from tracing.cli.terminal import terminal
from tracing.database.verification import CONSEQUENCES, Component, Extension, Statement, Verification, verify
from tracing.installation import Installation
from tracing.wording import one_line

GOOD, BAD, ABSENT = Text("✓", "green"), Text("✗", "red"), Text("·", "yellow")


@click.command("verify")
@click.option("--json", "as_json", is_flag=True, help="Print a JSON object.")
def command(as_json: bool) -> None:
    """Compare the schema with what it must be, and run the deployment guide's statements (rolled back).

    Exit status 1 when anything of ours is missing or altered; what the server does not offer is said, and no failure.
    """
    installation = Installation.here()
    found = verify(installation.url(), installation.settings.text("database.schema"))
    if as_json:
        click.echo(json.dumps(_plain(found), indent=2))
    else:
        _print(found)
    if not found.whole:
        raise SystemExit(1)


def _plain(found: Verification) -> dict[str, object]:
    return {
        "ok": found.whole,
        "schema": found.schema,
        "server": found.version,
        "components": [{**asdict(part), "ok": part.whole} for part in found.components],
        "extensions": [{**asdict(part), "ok": part.whole} for part in found.extensions],
        "statements": [asdict(ran) for ran in found.statements],
    }


def _print(found: Verification) -> None:
    console = terminal(80)
    console.print(f"schema {found.schema} on PostgreSQL {found.version}", highlight=False)
    console.print(_components(found))
    console.print(_statements(found.statements))
    for line in _remarks(found):
        console.print(Text(line))


def _components(found: Verification) -> Table:
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    table.add_column("component")
    table.add_column("expected", justify="right")
    table.add_column("deployed", justify="right")
    table.add_column("status")
    for part in found.components:
        apart = f" + {len(part.not_offered)}" if part.not_offered else ""
        table.add_row(part.name, f"{part.expected}{apart}", str(part.deployed), GOOD if part.whole else BAD)
    offered = [part for part in found.extensions if part.whole and part.installed is None]
    apart = f" + {len(offered)}" if offered else ""
    installed = sum(part.installed is not None for part in found.extensions)
    status = GOOD if all(part.whole for part in found.extensions) else BAD
    table.add_row("extensions", f"{len(found.extensions) - len(offered)}{apart}", str(installed), status)
    return table


def _statements(statements: list[Statement]) -> Table:
    signs = {"ok": GOOD, "failed": BAD, "not offered": ABSENT}
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for heading in ("", "statement of the deployment guide, rolled back", "said"):
        table.add_column(heading, no_wrap=True)
    for ran in statements:
        table.add_row(signs[ran.outcome], Text(one_line(ran.text, 50)), Text(one_line(ran.said, 200)))
    return table


def _remarks(found: Verification) -> list[str]:
    """Return a line for everything that is not as it could be, the cure last."""
    lines = [line for part in found.extensions for line in _extension(part)]
    lines += [line for part in found.components for line in _component(part)]
    if found.schema != "public":
        lines.append(f"note: the guide's count looks into schema public, where 0 is right; ours are in {found.schema}")
    if not found.whole:
        lines.append("hint: `hooktrace schema apply` makes what is missing; what was altered it leaves as it is")
    return lines


def _extension(part: Extension) -> list[str]:
    if part.installed is not None:
        return []
    why = "not offered by this server" if part.offered is None else f"offered ({part.offered}), and not created"
    return [f"{part.name}: {why}; {CONSEQUENCES[part.name]}"]


def _component(part: Component) -> list[str]:
    return [f"missing: {name}" for name in part.missing] + [f"altered: {name}" for name in part.altered]
