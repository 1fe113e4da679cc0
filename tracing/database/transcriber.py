"""Stores what transcripts tell, in the same transaction as how far they were read.

Read again, in pieces or from the beginning, a transcript tells the same rows: they are merged.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import psycopg

from tracing.assemble import Session
from tracing.database.connection import Row
from tracing.database.parameters import account_row, call_row
from tracing.database.queries import query
from tracing.database.store import Store, lock_trees
from tracing.database.told import agent_row, asked_row, parameter, result_row, turn_row
from tracing.database.tombstones import refuse_forgotten
from tracing.identity import session_uuid
from tracing.modelrequest import ModelRequest
from tracing.outsidecall import request_call
from tracing.prices import request_cost
from tracing.tally import SoFar
from tracing.tombstone import Candidate
from tracing.transcriptfile import Position, Reading
from tracing.turn import Turn


class Premature(Exception):
    """A transcript is ahead of the events: who made its last requests is still to be told."""


class Transcriber:
    """Writes what was read from transcripts into one store."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def positions(self, session_ids: Collection[str]) -> dict[str, dict[Path, Position]]:
        """Return how far each transcript of each of these sessions was read, by one query.

        Raises:
            Unavailable: the database is away.
        """
        positions: dict[str, dict[Path, Position]] = {session_id: {} for session_id in session_ids}
        for row in self._store.query("transcript_positions", session_ids=list(session_ids)):
            so_far = SoFar(row["prompt_id"], row["copied_at"])
            position = Position(row["position_bytes"], row["fingerprint"], so_far)
            positions[row["session_id"]][Path(row["path"])] = position
        return positions

    def store(
        self,
        session: Session,
        readings: Sequence[tuple[Path, Reading]],
        *,
        since: datetime,
        told_until: datetime,
        whole: bool,
    ) -> bool:
        """Store *readings* of *session*'s transcripts, and apply what they told since a time to its executions.

        All events until *told_until* are stored: who is not known to have made an older request never will be,
        and it counts as the session's.  *whole* if nothing is left to be read.  Return whether an execution changed.

        Raises:
            Premature, Forgotten: see the classes; nothing is stored.
            Unavailable: the database is away; nothing is stored.
            RowRefused: something that was read cannot be stored.
        """
        now = datetime.now(UTC)
        if session.omits_content:
            readings = [(path, reading.without_content()) for path, reading in readings]
        about = {"session_id": session.session_id, "root_id": session.root_id, "now": now}
        span = {"since": since, "told_until": told_until}
        with self._store.transaction() as connection:
            refuse_forgotten(connection, Candidate(session.session_id, now))
            with connection.pipeline():  # only what is asked within waits for an answer
                lock_trees(connection, [session.root_id])
                for _, reading in readings:
                    _store_told(connection, session, reading)
                healed = connection.execute(query("heal"), {**about, **span})
                for path, reading in readings:
                    _store_requests(connection, session, path, reading, told_until, now)
                ended = connection.execute(query("apply_transcripts"), {**about, "since": since})
                correlation = session_uuid(session.session_id)
                settled = {"root_ids": [session.root_id], "correlation_ids": [correlation], "now": now}
                connection.execute(query("settle_sessions"), settled)
                connection.execute(query("describe_session"), {**about, "correlation_id": correlation})
                if whole:
                    connection.execute(query("note_applied"), {**about, **span})
            changed = healed.fetchall() + ended.fetchall()
        return any(count for row in changed for count in row.values())


def _store_told(connection: psycopg.Connection[Row], session: Session, reading: Reading) -> None:
    """Store what is told of executions: what is missing of them is made from it."""
    if reading.forked_from:
        told_from = {"session_id": session.session_id, "forked_from": reading.forked_from}
        connection.execute(query("note_fork"), told_from)
    told = [
        *map(asked_row, reading.tool_uses),
        *map(result_row, reading.results),
        *map(agent_row, reading.agents),
        *_turns(connection, session.root_id, reading.turns),
    ]
    if told:
        connection.execute(query("record_transcribed"), {"told": parameter(told, session.root_id)})


def _store_requests(
    connection: psycopg.Connection[Row],
    session: Session,
    path: Path,
    reading: Reading,
    told_until: datetime,
    now: datetime,
) -> None:
    """Store the requests to the model, each of the execution that made it, and how far the transcript was read."""
    batches = {
        "record_call": _calls(connection, session.root_id, reading.requests, told_until),
        "record_account": [account_row(account) for account in reading.accounts],
        "record_position": [_position_row(session.session_id, path, reading, now)],
    }
    with connection.cursor() as cursor:
        for name, rows in batches.items():
            if rows:
                cursor.executemany(query(name), rows)


def _turns(connection: psycopg.Connection[Row], root_id: UUID, turns: Sequence[Turn]) -> list[Row]:
    """Return *turns* as rows, each about the prompt in which what was broken off had been asked for."""
    calls = [call for turn in turns for call in turn.call_ids]
    requests = [turn.request_id for turn in turns if turn.request_id]
    values: dict[str, Any] = {"root_id": root_id, "call_ids": calls, "request_ids": requests}
    found = connection.execute(query("prompts_around"), values).fetchall() if calls or requests else []
    prompts = {row["asked"]: row["correlation_id"] for row in found}
    rows = []
    for turn in turns:
        asked = next((prompts[one] for one in (*turn.call_ids, turn.request_id) if one in prompts), None)
        rows.append({**turn_row(turn), "correlation_id": asked or turn.correlation_id})
    return rows


def _calls(
    connection: psycopg.Connection[Row], root_id: UUID, requests: Sequence[ModelRequest], told_until: datetime
) -> list[Row]:
    """Return *requests* as rows, each of the innermost execution that is known to have made it."""
    makers = list({maker for request in requests for maker in request.within})
    values: dict[str, Any] = {"root_id": root_id, "correlation_ids": makers}
    found = connection.execute(query("makers_of_requests"), values).fetchall() if makers else []
    projects = {row["correlation_id"]: row["project"] for row in found}
    rows = []
    for request in requests:
        if request.within[0] not in projects and request.last_at > told_until:
            raise Premature
        maker = next((maker for maker in request.within if maker in projects), None)
        if maker:
            call = request_call(request, root_id, maker, projects[maker], request_cost(request))
            rows.append(call_row(call))
    return rows


def _position_row(session_id: str, path: Path, reading: Reading, now: datetime) -> Row:
    position = reading.position
    return {
        "session_id": session_id,
        "path": str(path),
        "position_bytes": position.offset,
        "fingerprint": position.fingerprint,
        "prompt_id": position.so_far.prompt_id,
        "copied_at": position.so_far.copied_at,
        "unreadable": reading.unreadable,
        "anew": reading.anew,
        "now": now,
    }
