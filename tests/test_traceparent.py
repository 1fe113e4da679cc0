"""A TRACEPARENT of the environment is believed only as far as it is one."""

from __future__ import annotations

import pytest

from tracing.traceparent import parse_traceparent

TRACE, SPAN = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"


def test_a_traceparent_names_a_span() -> None:
    """The example of the specification, and one of a later version with more behind it."""
    assert parse_traceparent(f"00-{TRACE}-{SPAN}-01") == (int(TRACE, 16), int(SPAN, 16), True)
    assert parse_traceparent(f"cc-{TRACE}-{SPAN}-00-what-comes") == (int(TRACE, 16), int(SPAN, 16), False)


@pytest.mark.parametrize(
    "text",
    [
        None,
        "",
        "00",
        f"00-{TRACE}-{SPAN}",
        f"ff-{TRACE}-{SPAN}-01",
        f"00-{TRACE}-{SPAN}-01-more",
        f"00-{'0' * 32}-{SPAN}-01",
        f"00-{TRACE}-{'0' * 16}-01",
        f"00-{TRACE.upper()}-{SPAN}-01",
        f" 00-{TRACE}-{SPAN}-01",
        f"00-{TRACE}-{SPAN}-01\n",
    ],
)
def test_what_is_none_claims_nothing(text: str | None) -> None:
    """Invalid versions, ids of zeros, other cases and lengths are no traceparent."""
    assert parse_traceparent(text) is None
