"""An event's JSON as a value that PostgreSQL's jsonb accepts.

What JSON (or Python's parser) allows and jsonb refuses is ordinary tool output: a NUL
from a binary file, half an emoji, ``1e999999``.  It is replaced in the value and
counted, and the event is kept.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Container, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

MAX_DEPTH = 100
"""Levels of objects and arrays that are kept: far more than any tool's answer has, and
few enough for every recursive walk here and for jsonb's own parser."""

MAX_DIGITS = 1_000
"""Digits an integer may have; Python refuses to print more than 4,300, jsonb takes more."""

SHOWN_CHARACTERS = 40
"""How much of a number that was replaced is shown in its mark."""

BOM = b"\xef\xbb\xbf"

_KINDS = {list: "array", str: "string", bool: "boolean", int: "number", float: "number", type(None): "null"}

# Cheap and almost never true: only then is there a number that has to be looked at.
_ODD_NUMBER = re.compile(r"[0-9]{200}|[0-9][eE]\+?[0-9]{3,}(?=[\s,\]}]|\Z)|NaN|Infinity")
# Likewise: only then is every string of the value looked at.
_SUSPECT = re.compile(r"\\u(?:0000|[dD][89a-fA-F])")
_REFUSED = re.compile("[\0\ud800-\udfff]")
_STRUCTURE = re.compile(r'\\.|["\[\]{}]', re.DOTALL)


class Unreadable(ValueError):  # read as in `except Unreadable`
    """The payload is not a JSON object; the message gives the reason and none of the content."""


@dataclass(frozen=True)
class Payload:
    """What one event said."""

    value: dict[str, Any]
    """The object; jsonb accepts all of it."""
    replaced: int
    """Characters, numbers and subtrees in it that stand for something jsonb refuses."""


def parse(data: bytes) -> Payload:
    """Return the object that *data* holds, in UTF-8 with or without a byte order mark.

    Of a key given twice the last value wins.

    Raises:
        Unreadable: *data* is empty, not UTF-8, not JSON or not an object.
    """
    skipped = len(BOM) if data.startswith(BOM) else 0
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise Unreadable(f"not UTF-8 at byte {error.start + skipped}") from None
    if not text or text.isspace():
        raise Unreadable("empty")
    reader = _Reader(text, skipped)
    value = reader.read()
    if not isinstance(value, dict):
        raise Unreadable(f"a JSON {_KINDS[type(value)]}, not an object")
    return Payload(value, reader.replaced)


def distinct(keys: Iterable[tuple[str, str]], taken: Container[str]) -> Iterable[str]:
    """Yield the second of each pair (old key, new key), with a suffix where it would hide another key.

    *taken* are all the old keys: a key that stays as it is keeps its name.
    """
    used: set[str] = set()
    next_number: dict[str, int] = {}
    for old, new in keys:
        name = new
        while new != old and (name in taken or name in used):
            next_number[new] = next_number.get(new, 1) + 1
            name = f"{new}~{next_number[new]}"
        used.add(name)
        yield name


class _Reader:
    """Reads one text, counting what it replaces."""

    def __init__(self, text: str, skipped: int) -> None:
        self.text = text
        self.skipped = skipped
        self.replaced = 0

    def read(self) -> Any:
        try:
            value = self._load(self.text)
            brackets = self.text.count("{") + self.text.count("[")  # mostly so few that nobody needs to look
            deep = brackets > MAX_DEPTH and isinstance(value, (dict, list)) and _depth_exceeds(value, MAX_DEPTH)
        except RecursionError:  # where Python gives up depends on its version and on the caller's stack
            deep = True
        except json.JSONDecodeError as error:
            raise self._not_json(error.pos, error.msg) from None
        if deep:
            value = self._read_trimmed()
        return self._cleaned(value) if _SUSPECT.search(self.text) else value

    def _load(self, text: str) -> Any:
        self.replaced = 0
        if not _ODD_NUMBER.search(text):
            return json.loads(text)
        return json.loads(text, parse_int=self._integer, parse_float=self._float, parse_constant=self._mark)

    def _read_trimmed(self) -> Any:
        pieces = list(self._pieces())
        try:
            value = self._load("".join(piece for _, piece in pieces))
        except json.JSONDecodeError as error:
            raise self._not_json(_origin(pieces, error.pos), error.msg) from None
        self.replaced += len(pieces) // 2
        return value

    def _pieces(self) -> Iterable[tuple[int, str]]:
        """Yield the text in turn as kept pieces and as marks for what lies too deep, each with its place."""
        depth, kept, start, in_string = 0, 0, 0, False
        for match in _STRUCTURE.finditer(self.text):
            sign = match[0]
            if sign == '"':
                in_string = not in_string
            elif in_string or len(sign) > 1:
                continue
            elif sign in "[{":
                depth += 1
                if depth == MAX_DEPTH + 1:
                    start = match.start()
            else:
                if depth == MAX_DEPTH + 1:
                    size = len(self.text[start : match.end()].encode())
                    yield kept, self.text[kept:start]
                    yield start, f'"[hooktrace: nested deeper than {MAX_DEPTH} levels, {size} bytes]"'
                    kept = match.end()
                depth -= 1
        if depth > MAX_DEPTH:
            raise self._not_json(len(self.text), "Unfinished")
        yield kept, self.text[kept:]

    def _not_json(self, position: int, reason: str) -> Unreadable:
        byte = self.skipped + len(self.text[:position].encode())
        return Unreadable(f"not JSON at byte {byte}: {reason}")

    def _integer(self, text: str) -> int | str:
        return int(text) if len(text.lstrip("-")) <= MAX_DIGITS else self._mark(text)

    def _float(self, text: str) -> float | str:
        return number if math.isfinite(number := float(text)) else self._mark(text)

    def _mark(self, number: str) -> str:
        self.replaced += 1
        shown = number if len(number) <= SHOWN_CHARACTERS else number[:SHOWN_CHARACTERS] + "…"
        return f"[hooktrace: number out of range: {shown}]"

    def _cleaned(self, value: Any) -> Any:
        if isinstance(value, str):
            return self._clean(value)
        if isinstance(value, list):
            return [self._cleaned(item) for item in value]
        if isinstance(value, dict):
            return self._clean_object(value)
        return value

    def _clean_object(self, value: Mapping[str, Any]) -> dict[str, Any]:
        keys = distinct(((key, self._clean(key)) for key in value), value)
        return {key: self._cleaned(item) for key, item in zip(keys, value.values(), strict=True)}

    def _clean(self, text: str) -> str:
        if text.isascii() and "\0" not in text:
            return text
        clean, count = _REFUSED.subn("\ufffd", text)
        self.replaced += count
        return clean


def _depth_exceeds(value: Any, limit: int) -> bool:
    """Tell whether *value* has more than *limit* levels, level by level: no recursion."""
    level = [value]
    for _ in range(limit):
        children = (item.values() if isinstance(item, dict) else item for item in level)
        level = [child for family in children for child in family if isinstance(child, (dict, list))]
        if not level:
            return False
    return True


def _origin(pieces: list[tuple[int, str]], position: int) -> int:
    """Return where *position* of the joined *pieces* was in the text they were taken from."""
    for start, piece in pieces:
        if position <= len(piece):
            return start + position
        position -= len(piece)
    return pieces[-1][0]
