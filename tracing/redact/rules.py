"""What the user adds to the rules, and takes from them: the settings ``redact.patterns`` and ``redact.allow``.

The patterns are a stranger's to this program, and a pattern can be such that no end of a search is in
sight.  So they are run by a library that gives up in time, which is loaded only where there are any.
"""

from __future__ import annotations

from collections.abc import Iterable, KeysView
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tracing.redact.finding import Finding

if TYPE_CHECKING:
    from regex import Pattern

PATIENCE_S = 0.05
"""Seconds of processor time that a pattern has for one text."""

REMEMBERED = 4096
LONGEST_REMEMBERED = 200
"""How many texts without a secret are remembered, and of how many characters."""


class BadPattern(ValueError):
    """A pattern is no regular expression, or would match nothing at all; the message says which and why."""


@dataclass(frozen=True)
class Rules:
    """The user's own rules."""

    patterns: tuple[Pattern[str], ...] = ()
    """What matches is a secret, or the group ``secret`` of what matches."""
    allowed: tuple[Pattern[str], ...] = ()
    """What one of these matches from its beginning to its end is no secret, whatever knows it for one."""
    _clean: set[str] = field(default_factory=set, compare=False, repr=False)
    """Short texts without a secret by all rules: keys, ids, paths, the same few again and again."""
    _clean_members: set[tuple[str, str]] = field(default_factory=set, compare=False, repr=False)
    """Names with such texts that are no secret under that name."""

    @classmethod
    def compiled(cls, patterns: Iterable[str], allowed: Iterable[str] = ()) -> Rules:
        """Return the rules of the settings.

        Raises:
            BadPattern: see the class.
        """
        return cls(tuple(map(_compiled, patterns)), tuple(map(_compiled, allowed)))

    def is_clean(self, text: str) -> bool:
        """Tell whether *text* is remembered as one without a secret; if not, it may be one all the same."""
        return text in self._clean

    def are_clean(self, texts: KeysView[str]) -> bool:
        """Tell the same of several at once: the keys of an object are the same few again and again."""
        return texts <= self._clean

    def remember_clean(self, text: str) -> None:
        """Remember that there is no secret in *text*, by these rules and all others."""
        if len(text) <= LONGEST_REMEMBERED:
            if len(self._clean) >= REMEMBERED:
                self._clean.clear()
            self._clean.add(text)

    def is_clean_member(self, name: str, text: str) -> bool:
        """Tell whether *text* is remembered as no secret under *name*."""
        return (name, text) in self._clean_members

    def remember_clean_member(self, name: str, text: str) -> None:
        """Remember that *text* is none under *name*."""
        if len(text) <= LONGEST_REMEMBERED and len(name) <= LONGEST_REMEMBERED:
            if len(self._clean_members) >= REMEMBERED:
                self._clean_members.clear()
            self._clean_members.add((name, text))

    def found(self, text: str) -> Iterable[Finding]:
        """Yield what the patterns find; where one is not done in time the whole text goes, since nobody has seen it."""
        for pattern in self.patterns:
            group = "secret" if "secret" in pattern.groupindex else 0
            try:
                spans = [match.span(group) for match in pattern.finditer(text, timeout=PATIENCE_S)]
            except TimeoutError:
                spans = [(0, len(text))]
            yield from (Finding(start, end, "pattern") for start, end in spans if start < end)

    def allow(self, secret: str) -> bool:
        """Tell whether the user says that *secret* is none."""
        return any(_is_all(pattern, secret) for pattern in self.allowed)


def _compiled(pattern: str) -> Pattern[str]:
    import regex

    try:
        compiled = regex.compile(pattern)
    except regex.error as error:
        raise BadPattern(f"{pattern!r} is no regular expression: {error}") from None
    if compiled.fullmatch(""):
        raise BadPattern(f"{pattern!r} matches the empty text, so it would be found everywhere")
    return compiled


def _is_all(pattern: Pattern[str], secret: str) -> bool:
    try:
        return pattern.fullmatch(secret, timeout=PATIENCE_S) is not None
    except TimeoutError:
        return False


_in_force = Rules()


def in_force() -> Rules:
    """Return the rules that this process obeys."""
    return _in_force


def obey(rules: Rules) -> None:
    """Let this process obey *rules*, from its start on: what was redacted before is not looked at again."""
    global _in_force
    _in_force = rules
