"""Executions line by line: the branches of their tree, what each was about, and when it ran as a bar."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from tracing.tree import Node, Row
from tracing.wording import dollars, duration, one_line, without_mark

LONGEST = 200
"""Characters of a text in a line."""

LEAST_WAIT_MS = 1000
"""A shorter wait for permission is no wait."""

_BLOCKS = " ▏▎▍▌▋▊▉█"


@dataclass(frozen=True)
class Line:
    """One execution, as it is drawn."""

    node: Node
    lead: str
    """What joins it to the line of its parent: ``│  └─ ``."""
    what: str
    """Its name: of a prompt what was asked."""
    about: str
    """What it was about, why it failed, what it cost; may be empty."""
    start: float
    stop: float
    """When it ran, as shares of the time that all lines together took: 0 to 1."""

    def bar(self, width: int) -> str:
        """Return when it ran, *width* characters wide: blocks, with halves and eighths at its ends; never empty."""
        eighths = width * 8
        left = min(round(self.start * eighths), eighths - 2)
        right = min(max(round(self.stop * eighths), left + 2), eighths)
        first, offset = divmod(left, 8)
        if offset and right - left < 8 - offset:
            return " " * first + _BLOCKS[right - left]
        full, rest = divmod(right - (first + bool(offset)) * 8, 8)
        return " " * first + ("▐" if offset else "") + "█" * full + _BLOCKS[rest].strip()


def outline(roots: Sequence[Node], now: datetime) -> Iterator[Line]:
    """Yield a line for each execution of *roots*, parents first; what runs still is drawn up to *now*."""
    nodes = [node for root in roots for node in root.walk()]
    begin = min(node.row["started_at"] for node in nodes)
    end = max(node.row["completed_at"] or now for node in nodes)
    whole = max((end - begin).total_seconds(), 1e-9)
    pending = [(root, "", "") for root in reversed(roots)]
    while pending:
        node, lead, below = pending.pop()
        stop = node.row["completed_at"] or now
        start_share, stop_share = ((at - begin).total_seconds() / whole for at in (node.row["started_at"], stop))
        what, about = title(node.row, node.row["context"].get("prompted_by")), _about(node)
        yield Line(node, lead, one_line(what, LONGEST), one_line(about, LONGEST), start_share, stop_share)
        last = len(node.children) - 1
        branches = [
            (child, below + ("└─ " if index == last else "├─ "), below + ("   " if index == last else "│  "))
            for index, child in enumerate(node.children)
        ]
        pending.extend(reversed(branches))


def title(row: Row, prompted_by: str | None) -> str:
    """Return what an execution is called; *prompted_by* tells of a turn that nobody asked for what did."""
    match row["kind"]:
        case "session":
            return f"session {row['session_id'][:8]}" + (f" in {row['project']}" if row["project"] else "")
        case "prompt" if row["prompt_text"]:
            return f"“{row['prompt_text']}”"
        case "prompt":
            return "background task ended" if prompted_by == "task-notification" else "prompt"
        case "agent" | "task" as kind:
            return f"{kind} {row['name'] or ''}"
    return str(row["name"] or row["kind"])


def _about(node: Node) -> str:
    row = node.row
    about = row["subject"] or ""
    if row["status"] not in ("completed", "in_progress"):
        about = f"{row['status']}: {told_failure(row) or about}"
    waited = (row["time"] or {}).get("permission_ms") or 0
    if waited >= LEAST_WAIT_MS:
        about = f"waited {duration(waited)} for permission  {about}"
    if row["kind"] != "tool" and node.usage.cost_usd:
        about = f"{dollars(node.usage.cost_usd)}  {about}"
    if row["capture"]:
        about = f"{row['capture']}  {about}"
    if not row["parent_certain"] and row["parent_id"]:
        about += " (parent not certain)"
    return about


def told_failure(row: Row) -> str:
    """Return why an execution failed, as far as it is told."""
    return without_mark(row["error_message"] or row["error_type"] or "")
