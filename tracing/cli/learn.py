"""``hooktrace learn``: learn from finished prompts now."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import click

from tracing.cli.learning import learner
from tracing.installation import Installation


@click.command("learn")
@click.option("--all", "everything", is_flag=True, help="Take back what was learned, and learn it again.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def command(everything: bool, as_json: bool) -> None:
    """Learn from finished prompts now; the collector does it by itself a moment after each has ended.

    What was learned from prompts that are no longer stored stays, with --all too, and so does what was learned from
    prompts whose content has aged since: they would teach less.
    """
    with learner(Installation.here()) as (learn, progress):
        count = learn.learn_again(progress) if everything else learn.learn_due(datetime.now(UTC), progress)
    if as_json:
        click.echo(json.dumps({"learned": count}))
    else:
        click.echo(f"learned from {count:,} prompts" if count else "nothing new to learn from")
