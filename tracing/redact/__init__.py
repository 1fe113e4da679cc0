"""Secrets taken out of an event before anything is stored.

Four rules find them: a key whose name says so (``password``), text that begins or stands as only a
secret does (``ghp_…``, ``://user:…@``), text given to a secret's name (``PASSWORD=…``), and text that is
too random for the name it is given to.  The user may add patterns, and say what is no secret.  Every
pattern of ours is linear in the text's length: repetitions are bounded, or begin at a literal and consume
what they have read; and no more of a text is searched than is kept.
"""

from tracing.redact.finding import Finding, marked
from tracing.redact.names import is_secret_name
from tracing.redact.rules import BadPattern, Rules, obey
from tracing.redact.text import FIELD_LIMIT, findings, redact_text, uncut_length
from tracing.redact.values import Redacted, redact

__all__ = [
    "FIELD_LIMIT",
    "BadPattern",
    "Finding",
    "Redacted",
    "Rules",
    "findings",
    "is_secret_name",
    "marked",
    "obey",
    "redact",
    "redact_text",
    "uncut_length",
]
