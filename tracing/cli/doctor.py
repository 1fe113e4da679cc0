"""``hooktrace doctor``: each link of the chain, and the cure for what is broken."""

from __future__ import annotations

import json
from collections.abc import Sequence
from contextlib import suppress

import click
from rich.text import Text

from tracing.cli.diagnosis import Finding, Situation, diagnose, hook_cost_ms
from tracing.cli.diagnosis.finding import NotApplicable
from tracing.cli.terminal import terminal
from tracing.wording import one_line

SIGNS = {"ok": ("✓", "green"), "note": ("•", "yellow"), "problem": ("✗", "red")}

LONGEST_MESSAGE = 600
"""A message may quote a log or a reason; more of it helps nobody."""


@click.command("doctor")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def command(as_json: bool) -> None:
    """Check each link from the agent to the database, in the order of the flow; exit 1 if one is broken.

    Run it where you start the agent: the directory and the environment are looked at as well.
    """
    situation = Situation.here()
    findings = diagnose(situation)
    cost = None
    with suppress(NotApplicable):
        cost = hook_cost_ms(situation)
        if cost:
            situation.installation.note_hook_cost(cost["hook"])
    if as_json:
        click.echo(json.dumps({"findings": [one.as_json() for one in findings], "hook_cost_ms": cost}, indent=2))
    else:
        _print(findings, cost)
    raise SystemExit(any(one.severity == "problem" for one in findings))


def _print(findings: Sequence[Finding], cost: dict[str, float] | None) -> None:
    """Print one line a finding, and its cure beneath; lines are not broken, since a cure is there to be copied."""
    console = terminal(soft_wrap=True, highlight=False)
    for one in findings:
        console.print(Text(*SIGNS[one.severity]), Text(one_line(one.message, LONGEST_MESSAGE)))
        if one.cure:
            console.print(Text(f"  → {one_line(one.cure, LONGEST_MESSAGE)}", style="bold"))
    if cost:
        console.print(
            f"\nOne hook takes {cost['hook']} ms here; a shell that only writes a file {cost['plain_shell']} ms "
            f"(medians of {cost['runs']:.0f} processes each, in turn)."
        )
