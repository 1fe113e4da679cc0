"""Embeds stored texts anew where another model made their vectors: two models' vectors are never compared."""

from __future__ import annotations

from tracing.database.caretaker import Caretaker
from tracing.database.queries import query
from tracing.database.rows import Progress, unseen
from tracing.learning.embedding import Embedder

BATCH = 100


def embed_patterns(caretaker: Caretaker, embedder: Embedder, progress: Progress = unseen) -> int:
    """Give each pattern with a text an embedding of *embedder*'s, and return how many had none; each batch stays.

    Raises:
        NotDone: the database is away, or refuses.
    """
    done = 0
    while True:
        with caretaker.transaction() as cursor:
            rows = cursor.execute(query("patterns_to_embed"), {"model": embedder.model, "limit": BATCH}).fetchall()
            vectors = embedder.embed([row["prompt_text"] for row in rows]) if rows else []
            made = [
                {"id": row["id"], "embedding": vector, "model": embedder.model}
                for row, vector in zip(rows, vectors, strict=True)
            ]
            if made:
                cursor.executemany(query("embed_pattern"), made)
        if not rows:
            return done
        progress("embedding", done := done + len(rows), done + rows[0]["total"] - len(rows))
