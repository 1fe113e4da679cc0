"""How a report puts figures into words, in Markdown and on a page alike."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal

from tracing.report.session import SessionReport
from tracing.wording import dollars


@dataclass(frozen=True)
class Part:
    """A part of the time that the prompts took."""

    name: str
    ms: float
    share: float
    """Of the whole, 0 to 1."""


def parts_of_time(report: SessionReport) -> Iterator[Part]:
    """Yield where the time went, in parts that are the whole together; none where no prompt took any."""
    time = report.time
    parts = {"tools": time.tools_ms, "waiting for permission": time.waited_ms}
    if time.model_ms is None:
        parts["model and other"] = time.other_ms
    else:
        parts |= {"model, by the agent's own account": time.model_ms, "other": time.other_ms}
    if time.worked_ms:
        yield from (Part(name, ms, ms / time.worked_ms) for name, ms in parts.items())


def counts(report: SessionReport) -> str:
    """Return what there is: 2 prompts, 1 agent, 7 tool calls, 1 failure."""
    numbers = {
        "prompt": report.count("prompt"),
        "agent": report.count("agent"),
        "tool call": report.count("tool"),
        "session started from its shell": report.count("session") - 1,
        "failure": len(report.failures),
    }
    return ", ".join(plural(number, name) for name, number in numbers.items() if number or name == "prompt")


def plural(number: int, name: str) -> str:
    """Return a number of things: 1 edit, 2 edits."""
    if number == 1:
        return f"1 {name}"
    head, _, rest = name.partition(" started ")
    return f"{number:,} {head}s{' started ' + rest if rest else ''}"


def share(part: float) -> str:
    """Return a share between 0 and 1 in percent."""
    return f"{100 * part:.0f} %"


def money(amount: Decimal | None) -> str:
    """Return an amount; that of what nobody knows the price of is none."""
    return "not known" if amount is None else dollars(amount)


def moment(at: datetime) -> str:
    """Return a time that whoever reads it elsewhere understands."""
    return f"{at.astimezone(UTC):%Y-%m-%d %H:%M} UTC"
