"""Metrics tell what the tables and the spool hold; OTLP and Prometheus get the same figures."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime

import pytest

from tests.conftest import Installation
from tests.otel.receiver import attributes_of, receiving
from tests.otel.test_recordings import target
from tests.replay import RECORDINGS
from tracing.database.reader import Reader
from tracing.otel.figures import Spooled
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
    samples = parsed(prometheus(reader, SPOOLED, BEFORE))
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
        text = parsed(prometheus(reader, SPOOLED, BEFORE))
        executions = receiver.metrics["hooktrace.executions"].sum
        assert executions.is_monotonic
        told = sum(point.as_int for point in executions.data_points)
        assert told == sum(value for (name, _), value in text.items() if name == "hooktrace_executions_total")
        usage = receiver.metrics["gen_ai.client.token.usage"].sum.data_points
        assert {attributes_of(point.attributes)["gen_ai.token.type"] for point in usage} == {"input", "output"}


def test_a_backend_without_metrics_is_told_apart(reader: Reader) -> None:
    """Many take spans alone: that metrics are not taken is no error, and said to whoever asked."""
    with receiving() as receiver, closing(Meters(target(receiver.url), reader, lambda: SPOOLED)) as meters:
        receiver.refuses = 404
        assert not meters.send()
