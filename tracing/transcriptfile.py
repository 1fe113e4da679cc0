"""Reads what was added to a transcript since it was last read.

Nothing is kept in memory between two readings and nothing is lost if one is repeated: a reading
begins at a position and gives the next one, which is stored with what was read.  A line without
its end is left for the next time.  A file that is no longer the one the position speaks of (the
client rewrites a transcript of some megabytes without what is no longer needed) is read anew.
"""

from __future__ import annotations

import hashlib
import os
import re
import stat
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import BinaryIO

from tracing.account import Account
from tracing.modelrequest import ModelRequest
from tracing.payload import Unreadable, parse
from tracing.period import Period
from tracing.subagent import Subagent
from tracing.tally import SoFar, Tally, ToolUse
from tracing.transcript import Meta, read_meta
from tracing.transcriptrecord import Record
from tracing.turn import ToolResult, Turn

LINE_LIMIT = 4 * 1024 * 1024
"""Bytes of a line at most, with its end.  An answer of the model has less; what a tool read may have more."""

READ_LIMIT = 16 * 1024 * 1024
"""Bytes after which a reading ends, so that a long transcript does not hold up others."""

REWIND_LIMIT = 1024 * 1024
"""How far back from the end of what was read the next reading begins, for a request that has no answer yet."""

EDGE = 512
"""Bytes before the position, and at the file's beginning, by which the file is known again."""

AGENT_PREFIX = "agent-"
"""How the name of a subagent's transcript begins."""

_PIECE = 65_536

_TYPES = re.compile(rb'"type": ?"(?:user|assistant|system|api-request|cost-state)"')
"""Stands in every record that tells something: within a text its quotes would be escaped."""


@dataclass(frozen=True)
class Position:
    """A place between two lines of a transcript."""

    offset: int = 0
    """Bytes before it."""
    fingerprint: str = ""
    """Of the file: its inode, its first bytes, and the last before the place."""
    so_far: SoFar = field(default_factory=SoFar)


START = Position()


@dataclass(frozen=True)
class Reading:
    """What a part of a transcript tells.

    What an earlier part told may be told again, with less or more: it is to be merged.
    """

    position: Position
    """Where the next reading begins."""
    requests: tuple[ModelRequest, ...] = ()
    tool_uses: tuple[ToolUse, ...] = ()
    results: tuple[ToolResult, ...] = ()
    turns: tuple[Turn, ...] = ()
    accounts: tuple[Account, ...] = ()
    agents: tuple[Subagent, ...] = ()
    copied: frozenset[str] = frozenset()
    """Ids of the messages that were left out because they belong to another session."""
    forked_from: str | None = None
    """That session, where it is told."""
    unreadable: int = 0
    """Lines before ``position`` that are no JSON object or too long, and messages without an id or a time."""
    anew: bool = False
    """Whether the file was another one than the position spoke of."""
    more: bool = False
    """Whether the reading ended at its limit, not at the end of the file."""
    ahead: bool = False
    """Whether it tells of lines behind ``position`` too, which stands before a request that waits for its answer."""

    def without_content(self) -> Reading:
        """Return what is kept of it where no content is: that something was asked or failed, not in which words."""
        return replace(
            self,
            requests=tuple(replace(request, error_message=None) for request in self.requests),
            results=tuple(replace(result, error_message=None) for result in self.results),
            turns=tuple(replace(turn, prompt_text=None, error_message=None) for turn in self.turns),
            tool_uses=tuple(use.without_content() for use in self.tool_uses),
        )


def transcripts(transcript: Path) -> list[Path]:
    """Return the session's *transcript* and those of its subagents, as far as they are there."""
    subagents = transcript.with_suffix("") / "subagents"
    found = (transcript, *sorted(subagents.rglob(f"{AGENT_PREFIX}*.jsonl")))
    return [file for file in found if file.is_file() and not file.is_symlink()]


def read_transcript(
    file: Path,
    session_id: str,
    position: Position = START,
    *,
    since: datetime | None = None,
    refused: Sequence[Period] = (),
    limit: int = READ_LIMIT,
) -> Reading:
    """Return what the transcript *file* of the session, or of a subagent of it, tells from *position* on.

    Messages from before *since* are taken for copies from another session: to be given for a session
    that began as a fork.  What was written in a *refused* period is passed over.  A file that is not
    there tells nothing.

    Raises:
        OSError: the file is a link, or no file, or cannot be read.
    """
    try:
        opened = _opened(file)
    except (FileNotFoundError, NotADirectoryError):
        return Reading(position)
    with opened:
        known = _fingerprint(opened, position.offset) == (position.fingerprint or None)
        start = position if known else START
        tally = Tally(session_id, start.so_far, since, refused)
        lines = _Lines(opened, start.offset, start.offset + limit)
        for offset, record in lines:
            tally.take(record, offset)
        end, so_far, unreadable = _end(tally, lines, start)
        return Reading(
            Position(end, _fingerprint(opened, end), so_far),
            requests=tuple(tally.requests.values()),
            tool_uses=tuple(tally.tool_uses.values()),
            results=tuple(tally.results.values()),
            turns=tuple(tally.turns),
            accounts=tuple(tally.accounts.values()),
            agents=tuple(_agents(file, tally)),
            copied=frozenset(tally.copied),
            forked_from=tally.forked_from,
            unreadable=unreadable,
            anew=not known and position.offset > 0,
            more=lines.more,
            ahead=end < lines.end,
        )


def _agents(file: Path, tally: Tally) -> Iterator[Subagent]:
    """Yield the subagents that were told of; of the one whose own transcript it is, the file beside it tells more."""
    meta = read_meta(file) if file.name.startswith(AGENT_PREFIX) else Meta()
    for agent in tally.agents.values():
        own = file.stem == AGENT_PREFIX + agent.agent_id
        yield replace(agent, name=meta.agent_type or agent.name, call=meta.call or agent.call) if own else agent


def _end(tally: Tally, lines: _Lines, start: Position) -> tuple[int, SoFar, int]:
    """Return where to read on: before a request that waits for its answer, which tells when it was sent."""
    waiting = tally.unanswered
    if waiting and lines.end - waiting.offset <= REWIND_LIMIT and (waiting.offset > start.offset or not lines.more):
        return waiting
    return lines.end, tally.so_far, tally.unreadable


class _Lines:
    """The complete lines of a file from one offset to another; ``end`` is behind the last that was given."""

    def __init__(self, file: BinaryIO, start: int, limit: int) -> None:
        self._file, self._limit = file, limit
        self.end = start
        self.more = False

    def __iter__(self) -> Iterator[tuple[int, Record | None]]:
        self._file.seek(self.end)
        while line := self._file.readline(LINE_LIMIT):
            size = len(line)
            if not line.endswith(b"\n"):
                rest = self._rest_of_line() if size == LINE_LIMIT else 0
                if not rest:
                    return
                size, line = size + rest, b""
            offset, self.end = self.end, self.end + size
            text = line.strip(b"\0 \t\r\n")  # the client, too, reads past what a crash can leave before a line
            if not line or (text and not _says_nothing(text)):
                yield offset, _record(text)
            if self.end >= self._limit:
                self.more = True
                return

    def _rest_of_line(self) -> int:
        """Pass over what is left of a line that is too long; return its bytes, or 0 if it has no end yet."""
        size = 0
        while piece := self._file.readline(_PIECE):
            size += len(piece)
            if piece.endswith(b"\n"):
                return size
        return 0


def _says_nothing(line: bytes) -> bool:
    """Tell, without parsing it, a record of a kind that is not looked at: half of the lines of a transcript."""
    return line.startswith(b"{") and line.endswith(b"}") and not _TYPES.search(line)


def _record(line: bytes) -> Record | None:
    try:
        return parse(line).value
    except Unreadable:
        return None


def _opened(file: Path) -> BinaryIO:
    """Open a regular file; its path comes from a payload, so no link is followed and no FIFO waited for."""
    descriptor = os.open(file, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise OSError(f"{file} is no regular file")
    return os.fdopen(descriptor, "rb")


def _fingerprint(file: BinaryIO, offset: int) -> str:
    """Return what the file is known by as long as lines are only added to it; nothing if it ends before *offset*."""
    descriptor = file.fileno()
    status = os.fstat(descriptor)
    if status.st_size < offset:
        return ""
    begins, ends = os.pread(descriptor, min(EDGE, offset), 0), max(0, offset - EDGE)
    last = os.pread(descriptor, offset - ends, ends)
    return hashlib.blake2b(b"%d\n%b\n%b" % (status.st_ino, begins, last), digest_size=16).hexdigest()
