"""Every recorded run, fired once through the real hooks into one database: for tests that only look."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from tests.replay import RECORDINGS, Fired

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
