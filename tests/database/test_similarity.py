"""Searches by meaning find what is there: beside exact search, however the rows came, with and without pgvector.

The database lives as a real one does: the indexes are made while the tables are empty, rows come in small
transactions, and meanwhile uses are counted, so that most versions of a pattern in its index are dead; no
vacuum clears them away.  Vectors lie in clusters, whose members are nearly equally far from each other: that
is hard for a graph.
"""

from __future__ import annotations

import itertools
import math
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import psycopg
import pytest

from tests.servers import Cluster
from tests.workyear import MODELS, Embeddings
from tracing.database.migration import DIMENSIONS, migrate

ROWS = 1500
"""Of patterns, and of decisions."""
BATCH = 25
USES = 20
"""Counted after each batch, each a new version of a pattern."""
TOPICS = 30
WANTED = 5
QUERIES = 60
LEAST_RECALL = 0.95
SMALL_MODEL = MODELS[1]
"""The model of one vector in ten."""

TABLES = {
    "similar_patterns": ("success_patterns", "prompt_embedding", "idx_pattern_embedding"),
    "similar_routing_decisions": ("agent_routing_decisions", "query_embedding", "idx_routing_embedding"),
}
FUNCTIONS = pytest.mark.parametrize("function", TABLES)

Query = tuple[str, str]
"""An embedding as PostgreSQL reads an array, and its model."""


@dataclass
class Memory:
    """A database in which patterns and decisions are searched."""

    connection: psycopg.Connection[tuple[Any, ...]]
    draw: random.Random
    embeddings: Embeddings

    def do(self, sql: str, *values: object) -> list[tuple[Any, ...]]:
        """Run a statement in a transaction of its own, and return its rows."""
        cursor = self.connection.execute(sql.encode(), values or None)
        return cursor.fetchall() if cursor.description else []

    def embedding(self, model: str | None = None) -> Query:
        """Return a vector near to one of the topics."""
        return self.embeddings.one(self.draw.randrange(TOPICS), model)

    def queries(self) -> list[Query]:
        """Return embeddings that are stored nowhere, half of them of each model."""
        return [self.embedding(MODELS[number % 2]) for number in range(QUERIES)]

    # Rows

    def learn(self, rows: int) -> None:
        """Store patterns and count uses of those that are there, in small transactions."""
        for _ in range(rows // BATCH):
            with self.connection.transaction():
                for _ in range(BATCH):
                    self.add_pattern(*self.embedding())
            with self.connection.transaction():
                self.use(USES)

    def add_pattern(self, vector: str | None, model: str | None) -> str:
        """Store a pattern, and return its id."""
        sql = (
            "INSERT INTO success_patterns (pattern_hash, intent, prompt_embedding, embedding_model)"
            " VALUES (%s, 'fix the parser', %s, %s) RETURNING id::text"
        )
        return str(self.do(sql, f"{self.draw.getrandbits(128):x}", vector, model)[0][0])

    def use(self, times: int, pattern: str | None = None) -> None:
        """Use *pattern*, else any patterns, so often."""
        sql = (
            "INSERT INTO pattern_usage_log (pattern_id, outcome)"
            " SELECT id, 'success' FROM success_patterns WHERE id = coalesce(%s, id)"
            " ORDER BY hashtext(id::text || %s) LIMIT %s"
        )
        for _ in range(times if pattern else 1):
            self.do(sql, pattern, str(self.draw.random()), 1 if pattern else times)

    def decide(self, rows: int) -> None:
        """Store decisions, each batch in an execution of its own, and judge some of them."""
        for _ in range(rows // BATCH):
            with self.connection.transaction():
                ((root,),) = self.do(
                    "INSERT INTO execution_traces (root_id, correlation_id, session_id, source, status)"
                    " SELECT id, id, id::text, 'test', 'completed' FROM gen_random_uuid() AS id RETURNING root_id"
                )
                for _ in range(BATCH):
                    self.add_decision(root, *self.embedding())
            with self.connection.transaction():
                self.do("UPDATE agent_routing_decisions SET outcome = 'success' WHERE root_id = %s", root)

    def add_decision(self, root: object, vector: str, model: str) -> None:
        """Store a decision of the execution that is the root."""
        self.do(
            "INSERT INTO agent_routing_decisions (root_id, trace_id, session_id, agent_selected, routing_strategy,"
            " query_embedding, embedding_model) VALUES (%s, %s, 'session', 'Explore', 'model', %s, %s)",
            *(root, root, vector, model),
        )

    # Searches

    def found(self, function: str, query: Query, wanted: int = WANTED) -> list[str]:
        """Return the ids that *function* finds."""
        return [str(row[0]) for row in self.do(f"SELECT * FROM {function}(%s::real[], %s, %s)", *query, wanted)]

    def exact(self, function: str, query: Query, wanted: int = WANTED) -> list[str]:
        """Return the ids of what is nearest, every vector looked at."""
        table, column, _ = TABLES[function]
        with self.connection.transaction():
            self.do("SET LOCAL enable_indexscan = off")
            rows = self.do(
                f"SELECT id FROM {table} WHERE embedding_model = %s AND cardinality({column}) = cardinality(%s::real[])"
                f" ORDER BY {column}::vector <=> %s::real[]::vector LIMIT %s",
                *(query[1], query[0], query[0], wanted),
            )
        return [str(id_) for (id_,) in rows]

    def recall(self, function: str, queries: Sequence[Query]) -> dict[str, float]:
        """Return for each model the share of what is nearest that *function* finds."""
        shares: dict[str, list[float]] = {model: [] for _, model in queries}
        for query in queries:
            nearest = set(self.exact(function, query))
            shares[query[1]].append(len(nearest & set(self.found(function, query))) / len(nearest))
        recall = {model: sum(each) / len(each) for model, each in shares.items()}
        print(f"{function}: recall@{WANTED} {recall}")
        return recall

    def uses_of_index(self, function: str) -> int:
        """Return how often the function's index was used, as the server counts."""
        self.do("SELECT pg_stat_force_next_flush()")
        rows = self.do("SELECT idx_scan FROM pg_stat_user_indexes WHERE indexrelname = %s", TABLES[function][2])
        return int(rows[0][0])


def _memory(connection: psycopg.Connection[tuple[Any, ...]]) -> Memory:
    draw = random.Random(7)
    return Memory(connection, draw, Embeddings(draw, DIMENSIONS, TOPICS))


def _lived(url: str) -> Memory:
    """Return a memory that has lived since its database was empty, never vacuumed."""
    migrate(url)
    memory = _memory(psycopg.connect(url, autocommit=True))
    for table, _, _ in TABLES.values():
        memory.do(f"ALTER TABLE {table} SET (autovacuum_enabled = false)")
    memory.learn(ROWS)
    memory.decide(ROWS)
    return memory


@pytest.fixture(scope="module")
def memory(embedded18: Cluster) -> Iterator[Memory]:
    """Give a memory that has lived; tests add to it, and take from it what they added."""
    with embedded18.database() as url:
        made = _lived(url)
        yield made
        made.connection.close()


@pytest.fixture
def fresh(embedded18: Cluster) -> Iterator[Memory]:
    """Give an empty memory, on a server with pgvector."""
    with embedded18.migrated() as url, psycopg.connect(url, autocommit=True) as connection:
        yield _memory(connection)


@pytest.fixture
def without_pgvector(debian15: Cluster) -> Iterator[Memory]:
    """Give an empty memory, on a server without pgvector."""
    with debian15.migrated() as url, psycopg.connect(url, autocommit=True) as connection:
        yield _memory(connection)


# Recall


@FUNCTIONS
def test_what_is_nearest_is_found_from_an_empty_start(memory: Memory, function: str) -> None:
    """Of the five nearest of a model at least 95 in 100 are found, by the index, for both models of a 90:10 mix."""
    queries, before = memory.queries(), memory.uses_of_index(function)
    assert all(share >= LEAST_RECALL for share in memory.recall(function, queries).values())
    assert memory.uses_of_index(function) == before + len(queries)


def test_what_was_used_most_is_still_found(memory: Memory) -> None:
    """300 dead versions of one pattern hide neither itself nor its neighbours; it is found once."""
    query = memory.embedding(MODELS[0])
    ((pattern,), *_) = [memory.exact("similar_patterns", query, 1)]
    memory.use(300, pattern)
    found = memory.found("similar_patterns", query)
    assert (found[0], found.count(pattern)) == (pattern, 1)
    assert all(share >= LEAST_RECALL for share in memory.recall("similar_patterns", memory.queries()).values())


def test_more_can_be_wanted_than_the_index_looks_at_at_once(memory: Memory) -> None:
    """Of 1,350 patterns of the model 500 are found where 500 are wanted, more than ef_search."""
    found = memory.found("similar_patterns", memory.embedding(MODELS[0]), 500)
    assert len(set(found)) == len(found) == 500


def test_what_was_purged_hides_nothing(embedded18: Cluster) -> None:
    """With most executions purged, and their decisions still in the index as dead entries, the rest is found."""
    with embedded18.migrated() as url, psycopg.connect(url, autocommit=True) as connection:
        memory = _memory(connection)
        memory.do("ALTER TABLE agent_routing_decisions SET (autovacuum_enabled = false)")
        memory.decide(ROWS // 2)
        memory.do(
            "UPDATE execution_traces SET started_at = now() - interval '1 year' WHERE root_id IN"
            " (SELECT root_id FROM (SELECT root_id, row_number() OVER () AS n FROM execution_traces) AS numbered"
            "  WHERE n % 3 <> 0)"
        )
        removed = dict(memory.do("SELECT * FROM purge_traces(now() - interval '90 days', false)"))
        assert removed["agent_routing_decisions"] > ROWS / 4
        recall = memory.recall("similar_routing_decisions", memory.queries())
        assert all(share >= LEAST_RECALL for share in recall.values())


# What belongs together


@FUNCTIONS
def test_models_are_never_mixed(memory: Memory, function: str) -> None:
    """A vector of one model finds only rows of that model, and none where the model is not known."""
    table = TABLES[function][0]
    vector, model = memory.embedding(SMALL_MODEL)
    found = memory.found(function, (vector, model), 50)
    models = memory.do(f"SELECT DISTINCT embedding_model FROM {table} WHERE id = ANY (%s::uuid[])", found)
    assert (len(found), models) == (50, [(SMALL_MODEL,)])
    assert memory.found(function, (vector, "another model")) == []


def test_vectors_of_another_length_are_found_and_never_mixed(fresh: Memory) -> None:
    """Three dimensions are compared with three, exactly, also where the model's other vectors have 384."""
    long = [fresh.add_pattern(*fresh.embedding(MODELS[0])) for _ in range(20)]
    near, far, opposite = (fresh.add_pattern(vector, MODELS[0]) for vector in ("{1,0,0}", "{1,2,0}", "{-1,0,0}"))
    rows = fresh.do("SELECT pattern_id::text, similarity FROM similar_patterns('{2,0,0}', %s)", MODELS[0])
    assert [(id_, round(similarity, 6)) for id_, similarity in rows] == [(near, 1), (far, 0.447214), (opposite, -1)]
    assert set(fresh.found("similar_patterns", fresh.embedding(MODELS[0]), 100)) == set(long)


def test_only_what_is_near_enough_is_found(fresh: Memory) -> None:
    """A similarity below *at_least* is left out; what lacks an embedding, or is all zeros, is near to nothing."""
    near = fresh.add_pattern("{1,0.1,0}", "model")
    for vector in ("{0,1,0}", "{0,0,0}"):
        fresh.add_pattern(vector, "model")
    fresh.add_pattern(None, None)
    assert fresh.do("SELECT pattern_id::text FROM similar_patterns('{1,0,0}', 'model', at_least => 0.5)") == [(near,)]
    assert len(fresh.found("similar_patterns", ("{1,0,0}", "model"))) == 2
    for nothing in ("{0,0,0}", "{}", None):
        assert fresh.do("SELECT * FROM similar_patterns(%s::real[], 'model')", nothing) == []


# Without pgvector


def _cosine(one: str, other: str) -> float:
    """Return the similarity of two arrays as PostgreSQL writes them, by the definition."""
    left, right = ([float(number) for number in vector.strip("{}").split(",")] for vector in (one, other))
    product = math.fsum(x * y for x, y in zip(left, right, strict=True))
    return product / math.sqrt(math.fsum(x * x for x in left) * math.fsum(y * y for y in right))


@pytest.mark.parametrize("server", ["fresh", "without_pgvector"])
def test_the_answer_is_the_same_without_pgvector(server: str, request: pytest.FixtureRequest) -> None:
    """With and without it a search gives what the formula gives, in its order: ids and similarities."""
    memory: Memory = request.getfixturevalue(server)
    stored = {memory.add_pattern(*query): query for query in (memory.embedding() for _ in range(100))}
    for vector, model in memory.queries()[:10]:
        similar = {id_: _cosine(vector, known) for id_, (known, of) in stored.items() if of == model}
        expected = sorted(similar, key=lambda id_: -similar[id_])[:WANTED]
        rows = memory.do("SELECT pattern_id::text, similarity FROM similar_patterns(%s::real[], %s)", vector, model)
        assert [id_ for id_, _ in rows] == expected
        assert [value for _, value in rows] == pytest.approx([similar[id_] for id_ in expected], abs=1e-6)


def test_decisions_are_found_without_pgvector(without_pgvector: Memory) -> None:
    """The nearest comes first, with what was chosen and in which execution."""
    without_pgvector.decide(BATCH)
    ((vector, model, root),) = without_pgvector.do(
        "SELECT query_embedding::text, embedding_model, root_id FROM agent_routing_decisions LIMIT 1"
    )
    first, *others = without_pgvector.do(
        "SELECT similarity, agent_selected, outcome, root_id FROM similar_routing_decisions(%s::real[], %s)",
        vector,
        model,
    )
    assert (round(first[0], 6), *first[1:]) == (1, "Explore", "success", root)
    assert all(later[0] <= earlier[0] for earlier, later in itertools.pairwise([first, *others]))


def test_nothing_is_lost_when_pgvector_goes_and_all_is_well_when_it_comes_back(fresh: Memory) -> None:
    """DROP EXTENSION vector CASCADE takes the two indexes and no row; complete_schema brings them back."""
    fresh.learn(200)
    fresh.decide(200)
    rows = (
        "SELECT (SELECT count(prompt_embedding) FROM success_patterns),"
        " (SELECT count(query_embedding) FROM agent_routing_decisions)"
    )
    indexes = "SELECT relname FROM pg_class WHERE relname LIKE 'idx\\_%%embedding' ORDER BY 1"
    stored, query = fresh.do(rows), fresh.embedding(MODELS[0])
    answers = {function: fresh.exact(function, query) for function in TABLES}
    fresh.do("DROP EXTENSION vector CASCADE")
    assert (fresh.do(rows), fresh.do(indexes)) == (stored, [])
    assert {function: fresh.found(function, query) for function in TABLES} == answers
    assert fresh.do("SELECT hooktrace.complete_schema(%s)", DIMENSIONS)[1:] == []  # uuid-ossp is not offered here
    assert fresh.do(indexes) == [("idx_pattern_embedding",), ("idx_routing_embedding",)]
    assert {function: fresh.found(function, query) for function in TABLES} == answers
