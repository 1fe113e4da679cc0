"""``hooktrace file``: who edited a file, when, why, and what it cost."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from uuid import UUID

import click

from tracing.checkout import Checkout
from tracing.cli.table import as_json as json_text
from tracing.cli.table import print_table
from tracing.database.edits import EDITING, READING, Prompt, Total, edits_of, once, prompts_of, recorded_paths
from tracing.database.reader import Reader, Row
from tracing.installation import CommandError, Installation
from tracing.wording import dollars

COLUMNS = ("started_at", "status", "tool", "prompt", "prompt_cost_usd", "session_id")


@click.command("file")
@click.argument("path")
@click.option("--reads", is_flag=True, help="Show what read the file, too.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def command(path: str, reads: bool, as_json: bool) -> None:
    """Print each edit of the file PATH with its prompt, session, cost and outcome.

    In a repository the file is meant wherever it was checked out: in working trees and other clones, too.
    """
    if Path(path).is_dir():
        raise CommandError(f"{path} is a directory\nhint: name a file in it; `git ls-files {path}` lists them")
    with Installation.here().reader() as reader:
        paths = sorted(paths_of(reader, path))
        calls = edits_of(reader, paths, (*EDITING, *READING) if reads else EDITING)
        prompts = prompts_of(reader, calls)
    total = Total.of(once(prompts.values()))
    if as_json:
        told = {
            "path": path,
            "recorded_as": sorted({call["path"] for call in calls}),
            "edits": [_with_prompt(call, prompts.get(call["call_id"])) for call in calls],
            "prompts": [vars(prompt) for prompt in once(prompts.values())],
            "total": {"edits": len(calls), **vars(total)},
        }
        click.echo(json_text(told))
    elif calls:
        print_table(COLUMNS, _lines(calls, prompts))
        click.echo(f"\n{_summary(len(calls), total)}")
    else:
        click.echo(f"no call that {'read or edited' if reads else 'edited'} {path} is recorded")


def paths_of(reader: Reader, path: str) -> set[str]:
    """Return the absolute paths under which *path* may have been recorded: as it is given, and links followed."""
    given, followed = Path(path).absolute(), Path(os.path.realpath(path))
    found = {path, os.path.normpath(given), str(followed)}
    checkout = Checkout.around(next(one for one in followed.parents if one.is_dir()))
    if checkout and followed.is_relative_to(checkout.top):
        found |= recorded_paths(reader, checkout, [str(followed.relative_to(checkout.top))]).keys()
    return found


def _with_prompt(call: Row, prompt: Prompt | None) -> dict[str, Any]:
    return {**call, "prompt_id": prompt.prompt_id if prompt else None}


def _lines(calls: list[Row], prompts: Mapping[UUID, Prompt]) -> list[Row]:
    """Return *calls* as rows of the table; the cost of a prompt stands at its first one."""
    lines: list[Row] = []
    told: set[UUID] = set()
    for call in calls:
        prompt = prompts.get(call["call_id"])
        said: dict[str, Any] = {"prompt": "", "prompt_cost_usd": None}
        if prompt:
            said = {
                "prompt": prompt.first_line,
                "prompt_cost_usd": None if prompt.prompt_id in told else prompt.cost_usd,
            }
            told.add(prompt.prompt_id)
        lines.append({**call, **said})
    return lines


def _summary(edits: int, total: Total) -> str:
    cost = f"; the whole prompts cost {dollars(total.cost_usd)}" if total.cost_usd is not None else ""
    return f"{edits} calls in {total.prompts} prompts of {total.sessions} sessions{cost}"
