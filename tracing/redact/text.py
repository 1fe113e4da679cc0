"""One text, with a mark in the place of each secret, and brought down to size."""

from __future__ import annotations

import re
from collections.abc import Iterator

from tracing.redact.assignments import ASSIGNED_HINTS, assignments
from tracing.redact.commands import COMMANDS
from tracing.redact.credentials import CREDENTIALS, HEADERS
from tracing.redact.finding import Finding, joined, marked, unmarked
from tracing.redact.randomness import random_values
from tracing.redact.rules import Rules, in_force
from tracing.redact.tokens import LONG_RUN, TOKENS

FIELD_LIMIT = 65_536
"""Characters of one text that are stored: a whole source file, but not a whole video."""

MARGIN = 8_192
"""Characters beyond those that are searched, too: a secret that begins before the cut is known by what follows it."""

SHORTEST = 8
"""In no shorter text do we know a secret: ``pwd: abc`` is the shortest that could match."""

ROUNDS = 4
"""A mark may bring into view what was hidden behind the secret it replaced, so a text in
which something was found is searched again; more often than this only if it was made for it."""

MOST = 1_000
LEAST_APART = 40
"""Characters to a secret, where there are many: a text with more holds nothing else, or was made to take long."""

MARK = re.compile(r"\[(?:redacted(?::[a-z0-9-]{1,40})?|hooktrace: [^\[\]]{1,100})\]")
_LONGEST_MARK = 128
_CUT = re.compile(r"…\[hooktrace: cut, (\d{1,12}) characters\]\Z")


def redact_text(text: str, limit: int = FIELD_LIMIT) -> tuple[str, int]:
    """Return *text* with a mark for each secret in it, brought down to *limit* characters, and how many there were.

    What is cut off is not searched, and not counted: a text of any length costs what one of the limit costs.
    """
    rules = in_force()
    if len(text) <= limit and (rules.is_clean(text) or (len(text) < SHORTEST and not rules.patterns)):
        return text, 0
    found = [one for one in findings(text[: limit + MARGIN]) if one.start < limit]
    if len(text) <= limit:
        clean = marked(text, found) if found else text
        return (clean if len(clean) <= limit else _cut(clean, limit, len(text))), len(found)
    end = max(limit, found[-1].end) if found else limit  # behind it may stand half a secret
    return _cut(marked(text[:end], found), limit, len(text)), len(found)


def findings(text: str) -> list[Finding]:
    """Return the secrets of *text*, however long it is, in their order."""
    rules = in_force()
    if rules.is_clean(text):
        return []
    found: list[Finding] = []
    for _ in range(ROUNDS):
        new = _search(marked(text, found) if found else text, rules)
        if not new:
            break
        found = joined([*found, *unmarked(new, found)])
        if len(found) > max(MOST, len(text) // LEAST_APART):
            return [Finding(0, len(text), "many")]
    if not found:
        rules.remember_clean(text)
    return found


def _search(text: str, rules: Rules) -> list[Finding]:
    found = (*_known(text), *rules.found(text))
    return joined(one for one in found if not rules.allow(text[one.start : one.end])) if found else []


def _known(text: str) -> Iterator[Finding]:
    """Yield what our own rules know for a secret; it may overlap."""
    if len(text) < SHORTEST:
        return
    folded = _folded(text)
    if LONG_RUN.search(text):
        yield from TOKENS.found(text)
        yield from (Finding(*span, "random") for span in random_values(text))
    yield from CREDENTIALS.found(text)
    yield from COMMANDS.found(text)
    yield from HEADERS.found(folded)
    if any(hint in folded for hint in ASSIGNED_HINTS):
        yield from (Finding(*span) for span in assignments(text, folded))


def _folded(text: str) -> str:
    """Return *text* in small letters, each in its place (U+0130 is the one letter that would become two)."""
    return text.lower() if text.isascii() else text.replace("\u0130", "i").lower()


def _cut(text: str, limit: int, length: int) -> str:
    """Return *text*, which once had *length* characters, with a mark at its end that says so."""
    mark = f"…[hooktrace: cut, {length} characters]"
    end = max(limit - len(mark), 0)
    opened = text.rfind("[", max(end - _LONGEST_MARK, 0), end)
    if opened >= 0 and (other := MARK.match(text, opened)) and other.end() > end:
        end = opened  # no mark is cut in half
    return text[:end] + mark


def uncut_length(text: str) -> int:
    """Return how many characters *text* had before it was cut."""
    found = _CUT.search(text)
    return int(found[1]) if found else len(text)
