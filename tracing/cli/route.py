"""``hooktrace route``: which agent did well with requests like one."""

from __future__ import annotations

import json
from dataclasses import asdict

import click

from tracing.cli.learning import embedder_of
from tracing.cli.table import print_table
from tracing.database.router import Route
from tracing.database.router import route as routed
from tracing.installation import Installation


@click.command("route")
@click.argument("request")
@click.option("--json", "as_json", is_flag=True, help="Print a JSON object.")
def command(request: str, as_json: bool) -> None:
    """Rank the agents by how earlier requests like REQUEST went with them; "not enough evidence" is an answer.

    The score is the lower end of the 95 % interval (Wilson) of an agent's success rate, each earlier choice
    weighted by how near its request is and how long ago it was.
    """
    installation = Installation.here()
    with installation.reader() as reader:
        found = routed(request, reader, embedder_of(installation))
    click.echo(_as_json(found)) if as_json else _print(found)


def _as_json(found: Route) -> str:
    ranked = None if found.ranked is None else [asdict(one) for one in found.ranked]
    told = {"enough_evidence": ranked is not None, "agents": ranked or []}
    return json.dumps({**told, "looked_at": found.looked_at, "model": found.model, "exact": found.exact}, indent=2)


def _print(found: Route) -> None:
    if found.ranked is None:
        click.echo(f"not enough evidence: {found.looked_at} earlier choices and patterns are like this request")
    else:
        columns = ["agent", "score", "success", "weight", "similarity", "recency", "decisions", "patterns"]
        print_table(columns, [{name: _shown(value) for name, value in asdict(one).items()} for one in found.ranked])
    if found.exact:
        click.echo("note: this database has no pgvector: every earlier request was compared (exact, slower)")


def _shown(value: object) -> object:
    return round(value, 3) if isinstance(value, float) else value
