"""Prometheus asks the dashboard."""

from __future__ import annotations

from prometheus_client.parser import text_string_to_metric_families

from tests.dashboard.board import Board
from tracing.dashboard.app import EXPOSITION


def test_a_scraper_gets_the_figures_of_today(small: Board) -> None:
    """With the token as bearer; the events are those that a query counts, and the text is what Prometheus reads."""
    answer = small.get("/metrics")
    assert (answer.status, answer.headers["content-type"]) == (200, EXPOSITION)
    samples = [sample for family in text_string_to_metric_families(answer.text) for sample in family.samples]
    told = {one.labels["hooktrace_event"]: one.value for one in samples if one.name == "hooktrace_events_total"}
    stored = small.home.query(
        "SELECT hook_type, count(*) FROM hook_executions"
        " WHERE started_at >= date_trunc('day', now(), 'UTC') GROUP BY hook_type"
    )
    assert told == {name: float(count) for name, count in stored}
    assert [one.value for one in samples if one.name == "hooktrace_spool_waiting"] == [0.0]
