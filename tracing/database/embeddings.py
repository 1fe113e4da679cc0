"""Embeds stored texts anew where another model made their vectors: two models' vectors are never compared."""

from __future__ import annotations

from typing import Any

import psycopg

from tracing.database.caretaker import Caretaker
from tracing.database.connection import Row
from tracing.database.queries import query
from tracing.database.rows import Progress, unseen
from tracing.database.store import lock_trees
from tracing.learning.embedding import Embedder

BATCH = 100


def embed_patterns(caretaker: Caretaker, embedder: Embedder, progress: Progress = unseen) -> int:
    """Give each pattern with a text an embedding of *embedder*'s, and return how many had none; each batch stays.

    Raises:
        NotDone: the database is away, or refuses.
    """
    return _embed("patterns_to_embed", "embed_pattern", caretaker, embedder, progress)


def embed_decisions(caretaker: Caretaker, embedder: Embedder, progress: Progress = unseen) -> int:
    """Give each choice that has an embedding one of *embedder*'s, and return how many had none; each batch stays.

    Raises:
        NotDone: the database is away, or refuses.
    """
    return _embed("decisions_to_embed", "describe_decision", caretaker, embedder, progress)


def _embed(wanted: str, written: str, caretaker: Caretaker, embedder: Embedder, progress: Progress) -> int:
    done = 0
    while True:
        with caretaker.transaction() as cursor:
            rows = cursor.execute(query(wanted), {"model": embedder.model, "limit": BATCH}).fetchall()
            if rows:
                _write(cursor, written, rows, embedder)
        if not rows:
            return done
        progress("embedding", done := done + len(rows), done + rows[0]["total"] - len(rows))


def _write(cursor: psycopg.Cursor[Row], written: str, rows: list[Row], embedder: Embedder) -> None:
    lock_trees(cursor.connection, {row["root_id"] for row in rows if "root_id" in row})  # whoever stores events judges
    vectors = embedder.embed([row["text"] for row in rows])
    made: list[dict[str, Any]] = [
        {**row, "embedding": vector, "model": embedder.model} for row, vector in zip(rows, vectors, strict=True)
    ]
    cursor.executemany(query(written), made)
