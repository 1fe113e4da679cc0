"""The named queries, reports and pages: Python holds none, each is a file of a directory of sql/."""

from __future__ import annotations

from functools import cache

from tracing.resources import resource


@cache
def query(name: str) -> bytes:
    """Return the text of sql/queries/*name*.sql."""
    return (resource("sql") / "queries" / f"{name}.sql").read_bytes()


@cache
def report(name: str) -> bytes:
    """Return the text of sql/reports/*name*.sql."""
    return (resource("sql") / "reports" / f"{name}.sql").read_bytes()


@cache
def page(name: str) -> bytes:
    """Return the text of sql/pages/*name*.sql."""
    return (resource("sql") / "pages" / f"{name}.sql").read_bytes()
