"""What a rule looks like that knows a secret by its form."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from tracing.redact.finding import Finding

GIVEN = r"(?![$%{*<]|\[redacted)"
"""In a pattern: what comes next is no reference to a secret, and no mark."""


@dataclass(frozen=True, eq=False)
class Shape:
    """Text that is a secret by the way it looks, or by what stands around it."""

    kind: str
    """Stands in the mark: ``[redacted:kind]``."""
    expression: str
    """What is replaced is the group ``secret`` if there is one, else the whole match; the rest stays."""
    hints: tuple[str, ...]
    """One of these is in every match; a text without any of them is not searched at all."""

    @cached_property
    def _pattern(self) -> re.Pattern[str]:
        """Compiled when it is first needed, which most never are: all of them take a tenth of a second."""
        return re.compile(self.expression, re.DOTALL | re.ASCII)

    def spans(self, text: str) -> Iterator[tuple[int, int]]:
        """Yield where the secrets of this shape stand in *text*."""
        group = "secret" if self._pattern.groups else 0
        return (match.span(group) for match in self._pattern.finditer(text))


class Shapes:
    """Shapes that are looked for together."""

    def __init__(self, *shapes: Shape) -> None:
        self._hints = [(hint, shape) for shape in shapes for hint in shape.hints]

    def found(self, text: str) -> Iterator[Finding]:
        """Yield the secrets of *text* that have one of these shapes."""
        hinted = [shape for hint, shape in self._hints if hint in text]
        for shape in dict.fromkeys(hinted):
            yield from (Finding(*span, shape.kind) for span in shape.spans(text))


def shape(kind: str, expression: str, *hints: str) -> Shape:
    """Return the shape of *expression*, in which a dot is any character."""
    return Shape(kind, expression, hints)


def token(kind: str, prefix: str, rest: str, *hints: str, word: str = "A-Za-z0-9") -> Shape:
    """Return the shape of a token that begins with *prefix*, a pattern of one width, and not within a *word*.

    A token may still come right behind an escape, whose letter is no part of a word: a newline of JSON, a
    colour of a terminal, a sign of a URL.  The look-behinds stand after the prefix: `re` then still searches
    for the literal, ten times as fast as trying a look-behind at every character.
    """
    escapes = (r"\\[nrt]", r"[0-9]m", r"%[0-9A-Fa-f]{2}", r"u00[0-9a-f]{2}")
    begins = "|".join([rf"(?<![{word}]{prefix})", *(f"(?<={escape}{prefix})" for escape in escapes)])
    return shape(kind, f"{prefix}(?:{begins}){rest}", *(hints or (prefix,)))
