"""``hooktrace advise``: what the agent was told, why, and what that changed."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Any

import click

from tracing.cli.table import as_json, print_one, print_table
from tracing.database.meaning import bounds
from tracing.database.offers import trap_of
from tracing.database.reader import Row
from tracing.installation import CommandError, Installation
from tracing.learning.advice import Way, advice
from tracing.learning.offer import ENOUGH, Difference, effect
from tracing.wording import duration

LATEST = 20


@click.command("advise")
@click.argument("id", required=False)
@click.option(
    "--why", is_flag=True, help="Explain the offer ID, or the one for the prompt ID; without one, the latest."
)
@click.option(
    "--effect", "effect_", is_flag=True, help="What offering changed, against the prompts it was withheld from."
)
@click.option("--json", "as_json_", is_flag=True, help="Print JSON.")
def command(id: str | None, why: bool, effect_: bool, as_json_: bool) -> None:
    """List the latest advice; explain it with --why, and tell with --effect what it changed.

    Off by default.  `hooktrace config set advice.enabled true`, then `hooktrace init`: from then on each prompt asks
    the collector, within 150 ms, what worked earlier in the same project, and the agent is told in a sentence or two.
    """
    if effect_ and (why or id):
        raise click.UsageError("--effect is about all prompts: it goes with neither --why nor an ID")
    if effect_:
        _print_effect(as_json_)
        return
    rows = _offers(id, 1 if why else LATEST)
    if as_json_:
        click.echo(as_json([_told(row) for row in rows]))
    elif not rows:
        click.echo(f"no advice was given yet: advice is switched {'on' if Installation.here().advised else 'off'}")
    elif why or id:
        _print_why(rows[0])
    else:
        columns = ["used_at", "advice", "followed", "outcome", "match_score", "said", "id"]
        print_table(columns, [_told(row) for row in rows])


def _offers(beginning: str | None, limit: int) -> list[Row]:
    low, high = bounds(beginning) if beginning else (None, None)
    if beginning and low is None:
        raise CommandError(f"{beginning!r} begins no id\nhint: `hooktrace advise` lists the latest")
    with Installation.here().reader() as reader:
        rows = reader.rows("explained_offers", low=low, high=high, limit=limit)
    if beginning and not rows:
        raise CommandError(
            f"no advice has an id, or a prompt, that begins with {beginning!r}\nhint: see `hooktrace advise`"
        )
    return rows


def _told(row: Row) -> dict[str, Any]:
    """Return an offer with its parts; the text is made anew from what is known today."""
    told = row["metadata"]
    score = told.get("score") or {}
    way = Way(row["agent_sequence"], row["tool_sequence"], score.get("successes", 0), score.get("failures", 0))
    return {
        "used_at": row["used_at"],
        "advice": "offered" if told["offered"] else "withheld",
        "followed": told.get("followed"),
        "outcome": row["outcome"],
        "match_score": row["match_score"],
        "said": advice(way, trap_of(row) if row["fingerprint"] else None),
        "score": score,
        "pattern_id": row["pattern_id"],
        "intent": row["intent"],
        "agents": row["agent_sequence"],
        "tools": row["tool_sequence"],
        "error": row["fingerprint"],
        "trace_id": row["trace_id"],
        "id": row["id"],
    }


def _print_why(row: Row) -> None:
    told = _told(row)
    score = told.pop("score")
    told |= {
        "similarity": f"{score.get('similarity', 0):.3f}, cosine of the prompt and the pattern's example",
        "succeeded": f"{score.get('successes')} of {score.get('successes', 0) + score.get('failures', 0)} times here",
        "lower_bound": f"{score.get('lower_bound', 0):.3f}, of that rate (95 %)",
        "match_score": f"{row['match_score']:.3f} = similarity x lower bound",
        "agents": " > ".join(told["agents"]) or None,
        "tools": " > ".join(told["tools"]) or None,
    }
    said = told.pop("said")
    print_one(list(told), told)
    click.echo(f"\n{said}")


def _print_effect(as_json_: bool) -> None:
    with Installation.here().reader() as reader:
        rows = reader.rows("settled_offers")
    found = effect(rows)
    followed = [row["followed"] for row in rows if row["offered"] and row["followed"] is not None]
    if as_json_:
        click.echo(json.dumps([asdict(one) for one in found], indent=2))
        return
    for one in found:
        click.echo(_sentence(one))
    if followed:
        click.echo(f"followed      {sum(followed)} of {len(followed)} offers")


def _sentence(one: Difference) -> str:
    with_, without = _figure(one.what, one.offered), _figure(one.what, one.withheld)
    arms = f"{with_} (n={one.offered_n}) with, {without} (n={one.withheld_n}) without"
    if one.difference is None or one.interval is None:
        return f"{one.what:<13} not enough yet: {arms}; each needs {ENOUGH}"
    low, high = (_figure(one.what, end) for end in one.interval)
    surely = "" if one.interval.low > 0 or one.interval.high < 0 else "; it may be chance"
    return f"{one.what:<13} {_figure(one.what, one.difference)} [{low}, {high}]{surely}: {arms}"


def _figure(what: str, value: float | None) -> str:
    if value is None:
        return "unknown"
    sign = "-" if value < 0 else ""
    if what == "duration_ms":
        return sign + duration(abs(value))
    return f"{sign}${abs(value):.4f}" if what == "cost_usd" else f"{value:.0%}"
