"""``hooktrace patterns``: the ways of working that succeeded, the surest first."""

from __future__ import annotations

import json
from typing import Any

import click

from tracing.cli.learning import embedder_of, owner
from tracing.cli.table import as_json as in_json
from tracing.cli.table import print_table
from tracing.database.embeddings import embed_decisions, embed_patterns
from tracing.installation import Installation


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
    """Embed what was learned anew where its embedding is of another model than the one in use (learning.embedder)."""
    installation = Installation.here()
    embedder = embedder_of(installation)
    with owner(installation) as (caretaker, progress):
        patterns = embed_patterns(caretaker, embedder, progress)
        decisions = embed_decisions(caretaker, embedder, progress)
    if as_json:
        click.echo(json.dumps({"embedded": patterns, "decisions": decisions, "model": embedder.model}))
    else:
        click.echo(f"embedded {patterns:,} patterns and {decisions:,} choices by {embedder.model}")
