"""The text of a JSON object that belongs to somebody else: one member changes, every other byte stays.

Reading is stricter than most readers are: a comment, a key that stands twice or a number that
JSON does not know is an error, because nobody can tell what its owner meant by it.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Any

BYTE_ORDER_MARK = "\ufeff"
"""Some editors on Windows begin a file with it; Claude Code reads past it."""

_SPACE = re.compile(r"[ \t\r\n]*")


class NotAnObject(ValueError):
    """The text is no JSON object; *line* is where that shows."""

    def __init__(self, reason: str, line: int) -> None:
        super().__init__(reason)
        self.line = line


def parse(text: str) -> dict[str, Any]:
    """Return the object that *text* holds; a text of nothing but white space holds an empty one.

    Raises:
        NotAnObject: it is not JSON, not an object, or a key stands twice in it.
    """
    body = text.removeprefix(BYTE_ORDER_MARK)
    if not body.strip(" \t\r\n"):
        return {}
    try:
        value = json.loads(body, object_pairs_hook=_without_repetition, parse_constant=_refused)
    except json.JSONDecodeError as error:
        raise NotAnObject(error.msg, error.lineno) from error
    except _Repeated as error:
        raise NotAnObject(f"the key {error} stands twice", _line_of_repetition(body, str(error))) from error
    except (ValueError, RecursionError) as error:  # a number that is none, or a nest too deep
        raise NotAnObject(str(error), 1) from error
    if not isinstance(value, dict):
        raise NotAnObject(f"it holds {type(value).__name__}, not an object", 1)
    return value


def with_member(text: str, key: str, value: Any) -> str:
    r"""Return *text* with the member *key* set to *value*: in its place, or else as the last one.

    The member is written as the rest is: same indentation, same line ends, text as it is (no \u escapes
    that need not be).  *text* must be one that ``parse`` takes.
    """
    head, body = _split(text)
    style = _Style.of(body)
    spans = _members(body)
    if key in spans:
        _, start, end = spans[key]
        return head + body[:start] + style.value(value) + body[end:]
    if spans:
        end = max(span[2] for span in spans.values())
        return head + body[:end] + "," + style.gap + style.member(key, value) + body[end:]
    before, after = ("", style.line_end) if not body else (body[: body.index("{")], body[body.rindex("}") + 1 :])
    return f"{head}{before}{{{style.gap}{style.member(key, value)}{style.line_end}}}{after}"


def without_member(text: str, key: str) -> str:
    """Return *text* without the member *key* and the comma that belonged to it; *text* itself if it has none."""
    head, body = _split(text)
    spans = _members(body)
    if key not in spans:
        return text
    names = list(spans)
    begin, _, end = spans[key]
    place = names.index(key)
    if place > 0:  # with the comma before it
        begin = spans[names[place - 1]][2]
    elif len(names) > 1:  # the first one: up to where the next begins
        end = spans[names[1]][0]
    else:
        begin, end = body.index("{") + 1, body.rindex("}")
    return head + body[:begin] + body[end:]


@dataclass(frozen=True)
class _Style:
    """How an object is written."""

    line_end: str
    """"" for an object on one line."""
    indent: str
    """One level of it."""
    compact: bool
    """Nothing stands between a colon and its value."""

    @classmethod
    def of(cls, body: str) -> _Style:
        compact = bool(re.search(r'":\S', body)) and not re.search(r'":\s', body)
        if not _members(body):
            return cls("\r\n" if "\r\n" in body else "\n", "  ", compact)
        if first := re.match(r"\s*\{\s*?(\r?\n)\s*?([ \t]*)\"", body):
            return cls(first[1], first[2], compact)
        return cls("", "", compact)

    @property
    def gap(self) -> str:
        """What stands between a comma and the next member."""
        return self.line_end + self.indent if self.line_end else ("" if self.compact else " ")

    def value(self, value: Any) -> str:
        """Return *value* as JSON, for a place one level deep."""
        if not self.line_end:
            return _dumped(value, None, (",", ":") if self.compact else (", ", ": "))
        text = _dumped(value, self.indent, (",", ":" if self.compact else ": "))
        return text.replace("\n", self.line_end + self.indent)

    def member(self, key: str, value: Any) -> str:
        """Return a whole member."""
        return f"{json.dumps(key)}:{'' if self.compact else ' '}{self.value(value)}"


def _split(text: str) -> tuple[str, str]:
    """Return the byte order mark, if there is one, and the rest; a rest of white space is none."""
    head = text[: text.startswith(BYTE_ORDER_MARK)]
    body = text[len(head) :]
    return head, body if body.strip(" \t\r\n") else ""


def _members(body: str) -> dict[str, tuple[int, int, int]]:
    """Return for each member of the object where its key begins, its value begins, and its value ends."""
    decoder = json.JSONDecoder()
    spans: dict[str, tuple[int, int, int]] = {}
    if not body:
        return spans
    at = _after_space(body, body.index("{") + 1)
    while body[at] != "}":
        key, after = decoder.raw_decode(body, at)
        start = _after_space(body, _after_space(body, after) + 1)  # past the colon
        _, end = decoder.raw_decode(body, start)
        spans[key] = (at, start, end)
        at = _after_space(body, end)
        if body[at] == ",":
            at = _after_space(body, at + 1)
    return spans


def _after_space(body: str, at: int) -> int:
    match = _SPACE.match(body, at)
    return match.end() if match else at


def _dumped(value: Any, indent: str | None, separators: tuple[str, str] | None) -> str:
    text = json.dumps(value, ensure_ascii=False, indent=indent, separators=separators, allow_nan=False)
    try:
        text.encode()
    except UnicodeEncodeError:  # half a surrogate pair, which only an escape can express
        text = json.dumps(value, indent=indent, separators=separators, allow_nan=False)
    return text


class _Repeated(ValueError):
    pass


def _without_repetition(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    value = dict(pairs)
    if len(value) < len(pairs):
        names = [name for name, _ in pairs]
        raise _Repeated(json.dumps(next(name for name in names if names.count(name) > 1), ensure_ascii=False))
    return value


def _refused(constant: str) -> Any:
    raise ValueError(f"{constant} is not JSON")


def _line_of_repetition(body: str, key: str) -> int:
    """Return the line of the last place where *key* is written so; 1 if it is written with escapes."""
    return body.count("\n", 0, max(body.rfind(key), 0)) + 1
