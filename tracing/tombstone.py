"""By what a session, or a project, is known again that was forgotten, without a word of what it was."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import PurePath


@dataclass(frozen=True)
class Candidate:
    """A session that is about to be stored, and what decides whether it may be."""

    session_id: str
    began_at: datetime
    """When it began, as far as that is known."""
    project: str | None = None
    """The name of its project, as the database would hold it."""
    directories: tuple[str, ...] = ()
    """Where it works: its repository, its directory."""

    @classmethod
    def working_in(cls, session_id: str, began_at: datetime, *places: str | None) -> Candidate:
        """Return a session that works in *places*; the first that is known gives its project the name."""
        known = tuple(place for place in places if place)
        return cls(session_id, began_at, PurePath(known[0]).name or known[0] if known else None, known)

    def tombstones(self) -> Iterator[tuple[str, str]]:
        """Yield kind and key of every tombstone that would keep the session out."""
        yield "session", self.session_id
        for key in self.project_keys():
            yield "project", key

    def project_keys(self) -> set[str]:
        """Return the keys of every project that it is of: one may have been forgotten by name, or by a directory."""
        paths = [PurePath(directory) for directory in self.directories]
        inside = {str(place) for path in paths for place in (path, *path.parents)}
        return {project_key(place) for place in (self.project, *inside) if place}


def project_key(place: str) -> str:
    """Return the key of a project, of which *place* is the name or the directory."""
    return hashlib.sha256(place.encode("utf-8", "surrogatepass")).hexdigest()
