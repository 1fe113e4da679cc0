"""``hooktrace commit``: the prompts behind a commit, their time and their cost."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click

from tracing.checkout import Checkout, Commit
from tracing.cli.table import as_json as json_text
from tracing.cli.table import print_table
from tracing.database.commits import FOUND, Behind, behind
from tracing.database.edits import Prompt
from tracing.installation import CommandError, Installation
from tracing.wording import dollars, duration, one_line

COLUMNS = ("started_at", "status", "prompt", "duration_ms", "cost_usd", "files", "session_id")


@click.command("commit")
@click.argument("sha")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def command(sha: str, as_json: bool) -> None:
    """Print the prompts behind the commit SHA of this repository, their time and their cost.

    They are those that edited its files since the commit before: of the session that made it where the
    output of a call shows which one that was, else of all sessions in the repository.
    """
    checkout = Checkout.around(Path.cwd())
    if checkout is None:
        raise CommandError(f"{Path.cwd()} is in no git repository\nhint: go into the repository of the commit")
    commit = checkout.commit(sha)
    with Installation.here().reader() as reader:
        found = behind(reader, checkout, commit)
    if as_json:
        told = {
            "commit": vars(commit),
            "found_by": found.found_by if found.prompts else None,
            "prompts": [{**vars(prompt), "files": found.edited.get(prompt.prompt_id, [])} for prompt in found.prompts],
            "total": vars(found.total),
        }
        click.echo(json_text(told))
    else:
        _print(commit, found)


def _print(commit: Commit, found: Behind) -> None:
    click.echo(f"commit   {commit.sha}")
    click.echo(f"author   {one_line(commit.author, 80)}, {commit.at.astimezone():%Y-%m-%d %H:%M:%S}")
    click.echo(f"subject  {one_line(commit.subject, 200)}")
    click.echo(f"files    {one_line(', '.join(commit.files), 400) or 'none'}\n")
    if not found.prompts:
        click.echo("no prompt behind it is recorded")
        return
    click.echo(f"found {FOUND[found.found_by]}\n")
    print_table(COLUMNS, [_line(prompt, found.edited.get(prompt.prompt_id, [])) for prompt in found.prompts])
    total = found.total
    cost = f", {dollars(total.cost_usd)}" if total.cost_usd is not None else ""
    click.echo(f"\n{total.prompts} prompts of {total.sessions} sessions: {duration(total.duration_ms)}{cost}")


def _line(prompt: Prompt, files: Sequence[str]) -> dict[str, Any]:
    return {**vars(prompt), "prompt": prompt.first_line, "files": list(files)}
