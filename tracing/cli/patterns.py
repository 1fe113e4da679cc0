"""``hooktrace patterns``: the ways of working that succeeded, the surest first."""

from __future__ import annotations

import json
from typing import Any

import click

from tracing.cli.learning import owner
from tracing.cli.table import as_json as in_json
from tracing.cli.table import print_table
from tracing.database.embeddings import embed_patterns
from tracing.installation import Installation
from tracing.learning.embedding import HashedEmbedder


@click.group("patterns", invoke_without_command=True)
@click.option("-n", "--limit", type=click.IntRange(1, 10_000), default=20, show_default=True)
@click.option("--json", "as_json", is_flag=True, help="Print a JSON array.")
@click.pass_context
def command(context: click.Context, limit: int, as_json: bool) -> None:
    """List the ways of working that succeeded, the surest first.

    Surest: by the lower bound of their success rate's 95 % interval, since 1 of 1 is no better than 99 of 100.
    """
    if context.invoked_subcommand:
        return
    with Installation.here().reader() as reader:
        rows = reader.rows("ranked_patterns", limit=limit)
    if as_json:
        click.echo(in_json(rows))
    elif rows:
        lines = [_line(row) for row in rows]
        print_table(list(lines[0]), lines)
    else:
        click.echo("no patterns yet: they are learned from prompts that ended well")


def _line(row: dict[str, Any]) -> dict[str, Any]:
    return {
        "at_least_pct": 100 * (row["confidence_score"] or 0),
        "good": row["success_count"],
        "bad": row["failure_count"],
        "uses": row["usage_count"],
        "avg_duration_ms": row["avg_duration_ms"],
        "avg_cost_usd": row["avg_cost_usd"],
        "intent": row["intent"],
        "agents": row["agent_sequence"],
        "tools": row["tool_sequence"],
        "example": row["prompt_text"],
        "last_used_at": row["last_used_at"],
        "pattern_id": row["id"],
    }


@command.command("reembed")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def reembed(as_json: bool) -> None:
    """Embed the patterns anew whose embedding is of another model than the one in use."""
    with owner(Installation.here()) as (caretaker, progress):
        count = embed_patterns(caretaker, HashedEmbedder(), progress)
    if as_json:
        click.echo(json.dumps({"embedded": count, "model": HashedEmbedder.model}))
    else:
        click.echo(f"embedded {count:,} patterns by {HashedEmbedder.model}")
