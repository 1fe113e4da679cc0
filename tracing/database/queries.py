"""The named queries and reports: Python holds none, each is a file of sql/queries/ or sql/reports/."""

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
