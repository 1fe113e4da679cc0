"""Every recorded run, fired once through the real hooks into one database: for tests that only look."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from tests.replay import RECORDINGS, Fired, LivePids, read

if TYPE_CHECKING:
    from tests.conftest import Installation

LATEST = RECORDINGS / "2.1.330"


@dataclass(frozen=True)
class Replayed:
    """All recordings, fired one after the other into one installation, and flushed."""

    home: Installation
    fired: dict[Path, Fired]

    def sessions(self, name: str) -> list[str]:
        """Return the sessions of the latest recording *name*, in the order in which they began."""
        return self.fired[LATEST / f"{name}.jsonl"].sessions

    def outline(self, name: str) -> str:
        """Return the tree of the first session of the latest recording *name*."""
        return self.home.outline(self.sessions(name)[0])

    def tools(self, name: str) -> list[tuple[str, str]]:
        """Return name and status of the tool calls of the latest recording *name*, sorted."""
        rows = self.home.query(
            "SELECT name, status FROM execution_traces WHERE kind = 'tool' AND session_id = ANY(%s) ORDER BY 1, 2",
            self.sessions(name),
        )
        return [(str(tool), str(status)) for tool, status in rows]


def nothing(_files: Sequence[Path]) -> Sequence[Path]:
    """Lose none of the events."""
    return ()


def relive(home: Installation, recording: Path, lost: Callable[[Sequence[Path]], Sequence[Path]] = nothing) -> Fired:
    """Fire a recording as if at the time of its transcripts; *lost* tells which events do not arrive."""
    events = read(recording)
    with LivePids() as pids:
        with home.without_collector():
            fired = home.replay(recording, pids=pids)
            files = sorted(home.spooled(), key=lambda file: file.stat().st_mtime_ns)
            for file, firing in zip(files, fired.firings, strict=True):
                os.utime(file, (events[firing.number].at, events[firing.number].at))
            for file in lost(files):
                file.unlink()
        home.flush()
    return fired
