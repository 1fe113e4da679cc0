"""What the collector complained of last, from the end of its log, which holds nothing of what it stored."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

READ_BYTES = 65_536
"""From the end of the log; enough for some hundred lines."""

_LINE = re.compile(r"(?P<at>[0-9-]{10} [0-9:]{8}),[0-9]{3} (?P<level>WARNING|ERROR|CRITICAL) (?P<text>.*)")


@dataclass(frozen=True)
class Complaint:
    """One line of the log."""

    at: datetime
    level: str
    text: str


def last_complaints(log: Path, limit: int) -> list[Complaint]:
    """Return the last complaints of *log*, the newest first; none where there is no log."""
    try:
        with log.open("rb") as file:
            file.seek(max(0, log.stat().st_size - READ_BYTES))
            lines = file.read().decode("utf-8", "replace").splitlines()
    except OSError:
        return []
    found = [match for line in reversed(lines) if (match := _LINE.fullmatch(line))]
    return [
        Complaint(datetime.fromisoformat(match["at"]).astimezone(), match["level"].lower(), match["text"])
        for match in found[:limit]
    ]
