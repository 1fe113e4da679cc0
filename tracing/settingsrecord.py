"""What we did to a settings file, kept beside what stood there before.

    settings-20260801T101500.json          what stood there, byte for byte; missing if there was no file
    settings-20260801T101500.record        the path, our hooks, the hash of what we wrote, directories made

The record comes before the write: one that a crash left without its write does no harm, since what
is taken out is looked for in the file itself.
"""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path

from tracing.places import PRIVATE_DIRECTORY
from tracing.settingsfile import save_private


@dataclass(frozen=True)
class Record:
    """What we did to one settings file."""

    name: str
    path: str
    hooks_dir: str
    state: str
    backup: str | None
    absent: bool
    """There was no file before."""
    sha256: str
    """Of what we wrote; "" once others had written too before we wrote again."""
    made: tuple[str, ...]
    """Directories made for the file, the outermost first."""
    events: tuple[str, ...]

    def save(self, backups: Path) -> None:
        """Write the record, for its user alone to read."""
        save_private(backups / f"{self.name}.record", (json.dumps(asdict(self), indent=2) + "\n").encode())

    def forget(self, backups: Path, with_backup: bool) -> None:
        """Delete the record, and what was set aside if it is back in its place."""
        if with_backup and self.backup:
            (backups / self.backup).unlink(missing_ok=True)
        (backups / f"{self.name}.record").unlink(missing_ok=True)

    @classmethod
    def from_file(cls, path: Path) -> Record:
        """Read what ``save`` wrote."""
        values = json.loads(path.read_bytes())
        made, events = tuple(values.pop("made")), tuple(values.pop("events"))
        return cls(made=made, events=events, **values)


def records(backups: Path) -> Iterator[Record]:
    """Yield the records, the oldest first; one that cannot be read is none."""
    for file in sorted(backups.glob("settings-*.record"), key=lambda file: file.stem):
        with contextlib.suppress(OSError, ValueError, KeyError, TypeError, AttributeError):
            yield Record.from_file(file)


def new_name(backups: Path) -> str:
    """Return a name that no record in *backups* has; the directory is made if it is missing."""
    backups.mkdir(mode=PRIVATE_DIRECTORY, parents=True, exist_ok=True)
    name = f"settings-{datetime.now():%Y%m%dT%H%M%S}"
    taken = {path.stem for path in backups.iterdir()}
    numbered = (f"{name}-{number}" for number in range(2, len(taken) + 3))
    return name if name not in taken else next(other for other in numbered if other not in taken)
