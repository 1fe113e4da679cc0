"""The collector sends what has ended, whatever the backend does: no span twice, none missing, nothing delayed."""

from __future__ import annotations

import json
import os
import signal
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from functools import partial
from itertools import pairwise

import pytest

from tests.conftest import Installation
from tests.otel.receiver import Receiver, receiving
from tests.story import PROMPT, SESSION, Story
from tests.transcripts import OTHER, answered, text, user
from tests.waiting import eventually
from tracing.collector.export import LONGEST_PAUSE_S, Export
from tracing.collector.launch import start
from tracing.database.store import Store
from tracing.identity import otel_span_id, prompt_uuid, session_uuid, tool_uuid
from tracing.otel.target import Target
from tracing.settings import Settings, Value

CALLER = "00-11111111111111111111111111111111-2222222222222222-01"


@pytest.fixture
def backend() -> Iterator[Receiver]:
    """Give a backend that takes everything."""
    with receiving() as receiver:
        yield receiver


@pytest.fixture
def silent(module_home: Installation) -> Installation:
    """Give an empty installation that sends nothing."""
    module_home.make_empty()
    module_home.places.export_journal.unlink(missing_ok=True)
    told(module_home, endpoint="", content=False, timeout_s=10, settle_s=0, headers=("x-key=s3cret",))
    return module_home


@pytest.fixture
def exporting(silent: Installation, backend: Receiver) -> Installation:
    """Give an installation that sends to the backend, at once."""
    told(silent, endpoint=backend.url)
    return silent


def told(home: Installation, **values: Value) -> None:
    """Set what of the settings is about sending; the next collector heeds it."""
    settings = Settings.load(home.places.config_file)
    for name, value in values.items():
        settings.set(f"otel.{name}", value)


def run(home: Installation, session: str = SESSION, calls: int = 3, **env: str) -> Story:
    """Tell a whole session."""
    story = Story(home, session, **env)
    story.starts(env={"CLAUDE_CODE_ENTRYPOINT": "cli", **env})
    prompt = str(prompt_uuid(session, "p"))
    story.prompts(prompt_id=prompt)
    for number in range(calls):
        story.calls(f"{session[:4]}{number}", prompt_id=prompt)
        story.returns(f"{session[:4]}{number}", prompt_id=prompt)
    story.tell("Stop", prompt_id=prompt)
    story.tell("SessionEnd", reason="other")
    start(home.places)
    return story


def ended(home: Installation) -> set[tuple[str, str]]:
    """Return the ids of the spans of all that has ended."""
    rows = home.query("SELECT root_id, correlation_id FROM execution_traces WHERE status <> 'in_progress'")
    return {(root.hex, f"{otel_span_id(correlation):016x}") for root, correlation in rows}


def all_sent(home: Installation, backend: Receiver) -> bool:
    """Tell whether there is a span for everything that has ended, and each is remembered."""
    spans = ended(home)
    return (
        bool(spans) and {span.ids for span in backend.spans} >= spans and home.count("hooktrace.exports") >= len(spans)
    )


def remembers(home: Installation, spans: int) -> bool:
    """Tell whether so many spans are remembered."""
    return home.count("hooktrace.exports") == spans


def once_each(backend: Receiver) -> bool:
    """Tell whether no span came twice."""
    return max(Counter(span.ids for span in backend.spans).values()) == 1


def test_a_session_is_sent_once(exporting: Installation, backend: Receiver) -> None:
    """Session, prompt and calls come as one tree, with the headers that were set; a second collector sends nothing."""
    run(exporting)
    assert eventually(lambda: all_sent(exporting, backend))
    names = Counter(span.name for span in backend.spans)
    assert names == {"invoke_agent claude-code": 2, "execute_tool Bash": 3}
    assert backend.headers[0]["x-key"] == "s3cret"
    assert backend.resources[0]["service.name"] == "hooktrace"
    first = f"{otel_span_id(tool_uuid(SESSION, SESSION[:4] + '0')):016x}"
    assert [span.parent for span in backend.spans if span.span_id == first] == [
        f"{otel_span_id(prompt_uuid(SESSION, 'p')):016x}"
    ]
    exporting.stop_collector()
    other = "563965a0-a02c-490d-8927-3f7f722984ae"
    run(exporting, other)
    assert eventually(lambda: all_sent(exporting, backend))
    assert once_each(backend)


def test_a_backend_that_fails_gets_everything_later(exporting: Installation, backend: Receiver) -> None:
    """500, 503 with a pause asked for, and a refused login lose nothing; doctor says what is wrong, without the key."""
    backend.answers += [(500, {}), (503, {"Retry-After": "1"}), (401, {}), (429, {})]
    backend.refuses = 502
    run(exporting)
    assert eventually(lambda: not backend.answers and exporting.json("otel", "status")["why"] is not None)
    standing = exporting.json("otel", "status")
    assert standing["waiting"] == 5
    findings = {finding["id"]: finding["message"] for finding in exporting_doctor(exporting)}
    assert "502" in findings["otel-endpoint-away"] or "status" in findings["otel-endpoint-away"]
    assert "s3cret" not in str(findings) + str(standing)
    backend.refuses = 0
    assert eventually(lambda: all_sent(exporting, backend), 60)
    assert once_each(backend)
    assert eventually(lambda: exporting.json("otel", "status")["why"] is None)


def exporting_doctor(home: Installation) -> list[dict[str, str]]:
    """Return what `hooktrace doctor` finds."""
    found: list[dict[str, str]] = json.loads(home.run("doctor", "--json").stdout)["findings"]
    return found


def test_a_backend_that_hangs_delays_nothing(exporting: Installation, backend: Receiver) -> None:
    """While it accepts and never answers, events are stored and flush returns; afterwards everything is sent."""
    told(exporting, timeout_s=1)
    backend.hangs.set()
    run(exporting)
    assert backend.asked.wait(30)
    run(exporting, "563965a0-a02c-490d-8927-3f7f722984ae")
    exporting.flush()
    assert len(ended(exporting)) == 10
    assert backend.spans == []
    backend.hangs.clear()
    assert eventually(lambda: all_sent(exporting, backend), 60)
    assert once_each(backend)


def test_a_batch_that_is_refused_holds_up_no_other(exporting: Installation, backend: Receiver) -> None:
    """A batch that is too large is cut, until what is refused alone is left out and counted."""
    backend.answers += [(413, {}), (413, {}), (400, {})]  # the whole, its first half, the first quarter
    run(exporting)
    assert eventually(lambda: exporting.count("hooktrace.exports") == 5)
    assert len(backend.spans) >= 3 and once_each(backend)
    assert exporting.json("otel", "status")["refused"] in (0, 1)


def test_a_backend_that_refuses_everything_loses_nothing(exporting: Installation, backend: Receiver) -> None:
    """A wrong port or header is often answered with 400, too: nothing counts as sent, and it is all sent later."""
    backend.refuses = 400
    run(exporting)
    assert eventually(lambda: exporting.json("otel", "status")["why"] is not None)
    exporting.flush()
    assert eventually(lambda: len(backend.paths) > 20)
    standing = exporting.json("otel", "status")
    assert (standing["sent"], standing["waiting"], standing["refused"]) == (0, 5, 0)
    assert standing["failing_since"] is not None
    backend.refuses = 0
    assert eventually(lambda: all_sent(exporting, backend), 60)
    assert once_each(backend)


def test_without_its_journal_it_sends_all_the_same(exporting: Installation, backend: Receiver) -> None:
    """On a full disk, here a directory where the new file would be, spans are sent, and how that goes is not noted."""
    unwritable = exporting.places.export_journal.with_suffix(".new")
    unwritable.mkdir()
    try:
        run(exporting)
        assert eventually(lambda: all_sent(exporting, backend))
    finally:
        exporting.stop_collector()
        unwritable.rmdir()
    assert not exporting.places.export_journal.exists()


def test_an_export_that_cannot_begin_costs_no_event(exporting: Installation) -> None:
    """Without the directory that it works in nothing is sent; events are stored, and the log tells why."""
    in_its_way = exporting.places.export
    if in_its_way.exists():
        in_its_way.rmdir()
    in_its_way.touch()
    try:
        run(exporting)
        exporting.flush()
        assert len(ended(exporting)) == 5
        assert "FileExistsError" in exporting.places.log.read_text()
    finally:
        exporting.stop_collector()
        in_its_way.unlink()


def test_tries_grow_rarer_while_a_backend_is_away(
    exporting: Installation, backend: Receiver, caplog: pytest.LogCaptureFixture
) -> None:
    """No round in between counts as a success: the pauses double up to the longest, and the log tells it once."""
    run(exporting)
    assert eventually(lambda: all_sent(exporting, backend))
    exporting.stop_collector()
    exporting.query("DELETE FROM hooktrace.exports")
    exporting.query("UPDATE execution_traces SET updated_at = now() - interval '1 minute'")
    told(exporting, settle_s=5)
    backend.refuses = 401  # which the SDK does not try again by itself, as it does 502
    target = Target.of(Settings.load(exporting.places.config_file))
    failures: list[Exception] = []
    with closing(Store(exporting.url, size=1)) as store:
        store.open()
        export = Export(exporting.places, store, target, failures.append)
        pauses = [export._turn() for _ in range(12)]
    assert [late > early for early, late in pairwise(pauses[:9:2])] == [True] * 4
    assert all(LONGEST_PAUSE_S / 2 <= pause <= LONGEST_PAUSE_S for pause in pauses[-2:])
    assert [record.message for record in caplog.records if "no span is sent" in record.message] == [
        f"no span is sent: {target.named} answers with status 401"
    ]
    assert failures == []


def test_a_killed_collector_misses_nothing(exporting: Installation, backend: Receiver) -> None:
    """Killed again and again while it sends, what it sent twice has the same ids, and nothing is missing."""
    for number in range(4):
        backend.asked.clear()
        run(exporting, f"{number}63965a0-a02c-490d-8927-3f7f722984ae")
        backend.asked.wait(10)
        if pid := exporting.collector_pid():
            os.kill(pid, signal.SIGKILL)
    exporting.done("collector", "start")
    assert eventually(lambda: len(ended(exporting)) == 20 and all_sent(exporting, backend), 60)
    contents = {(span.ids, span.start_ns, span.end_ns, span.parent) for span in backend.spans}
    assert len(contents) == len({span.ids for span in backend.spans}) == 20


def test_a_resumed_session_is_a_span_of_its_own(exporting: Installation, backend: Receiver) -> None:
    """What was sent is not changed: the later run has another id, and a link to the first."""
    run(exporting)
    assert eventually(lambda: all_sent(exporting, backend))
    story = Story(exporting)
    story.tell("SessionStart", source="resume")
    story.prompts()
    story.tell("Stop", prompt_id=PROMPT)
    story.tell("SessionEnd", reason="other")
    assert eventually(lambda: exporting.count("hooktrace.exports") == 7)
    session = f"{otel_span_id(session_uuid(SESSION)):016x}"
    (again,) = [span for span in backend.spans if span.links]
    assert again.links == ((session_uuid(SESSION).hex, session, "resumed"),)
    assert again.span_id != session
    assert once_each(backend)


def test_a_replay_tells_each_run_of_a_resumed_session(exporting: Installation, backend: Receiver) -> None:
    """Every span comes as it came before, with its own beginning, end and events; only the last is corrected."""
    run(exporting)
    assert eventually(lambda: all_sent(exporting, backend))
    for sent in (6, 7):
        story = Story(exporting)
        story.tell("SessionStart", source="resume")
        story.tell("SessionEnd", reason="other")
        assert eventually(partial(remembers, exporting, sent))
    first = sorted(backend.spans, key=lambda span: span.ids)
    assert len(first) == 7
    backend.spans.clear()
    assert exporting.done("otel", "replay", "--since", "7d") == "sent 7 spans\n"
    assert sorted(backend.spans, key=lambda span: span.ids) == first
    assert exporting.count("hooktrace.exports") == 7
    exporting.query("UPDATE execution_traces SET observed_end.status = 'cancelled' WHERE kind = 'session'")
    backend.spans.clear()
    exporting.done("otel", "replay", "--since", "7d")
    (corrected,) = [span for span in backend.spans if span not in first]
    last = max(backend.named("invoke_agent claude-code"), key=lambda span: span.start_ns)
    assert corrected == last and corrected.attributes["hooktrace.status"] == "cancelled"


@pytest.mark.parametrize(("entrypoint", "continued"), [("sdk-cli", True), ("cli", False)])
def test_the_callers_trace_goes_on(
    exporting: Installation, backend: Receiver, entrypoint: str, continued: bool
) -> None:
    """A `-p` run continues the trace in TRACEPARENT; an interactive session links to it, as the client does itself."""
    story = Story(exporting)
    story.starts(env={"TRACEPARENT": CALLER, "CLAUDE_CODE_ENTRYPOINT": entrypoint})
    story.prompts(env={"TRACEPARENT": CALLER})
    story.tell("Stop", prompt_id=PROMPT)
    story.tell("SessionEnd", reason="other")
    start(exporting.places)
    assert eventually(lambda: all_or_continued(exporting, backend))
    session = next(span for span in backend.spans if span.attributes["hooktrace.kind"] == "session")
    assert {span.trace_id for span in backend.spans} == {"1" * 32 if continued else session_uuid(SESSION).hex}
    assert session.parent == ("2" * 16 if continued else "")
    assert session.links == (() if continued else (("1" * 32, "2" * 16, "traceparent"),))


def all_or_continued(home: Installation, backend: Receiver) -> bool:
    """Tell whether both spans have come, of whatever trace."""
    return len(backend.spans) == 2 and home.count("hooktrace.exports") == 2


def test_content_goes_out_when_asked_and_kept(exporting: Installation, backend: Receiver) -> None:
    """With otel.content prompts, inputs and answers are told; not those of a session of which no content is kept."""
    told(exporting, content=True)
    run(exporting)
    other = "563965a0-a02c-490d-8927-3f7f722984ae"
    run(exporting, other, HOOKTRACE_CAPTURE="no-content")
    assert eventually(lambda: len(ended(exporting)) == 10 and all_sent(exporting, backend))
    names = {span.attributes["session.id"]: set[str]() for span in backend.spans}
    for span in backend.spans:
        names[span.attributes["session.id"]] |= set(span.attributes)
    content = {"gen_ai.input.messages", "gen_ai.tool.call.arguments", "gen_ai.tool.call.result"}
    assert names[SESSION] >= content
    assert not names[other] & content


def test_history_is_sent_by_replay_alone(silent: Installation, backend: Receiver) -> None:
    """What ended before sending began is not sent; a replay sends it, with progress, and again if asked again."""
    run(silent)
    silent.flush()
    silent.done("config", "set", "otel.endpoint", backend.url)
    other = "563965a0-a02c-490d-8927-3f7f722984ae"
    run(silent, other)
    assert eventually(lambda: silent.count("hooktrace.exports") == 5)
    assert {span.attributes["session.id"] for span in backend.spans} == {other}
    assert silent.done("otel", "replay", "--since", "7d", "--dry-run") == "10 spans would be sent\n"
    assert len(backend.spans) == 5
    assert silent.done("otel", "replay", "--since", "7d") == "sent 10 spans\n"
    ids = Counter(span.ids for span in backend.spans)
    assert len(ids) == 10 and sorted(ids.values()) == [1] * 5 + [2] * 5
    assert silent.count("hooktrace.exports") == 10


def test_nothing_is_sent_where_nothing_is_set(silent: Installation) -> None:
    """Without otel.endpoint there is nothing to replay to, no journal, and status says so."""
    run(silent)
    silent.flush()
    assert silent.json("otel", "status")["sending"] is False
    refused = silent.run("otel", "replay", "--since", "7d")
    assert refused.returncode == 1 and "nowhere to send to" in refused.stderr
    assert not silent.places.export_journal.exists()


def test_a_forked_session_links_to_the_other(exporting: Installation, backend: Receiver) -> None:
    """Its transcript tells from which session it was copied: that one's span is linked, and not its parent."""
    transcript = exporting.root / f"{SESSION}.jsonl"
    transcript.write_bytes(text(user(), answered(1, 1, requestSessionId=OTHER), answered(2, 2)))
    story = Story(exporting)
    story.starts(transcript_path=str(transcript))
    start(exporting.places)
    exporting.flush()
    story.tell("SessionEnd", reason="other", transcript_path=str(transcript))
    assert eventually(lambda: bool(backend.named("invoke_agent claude-code")))
    (session,) = backend.named("invoke_agent claude-code")
    origin = session_uuid(OTHER)
    assert session.links == ((origin.hex, f"{otel_span_id(origin):016x}", "forked"),)
    assert session.parent == ""
