"""Ids: pure functions of what an event carries, with vectors that other programs can check against."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid5

import pytest

from tracing.identity import (
    NAMESPACE,
    agent_uuid,
    call_uuid,
    event_uuid,
    otel_span_id,
    otel_trace_id,
    parse_uuid,
    prompt_uuid,
    request_uuid,
    run_uuid,
    session_uuid,
    tool_uuid,
)

SESSION = "463965a0-a02c-490d-8927-3f7f722984ae"
AT = datetime(2026, 11, 23, 6, 15, 30, 184905, tzinfo=UTC)


def test_the_namespace_and_the_derived_ids_never_change() -> None:
    """Rows stored by one version are found by the next: these vectors are part of the interface."""
    assert UUID("fe049260-1cf6-59f7-ad67-c64ba7bd5da2") == NAMESPACE
    assert agent_uuid(SESSION, "aff1795cca8918c84") == uuid5(UUID(SESSION), "agent:aff1795cca8918c84")
    vectors = {
        agent_uuid(SESSION, "aff1795cca8918c84"): "770bbdb6-4228-5125-844a-32c83299b1af",
        tool_uuid(SESSION, "toolu_01"): "dc05c452-c486-5c0f-a519-f2967e8ce0bf",
        session_uuid("not-a-uuid"): "2ca69051-acab-56e6-bf48-3a0052a3a676",
        tool_uuid("not-a-uuid", "t1"): "3360d0ec-7c3b-5294-8170-8bcf31c9f152",
        prompt_uuid(SESSION, "p1"): "398e601c-4a37-5431-8893-777f84dbf601",
        call_uuid(SESSION, "toolu_1"): "12ed4294-3622-5f5e-8d20-207093ce313e",
        request_uuid(SESSION, "msg_1"): "2b2f4268-4caf-5216-86bc-49371a5beaeb",
    }
    assert [str(given) for given in vectors] == list(vectors.values())


def test_the_ids_of_spans_never_change() -> None:
    """OpenTelemetry knows a tree by its whole root id, and an execution by half of its own, which is never 0."""
    agent = UUID("770bbdb6-4228-5125-844a-32c83299b1af")
    assert f"{otel_trace_id(UUID(SESSION)):032x}" == "463965a0a02c490d89273f7f722984ae"
    assert f"{otel_span_id(agent):016x}" == "844a32c83299b1af"
    assert otel_span_id(UUID("770bbdb6-4228-5125-0000-000000000000")) == 1
    assert str(run_uuid(agent, AT)) == "af27a1d1-b0e0-54a3-89a9-3ff5779ce19f"


def test_a_session_that_is_a_uuid_is_its_own_correlation_id() -> None:
    """A session's id is never replaced where it can stand."""
    assert session_uuid(SESSION) == UUID(SESSION)


@pytest.mark.parametrize(
    "text",
    [
        None, "", "nil", "00000000-0000-0000-0000-000000000000", SESSION.replace("-", ""), "{" + SESSION + "}",
        "urn:uuid:" + SESSION, SESSION + "\n", SESSION[:-1], SESSION[:-1] + "g", "-" * 36,
        "4639-65a0a02c-490d-8927-3f7f722984ae",
    ],
)  # fmt: skip
def test_only_the_36_character_form_is_a_uuid(text: str | None) -> None:
    """What a shell or another tool may have left in a variable is not taken for an id."""
    assert parse_uuid(text) is None


def test_event_ids_are_ordered_by_time_and_equal_on_replay() -> None:
    """The id of an event is a version 7 UUID that begins with its time, and the same every time."""
    one = event_uuid(AT, "key")
    assert (one, one.version, one.variant) == (event_uuid(AT, "key"), 7, "specified in RFC 4122")
    later = [event_uuid(AT + timedelta(microseconds=n), f"key {n}") for n in range(3000)]
    assert later == sorted(later)
    assert len(set(later)) == 3000
    assert event_uuid(AT, "another key") != one
    assert one.int >> 80 == int(AT.timestamp() * 1000)
