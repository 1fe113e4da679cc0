"""Learns from finished prompts: how each went, and what it teaches.

What a prompt contributes to the learned tables is kept with its outcome and taken back exactly before it is
learned again (sql/migrations/0014_learning.sql), so learning may be repeated, in parts or as a whole.

A way of working is a pattern once it succeeded, with the prompt that it was first seen in as its founder:
all texts of the row are that prompt's.  Uses that failed wait until then.  When a founder's own outcome
changes, its pattern loses its texts, and whoever counts for it is learned again.
"""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import psycopg
from psycopg.types.json import Jsonb

from tracing.database.caretaker import Caretaker, NotDone
from tracing.database.connection import Row
from tracing.database.queries import query
from tracing.database.rows import Progress, unseen
from tracing.database.settlement import adopt, settle
from tracing.database.store import lock_trees
from tracing.database.stories import Prompt, Told, read_stories
from tracing.learning.contribution import chains_in, errors_in, use_of
from tracing.learning.embedding import Embedder, Vector
from tracing.learning.intent import Intent, intent_of
from tracing.learning.merging import threshold
from tracing.learning.outcome import Outcome, judge
from tracing.learning.sequence import agents_of, pattern_hash, tools_of
from tracing.learning.vocabulary import LONGEST_TEXT

VERSION = 3
"""Of what is learned from a prompt: prompts that an older one learned are learned again."""

OVERLAP = timedelta(seconds=10)
"""What was stored so shortly before a session was last learned may have been committed after it was read."""

BATCH = 20
"""Prompts that are learned in one transaction."""

MOST_ROUNDS = 3
"""How often one prompt is learned in one go."""

LOCK = int.from_bytes(hashlib.sha256(b"hooktrace learning").digest()[:8], signed=True)

_OF_A_ROW = (psycopg.DataError, psycopg.IntegrityError, psycopg.errors.ProgramLimitExceeded)
"""Errors that speak of what was to be stored, not of the server."""


def is_refused(error: NotDone) -> bool:
    """Tell whether this login may not write what is learned: its counters are the owner's, so that they are true."""
    return isinstance(error.__cause__, psycopg.errors.InsufficientPrivilege)


@dataclass(frozen=True)
class Way:
    """A way of working: what was wanted, and how it was done."""

    intent: Intent
    agents: tuple[str, ...]
    tools: tuple[str, ...]

    @property
    def hash(self) -> str:
        """What it is known by."""
        return pattern_hash(self.intent.name, self.agents, self.tools)


class Learner:
    """Learns into one database, with the rights of its owner; for one thread at a time.

    Raises:
        NotDone: every method, when the database is away, or refuses; what was learned before stays.
    """

    def __init__(
        self,
        caretaker: Caretaker,
        embedder: Embedder,
        stopping: Callable[[], bool] = lambda: False,
        rest: Callable[[float], None] = lambda _seconds: None,
    ) -> None:
        """Learn until *stopping*: asked between two batches; *rest* is told behind each how many seconds it took."""
        self._caretaker = caretaker
        self._embedder = embedder
        self._stopping = stopping
        self._rest = rest
        self._failures: list[Exception] = []

    def learn_sessions(
        self, session_ids: Sequence[str], settled_before: datetime, moment: datetime | None = None
    ) -> int:
        """Learn what is due of some sessions, of prompts that ended before a time; return how many were learned."""
        return self._learn("due_prompts", settled_before, moment, session_ids=list(session_ids), overlap=OVERLAP)

    def learn_due(self, settled_before: datetime, progress: Progress = unseen) -> int:
        """Learn from all prompts that are due, whoever stored them; return how many were learned."""
        return self._learn("due_everywhere", settled_before, None, progress)

    def learn_again(self, progress: Progress = unseen) -> int:
        """Take back what was learned and learn it all again, but of prompts whose content has aged; return how many."""
        now, taken = datetime.now(UTC), 0
        while not self._stopping():
            with self._alone() as cursor:
                row = cursor.execute(query("take_back"), {"before": now, "batch": BATCH}).fetchone()
            progress("taking back", taken := taken + (row["taken"] if row else 0), None)
            if not row or row["taken"] < BATCH:
                break
        return self.learn_due(now, progress)

    def _learn(
        self, which: str, settled_before: datetime, moment: datetime | None, progress: Progress = unseen, **values: Any
    ) -> int:
        values |= {"settled_before": settled_before, "version": VERSION}
        learned: set[Prompt] = set()
        for _ in range(MOST_ROUNDS):  # learning one can make others due
            looked_at = moment or datetime.now(UTC)  # what changes from here on makes it due again
            due = [Prompt(**row) for row in self._caretaker.query(which, **values)]
            for begin in range(0, len(due), BATCH):
                if self._stopping():
                    return len(learned)
                batch, began_at = due[begin : begin + BATCH], time.monotonic()
                self._learn_batch(batch, looked_at)
                learned.update(batch)
                self._rest(time.monotonic() - began_at)
                progress("learning", begin + len(batch), len(due))
            if not due:
                break
            values["overlap"] = timedelta(0)
        if self._failures:  # told once; it is not tried again until it changes
            failures, self._failures = self._failures, []
            raise failures[0]
        return len(learned)

    @contextmanager
    def _alone(self) -> Iterator[psycopg.Cursor[Row]]:
        """Lend a cursor for one transaction in which nobody else learns."""
        with self._caretaker.transaction() as cursor:
            cursor.execute(query("lock_learning"), {"key": LOCK})
            yield cursor

    def _learn_batch(self, prompts: Sequence[Prompt], now: datetime) -> None:
        """Learn *prompts* together; if that fails each alone, so that one that cannot be learned holds up no other."""
        try:
            self._learn_together(prompts, now)
        except Exception as error:
            if len(prompts) > 1:
                for prompt in prompts:
                    self._learn_batch([prompt], now)
            elif isinstance(error, NotDone) and not isinstance(error.__cause__, _OF_A_ROW):
                raise
            else:
                values = {**vars(prompts[0]), "now": now, "version": VERSION}
                self._caretaker.query("pass_over", **values)
                self._failures.append(error)

    def _learn_together(self, prompts: Sequence[Prompt], now: datetime) -> None:
        with self._alone() as cursor:
            stories = read_stories(cursor, prompts)
            for told in stories:
                _learn_story(cursor, told, self._embedder, now)
            sessions = sorted({told.story.session_id for told in stories})
            self._describe_decisions(cursor, sessions, {told.story.root_id for told in stories}, now)

    def _describe_decisions(
        self, cursor: psycopg.Cursor[Row], session_ids: Sequence[str], roots: Iterable[UUID], now: datetime
    ) -> None:
        """Give the choices of some sessions an embedding of their request, and their outcome as the prompts went."""
        about = {"session_ids": list(session_ids), "now": now, "model": self._embedder.model, "limit": 1000}
        rows = cursor.execute(query("decisions_to_judge"), about).fetchall()
        if not rows:
            return
        lock_trees(cursor.connection, roots)  # whoever stores events judges them, too
        texts = [row for row in rows if row["query_text"]]
        vectors = self._embedder.embed([row["query_text"] for row in texts]) if texts else []
        for row, vector in zip(texts, vectors, strict=True):
            key = {"root_id": row["root_id"], "id": row["id"]}
            cursor.execute(query("describe_decision"), {**key, "embedding": vector, "model": self._embedder.model})
        cursor.execute(query("judge_decisions"), about)


def _learn_story(cursor: psycopg.Cursor[Row], told: Told, embedder: Embedder, now: datetime) -> None:
    """Judge one prompt, and carry what it teaches into the learned tables in place of what it taught before."""
    story, outcome = told.story, _outcome(told)
    way, pattern = None, None
    if story.text:
        way = Way(intent_of(story.text), agents_of(story), tools_of(story))
        pattern = _pattern(cursor, told, way, outcome, embedder)
    errors = told.learned.get("errors", {}) if told.kept else errors_in(story)
    new: dict[str, Any] = {"errors": errors, "chains": chains_in(story, outcome)}
    if pattern:
        new["pattern"] = {**pattern, **use_of(story, outcome)}
    values = {
        "root_id": story.root_id,
        "correlation_id": story.correlation_id,
        "session_id": story.session_id,
        "user_id": told.user_id,
        "score": outcome.score,
        "verdict": outcome.verdict,
        "parts": Jsonb(dict(outcome.parts)),
        "way": way.hash if way else None,
        "pattern_id": UUID(pattern["id"]) if pattern else None,
        "old": Jsonb(told.learned),
        "new": Jsonb(new),
        "used_at": story.ended_at or story.started_at,
        "now": now,
        "version": VERSION,
    }
    adopt(cursor, story.root_id, story.correlation_id, told.user_id)
    if told.learned != _plain(new):
        cursor.execute(query("contribute"), values)
    cursor.execute(query("record_outcome"), values)
    settle(
        cursor,
        story.root_id,
        story.correlation_id,
        agents=way.agents if way else (),
        tools=way.tools if way else (),
        outcome=outcome.verdict,
        duration_ms=story.duration_ms,
        cost_usd=story.cost_usd,
    )


def _outcome(told: Told) -> Outcome:
    """Judge a prompt; one whose content has aged stays as it was judged, unless a person said how it went."""
    return told.kept if told.kept and not told.story.rating else judge(told.story)


def _plain(value: Any) -> Any:
    return json.loads(json.dumps(value))


def _pattern(
    cursor: psycopg.Cursor[Row], told: Told, way: Way, outcome: Outcome, embedder: Embedder
) -> dict[str, Any] | None:
    """Return the pattern that the prompt counts for: of its own way, a similar one, or one that it founds."""
    story, text = told.story, (told.story.text or "")[:LONGEST_TEXT]
    about = {"user_id": told.user_id, "way": way.hash, "agents": list(way.agents), "tools": list(way.tools)}
    succeeded = outcome.verdict == "success"
    own = cursor.execute(query("pattern_of_way"), about).fetchone()
    if own and _stands(own, told, succeeded):
        return _followed(own, 1.0)
    vector: Vector | None = None
    if not own:
        (vector,) = embedder.embed([text])
        searched = {"embedding": vector, "model": embedder.model, "at_least": threshold(embedder.model)}
        similar = cursor.execute(query("similar_way"), {**about, **searched}).fetchone()
        if similar and _stands(similar, told, succeeded):
            return _followed(similar, similar["similarity"])
    if not succeeded:
        return None
    if vector is None:
        (vector,) = embedder.embed([text])
    founded = {"intent": way.intent.name, "keywords": list(way.intent.keywords), "text": text}
    made = {"embedding": vector, "model": embedder.model, "correlation_id": story.correlation_id}
    row = cursor.execute(query("found_pattern"), {**about, **founded, **made}).fetchone()
    return {"id": str(row["id"]), "match_score": 1.0} if row else None


def _stands(pattern: Row, told: Told, succeeded: bool) -> bool:
    """Tell whether *pattern* is one without what the prompt contributed so far: it has texts, and has succeeded."""
    if pattern["founder"] is None and not pattern["intent"]:
        return False
    before = told.learned.get("pattern") or {}
    own = before.get("id") == str(pattern["id"]) and before.get("outcome") == "success"
    if own and not succeeded and pattern["founder"] == str(told.story.correlation_id):
        return False
    return succeeded or pattern["success_count"] > int(own)


def _followed(pattern: Row, similarity: float) -> dict[str, Any]:
    # Of a zero vector nothing is known, and rounding may lead beyond 1.
    return {
        "id": str(pattern["id"]),
        "match_score": round(min(1.0, max(0.0, similarity)), 6),
    }
