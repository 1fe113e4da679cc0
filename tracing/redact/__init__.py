"""Secrets taken out of an event before anything is stored.

Two rules find them: a key whose name says so (``password``), and text whose shape says
so (``ghp_…``, ``PASSWORD=…``).  Every pattern is linear in the text's length: repetitions
are bounded, or begin at a literal and consume what they have read.
"""

from tracing.redact.names import is_secret_name
from tracing.redact.text import redact_text
from tracing.redact.values import FIELD_LIMIT, Redacted, cut, redact, uncut_length

__all__ = ["FIELD_LIMIT", "Redacted", "cut", "is_secret_name", "redact", "redact_text", "uncut_length"]
