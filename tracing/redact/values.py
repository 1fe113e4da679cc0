"""Whole values of JSON: walked, and redacted by name and by text."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from tracing.payload import MAX_DEPTH, distinct
from tracing.redact.finding import Finding
from tracing.redact.names import is_secret_name
from tracing.redact.randomness import is_random
from tracing.redact.rules import in_force
from tracing.redact.text import MARK, redact_text

TOO_DEEP = f"[hooktrace: nested deeper than {MAX_DEPTH} levels]"

_BY_NAME = Finding(0, 0).mark


@dataclass(frozen=True)
class Redacted:
    """A value without its secrets."""

    value: Any
    """JSON of the same form, every text in it within FIELD_LIMIT; the argument itself is untouched."""
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
        return {
            # {"credentials": {"ttl": 60}}: a number tells nothing unless its own name says so.
            key: self.member(name, item, depth + 1, secret and not _is_number(item))
            for key, (name, item) in zip(self.keys(value), value.items(), strict=True)
        }

    def member(self, name: str, item: Any, depth: int, secret: bool) -> Any:
        if secret or not isinstance(item, str):
            return self.value(item, depth, secret or is_secret_name(name))
        if in_force().is_clean_member(name, item):
            return item
        if is_secret_name(name) or is_random(name, item):
            return self.whole(item)
        clean = self.text(item)
        if clean is item:
            in_force().remember_clean_member(name, item)
        return clean

    def keys(self, value: dict[str, Any]) -> Iterable[str]:
        if in_force().are_clean(value.keys()):
            return value
        pairs = []
        for key in value:
            text, count = redact_text(key)
            self.count += count
            pairs.append((key, text))
        return distinct(pairs, value)

    def whole(self, value: Any) -> Any:
        """Replace a secret's value, but not what cannot be one."""
        if isinstance(value, bool) or not isinstance(value, (str, int, float)) or value == "":
            return value
        if (isinstance(value, str) and MARK.fullmatch(value)) or in_force().allow(str(value)):
            return value
        self.count += 1
        return _BY_NAME

    def text(self, value: str) -> str:
        value, count = redact_text(value)
        self.count += count
        return value


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float))
