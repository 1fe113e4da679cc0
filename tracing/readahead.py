"""Reads transcripts ahead, in a process of its own: while one piece is stored the next one is read."""

from __future__ import annotations

import signal
from collections.abc import Iterable, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from datetime import datetime
from multiprocessing import get_context
from pathlib import Path

from tracing.period import Period
from tracing.redact import Rules, obey
from tracing.transcriptfile import Position, Reading, read_transcript


class ReadAhead:
    """The process; what it is asked to read it reads in that order."""

    def __init__(self, patterns: Iterable[str], allowed: Iterable[str]) -> None:
        """Begin, with the user's rules of redaction (tracing/redact/rules.py)."""
        rules = (tuple(patterns), tuple(allowed))
        # Not a copy of this process: that one has threads, and connections that are its own.
        self._pool = ProcessPoolExecutor(1, get_context("spawn"), initializer=_obey, initargs=rules)

    def read(
        self, file: Path, session_id: str, position: Position, since: datetime | None, refused: Sequence[Period]
    ) -> Future[Reading]:
        """Let a part of a transcript be read, as ``read_transcript`` does."""
        return self._pool.submit(read_transcript, file, session_id, position, since=since, refused=refused)

    def close(self) -> None:
        """End the process; what was not read yet stays unread."""
        self._pool.shutdown(cancel_futures=True)


def _obey(patterns: Sequence[str], allowed: Sequence[str]) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for whoever reads what this one reads
    obey(Rules.compiled(patterns, allowed))
