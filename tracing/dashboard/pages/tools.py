"""Tools: how often each is called, how often it fails, how long it runs, and how long it waits for a permission."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import groupby
from typing import Any

from tracing.dashboard.asked import Asked
from tracing.dashboard.page import Page, Sources
from tracing.dashboard.period import days, filters, narrowed
from tracing.database.connection import Row

SLOWEST = 10
MCP = "mcp__"


def read(sources: Sources, asked: Asked) -> Mapping[str, Any]:
    """Return the tools with their figures, the MCP servers, and the calls that ran longest."""
    asked_for = narrowed(asked)
    rows = [{**row, "server": server_of(row["tool"])} for row in sources.reader.page("tools", tool=None, **asked_for)]
    return {
        "filters": filters(sources, asked, "project", "user"),
        "days": days(asked),
        "total": _summed(rows),
        "tools": [row for row in rows if row["server"] is None],
        "servers": _servers([row for row in rows if row["server"] is not None]),
        "slowest": sources.reader.page("slowest_calls", limit=asked.number("limit", SLOWEST), **asked_for),
    }


def server_of(tool: str | None) -> str | None:
    """Return the MCP server that a tool's name tells; None: the tool is the agent's own."""
    return (tool or "").removeprefix(MCP).partition("__")[0] if (tool or "").startswith(MCP) else None


def _servers(rows: Iterable[Row]) -> list[Mapping[str, Any]]:
    """Return the servers, each with its tools, in alphabetical order."""
    by_server = sorted(rows, key=lambda row: str(row["server"]))
    grouped = ((server, list(tools)) for server, tools in groupby(by_server, key=lambda row: row["server"]))
    return [{"server": server, **_summed(tools), "tools": tools} for server, tools in grouped]


def _summed(rows: Sequence[Row]) -> Mapping[str, Any]:
    """Return what can be added up of some tools; percentiles cannot."""
    names = ("calls", "succeeded", "failed", "denied", "cancelled", "running", "rated", "timed", "waits")
    counts = {name: sum(row[name] for row in rows) for name in names}
    times = {name: sum(row[name] or 0 for row in rows) for name in ("total_ms", "waited_ms")}
    rate = counts["failed"] / counts["rated"] if counts["rated"] else None
    return {**counts, **times, "failure_rate": rate}


PAGE = Page("tools", "/tools", "/api/tools", read, "Tools")
