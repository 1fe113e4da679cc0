"""What is taken out of a session before others see it: secrets once more, and content where none was to be kept."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from tracing.capture import NO_CONTENT
from tracing.redact import redact_text
from tracing.tree import Row

CONTENT = ("prompt_text", "subject", "error_message")
NAMES = ("name", "project", "error_type")

_SHOWN = ("prompted_by", "cwd", "file_path")
"""What a report takes from an execution's context."""


def for_others(rows: Iterable[Row]) -> list[dict[str, Any]]:
    """Return the executions of a tree without what others are not to see.

    What was stored is redacted already, by the rules of its time; the rules may know more by now.
    """
    rows = list(rows)
    silent = silent_sessions(rows)
    return [_for_others(row, row["session_id"] in silent) for row in rows]


def silent_sessions(rows: Iterable[Row]) -> set[str]:
    """Return the sessions of which no content is told: some of it was not to be kept."""
    return {row["session_id"] for row in rows if row["capture"] == NO_CONTENT}


def _for_others(row: Row, silent: bool) -> dict[str, Any]:
    clean = dict(row)
    for name in (*CONTENT, *NAMES):
        clean[name] = None if silent and name in CONTENT else clean_text(row[name])
    clean["context"] = _context(row["context"], silent)
    return clean


def _context(context: Mapping[str, Any], silent: bool) -> dict[str, Any]:
    shown = {name: context[name] for name in _SHOWN if isinstance(context.get(name), str)}
    if silent:
        shown = {name: text for name, text in shown.items() if name != "file_path"}
    return {name: clean_text(text) for name, text in shown.items()}


def clean_text(text: str | None) -> str | None:
    """Return *text* with a mark for each secret in it."""
    return None if text is None else redact_text(text)[0]
