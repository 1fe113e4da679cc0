"""What is to be forgotten: the sessions that a word of the user's means, and those that hang on them."""

from __future__ import annotations

import os
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

from tracing.database.reader import Reader
from tracing.footprint import Arrival, Footprint
from tracing.installation import CommandError
from tracing.tombstone import project_key
from tracing.wording import listed


@dataclass(frozen=True)
class Oblivion:
    """Sessions, and the project that they are, if they were meant by it."""

    session_ids: Collection[str]
    project: str | None
    """Its key (tracing/tombstone.py)."""
    errors: Collection[UUID]
    """The kinds of failure that name it; they outlive its sessions."""
    described: str
    """For the user."""


def chosen(reader: Reader, footprint: Footprint, what: str) -> Oblivion:
    """Return what the user means by *what*: an id, the beginning of one, a project's name or a directory.

    Whoever sees only his own sessions means these: row-level security decides, as for `hooktrace sessions`.

    Raises:
        CommandError: nothing is meant by it, or several things are.
    """
    arrivals = _undecided(reader, footprint)
    place = _directory(what) or what
    of_project = _of_project(reader, arrivals, place)
    session_id = None if _directory(what) else _session(reader, arrivals, what)
    errors = [row["id"] for row in reader.rows("errors_of_project", project=what)]
    is_project = bool(of_project or errors)
    if session_id and is_project:
        hint = "the whole session id means the session, the project's directory the project"
        raise CommandError(f"{what!r} begins the id of a session and is the name of a project\nhint: {hint}")
    if not (session_id or is_project):
        hint = "`hooktrace sessions` lists sessions and projects; a directory is written with a slash"
        raise CommandError(f"nothing is recorded of {what!r}\nhint: {hint}")
    meant = {session_id} if session_id else of_project
    every = _with_nested(reader, arrivals, meant)
    named = f"session {session_id}" if session_id else f"project {place}: {_counted(len(meant))}"
    nested = len(every) - len(meant)
    more = f", and {_counted(nested)} started from {'its shell' if session_id else 'their shells'}" if nested else ""
    more += ", and what was learned there" if errors else ""
    return Oblivion(every, project_key(place) if is_project else None, errors, named + more)


def _directory(what: str) -> str | None:
    """Return the directory that *what* names, if it is written as one."""
    return str(Path(what).expanduser().resolve()) if os.sep in what or what in (".", "..", "~") else None


def _undecided(reader: Reader, footprint: Footprint) -> Sequence[Arrival]:
    """Return the events on their way of sessions of which nothing is stored."""
    arrivals = [arrival for arrival in footprint.arrivals() if arrival.candidate.session_id]
    ids = list({arrival.candidate.session_id for arrival in arrivals})
    known = {row["session_id"] for row in reader.rows("known_sessions", session_ids=ids)} if ids else set()
    return [arrival for arrival in arrivals if arrival.candidate.session_id not in known]


def _session(reader: Reader, arrivals: Sequence[Arrival], beginning: str) -> str | None:
    """Return the session that *beginning* begins, if any does.

    Raises:
        CommandError: several do.
    """
    if not beginning:
        return None
    found = {row["session_id"] for row in reader.rows("sessions_named", beginning=beginning)}
    waiting = {arrival.candidate.session_id for arrival in arrivals}
    found |= {session_id for session_id in waiting if session_id.startswith(beginning)}
    if beginning in found:
        return beginning
    if len(found) > 1:
        raise CommandError(f"{beginning!r} begins several sessions: {listed(sorted(found))}\nhint: give more of it")
    return next(iter(found), None)


def _of_project(reader: Reader, arrivals: Sequence[Arrival], place: str) -> set[str]:
    """Return the sessions of the project with the name or the directory *place*."""
    project, directory = (None, place) if place.startswith("/") else (place, None)
    rows = reader.rows("sessions_of_place", project=project, directory=directory)
    stored = {row["session_id"] for row in rows}
    key = project_key(place)
    return stored | {arrival.candidate.session_id for arrival in arrivals if key in arrival.candidate.project_keys()}


def _with_nested(reader: Reader, arrivals: Sequence[Arrival], session_ids: Collection[str]) -> set[str]:
    """Return *session_ids* and the sessions that were started from their shells, and from those."""
    every = {row["session_id"] for row in reader.rows("sessions_beneath", session_ids=list(session_ids))}
    while nested := {
        arrival.candidate.session_id
        for arrival in arrivals
        if arrival.outer_session in every and arrival.candidate.session_id not in every
    }:
        every |= nested
    return every


def _counted(sessions: int) -> str:
    return "1 session" if sessions == 1 else f"{sessions} sessions"
