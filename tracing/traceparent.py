"""The trace that a process was started in, as W3C Trace Context writes it into the environment.

``00-<32 hex digits: trace>-<16: span>-<2: flags>``; anything else claims nothing.
"""

from __future__ import annotations

import re
from typing import NamedTuple

_FORM = re.compile(r"([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.*)?")


class TraceParent(NamedTuple):
    """A span of somebody else's trace."""

    trace_id: int
    """128 bits, not 0."""
    span_id: int
    """64 bits, not 0."""
    sampled: bool
    """Whether that trace is recorded, as far as its maker knew."""


def parse_traceparent(text: str | None) -> TraceParent | None:
    """Return the span that *text* names, None if it is no traceparent (W3C Trace Context, level 2, section 3.2).

    A later version than 00 is read by its first four fields; version ff, and ids of zeros, are invalid.
    """
    found = _FORM.fullmatch(text or "")
    if not found:
        return None
    version, trace, span, flags, more = found.groups()
    if version == "ff" or (version == "00" and more) or not int(trace, 16) or not int(span, 16):
        return None
    return TraceParent(int(trace, 16), int(span, 16), bool(int(flags, 16) & 1))


def valid_traceparent(text: str | None) -> str | None:
    """Return *text* if it is a traceparent, else None."""
    return text if parse_traceparent(text) else None
