"""Finds sessions that left a transcript and not one event: only the agent's own files know of them."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from contextlib import suppress
from datetime import datetime
from pathlib import Path

from tracing.database.ledger import Unhooked
from tracing.database.reader import Reader
from tracing.installation.installed import Installation
from tracing.period import Period
from tracing.refusals import Refusals
from tracing.transcriptfile import read_transcript, transcripts
from tracing.transcriptrecord import time_of

MOST = 50
"""Transcripts that are read at most, the newest first."""

FIRST_LINES = 20
"""Among so many the first with a time tells when the session began."""


def unhooked_sessions(installation: Installation, config: Path, reader: Reader, since: datetime) -> list[Unhooked]:
    """Return the sessions of the agent configured in *config* that ran after *since* and fired nothing.

    Not those that began before hooktrace was installed, or ran while it was switched off.
    """
    began = max(since.timestamp(), _installed_at(installation))
    files = {file.stem: file for file in _transcripts(config, began)}
    unknown = reader.rows("unknown_sessions", session_ids=list(files)) if files else []
    refusals = Refusals(installation.places)
    names = [row["session_id"] for row in unknown]
    found = (_unhooked(files[name], began, refusals.of(name)) for name in names)
    return [session for session in found if session]


def _installed_at(installation: Installation) -> float:
    try:
        return (installation.places.state / "README").stat().st_mtime  # written once
    except OSError:
        return float("inf")


def _transcripts(config: Path, since: float) -> list[Path]:
    files = []
    for file in config.glob("projects/*/*.jsonl"):
        with suppress(OSError):  # the agent deletes old ones
            if not file.is_symlink():
                files.append((file.stat().st_mtime, file))
    return [file for changed, file in sorted(files, reverse=True)[:MOST] if changed >= since]


def _unhooked(transcript: Path, since: float, refused: Sequence[Period]) -> Unhooked | None:
    try:
        if not any(at.timestamp() >= since for at in _first_times(transcript)):
            return None
        readings = [read_transcript(file, transcript.stem, refused=refused) for file in transcripts(transcript)]
    except OSError:
        return None
    if not any(reading.requests for reading in readings):
        return None
    return Unhooked(transcript.stem, sum(len(reading.tool_uses) for reading in readings))


def _first_times(transcript: Path) -> Iterator[datetime]:
    """Yield the first time in *transcript*."""
    with transcript.open(encoding="utf-8", errors="replace") as lines:
        for _, line in zip(range(FIRST_LINES), lines, strict=False):
            try:
                record = json.loads(line)
            except (ValueError, RecursionError):
                continue
            if isinstance(record, dict) and (at := time_of(record.get("timestamp"))):
                yield at
                return
