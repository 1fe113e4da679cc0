"""``hooktrace commit``: the prompts behind a commit, their time and their cost."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import click

from tracing.checkout import Checkout, Commit
from tracing.cli.table import as_json as json_text
from tracing.cli.table import print_table
from tracing.database.edits import Prompt, Total, edits_of, once, prompts_of, recorded_paths
from tracing.database.reader import Reader, Row
from tracing.installation import CommandError, Installation
from tracing.wording import dollars, duration, one_line

COLUMNS = ("started_at", "status", "prompt", "duration_ms", "cost_usd", "files", "session_id")

LONGEST_CALL = timedelta(hours=1)
"""How long after its commit a call may go on: what it printed is told at its end."""

SECOND = timedelta(seconds=1)
"""What the times of commits are exact to."""

FOUND = {
    "output": "exact: the output of a call shows that it made the commit",
    "files": "by files and time: nothing recorded shows who made the commit",
}
"""The two ways in which the prompts behind a commit are found."""


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
        found_by, prompts, edited = _behind(reader, checkout, commit)
    total = Total.of(prompts)
    if as_json:
        told = {
            "commit": vars(commit),
            "found_by": found_by if prompts else None,
            "prompts": [{**vars(prompt), "files": edited.get(prompt.prompt_id, [])} for prompt in prompts],
            "total": vars(total),
        }
        click.echo(json_text(told))
    else:
        _print(commit, found_by, prompts, edited, total)


def _behind(
    reader: Reader, checkout: Checkout, commit: Commit
) -> tuple[str, list[Prompt], Mapping[UUID, Sequence[str]]]:
    """Return how the prompts behind *commit* were found, the prompts, and which of its files each edited."""
    period = {"since": commit.committed_at - SECOND, "until": commit.committed_at + LONGEST_CALL}
    committing = reader.rows("calls_that_committed", commit=commit.sha, **period)
    paths = recorded_paths(reader, checkout, commit.files)
    begin = commit.since or datetime.min.replace(tzinfo=UTC)
    end = commit.committed_at if committing else commit.at
    edits = edits_of(reader, paths, period=(begin, end + SECOND))
    if committing:
        sessions = {call["session_id"] for call in committing}
        edits = [edit for edit in edits if edit["session_id"] in sessions]
    prompts = prompts_of(reader, [*committing, *edits])
    return "output" if committing else "files", once(prompts.values()), _edited(edits, prompts, paths)


def _edited(edits: Collection[Row], prompts: Mapping[UUID, Prompt], paths: Mapping[str, str]) -> dict[UUID, list[str]]:
    """Return by prompts which files were edited, whether or not that went well."""
    edited: dict[UUID, list[str]] = {}
    for edit in edits:
        if prompt := prompts.get(edit["call_id"]):
            files = edited.setdefault(prompt.prompt_id, [])
            files += [] if paths[edit["path"]] in files else [paths[edit["path"]]]
    return edited


def _print(
    commit: Commit, found_by: str, prompts: Sequence[Prompt], edited: Mapping[UUID, Sequence[str]], total: Total
) -> None:
    click.echo(f"commit   {commit.sha}")
    click.echo(f"author   {one_line(commit.author, 80)}, {commit.at.astimezone():%Y-%m-%d %H:%M:%S}")
    click.echo(f"subject  {one_line(commit.subject, 200)}")
    click.echo(f"files    {one_line(', '.join(commit.files), 400) or 'none'}\n")
    if not prompts:
        click.echo("no prompt behind it is recorded")
        return
    click.echo(f"found {FOUND[found_by]}\n")
    print_table(COLUMNS, [_line(prompt, edited.get(prompt.prompt_id, [])) for prompt in prompts])
    cost = f", {dollars(total.cost_usd)}" if total.cost_usd is not None else ""
    click.echo(f"\n{total.prompts} prompts of {total.sessions} sessions: {duration(total.duration_ms)}{cost}")


def _line(prompt: Prompt, files: Sequence[str]) -> dict[str, Any]:
    return {**vars(prompt), "prompt": prompt.first_line, "files": list(files)}
