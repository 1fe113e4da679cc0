"""One text, with a mark in the place of each secret."""

from __future__ import annotations

from tracing.redact.assignments import ASSIGNED_HINTS, assignments
from tracing.redact.shapes import FOLDED_HINTS, HINTS

MARK = "[redacted]"

SHORTEST = 8
"""No text shorter than this is searched: ``pwd: abc`` is the shortest that could match."""

ROUNDS = 8
"""A mark may bring into view what was hidden behind the secret it replaced, so a text in
which something was found is searched again; more often than this only if it was made for it."""


def redact_text(text: str) -> tuple[str, int]:
    """Return *text* with a mark for each secret in it, and how many there were."""
    if len(text) < SHORTEST:
        return text, 0
    total = 0
    for _ in range(ROUNDS):
        text, count = _searched(text)
        total += count
        if not count:
            break
    return text, total


def _searched(text: str) -> tuple[str, int]:
    folded = _folded(text)
    spans = [
        (*match.span("secret" if shape.pattern.groups else 0), f"[redacted:{shape.name}]")
        for searched, hints in ((text, HINTS), (folded, FOLDED_HINTS))
        for shape in dict.fromkeys(shape for hint, shape in hints if hint in searched)
        for match in shape.pattern.finditer(searched)
    ]
    if any(hint in folded for hint in ASSIGNED_HINTS):
        spans += [(*span, MARK) for span in assignments(text, folded)]
    return _replaced(text, spans) if spans else (text, 0)


def _folded(text: str) -> str:
    """Return *text* in small letters, each in its place (U+0130 is the one letter that would become two)."""
    return text.lower() if text.isascii() else text.replace("\u0130", "i").lower()


def _replaced(text: str, spans: list[tuple[int, int, str]]) -> tuple[str, int]:
    """Put each mark in the place of its span; of spans that overlap the first and longest names the whole."""
    spans.sort(key=lambda span: (span[0], -span[1]))
    pieces: list[str] = []
    kept = count = 0
    for start, end, mark in spans:
        if count and start < kept:
            kept = max(kept, end)
            continue
        pieces += text[kept:start], mark
        kept, count = end, count + 1
    return "".join([*pieces, text[kept:]]), count
