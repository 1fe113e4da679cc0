"""Metrics tell what the tables and the spool hold; OTLP and Prometheus get the same figures."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime

import pytest

from tests.conftest import Installation
from tests.otel.receiver import Receiver, attributes_of, receiving
from tests.otel.test_recordings import target
from tests.replay import RECORDINGS
from tests.story import PROMPT, Story
from tracing.database.reader import Reader
from tracing.otel.figures import Rising, Spooled
from tracing.otel.metrics import Meters, prometheus

BEFORE = datetime(2026, 11, 20, tzinfo=UTC)
"""The transcripts of the recordings tell of a day after this."""

SPOOLED = Spooled(waiting=3, size=4096, oldest_s=1.5, bad=2, dropped=7)


@pytest.fixture(scope="module")
def reader(module_home: Installation) -> Iterator[Reader]:
    """Give a database that holds a session with a subagent, and one that failed."""
    for name in ("subagent", "failing"):
        module_home.replay(RECORDINGS / "2.1.330" / f"{name}.jsonl")
    module_home.flush()
    with Reader.connected(module_home.url) as connected:
        yield connected


def parsed(text: bytes) -> dict[tuple[str, str], float]:
    """Return the samples of Prometheus' text by name and labels."""
    lines = (line for line in text.decode().splitlines() if not line.startswith("#"))
    found = (re.fullmatch(r"(\w+)(\{.*\})? (\S+)", line) for line in lines)
    return {(one[1], one[2] or ""): float(one[3]) for one in found if one}


def test_prometheus_gets_every_figure(reader: Reader, module_home: Installation) -> None:
    """Counts, times, tokens, cost and spool are those of an independent query; names are Prometheus' own form."""
    samples = parsed(prometheus(reader, SPOOLED, Rising(), BEFORE))
    total = sum(value for (name, _), value in samples.items() if name == "hooktrace_executions_total")
    ((ended,),) = module_home.query("SELECT count(*) FROM execution_traces WHERE status <> 'in_progress'")
    assert total == ended > 10
    key = 'hooktrace_kind="tool",hooktrace_status="failed"'
    failed = [
        value for (name, labels), value in samples.items() if name == "hooktrace_executions_total" and key in labels
    ]
    ((expected,),) = module_home.query(
        "SELECT count(*) FROM execution_traces WHERE kind = 'tool' AND status = 'failed'"
    )
    assert sum(failed) == expected > 0
    output = [
        value
        for (name, labels), value in samples.items()
        if name.startswith("gen_ai_client_token_usage") and 'gen_ai_token_type="output"' in labels
    ]
    ((tokens,),) = module_home.query("SELECT sum(output_tokens) FROM endpoint_calls WHERE model IS NOT NULL")
    assert sum(output) == tokens > 0
    spool = {name: value for (name, _), value in samples.items() if "spool" in name}
    assert sorted(spool.values()) == [1.5, 2, 3, 7, 4096]


def test_a_backend_gets_the_same_figures(reader: Reader) -> None:
    """What is sent by OTLP has the values that Prometheus is told, once both count from the same moment."""
    with receiving() as receiver, closing(Meters(target(receiver.url), reader, lambda: SPOOLED)) as meters:
        meters._since = BEFORE
        assert meters.send()
        assert receiver.paths == ["/v1/metrics"]
        text = parsed(prometheus(reader, SPOOLED, Rising(), BEFORE))
        executions = receiver.metrics["hooktrace.executions"].sum
        assert executions.is_monotonic
        told = sum(point.as_int for point in executions.data_points)
        assert told == sum(value for (name, _), value in text.items() if name == "hooktrace_executions_total")
        usage = receiver.metrics["gen_ai.client.token.usage"].sum.data_points
        assert {attributes_of(point.attributes)["gen_ai.token.type"] for point in usage} == {"input", "output"}


def sessions_told(receiver: Receiver) -> int:
    """Return how many sessions, in all, the backend was told have been completed."""
    points = receiver.metrics["hooktrace.executions"].sum.data_points
    about = {"hooktrace.kind": "session", "hooktrace.status": "completed"}
    return sum(point.as_int for point in points if attributes_of(point.attributes) == about)


def test_no_counter_goes_down(reader: Reader, module_home: Installation) -> None:
    """A session that is resumed has ended no more, by its row; no backend, nor Prometheus, hears of a lower count."""
    story = Story(module_home)
    story.starts()
    story.prompts()
    story.tell("Stop", prompt_id=PROMPT)
    story.tell("SessionEnd", reason="other")
    module_home.flush()
    rising = Rising()
    with receiving() as receiver, closing(Meters(target(receiver.url), reader, lambda: SPOOLED)) as meters:
        meters._since = BEFORE
        assert meters.send()
        before, scraped = sessions_told(receiver), parsed(prometheus(reader, SPOOLED, rising, BEFORE))
        story.tell("SessionStart", source="resume")
        module_home.flush()
        ((open_again,),) = module_home.query(
            "SELECT count(*) FROM execution_traces WHERE kind = 'session' AND status = 'in_progress'"
        )
        assert open_again == 1
        assert meters.send()
        assert sessions_told(receiver) == before > 0
    later = parsed(prometheus(reader, SPOOLED, rising, BEFORE))
    fallen = {series for series, value in scraped.items() if series[0].endswith("_total") and later[series] < value}
    assert fallen == set()


def test_each_collector_sends_its_own(reader: Reader, module_home: Installation) -> None:
    """Where others store into the same database, their rows are theirs to send; the dashboard shows what it may see."""
    own = {name: sum_of(reader, name, own=True) for name in QUERIES}
    module_home.query("UPDATE execution_traces SET user_id = 'somebody' WHERE kind = 'tool'")
    module_home.query("UPDATE endpoint_calls SET user_id = 'somebody'")
    module_home.query("UPDATE hook_executions SET user_id = 'somebody' WHERE hook_type = 'PreToolUse'")
    assert {name: sum_of(reader, name, own=False) for name in QUERIES} == own
    assert {name for name in QUERIES if sum_of(reader, name, own=True) < own[name]} == {*QUERIES}
    with receiving() as receiver, closing(Meters(target(receiver.url), reader, lambda: SPOOLED)) as meters:
        meters._since = BEFORE
        assert meters.send()
        kinds = {
            attributes_of(point.attributes)["hooktrace.kind"]
            for point in receiver.metrics["hooktrace.executions"].sum.data_points
        }
    assert "session" in kinds and "tool" not in kinds


QUERIES = {"metric_executions": "executions", "metric_requests": "requests", "metric_events": "events"}
"""What the counts are called in the rows of each."""


def sum_of(reader: Reader, name: str, own: bool) -> int:
    """Return how much a query counts."""
    return sum(row[QUERIES[name]] for row in reader.rows(name, since=BEFORE, own=own))


def test_a_backend_without_metrics_is_told_apart(reader: Reader) -> None:
    """Many take spans alone: that metrics are not taken is no error, and said to whoever asked."""
    with receiving() as receiver, closing(Meters(target(receiver.url), reader, lambda: SPOOLED)) as meters:
        receiver.refuses = 404
        assert not meters.send()
