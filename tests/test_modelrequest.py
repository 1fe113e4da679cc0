"""Requests to the model: each counted once, whole, and for the session that made it."""

from __future__ import annotations

import itertools
import json
import random
from collections import Counter
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from tests.replay import RECORDINGS
from tests.transcripts import (
    BEGIN,
    OTHER,
    PROMPT,
    SESSION,
    after,
    answered,
    asked,
    latest,
    recorded,
    sent,
    user,
    whole,
)
from tracing.account import Account
from tracing.identity import agent_uuid, prompt_uuid, session_uuid
from tracing.modelrequest import ModelRequest, Tokens, fold, merge
from tracing.tally import Tally, tool_uses


def _name(transcript: Path) -> str:
    return f"{transcript.parts[-5]}/{transcript.parts[-3]}-{transcript.stem[:8]}"


each_session = pytest.mark.parametrize("transcript", recorded(), ids=_name)

SUMMARIES = {"compact": 2}
"""In which recordings the client asked for how many summaries, which no transcript shows."""


def tally(*records: Any, session_id: str = SESSION, **more: Any) -> Tally:
    """Return what *records* tell."""
    told = Tally(session_id, **more)
    for number, record in enumerate(records):
        told.take(record, number)
    return told


def only(*records: Any) -> ModelRequest:
    """Return the one request of which *records* tell."""
    (request,) = tally(*records).requests.values()
    return request


def requests_of(transcript: Path) -> list[ModelRequest]:
    return fold(request for reading in whole(transcript) for request in reading.requests)


# --------------------------------------------------------------------------
# Recorded transcripts


def counted(transcript: Path) -> Counter[str]:
    """Count the tokens of a session without the code that is tested: the last usage of each message of its own."""
    usage: dict[str, dict[str, Any]] = {}
    for file in [transcript, *transcript.parent.glob(f"{transcript.stem}/subagents/*.jsonl")]:
        for line in file.read_text().splitlines():
            record = json.loads(line)
            own = record.get("requestSessionId", transcript.stem) == transcript.stem
            if own and record["type"] == "assistant" and record["message"]["model"] != "<synthetic>":
                usage[record["message"]["id"]] = record["message"]["usage"]
    total = Counter({"requests": len(usage)})
    for one in usage.values():
        total["input"] += one["input_tokens"]
        total["output"] += one["output_tokens"]
        total["cache_read"] += one["cache_read_input_tokens"]
        total["cache_write"] += one["cache_creation_input_tokens"]
    return +total


@each_session
def test_the_tokens_of_a_session_are_those_of_its_messages(transcript: Path) -> None:
    """Requests and tokens are what another, simpler count of the same lines gives."""
    total: Counter[str] = Counter()
    for request in requests_of(transcript):
        if request.error_type is None:
            assert request.tokens is not None
            total["requests"] += 1
            for kind in ("input", "output", "cache_read", "cache_write"):
                total[kind] += getattr(request.tokens, kind)
    assert +total == counted(transcript)


@each_session
def test_the_tokens_of_a_session_are_what_the_client_says_it_used(transcript: Path) -> None:
    """The client's own account at the end of a run has the same tokens, but for summaries that no transcript shows."""
    readings = whole(transcript)
    accounts = [account for reading in readings for account in reading.accounts]
    if not accounts:
        assert "2.1.197" in transcript.parts or "sigint" in transcript.parts  # keeps none, or was killed before
        return
    (account,) = accounts
    spent = [spending.tokens for spending in account.models.values()]
    told = [request.tokens for request in requests_of(transcript) if request.tokens]
    copies = len(readings[0].copied) if account.includes_copies else 0
    beside = SUMMARIES.get(transcript.parts[-3], 0) + copies  # each answered with the same usage
    assert sum(one.input for one in spent) == sum(one.input for one in told) + 100 * beside
    assert sum(one.output for one in spent) == sum(one.output for one in told) + 20 * beside
    assert sum(one.cache_write for one in spent) == sum(one.cache_write for one in told)
    assert sum(one.cache_write_1h for one in spent) == sum(one.cache_write_1h for one in told)


@each_session
def test_every_request_says_who_made_it(transcript: Path) -> None:
    """A request has its model, its prompt, its subagent if a subagent made it, and a time."""
    for reading in whole(transcript):
        for request in reading.requests:
            assert request.session_id == transcript.stem
            assert request.prompt_id
            assert request.agent_id if request.is_sidechain else request.agent_id is None
            assert (request.model is None) == (request.error_type is not None)
            assert request.at <= request.last_at
            assert request.within[-1] == session_uuid(transcript.stem)


def test_the_requests_of_a_recorded_subagent_are_its_own() -> None:
    """They come from the file beside the session's transcript, with the prompt that the main thread had."""
    (transcript,) = latest("subagent")
    by_agent = Counter(request.agent_id for request in requests_of(transcript))
    assert by_agent == {None: 3, "a0696ce4ae07b2cb7": 3}
    (inner, *_) = [request for request in requests_of(transcript) if request.agent_id]
    assert inner.prompt_id == "aa753fc9-4cc3-44a5-85da-dd8195cf13f2"
    assert inner.within == [
        agent_uuid(transcript.stem, "a0696ce4ae07b2cb7"),
        UUID(inner.prompt_id),
        UUID(transcript.stem),
    ]


def test_a_fork_counts_nothing_that_it_copied() -> None:
    """The forked session has its own two requests, and its account is known to hold the other's."""
    origin, fork = sorted(latest("turns"), key=lambda file: "requestSessionId" in file.read_text())
    of_origin, of_fork = requests_of(origin), requests_of(fork)
    assert (len(of_origin), len(of_fork)) == (6, 2)
    assert not {request.message_id for request in of_origin} & {request.message_id for request in of_fork}
    (reading,) = whole(fork)
    assert reading.copied == {request.message_id for request in of_origin}
    assert [account.includes_copies for account in reading.accounts] == [True]
    assert {use.message_id for use in reading.tool_uses} <= {request.message_id for request in of_fork}
    (reading,) = whole(origin)
    assert [(account.cost_usd, account.includes_copies) for account in reading.accounts] == [(Decimal("0.0048"), False)]


def test_a_recorded_error_is_a_request_that_failed() -> None:
    """The client writes a message of its own then; its zeros are no usage."""
    (request,) = requests_of(*latest("api_error"))
    assert (request.status_code, request.error_type) == (400, "invalid_request_error")
    assert request.error_message == "API Error: 400 scripted bad request"
    assert request.request_id == "req_mock_09033f4bf2ea4847"
    assert (request.tokens, request.model, request.stop_reason) == (None, None, None)


def test_a_recorded_request_knows_its_start_its_retries_and_its_cache() -> None:
    """A run with three lines for one answer, cached tokens of both lifetimes, and two refusals before the second."""
    first, second = requests_of(*latest("retried"))
    assert first.tokens == Tokens(input=7, output=311, cache_read=50_000, cache_write=3_000, cache_write_1h=2_000)
    assert first.tokens.cache_write_5m == 1_000
    assert len(first.tool_use_ids) == 2
    assert first.started_at
    assert timedelta() < first.at - first.started_at < first.last_at - first.started_at < timedelta(seconds=10)
    assert (first.retry_count, second.retry_count) == (0, 2)
    assert second.started_at
    assert timedelta(seconds=0.6) < second.last_at - second.started_at < timedelta(seconds=1)


@pytest.mark.parametrize("transcript", [file for file in recorded() if "retried" not in file.parts], ids=_name)
def test_the_tool_calls_of_a_transcript_are_those_that_the_hooks_saw(transcript: Path) -> None:
    """Every tool_use block is the call of a recorded event, and every call of an event stands in a transcript."""
    recording = RECORDINGS / transcript.parts[-5] / f"{transcript.parts[-3]}.jsonl"
    seen = set()
    for line in recording.read_text().splitlines():
        payload = json.loads(line)["payload"]
        if payload["session_id"] == transcript.stem:
            calls = [payload, *payload.get("tool_calls", [])]
            seen |= {call["tool_use_id"] for call in calls if "tool_use_id" in call}
    uses = [use for reading in whole(transcript) for use in reading.tool_uses]
    assert {use.id for use in uses} == seen
    assert len(uses) == len(seen)
    requests = {request.message_id: request for request in requests_of(transcript)}
    assert all(use.id in requests[use.message_id].tool_use_ids for use in uses)


# --------------------------------------------------------------------------
# Records


def test_lines_of_one_answer_are_one_request() -> None:
    """They repeat the usage; an early line may have less of it, and no reason to stop yet."""
    early = answered(1, 2, usage={"input_tokens": 100, "output_tokens": 1}, message={"stop_reason": None})
    request = only(
        user(), sent(1, 1), early, answered(1, 3, asked("toolu_1")), user(), answered(1, 4, asked("toolu_2"))
    )
    assert request.tokens == Tokens(input=100, output=20)
    assert request.stop_reason == "end_turn"
    assert request.tool_use_ids == {"toolu_1", "toolu_2"}
    times = (request.started_at, request.at, request.last_at)
    assert times == tuple(BEGIN + timedelta(seconds=second) for second in (1, 2, 4))


def test_messages_that_the_client_made_up_are_no_requests() -> None:
    """Unless one of them says that a request failed."""
    made_up = {"model": "<synthetic>", "content": [{"type": "text", "text": "No response requested."}]}
    assert not tally(user(), answered(1, 1, message=made_up)).requests
    failed = only(user(), answered(1, 1, message=made_up, isApiErrorMessage=True, error="server_error"))
    assert (failed.error_type, failed.error_message) == ("server_error", "No response requested.")
    assert (failed.status_code, failed.tokens) == (None, None)


def test_an_error_message_holds_no_secret() -> None:
    """It is redacted as everything else is that comes from outside."""
    text = {"type": "text", "text": "Invalid key sk-ant-api03-" + "a1B2" * 20}
    told = only(answered(1, 1, message={"model": "<synthetic>", "content": [text]}, isApiErrorMessage=True))
    assert told.error_message
    assert "a1B2" not in told.error_message
    assert told.error_type == "unknown"


@pytest.mark.parametrize(
    "mark",
    [
        {"requestSessionId": OTHER},
        {"forkedFrom": {"sessionId": OTHER, "messageUuid": "x"}},
        {"sessionId": OTHER},
        {"requestSessionId": OTHER, "forkedFrom": {"sessionId": SESSION}},
    ],
    ids=("marked", "branched", "unchanged", "branched twice"),
)
def test_what_belongs_to_another_session_is_left_out(mark: dict[str, Any]) -> None:
    """However the copy is marked, its requests and tool calls are not counted again."""
    told = tally(user(), answered(1, 1, asked("toolu_1"), **mark), answered(2, 2))
    assert list(told.requests) == ["msg_2"]
    assert told.copied == {"msg_1"}
    assert told.forked_from == OTHER
    assert not told.tool_uses


def test_a_copy_that_is_not_marked_is_known_by_its_time() -> None:
    """Older clients do not mark what a fork copies; it is older than the session."""
    told = tally(answered(1, 1), answered(2, 5), since=BEGIN + timedelta(seconds=3))
    assert (set(told.requests), told.copied) == ({"msg_2"}, {"msg_1"})


def test_a_request_belongs_to_the_prompt_before_it() -> None:
    """A line that could not be read may have been a prompt: from there on it is not known which one runs."""
    told = tally(answered(1, 1), user(), answered(2, 2), user("another"), answered(3, 3), None, answered(4, 4))
    assert [request.prompt_id for request in told.requests.values()] == [None, PROMPT, "another", None]
    assert told.requests["msg_2"].within == [prompt_uuid(SESSION, PROMPT), session_uuid(SESSION)]
    assert told.unreadable == 1


@pytest.mark.parametrize(
    ("message_id", "provider"),
    [("msg_01A", "anthropic"), ("msg_bdrk_01A", "aws"), ("msg_vrtx_01A", "google"), ("x", "anthropic")],
)
def test_the_id_of_a_message_says_whose_service_answered(message_id: str, provider: str) -> None:
    """Amazon's and Google's begin with a mark."""
    assert only(answered(1, 1, message={"id": message_id})).provider == provider


def test_the_id_of_a_request_is_derived_and_never_changes() -> None:
    """Rows stored by one version are found by the next."""
    request = only(answered(1, 1))
    assert str(request.id) == "2b2f4268-4caf-5216-86bc-49371a5beaeb"
    assert replace(request, at=BEGIN, prompt_id=None).id == request.id


def test_what_was_billed_beside_the_usage_is_marked() -> None:
    """An advisor's tokens, or a compaction's, are not in the usage of the answer."""
    steps = [{"type": "message", "input_tokens": 1}]
    assert not only(answered(1, 1, usage={"iterations": steps})).billed_beside
    assert only(answered(1, 1, usage={"iterations": [*steps, {"type": "advisor_message"}]})).billed_beside


def test_an_account_says_when_it_cannot_be_right() -> None:
    """A cost that leaves out a model, or counts what was copied, is no cost of the session."""
    line = {"type": "cost-state", "sessionId": SESSION, "startTime": 1_795_371_008_832, "totalCostUSD": 0.1 + 0.2}
    usage = {"modelUsage": {"m": {"inputTokens": 5, "costUSD": 0.3, "cacheCreationInputTokens": 3}}}

    def account(*records: Any) -> Account:
        (told,) = tally(*records).accounts.values()
        return told

    assert account(line).cost_usd == Decimal("0.3")
    assert account({**line, **usage}).models == {"m": (Tokens(input=5, cache_write=3), Decimal("0.3"))}
    assert account({**line, "hasUnknownModelCost": True}).cost_usd is None
    assert account(line, {**line, "totalCostUSD": 1.5}).cost_usd == Decimal("1.5")
    copied_before, copied_since = answered(1, 8, sessionId=OTHER), answered(1, 9, sessionId=OTHER)
    assert [account(copy, line).includes_copies for copy in (copied_before, copied_since)] == [False, True]
    assert not tally({**line, "sessionId": OTHER}).accounts


def parts() -> list[ModelRequest]:
    """Return what different lines of one answer may tell, and what they should not."""
    lines = (
        answered(1, 3, usage={"output_tokens": 1}, message={"stop_reason": None}),
        answered(1, 1, asked("a"), requestId=None),
        answered(1, 2, asked("b"), usage={"output_tokens": 9, "iterations": [7]}, message={"stop_reason": "tool_use"}),
        answered(1, 5, agentId="agent", isSidechain=True, message={"model": None}),
        answered(1, 4, isApiErrorMessage=True, apiErrorStatus=529),
    )
    told = [only(user(f"prompt {number}"), sent(1, number / 10), line) for number, line in enumerate(lines)]
    return [*told, replace(told[0], retry_count=4, started_at=None, prompt_id=None)]


def test_facts_of_a_request_merge_in_any_order() -> None:
    """Merging is commutative, associative and idempotent: whatever is read first, the row is the same."""
    every = parts()
    expected = fold(every)[0]
    for order in itertools.permutations(every):
        assert fold(order) == [expected]
        cut = len(order) // 2
        (left,), (right,) = fold(order[:cut]), fold(order[cut:])
        assert merge(left, right) == expected
    assert merge(expected, expected) == expected
    assert all(merge(expected, part) == expected for part in every)


VALUES: tuple[Any, ...] = (
    *(None, True, 0, -1, 2.5, 1e300, 10**40, "", "x", "x" * 5000, [], {}, [[1]], [{}], "<synthetic>"),
    *("2026-11-22T18:10:06Z", "2026-11-22", "0001-01-01T00:00:00+23:59", {"id": "m", "content": [1, {"type": "text"}]}),
    *({"id": "m", "usage": {"input_tokens": "7", "cache_creation": 3}}, {"m": {"inputTokens": -4}}, {"m": 1}),
)


def test_no_record_of_any_shape_makes_reading_fail() -> None:
    """The form of a transcript is nobody's promise: what is of another type than expected costs a detail."""
    chance = random.Random(7)
    keys = ("message", "timestamp", "sessionId", "promptId", "id", "uuid", "parentUuid", "requestRef", "subtype")
    more = ("retryAttempt", "forkedFrom", "isApiErrorMessage", "startTime", "totalCostUSD", "modelUsage", "agentId")
    for kind in ("assistant", "user", "api-request", "system", "cost-state", None, 5):
        for _ in range(400):
            record = {key: chance.choice(VALUES) for key in chance.sample((*keys, *more), chance.randint(0, 12))}
            record = {"type": kind, "timestamp": after(1), "message": answered(1, 1)["message"], **record}
            told = tally(user(), sent(1, 0), record, answered(2, 2))
            assert "msg_2" in told.requests
            assert all(request.id for request in told.requests.values())
            assert all(account.started_at for account in told.accounts.values())


def test_tool_uses_of_records_stand_once_and_in_order() -> None:
    """What the provider's own tools do is none of the client's calls."""
    searched = {"type": "server_tool_use", "id": "srvtoolu_1", "name": "web_search"}
    records = [
        user(),
        answered(1, 1, asked("b"), searched),
        answered(1, 1, asked("b")),
        answered(2, 2, asked("a", "Read")),
    ]
    assert [(use.id, use.name, use.message_id, use.prompt_id) for use in tool_uses(records, SESSION)] == [
        ("b", "Bash", "msg_1", PROMPT),
        ("a", "Read", "msg_2", PROMPT),
    ]
