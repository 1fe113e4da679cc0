"""``hooktrace redact --test FILE``: what would go from a file before anything of it is stored."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import click

from tracing.installation import CommandError, Installation
from tracing.payload import Unreadable, parse
from tracing.redact import findings, redact
from tracing.wording import harmless

AROUND = 60
"""Characters shown on either side of a mark."""

BY_NAME = "name"
"""What a secret is known by whose mark names no kind."""

_MARK = re.compile(r"\[redacted(?::([a-z0-9-]+))?\]")
_JSON_SCALAR = re.compile(r'"(?:[^"\\]|\\.)*"|[^\s\[\]{}:,"]+')
"""A key, or a value that is no object and no array."""


class Change(NamedTuple):
    """A piece of the file, and what would be stored in its place: marks, and what stays around them."""

    start: int
    end: int
    stored: str


@click.command("redact")
@click.option("--test", "file", metavar="FILE", required=True, help="The file to look at; - is standard input.")
def command(file: str) -> None:
    """Show what would go from FILE, and what would stand there instead; nothing is stored or changed.

    JSON, as a whole or one object a line, is treated as an event is: by its keys, too.
    """
    Installation.here().obey_rules()
    text = _read(file)
    lines = list(_shown(text, list(_changes(text))))
    for number, kinds, line in lines:
        click.echo(f"{number:>6}  {', '.join(dict.fromkeys(kinds)):<18}  {harmless(line)}")
    count = sum(len(kinds) for _, kinds, _ in lines)
    click.echo(
        f"{_counted(count, 'secret')} in {_counted(len(lines), 'line')} would go" if count else "nothing would go"
    )


def _read(file: str) -> str:
    """Return the text in *file*.

    Raises:
        CommandError: it cannot be read, or is no text.
    """
    try:
        data = sys.stdin.buffer.read() if file == "-" else Path(file).read_bytes()
    except OSError as error:
        raise CommandError(
            f"{file} cannot be read: {error.strerror}\nhint: name a file of text, or - for stdin"
        ) from None
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = "\0"
    if "\0" in text:
        raise CommandError(
            f"{file} is no text in UTF-8\nhint: `strings FILE | hooktrace redact --test -` looks into it"
        )
    return text


def _changes(text: str) -> Iterable[Change]:
    """Return what would become of *text*, in its order."""
    lines = [(match.start(), match[0]) for match in re.finditer(r"[^\n]*\S[^\n]*", text)]
    for pieces in ([(0, text)], lines):
        try:
            return [change for start, piece in pieces for change in _changes_of_json(piece, start)]
        except Unreadable:
            continue
    return [Change(one.start, one.end, one.mark) for one in findings(text)]


def _changes_of_json(text: str, start: int) -> Iterator[Change]:
    """Yield what would become of the JSON object that begins at *start* of the file.

    Raises:
        Unreadable: it is none, or none in which every value can be found again.
    """
    value = parse(text.encode()).value
    before, after = ([match[0] for match in _scalars(json.dumps(one))] for one in (value, redact(value).value))
    places = list(_scalars(text))
    if not len(places) == len(before) == len(after):  # a key was given twice, or it is too deep to be kept
        raise Unreadable("not kept as it is")
    for place, old, new in zip(places, before, after, strict=True):
        if len(_MARK.findall(new)) > len(_MARK.findall(old)):
            yield Change(start + place.start(), start + place.end(), json.dumps(json.loads(new), ensure_ascii=False))


def _scalars(text: str) -> Iterator[re.Match[str]]:
    return _JSON_SCALAR.finditer(text)


def _shown(text: str, changes: Sequence[Change]) -> Iterator[tuple[int, list[str], str]]:
    """Yield each line of *text* that would change: its number, what is known for a secret in it, what it would be."""
    for together in _by_line(text, changes):
        position = begin = text.rfind("\n", 0, together[0].start) + 1
        line, kinds = "", []
        for change in together:
            line += text[position : change.start] + change.stored
            kinds += [match[1] or BY_NAME for match in _MARK.finditer(change.stored)]
            position = change.end
        end = text.find("\n", position)
        line += text[position : end if end >= 0 else len(text)]
        yield text.count("\n", 0, begin) + 1, kinds, _excerpt(line)


def _by_line(text: str, changes: Sequence[Change]) -> list[list[Change]]:
    """Put together what would be in one line; lines that are within a secret are none any more."""
    lines: list[list[Change]] = []
    for change in changes:
        if lines and "\n" not in text[lines[-1][-1].end : change.start]:
            lines[-1].append(change)
        else:
            lines.append([change])
    return lines


def _excerpt(line: str) -> str:
    """Return *line* without what is far from all its marks."""
    pieces: list[str] = []
    kept = 0
    for mark in _MARK.finditer(line):
        start = max(kept, mark.start() - AROUND)
        pieces += ["…" if start > kept else "", line[start : mark.end()]]
        kept = mark.end()
    rest = line[kept:]
    return "".join([*pieces, rest if len(rest) <= AROUND else rest[:AROUND] + "…"])


def _counted(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
