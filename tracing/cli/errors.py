"""``hooktrace errors``: the kinds of failure, with what cured them."""

from __future__ import annotations

from typing import Any

import click

from tracing.cli.table import as_json as in_json
from tracing.cli.table import print_table
from tracing.installation import Installation


@click.command("errors")
@click.option("-n", "--limit", type=click.IntRange(1, 10_000), default=20, show_default=True)
@click.option("--json", "as_json", is_flag=True, help="Print a JSON array.")
def command(limit: int, as_json: bool) -> None:
    """List the kinds of failure, the commonest first, with what was done before the same thing succeeded."""
    with Installation.here().reader() as reader:
        rows = reader.rows("known_errors", limit=limit)
    if as_json:
        click.echo(in_json(rows))
    elif rows:
        lines = [_line(row) for row in rows]
        print_table(list(lines[0]), lines)
    else:
        click.echo("no failures yet: they are learned from tool calls that failed")


def _line(row: dict[str, Any]) -> dict[str, Any]:
    return {
        "seen": row["occurrence_count"],
        "cured": row["resolution_count"],
        "tool": row["tool_name"],
        "severity": row["severity"],
        "category": row["error_category"],
        "message": row["message_template"],
        "cure": _commonest(row["resolution_pattern"] or {}),
        "projects": row["affected_projects"],
        "last_seen_at": row["last_seen_at"],
        "example_id": next(reversed(row["sample_trace_ids"] or ()), None),
    }


def _commonest(cures: dict[str, int]) -> str:
    """Return the cure that worked most often, and how often if there are others."""
    if not cures:
        return ""
    steps, count = max(cures.items(), key=lambda cure: (cure[1], cure[0]))
    return f"{steps} ({count} of {sum(cures.values())})" if len(cures) > 1 else steps
