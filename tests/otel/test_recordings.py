"""What real runs of the client look like to a backend: every tree of the recordings, span by span."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.otel.receiver import Receiver, receiving
from tests.recordedruns import Replayed
from tracing.database.exports import Exports, Window
from tracing.database.store import Store
from tracing.otel.export import Sender
from tracing.otel.span import Manner
from tracing.otel.target import Target
from tracing.period import NEVER
from tracing.settings import Settings

ERROR = 2
"""STATUS_CODE_ERROR of the protocol."""

EXECUTIONS = """
SELECT replace(root_id::text, '-', ''), right(replace(correlation_id::text, '-', ''), 16),
       coalesce(right(replace(parent_id::text, '-', ''), 16), ''),
       (extract(epoch FROM started_at) * 1000000)::bigint * 1000,
       (extract(epoch FROM completed_at) * 1000000)::bigint * 1000,
       status, kind, name
FROM execution_traces WHERE status <> 'in_progress'
"""
"""What the spans are to say, worked out by the database instead."""

REQUESTS = """
SELECT replace(root_id::text, '-', ''), right(replace(id::text, '-', ''), 16),
       right(replace(trace_id::text, '-', ''), 16), model,
       input_tokens + cache_read_tokens + cache_write_tokens, output_tokens
FROM endpoint_calls AS call WHERE model IS NOT NULL AND EXISTS (
    SELECT FROM execution_traces AS maker WHERE maker.root_id = call.root_id AND maker.correlation_id = call.trace_id
    AND maker.status <> 'in_progress')
"""


def target(url: str, **settings: str) -> Target:
    """Return a backend as a fresh installation's settings describe it."""
    values = Settings(
        Path("/nowhere"), {"otel.endpoint": url, **{f"otel.{key}": value for key, value in settings.items()}}
    )
    return Target.of(values)


@pytest.fixture(scope="module")
def sent(replayed: Replayed) -> Iterator[Receiver]:
    """Give a backend that was sent everything of the recordings, a session at a time."""
    with receiving() as receiver, closing(Store(replayed.home.url)) as store:
        store.open()
        manner = Manner(continue_parent="off")
        exports, sender = Exports(store, manner), Sender(target(receiver.url))
        window = Window(NEVER, datetime.now(UTC) + timedelta(days=1000), again=True)
        for session in exports.sessions(NEVER):
            sender.send(exports.spans([session], window))
        yield receiver


def test_every_execution_is_one_span(sent: Receiver, replayed: Replayed) -> None:
    """Ids, parents, beginnings and ends of all spans are exactly those in the database: none missing, none twice."""
    rows = replayed.home.query(EXECUTIONS)
    spans = [span for span in sent.spans if "hooktrace.kind" in span.attributes]
    told = sorted((span.trace_id, span.span_id, span.parent, span.start_ns, span.end_ns) for span in spans)
    assert told == sorted((*row[:3], row[3], row[4]) for row in rows)
    assert len(rows) > 100


def test_names_and_outcomes_are_told(sent: Receiver, replayed: Replayed) -> None:
    """A span is named for what it is, and is an error exactly where its execution did not complete."""
    known = {(row[0], row[1]): row[5:] for row in replayed.home.query(EXECUTIONS)}
    for span in sent.spans:
        if span.ids not in known:
            continue
        status, kind, name = known[span.ids]
        assert (span.status == ERROR) == (status != "completed"), span
        assert span.attributes["hooktrace.status"] == status
        what = {"tool": f"execute_tool {name}", "agent": f"invoke_agent {name}"}.get(kind, "invoke_agent claude-code")
        assert span.name == what
        assert span.attributes["session.id"] == span.attributes["gen_ai.conversation.id"]


def test_every_request_to_the_model_is_a_chat(sent: Receiver, replayed: Replayed) -> None:
    """Each hangs beneath the execution that made it, with its tokens, those of the cache among the input."""
    told = [
        (
            span.trace_id, span.span_id, span.parent, span.name.removeprefix("chat "),
            span.attributes.get("gen_ai.usage.input_tokens"), span.attributes.get("gen_ai.usage.output_tokens"),
        )
        for span in sent.spans if span.attributes.get("gen_ai.operation.name") == "chat"
    ]  # fmt: skip
    rows = replayed.home.query(REQUESTS)
    assert sorted(told, key=str) == sorted(rows, key=str)
    assert len(rows) > 50


def test_no_content_goes_out_unasked(sent: Receiver) -> None:
    """Without otel.content no span says what was asked, given or answered: all values are ids, names, numbers."""
    names = {name for span in sent.spans for name in span.attributes}
    assert not names & {"gen_ai.input.messages", "gen_ai.tool.call.arguments", "gen_ai.tool.call.result"}
    assert all(" " not in span.message for span in sent.spans)


def test_the_clients_own_trace_is_linked(sent: Receiver) -> None:
    """A prompt of a client that traces itself links to the client's span, which the hooks see in TRACEPARENT."""
    links = [link for span in sent.spans for link in span.links]
    assert ("735d018091981f9ede687b927d4fe2ab", "3353b8904f3050d9", "traceparent") in links


def test_hook_events_are_events_of_spans(sent: Receiver) -> None:
    """A tool call has its PreToolUse at its beginning."""
    for call in sent.named("execute_tool Bash"):
        assert [name for name, _ in call.events][:1] == ["PreToolUse"]
        assert call.events[0][1] == call.start_ns
