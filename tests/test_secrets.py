"""Secrets of every kind go, on every way into the database; what only looks like one stays."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from tests.conftest import Installation
from tests.lookalikes import LOOKALIKES
from tests.secrets import SECRETS, TOKENS, Planted
from tests.story import PROMPT, SESSION, Story
from tests.transcripts import after, answered, asked, text, user
from tracing.redact import redact, redact_text

LEAST_INTACT = 0.95

UNTOUCHED = {"SessionEnd"}
"""Events in which no secret is planted."""


def test_the_corpora_are_large_enough() -> None:
    """At least 60 secrets of 25 kinds, each another, and 60 lookalikes."""
    assert len({planted.secret for planted in SECRETS}) == len(SECRETS) >= 60
    assert len({planted.kind for planted in SECRETS}) >= 25
    assert len(set(LOOKALIKES)) == len(LOOKALIKES) >= 60
    assert all(planted.secret in planted.text for planted in SECRETS)


@pytest.mark.parametrize("planted", SECRETS, ids=lambda planted: planted.kind)
def test_a_secret_goes_from_every_form_of_text(planted: Planted) -> None:
    """Alone, among others, in a string of JSON, in one that is in one, and with the lines of a Windows file."""
    forms = (planted.text, json.dumps({"out": planted.text}), json.dumps(json.dumps([planted.text])))
    for form in (*forms, planted.text.replace("\n", "\r\n"), f"before\n{planted.text}\nbehind"):
        kept, count = redact_text(form)
        assert planted.secret not in kept
        assert count


def test_what_only_looks_like_a_secret_stays() -> None:
    """As a text, as the value of a key that says nothing, and in a string of JSON."""
    for wrap in (str, lambda one: {"stdout": one, "args": [one]}, lambda one: json.dumps({"content": one})):
        changed = [one for one in LOOKALIKES if redact(wrap(one)).count]
        assert len(changed) / len(LOOKALIKES) <= 1 - LEAST_INTACT, changed


@pytest.fixture(scope="module")
def planted_home(module_home: Installation, tmp_path_factory: pytest.TempPathFactory) -> Installation:
    """Give an installation through which every secret went, by hooks, by a transcript and by what is no event."""
    transcript = tmp_path_factory.mktemp("projects") / f"{SESSION}.jsonl"
    transcript.write_bytes(text(*_transcript()))
    story = Story(module_home)
    entrypoint = {"CLAUDE_CODE_ENTRYPOINT": f"cli {TOKENS[0].text}", "TRACESTATE": f"x={TOKENS[1].text}"}
    story.starts(transcript_path=str(transcript), env=entrypoint)
    for number, planted in enumerate(SECRETS):
        _plant(story, number, planted.text)
        module_home.fire(f'{{"prompt": "{planted.text}'.encode())  # no JSON: it goes to bad/
    for planted in TOKENS:
        story.returns(f"fetch-{planted.kind}", tool="WebFetch", tool_input={"url": f"https://x.org/{planted.text}?a=1"})
    story.tell("SessionEnd", reason="other")
    module_home.flush()
    return module_home


def _plant(story: Story, number: int, secret: str) -> None:
    """Plant *secret* in a prompt, in tool calls that succeed and fail, and in what else the client tells."""
    use = f"use-{number}"
    story.prompts(prompt_id=str(UUID(int=number + 1)), text=secret)
    story.calls(use, tool_input={"command": secret, "description": f"runs {secret}"})
    story.returns(use, tool_input={"command": secret}, tool_response={"stdout": secret, "stderr": f"! {secret}"})
    failed: dict[str, Any] = {
        "tool_name": "mcp__x__y",
        "tool_use_id": f"{use}-failed",
        "tool_input": {"lines": [secret, {"x": secret}]},
    }
    story.tell("PostToolUseFailure", prompt_id=PROMPT, error=f"exit 1: {secret}", **failed)
    refused: dict[str, Any] = {"tool_name": "Bash", "tool_use_id": f"{use}-refused", "tool_input": {"command": secret}}
    story.tell("PermissionDenied", prompt_id=PROMPT, reason=secret, **refused)
    story.tell("StopFailure", prompt_id=str(UUID(int=number + 1)), error="server_error", error_details=secret)
    story.tell("Notification", message=secret, title=secret, notification_type="x")


def _transcript() -> Iterator[dict[str, Any]]:
    """Yield the records of a session whose prompts, failed calls and failed requests hold every secret."""
    yield user()
    for number, planted in enumerate(SECRETS):
        at, use = number * 10.0, f"told-{number}"
        said = {"message": {"content": [{"type": "text", "text": planted.text}]}}
        yield {**user(str(UUID(int=number + 1000))), "timestamp": after(at), "promptSource": "queued", **said}
        yield answered(number, at + 1, asked(use))
        result = {"type": "tool_result", "tool_use_id": use, "content": planted.text, "is_error": True}
        yield {**user(), "timestamp": after(at + 2), "message": {"content": [result]}}
        error = {"model": "<synthetic>", **said["message"]}
        yield answered(number + 1000, at + 3, message=error, isApiErrorMessage=True, error="invalid_request")


def _tables(home: Installation) -> dict[str, str]:
    """Return every row of every table as text."""
    names = home.query(
        "SELECT c.oid::regclass::text FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace"
        " WHERE n.nspname IN ('public', 'hooktrace') AND c.relkind IN ('r', 'p') AND NOT c.relispartition"
    )
    return {
        name: "\n".join(row for (row,) in home.query(f"SELECT to_jsonb(t)::text FROM {name} AS t")) for (name,) in names
    }


def _found_in(places: dict[str, str]) -> list[tuple[str, str]]:
    return [(place, one.kind) for place, all_of_it in places.items() for one in SECRETS if one.secret in all_of_it]


def test_no_secret_is_in_the_database(planted_home: Installation) -> None:
    """In no column of no table, although all that could hold one was told: prompts, calls, errors, addresses."""
    tables = _tables(planted_home)
    assert _found_in(tables) == []
    for table in ("execution_traces", "hook_executions", "endpoint_calls", "hooktrace.transcribed"):
        assert tables[table].count("[redacted") >= len(TOKENS)


def test_no_secret_is_in_a_log_or_beside_what_was_set_aside(planted_home: Installation) -> None:
    """The reason says where it is no JSON, and not what stands there."""
    reasons = {file.name: file.read_text() for file in planted_home.places.bad.glob("*.reason")}
    assert len(reasons) == len(SECRETS)
    logs = {file.name: file.read_text() for file in planted_home.places.log.parent.glob("*.log*")}
    assert "set aside" in "".join(logs.values())
    assert _found_in({**reasons, **logs}) == []


def test_no_secret_is_in_what_commands_print(planted_home: Installation) -> None:
    """With --json and without."""
    commands = (["show", SESSION], ["sessions"], ["status"], ["report", "failures", "--limit", "1000"])
    printed = {" ".join(command): planted_home.done(*command) for command in commands}
    printed |= {f"{name} --json": planted_home.done(*name.split(), "--json") for name in printed}
    printed["tail"] = planted_home.done("tail", "--no-follow")
    assert _found_in(printed) == []
    assert printed[f"show {SESSION} --json"].count("[redacted") >= len(TOKENS)


def test_the_number_of_redactions_is_stored(planted_home: Installation) -> None:
    """Of every event that held a secret, those of its header included, and of what a transcript told."""
    counts = planted_home.query(
        "SELECT hook_type, min(coalesce((metadata ->> 'redactions')::int, 0)) FROM hook_executions GROUP BY hook_type"
    )
    assert {name for name, least in counts if not least} == UNTOUCHED
    [(header,)] = planted_home.query(
        "SELECT (metadata ->> 'redactions')::int FROM hook_executions WHERE hook_type = 'SessionStart'"
    )
    assert header == 2
    told = "FROM hooktrace.transcribed WHERE redactions > 0 AND kind ="
    for kind in ("prompt", "tool"):
        [(count,)] = planted_home.query(f"SELECT count(*) {told} '{kind}'")
        assert count >= len(TOKENS)


@pytest.mark.usefixtures("unlimited")
def test_no_secret_is_in_what_is_imported(home: Installation, tmp_path: Path) -> None:
    """The same transcript, of a session that no hook told of; the user's own patterns hold there as well."""
    home.done("config", "set", "redact.patterns", "acme-[0-9]{4}")
    try:
        said = {"role": "user", "content": [{"type": "text", "text": "see acme-1234"}]}
        called = {**asked("read", "Read"), "input": {"file_path": f"/tmp/{TOKENS[0].text}"}}
        records = [{**user(), "message": said}, answered(9000, 1, called), *_transcript()]
        file = tmp_path / "projects" / "-p" / f"{SESSION}.jsonl"
        file.parent.mkdir(parents=True)
        file.write_bytes(text(*({**record, "cwd": "/p", "version": "2.1.332"} for record in records)))
        home.done("import", str(file), "--since", "2026-01-01", "--yes")
        tables = _tables(home)
        assert _found_in(tables) == []
        assert tables["execution_traces"].count("[redacted") >= len(TOKENS)
        assert "see [redacted:pattern]" in tables["execution_traces"]
    finally:
        home.done("config", "set", "redact.patterns")
