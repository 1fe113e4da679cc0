"""``hooktrace compare``: whether a change helped."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import click
from rich.text import Text

from tracing.cli.table import as_json as in_json
from tracing.cli.table import print_table
from tracing.cli.terminal import terminal
from tracing.installation import Installation
from tracing.learning.interval import Interval, Sample, mean_difference, rate_difference, wilson

ENOUGH = 10
"""Judged prompts on each side; with fewer no difference is told."""

NOT_ENOUGH = f"not enough yet (fewer than {ENOUGH})"

BY = ("model", "client", "project", "instructions")

EVER = datetime(1970, 1, 1, tzinfo=UTC)

MEASURES = ("duration_ms", "cost_usd", "failed_calls")
COUNTED = {"duration_ms": "timed", "cost_usd": "priced", "failed_calls": "prompts"}
"""The column that says of how many prompts a mean is."""


@click.command("compare")
@click.option("--by", type=click.Choice(BY), required=True, help="What was changed.")
@click.option("--since", type=click.DateTime(), help="Only prompts that were asked since then.")
@click.option("--json", "as_json", is_flag=True, help="Print a JSON array.")
def command(by: str, since: datetime | None, as_json: bool) -> None:
    """Tell how prompts went by model, client version, project or loaded instructions, in the order of their appearance.

    Each is compared with the one before it (of projects: with the first), in outcomes, time, failed calls and cost;
    beside each difference stands its 95 % interval. One that holds 0 may be chance.
    """
    begin = since.astimezone() if since else EVER
    with Installation.here().reader() as reader:
        groups = [_group(row) for row in reader.rows("compare_outcomes", by=by, since=begin)]
    for before, group in zip([None, *(groups if by != "project" else groups[:1] * len(groups))], groups, strict=False):
        group["against"] = before["value"] if before else None
        group["difference"] = _difference(group, before) if before else None
    if as_json:
        click.echo(in_json([{key: value for key, value in group.items() if key != "samples"} for group in groups]))
    elif groups:
        _print(by, groups)
    else:
        click.echo("no prompt was judged yet")


def _group(row: dict[str, Any]) -> dict[str, Any]:
    interval = wilson(row["successes"], row["failures"])
    judged = row["successes"] + row["failures"]
    samples = {
        measure: Sample(row[COUNTED[measure]], row[f"mean_{measure}"], (row[f"sd_{measure}"] or 0.0) ** 2)
        for measure in MEASURES
        if row[COUNTED[measure]]
    }
    return {
        "value": row["value"],
        "prompts": row["prompts"],
        "judged": judged,
        "successes": row["successes"],
        "success_rate": row["successes"] / judged if judged else None,
        "success_interval": list(interval) if interval else None,
        **{f"mean_{measure}": row[f"mean_{measure}"] for measure in MEASURES},
        "first_at": row["first_at"],
        "last_at": row["last_at"],
        "samples": samples,
    }


def _difference(group: dict[str, Any], before: dict[str, Any]) -> dict[str, Any]:
    """Return how *group* differs from the one before, each with its interval; a sentence where there is not enough."""
    found: dict[str, Any] = {}
    if min(group["judged"], before["judged"]) < ENOUGH:
        found["success_rate"] = NOT_ENOUGH
    else:
        counts = [one for side in (group, before) for one in (side["successes"], side["judged"] - side["successes"])]
        found["success_rate"] = _told(group["success_rate"] - before["success_rate"], rate_difference(*counts))
    for measure in MEASURES:
        one, other = group["samples"].get(measure), before["samples"].get(measure)
        if not one or not other or min(one.n, other.n) < ENOUGH:
            found[measure] = NOT_ENOUGH
        else:
            found[measure] = _told(one.mean - other.mean, mean_difference(one, other))
    return found


def _told(difference: float, interval: Interval | None) -> dict[str, Any]:
    return {"difference": difference, "interval": list(interval) if interval else None}


def _print(by: str, groups: Sequence[dict[str, Any]]) -> None:
    lines = [_line(by, group) for group in groups]
    print_table(list(lines[0]), lines)
    console = terminal(soft_wrap=True, highlight=False)
    for group in groups:
        if group["difference"]:
            console.print(Text(f"{group['value'] or 'unknown'} against {group['against'] or 'unknown'}:"))
            for name, told in group["difference"].items():
                console.print(Text(f"  {_sentence(name, told)}"))


def _line(by: str, group: dict[str, Any]) -> dict[str, Any]:
    ends = [f"{100 * end:.0f}" for end in group["success_interval"] or ()]
    return {
        by: group["value"] or "unknown",
        "prompts": group["prompts"],
        "judged": group["judged"],
        "success_pct": None if group["success_rate"] is None else 100 * group["success_rate"],
        "interval": f"{'-'.join(ends)} %" if ends else "",
        "mean_duration_ms": group["mean_duration_ms"],
        "failed_calls": group["mean_failed_calls"],
        "mean_cost_usd": group["mean_cost_usd"],
        "first_at": group["first_at"],
    }


SCALES = {
    "success_rate": ("success rate", 100.0, "points", 0),
    "duration_ms": ("duration", 0.001, "s", 1),
    "failed_calls": ("failed calls a prompt", 1.0, "", 2),
    "cost_usd": ("cost a prompt", 1.0, "USD", 4),
}
"""How a difference is called and told: factor, unit and digits."""


def _sentence(name: str, told: Any) -> str:
    called, factor, unit, digits = SCALES[name]
    if isinstance(told, str):
        return f"{called}: {told}"
    change = f"{called}: {factor * told['difference']:+.{digits}f} {unit}".rstrip()
    if told["interval"] is None:
        return change
    low, high = (f"{factor * end:+.{digits}f}" for end in told["interval"])
    chance = ", may be chance" if told["interval"][0] <= 0 <= told["interval"][1] else ""
    return f"{change} (95 % interval {low} to {high}{chance})"
