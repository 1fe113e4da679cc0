"""The filters that pages share: what can be chosen, and what is."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tracing.dashboard.asked import Asked
from tracing.dashboard.page import Sources

SINCE = ("24h", "7d", "30d", "all")
MOST_CHOICES = 200
"""In one list; more is none to choose from."""

CHOICES_AGE_S = 30.0
"""A project that is new appears in the lists after so long."""

LABELS = {"since": "Since", "project": "Project", "user": "User", "source": "Agent"}

Filters = Mapping[str, Mapping[str, Any]]
"""By name: its label, its value as it was asked for, its options (None: any text)."""


def common(sources: Sources, asked: Asked, *names: str, otherwise: str = "7d") -> Filters:
    """Return the filters *names* (of LABELS), for ``filters.html``; *otherwise* is since when if nobody says.

    Their values as a query takes them are ``asked.since(otherwise)``, ``asked.text("project")`` and so on.

    Raises:
        NotUnderstood: what is asked for cannot be meant.
    """
    known = _choices(sources) if set(names) - {"since"} else {}
    asked.since(otherwise)
    return {
        name: {
            "label": LABELS[name],
            "value": asked.text(name) or (otherwise if name == "since" else None),
            "options": SINCE if name == "since" else known[name],
        }
        for name in names
    }


def choice(asked: Asked, name: str, label: str, options: tuple[str, ...]) -> Filters:
    """Return a filter of a page's own that takes one of *options*."""
    return {name: {"label": label, "value": asked.choice(name, options), "options": options}}


def text(asked: Asked, name: str, label: str) -> Filters:
    """Return a filter of a page's own that takes any text."""
    return {name: {"label": label, "value": asked.text(name), "options": None}}


def _choices(sources: Sources) -> Mapping[str, list[str]]:
    reader = sources.reader  # first, as in ledger.py
    return sources.memory.remembered("choices", CHOICES_AGE_S, lambda: reader.page("choices", most=MOST_CHOICES)[0])
