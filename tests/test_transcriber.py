"""What the transcripts tell, in the database: requests to the model with tokens and cost, each counted once."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import Installation
from tests.recordedruns import LATEST, Replayed
from tests.replay import LivePids, recordings, transcripts_of
from tests.story import PROMPT, SESSION, Story
from tests.transcripts import answered, asked, sent, text, user
from tests.waiting import eventually

KINDS = ("input_tokens", "output_tokens", "cache_read_input_tokens", "cache_creation_input_tokens")
TOTALS = "SELECT sum(input_tokens), sum(output_tokens), sum(cache_read_tokens), sum(cache_write_tokens), count(*) FROM"


def counted(files: Iterable[Path]) -> tuple[int, ...]:
    """Count, in a way of the test's own, the tokens of each kind and the requests in transcripts."""
    usage: dict[str, dict[str, Any]] = {}
    for file in files:
        for line in file.read_text().splitlines():
            record = json.loads(line)
            made_in = record.get("requestSessionId") or record.get("sessionId")
            answer = record["type"] == "assistant" and record["message"]["model"] != "<synthetic>"
            if answer and made_in == record["sessionId"]:
                usage[record["message"]["id"]] = record["message"]["usage"]
    totals = Counter({kind: sum(used.get(kind) or 0 for used in usage.values()) for kind in KINDS})
    return (*(totals[kind] for kind in KINDS), len(usage))


@pytest.mark.parametrize("recording", recordings(), ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_the_tokens_of_a_recorded_run_are_those_of_an_independent_count(replayed: Replayed, recording: Path) -> None:
    """All four kinds, one row an answer however many lines it has, subagents and nested agents included."""
    if not transcripts_of(recording).is_dir():
        pytest.skip(f"{recording.stem} has no transcript")
    ours = "endpoint = '/v1/messages' AND error_type IS NULL AND session_id = ANY (%s)"
    [totals] = replayed.home.query(f"{TOTALS} endpoint_calls WHERE {ours}", replayed.fired[recording].sessions)
    assert tuple(int(total or 0) for total in totals) == counted(transcripts_of(recording).rglob("*.jsonl"))


def everything(home: Installation) -> list[Any]:
    """Return all that reading transcripts stores."""
    tables = ("endpoint_calls", "hooktrace.transcribed", "hooktrace.accounts")
    rows = [home.query(f"SELECT to_jsonb(t) - 'created_at' FROM {table} AS t ORDER BY 1") for table in tables]
    executions = "SELECT to_jsonb(t) - 'updated_at' FROM execution_traces AS t ORDER BY 1"
    return [*rows, home.query(executions)]


@pytest.mark.parametrize("name", ["subagents_parallel", "nested", "turns"])
def test_reading_twice_changes_nothing(home: Installation, name: str) -> None:
    """From the beginning, by a collector that knows no position: every row is the same as before."""
    with LivePids() as pids:
        home.replay(LATEST / f"{name}.jsonl", pids=pids)
        home.flush()
        once = everything(home)
        home.stop_collector()
        home.query(
            "UPDATE hooktrace.transcripts SET position_bytes = 0, fingerprint = '', prompt_id = NULL, read_at = NULL"
        )
        home.done("collector", "start")
        home.flush()
        [(unread,)] = home.query("SELECT count(*) FROM hooktrace.transcripts WHERE read_at IS NULL")
    assert unread == 0
    assert everything(home) == once


def test_totals_roll_up(home: Installation) -> None:
    """A subagent's requests count for its prompt and session; a session's cost is the client's own account."""
    with LivePids() as pids:
        fired = home.replay(LATEST / "subagent.jsonl", pids=pids)
        home.flush()
    session = home.json("show", fired.sessions[0])
    (prompt,) = session["children"]
    (call,) = [child for child in prompt["children"] if child["name"] == "Agent"]
    (agent,) = call["children"]
    [(account,)] = home.query("SELECT cost_usd FROM hooktrace.accounts")
    requests = [node["usage"]["requests"] for node in (agent, prompt, session)]
    assert requests == [3, 6, 6]
    assert agent["usage"]["input_tokens"] + 300 == prompt["usage"]["input_tokens"] == session["usage"]["input_tokens"]
    assert session["usage"]["cost_usd"] == float(account)
    assert home.json("sessions")[0]["cost_usd"] == float(account)
    assert f"${account:.4f}" in home.done("show", fired.sessions[0])


class Transcript:
    """A transcript that grows beside a session's events."""

    def __init__(self, home: Installation, tmp_path: Path) -> None:
        self.file = tmp_path / "projects" / "x" / f"{SESSION}.jsonl"
        self.file.parent.mkdir(parents=True)
        self.story = Story(home)
        self.story.starts(transcript_path=str(self.file))
        self.story.prompts(transcript_path=str(self.file))

    def add(self, data: bytes) -> None:
        """Append to it."""
        with self.file.open("ab") as file:
            file.write(data)


def requests(home: Installation) -> list[tuple[Any, ...]]:
    """Return the stored requests."""
    return home.query(
        "SELECT metadata ->> 'message_id', output_tokens, kind"
        " FROM endpoint_calls AS call JOIN execution_traces AS made"
        " ON made.root_id = call.root_id AND made.correlation_id = call.trace_id ORDER BY 1"
    )


def test_an_answer_that_is_written_in_pieces_is_one_row(home: Installation, tmp_path: Path) -> None:
    """A line whose end is not written yet waits; what comes later of the same answer is merged into its row."""
    transcript = Transcript(home, tmp_path)
    last = text(answered(1, 3, asked("t"), usage={"input_tokens": 100, "output_tokens": 50}))
    transcript.add(
        text(user(), sent(1, 1), answered(1, 2, usage={"input_tokens": 100, "output_tokens": 1})) + last[:40]
    )
    home.flush()
    assert requests(home) == [("msg_1", 1, "prompt")]
    transcript.add(last[40:])
    home.flush()
    assert requests(home) == [("msg_1", 50, "prompt")]
    [(uses, seconds)] = home.query("SELECT metadata -> 'tool_use_ids', duration_ms / 1000 FROM endpoint_calls")
    assert (uses, seconds) == (["t"], 2)


def test_a_transcript_that_was_written_anew_is_read_anew(home: Installation, tmp_path: Path) -> None:
    """The client rewrites long ones without what is no longer needed: what was known stays, what is new comes."""
    transcript = Transcript(home, tmp_path)
    transcript.add(text(user(), answered(1, 1), answered(2, 2)))
    home.flush()
    transcript.file.unlink()
    transcript.add(text(user(), answered(2, 2), answered(3, 3)))
    home.flush()
    assert [row[0] for row in requests(home)] == ["msg_1", "msg_2", "msg_3"]


def test_a_transcript_that_is_gone_or_hostile_stops_nothing(home: Installation, tmp_path: Path) -> None:
    """Links are not followed, and lines that are none are counted and passed over."""
    transcript = Transcript(home, tmp_path)
    transcript.file.symlink_to("/etc/passwd")
    home.flush()
    assert home.query("SELECT position_bytes FROM hooktrace.transcripts") == [(0,)]
    transcript.file.unlink()
    transcript.add(b"no json\n[1]\n" + text(user(), answered(1, 1)))
    home.flush()
    assert requests(home) == [("msg_1", 20, "prompt")]
    assert home.query("SELECT unreadable FROM hooktrace.transcripts") == [(2,)]


def test_a_request_whose_prompt_no_event_told_of_is_the_sessions(home: Installation, tmp_path: Path) -> None:
    """It is counted, and not given to somebody else."""
    transcript = Transcript(home, tmp_path)
    transcript.add(text(user("99999999-9999-4999-8999-999999999999"), answered(1, 1)))
    home.flush()
    assert requests(home) == [("msg_1", 20, "session")]


def test_a_price_that_is_not_known_is_not_guessed(home: Installation, tmp_path: Path) -> None:
    """A model that no price list has costs NULL; the client's own account, where it has one, is the session's cost."""
    transcript = Transcript(home, tmp_path)
    transcript.add(text(user(), answered(1, 1, message={"model": "claude-of-the-future-9"}), answered(2, 2)))
    home.flush()
    assert [cost is None for (cost,) in home.query("SELECT cost_usd FROM endpoint_calls ORDER BY started_at")] == [
        True,
        False,
    ]
    account = {"type": "cost-state", "sessionId": SESSION, "totalCostUSD": 1.25, "totalAPIDuration": 9}
    transcript.add(text({**account, "startTime": 1_795_371_000_000, "modelUsage": {}, "hasUnknownModelCost": False}))
    home.flush()
    assert home.json("show", SESSION)["usage"]["cost_usd"] == 1.25
    transcript.add(text({**account, "startTime": 1_795_371_900_000, "modelUsage": {}, "hasUnknownModelCost": True}))
    home.flush()
    [(known,)] = home.query("SELECT sum(cost_usd) FROM endpoint_calls")
    assert Decimal(str(home.json("show", SESSION)["usage"]["cost_usd"])) == known, "an account with a gap is no cost"


def test_what_an_outage_left_is_read_when_the_database_is_back(own_home: Installation, tmp_path: Path) -> None:
    """Nothing is read for good that could not be stored."""
    transcript = Transcript(own_home, tmp_path)
    own_home.flush()
    own_home.server.stop()
    transcript.add(text(user(), answered(1, 1)))
    transcript.story.tell("Stop", prompt_id=PROMPT, transcript_path=str(transcript.file))
    assert eventually(lambda: own_home.server.pid() is not None)
    own_home.flush()
    assert [row[0] for row in requests(own_home)] == ["msg_1"]
