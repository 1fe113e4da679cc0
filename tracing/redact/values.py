"""Whole values of JSON: walked, redacted by name and by text, and brought down to size."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from tracing.payload import MAX_DEPTH, distinct
from tracing.redact.names import is_secret_name
from tracing.redact.text import MARK, redact_text

FIELD_LIMIT = 65_536
"""Characters of one string that are stored: a whole source file, but not a whole video."""

LONGEST_KEY = 64
"""Keys up to this length are remembered."""

TOO_DEEP = f"[hooktrace: nested deeper than {MAX_DEPTH} levels]"

_MARK = re.compile(r"\[(?:redacted(?::[a-z0-9-]{1,40})?|hooktrace: [^\[\]]{1,100})\]")
_LONGEST_MARK = 128
_CUT = re.compile(r"…\[hooktrace: cut, (\d{1,12}) characters\]\Z")


@dataclass(frozen=True)
class Redacted:
    """A value without its secrets."""

    value: Any
    """JSON of the same form; the argument itself is untouched."""
    count: int
    """How many secrets were replaced; 0 when the value had been redacted before."""


def redact(value: Any) -> Redacted:
    """Return *value* without its secrets; redacting the result again changes nothing.

    A value deeper than ``payload.MAX_DEPTH`` is replaced whole (``payload.parse`` returns none).
    """
    walk = _Walk()
    return Redacted(walk.value(value), walk.count)


class _Walk:
    """One walk over a value, counting."""

    def __init__(self) -> None:
        self.count = 0

    def value(self, value: Any, depth: int = 0, secret: bool = False) -> Any:
        if isinstance(value, (dict, list, tuple)):
            return self.container(value, depth, secret) if depth < MAX_DEPTH else TOO_DEEP
        if secret:
            return self.whole(value)
        return self.text(value) if isinstance(value, str) else value

    def container(self, value: Any, depth: int, secret: bool) -> Any:
        if not isinstance(value, dict):
            return [self.value(item, depth + 1, secret) for item in value]
        members = zip(self.keys(value), value.items(), strict=True)
        return {
            # {"credentials": {"ttl": 60}}: a number tells nothing unless its own name says so.
            key: self.value(item, depth + 1, is_secret_name(name) or (secret and not _is_number(item)))
            for key, (name, item) in members
        }

    def keys(self, value: dict[str, Any]) -> Iterable[str]:
        pairs = []
        for key in value:
            text, count = _redacted_key(key) if len(key) <= LONGEST_KEY else redact_text(key)
            self.count += count
            pairs.append((key, text))
        return distinct(pairs, value)

    def whole(self, value: Any) -> Any:
        """Replace a secret's value, but not what cannot be one."""
        if isinstance(value, bool) or not isinstance(value, (str, int, float)) or value == "":
            return value
        if isinstance(value, str) and _MARK.fullmatch(value):
            return value
        self.count += 1
        return MARK

    def text(self, value: str) -> str:
        value, count = redact_text(value)
        self.count += count
        return value


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float))


@lru_cache(maxsize=4096)
def _redacted_key(key: str) -> tuple[str, int]:
    """As `redact_text`: the same few keys come again and again."""
    return redact_text(key)


def cut(value: Any, limit: int = FIELD_LIMIT) -> Any:
    """Return *value* with every string brought down to *limit* characters, a mark at its end.

    For redacted values only: a secret cut in half would not be recognised any more.
    """
    if isinstance(value, str):
        return value if len(value) <= limit else _cut_text(value, limit)
    if isinstance(value, dict):
        keys = distinct([(key, cut(key, limit)) for key in value], value)
        return {key: cut(item, limit) for key, item in zip(keys, value.values(), strict=True)}
    return [cut(item, limit) for item in value] if isinstance(value, list) else value


def _cut_text(text: str, limit: int) -> str:
    mark = f"…[hooktrace: cut, {len(text)} characters]"
    end = max(limit - len(mark), 0)
    opened = text.rfind("[", max(end - _LONGEST_MARK, 0), end)
    if opened >= 0 and (other := _MARK.match(text, opened)) and other.end() > end:
        end = opened  # no mark is cut in half
    return text[:end] + mark


def uncut_length(text: str) -> int:
    """Return how many characters *text* had before it was `cut`."""
    found = _CUT.search(text)
    return int(found[1]) if found else len(text)
