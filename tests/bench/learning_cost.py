"""What learning costs beside many patterns: a match, and the learning of one prompt.

    python -m tests.bench.learning_cost [--patterns 10000] [--json]

A server as the product runs it, tuned small, is made for the run.  Patterns are of made-up wishes in several ways
of working; a hundred of them share the way of the prompts that are learned.  The server's own round trip
(SELECT 1) is measured in turn with both, so that a slow machine shows.  Exits 1 if a median misses its limit.
"""

from __future__ import annotations

import argparse
import json
import random
import shutil
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

import psycopg

from tests.learned import FIXED, Work, session_id
from tracing.database.caretaker import Caretaker
from tracing.database.embedded import EmbeddedServer
from tracing.database.migration import migrate
from tracing.learning.embedding import HashedEmbedder
from tracing.places import Places

MATCH_MS, LEARN_MS = 20.0, 50.0
"""The limits, of the median."""

RUNS = 60

VERBS = ("fix", "add", "remove", "rename", "explain", "refactor", "test", "document", "translate", "review", "deploy")
THINGS = ("login", "page", "parser", "cache", "query", "button", "migration", "endpoint", "report", "schema", "hook")
PLACES = ("in app.py", "of the shop", "for mobile users", "on the server", "behind the proxy", "of the importer")
WAYS = [(["Read", "Edit"], []), (["Bash"], []), (["Grep", "Read", "Edit", "Bash"], []), (["Agent"], ["Explore"])]


def wishes(draw: random.Random) -> Iterator[str]:
    """Yield prompts, no two alike."""
    number = 0
    while True:
        number += 1
        words = (draw.choice(VERBS), "the", draw.choice(THINGS), draw.choice(PLACES), "and the", draw.choice(THINGS))
        yield " ".join([*words, f"case {number}"])


def fill(work: Work, count: int) -> None:
    """Store *count* patterns; one in a hundred goes the way of what is learned later."""
    draw = random.Random(1)
    made = wishes(draw)
    embedder = HashedEmbedder()
    statement = (
        "INSERT INTO success_patterns (pattern_hash, intent, prompt_text, prompt_embedding, embedding_model,"
        ' agent_sequence, tool_sequence, metadata) VALUES (%s, %s, %s, %s::real[], %s, %s, %s, \'{"founder": "x"}\')'
    )
    with work.connection.transaction(), work.connection.cursor() as cursor:
        for number in range(count):
            text = next(made)
            tools, agents = (["Edit", "Bash"], []) if number % 100 == 0 else draw.choice(WAYS)
            (vector,) = embedder.embed([text])
            cursor.execute(statement.encode(), (str(number), text[:12], text, vector, embedder.model, agents, tools))
    work.query("INSERT INTO pattern_usage_log (pattern_id, outcome) SELECT id, 'success' FROM success_patterns")
    work.query("VACUUM (ANALYZE)")


@contextmanager
def made(count: int) -> Iterator[Work]:
    """Make the server, with its patterns."""
    directory = Path(tempfile.mkdtemp(prefix="ht-learn-"))
    places = Places.from_environment({"HOOKTRACE_HOME": str(directory)})
    places.create()
    server = EmbeddedServer.at(places)
    try:
        server.start()
        migrate(server.url)
        with psycopg.connect(server.url, autocommit=True) as connection, closing(Caretaker(server.url)) as caretaker:
            work = Work(server.url, connection, caretaker)
            fill(work, count)
            yield work
    finally:
        server.destroy()
        shutil.rmtree(directory)


def milliseconds(action: Callable[[], Any]) -> float:
    """Return how long *action* takes."""
    begin = time.perf_counter()
    action()
    return (time.perf_counter() - begin) * 1000


def matched(work: Work, embedder: HashedEmbedder, text: str) -> None:
    """Search the patterns that are nearest to *text*, which is embedded first."""
    (vector,) = embedder.embed([text])
    work.query("SELECT * FROM similar_patterns(%s::real[], %s, 5)", vector, embedder.model)


def measured(work: Work) -> dict[str, list[float]]:
    """Return the times of each figure, measured in turn."""
    embedder, asked = HashedEmbedder(), wishes(random.Random(2))
    figures: dict[str, list[float]] = {"round trip": [], "match": [], "learn": []}
    for number in range(RUNS):
        text = next(asked)
        figures["round trip"].append(milliseconds(lambda: work.query("SELECT 1")))
        figures["match"].append(milliseconds(partial(matched, work, embedder, text)))
        work.prompt(f"now {text}", FIXED, session=f"s{number}")
        sessions = [str(session_id(f"s{number}"))]
        learn = partial(work.learner.learn_sessions, sessions, datetime.now(UTC))
        figures["learn"].append(milliseconds(learn))
    return figures


def main(argv: Sequence[str]) -> int:
    """Measure, and print."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.learning_cost", description=__doc__)
    parser.add_argument("--patterns", type=int, default=10_000)
    parser.add_argument("--json", action="store_true")
    asked = parser.parse_args(argv)
    with made(asked.patterns) as work:
        figures = measured(work)
    told = {
        name: {"median_ms": statistics.median(times), "p95_ms": statistics.quantiles(times, n=20)[-1]}
        for name, times in figures.items()
    }
    if asked.json:
        print(json.dumps({"patterns": asked.patterns, **told}, indent=2))
    else:
        print(f"| beside {asked.patterns:,} patterns | median | 95 % | limit |\n|---|---|---|---|")
        for name, limit in (("round trip", None), ("match", MATCH_MS), ("learn", LEARN_MS)):
            ends = f"{told[name]['median_ms']:.1f} ms | {told[name]['p95_ms']:.1f} ms"
            print(f"| {name} | {ends} | {f'{limit:g} ms' if limit else ''} |")
    return int(told["match"]["median_ms"] > MATCH_MS or told["learn"]["median_ms"] > LEARN_MS)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
