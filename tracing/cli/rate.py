"""``hooktrace rate``: say how a prompt went; it counts for more than all that was concluded."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from uuid import UUID

import click

from tracing.cli.learning import learner, owner
from tracing.cli.show import look_up
from tracing.database.reader import Reader
from tracing.installation import CommandError, Installation

RATINGS = {"good": 1, "bad": -1}


@click.command("rate")
@click.argument("id_", metavar="ID")
@click.argument("rating", type=click.Choice(list(RATINGS)))
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def command(id_: str, rating: str, as_json: bool) -> None:
    """Say that a prompt went good or bad. ID names a prompt, a call in it, or a session: then its last prompt."""
    installation = Installation.here()
    with installation.reader() as reader:
        key = _prompt(reader, id_)
    with owner(installation) as (caretaker, _):
        values = {**key, "rated": RATINGS[rating], "now": datetime.now(UTC)}
        rows = caretaker.query("rate_prompt", **values)
    if not rows:
        raise CommandError(f"{id_!r} names no prompt that is stored")
    with learner(installation) as (learn, _):
        learn.learn_sessions([rows[0]["session_id"]], datetime.now(UTC))
    if as_json:
        click.echo(json.dumps({"correlation_id": str(key["correlation_id"]), "rating": rating}))
    else:
        click.echo(f"prompt {str(key['correlation_id'])[:8]} is rated {rating}")


def _prompt(reader: Reader, id_: str) -> dict[str, UUID]:
    """Return the key of the prompt that is meant: the last in what *id_* names, else the one in which that ran.

    Raises:
        CommandError: nothing, or too much, has this id, or no prompt is in it or around it.
    """
    chosen = look_up(reader, id_)
    prompts = [node.row for root in chosen for node in root.walk() if node.row["kind"] == "prompt"]
    if prompts:
        last = max(prompts, key=lambda row: row["started_at"])
        return {name: last[name] for name in ("root_id", "correlation_id")}
    around = reader.rows("prompt_around", correlation_id=chosen[0].row["correlation_id"])
    if not around:
        raise CommandError(f"{id_!r} names no prompt\nhint: `hooktrace show ID` draws what a session holds")
    return around[0]
