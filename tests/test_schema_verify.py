"""`hooktrace schema verify`: what is there is counted, what is not is named."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

import psycopg
import pytest

from tests.conftest import Installation, new_installation
from tests.servers import Cluster

SEED_COUNTS = {"tables": 8, "indexes": 60, "views": 5, "functions": 6, "triggers": 8}

DAMAGE = {
    "DROP INDEX idx_error_recent": ("missing", "index idx_error_recent"),
    "DROP VIEW dashboard_summary": ("missing", "view dashboard_summary"),
    "DROP TRIGGER error_patterns_touch ON error_patterns": (
        "missing",
        "trigger error_patterns_touch on error_patterns",
    ),
    "DROP FUNCTION tool_performance": (
        "missing",
        "function tool_performance(timestamp with time zone, timestamp with time zone)",
    ),
    "DROP TABLE error_patterns CASCADE": ("missing", "table error_patterns"),
    "DROP TABLE hooktrace.sessions CASCADE": ("missing", "table hooktrace.sessions"),
    "ALTER TABLE error_patterns DROP CONSTRAINT error_patterns_severity_is_known": (
        "missing",
        "constraint error_patterns_severity_is_known on error_patterns",
    ),
    "ALTER TABLE endpoint_calls ADD COLUMN extra text": ("altered", "table endpoint_calls"),
    "ALTER TABLE endpoint_calls ALTER COLUMN service DROP NOT NULL": ("altered", "table endpoint_calls"),
    "ALTER TABLE endpoint_calls DISABLE TRIGGER endpoint_calls_derive_outcome": (
        "altered",
        "trigger endpoint_calls_derive_outcome on endpoint_calls",
    ),
    "ALTER VIEW trace_summary SET (security_invoker = false)": ("altered", "view trace_summary"),
    "CREATE OR REPLACE FUNCTION rate_lower_bound(successes bigint, failures bigint) RETURNS double precision"
    " LANGUAGE sql IMMUTABLE PARALLEL SAFE AS 'SELECT 1.0::double precision'": (
        "altered",
        "function rate_lower_bound(bigint, bigint)",
    ),
    "DROP INDEX idx_usage_recent; CREATE INDEX idx_usage_recent ON pattern_usage_log (used_at)": (
        "altered",
        "index idx_usage_recent",
    ),
}
"""A statement, and what verify must say of it."""


def counts(found: dict[str, Any]) -> dict[str, tuple[int, int]]:
    """Return expected and deployed of each component."""
    return {part["name"]: (part["expected"], part["deployed"]) for part in found["components"]}


@pytest.fixture(scope="module")
def on_debian(debian15: Cluster) -> Iterator[tuple[Installation, str]]:
    """Give an installation whose database may be damaged, and the URL with its password."""
    url = debian15.new_database("to_verify")
    with new_installation("--db", url) as made:
        yield made, url


def test_a_fresh_installation_is_whole(home: Installation) -> None:
    """The embedded server holds 8 tables, 60 indexes, 5 views, 6 functions and 8 triggers, and says so as a table."""
    found = home.json("schema", "verify")
    assert found["ok"] is True
    assert {name: both for name, both in counts(found).items() if name in SEED_COUNTS} == {
        name: (number, number) for name, number in SEED_COUNTS.items()
    }
    lines = [" ".join(line.split()) for line in home.done("schema", "verify").splitlines()]
    assert {"tables 8 8 ✓", "indexes 60 60 ✓", "views 5 5 ✓", "functions 6 6 ✓", "triggers 8 8 ✓"} <= set(lines)


def test_every_statement_of_the_guide_runs(home: Installation) -> None:
    """The table count is 8, vector_dims is 3, and the INSERT, views, DELETEs, REINDEXes and ANALYZEs succeed."""
    statements = home.json("schema", "verify")["statements"]
    assert {ran["name"]: ran["outcome"] for ran in statements} == dict.fromkeys(
        (ran["name"] for ran in statements), "ok"
    )
    said = [ran["said"] for ran in statements]
    assert said[:3] == ["8", "3", "INSERT 0 1"]
    assert len(said) == 12


def test_verifying_changes_nothing(home: Installation) -> None:
    """What the statements insert and delete is rolled back."""
    old = "INSERT INTO execution_traces (correlation_id, root_id, session_id, source, started_at) "
    home.query(old + "VALUES (gen_random_uuid(), gen_random_uuid(), 's', 't', '2020-01-01') RETURNING id")
    before = home.row_counts()
    found = home.json("schema", "verify")
    (archived,) = [ran["said"] for ran in found["statements"] if ran["name"] == "07_archive_traces"]
    assert archived == "DELETE 1"
    assert home.row_counts() == before


def test_with_both_extensions_all_is_there(both18: Cluster) -> None:
    """A server that offers pgvector and uuid-ossp shows 2 of 2 extensions and 60 of 60 indexes."""
    with new_installation("--db", both18.new_database("complete", "postgres")) as made:
        found = made.json("schema", "verify")
        assert found["ok"] is True
        assert counts(found)["indexes"] == (60, 60)
        assert all(part["installed"] for part in found["extensions"])
        assert "extensions 2 2 ✓" in [" ".join(line.split()) for line in made.done("schema", "verify").splitlines()]


def test_what_a_server_does_not_offer_is_set_apart(on_debian: tuple[Installation, str]) -> None:
    """Without pgvector 58 indexes are expected and 2 set apart, with the consequence, and that is no failure."""
    made, _ = on_debian
    found = made.json("schema", "verify")
    assert found["ok"] is True
    assert counts(found)["indexes"] == (58, 58)
    (apart,) = [part["not_offered"] for part in found["components"] if part["name"] == "indexes"]
    assert apart == ["index idx_pattern_embedding", "index idx_routing_embedding"]
    assert {ran["name"] for ran in found["statements"] if ran["outcome"] == "not offered"} == {
        "02_vector_dims",
        "09_reindex_patterns",
        "10_reindex_routing",
    }
    printed = made.done("schema", "verify")
    assert "indexes 58 + 2 58 ✓" in [" ".join(line.split()) for line in printed.splitlines()]
    assert "vector: not offered by this server; searches by meaning compare arrays" in " ".join(printed.split())


@pytest.mark.parametrize("statement", DAMAGE)
def test_what_is_missing_or_altered_is_named(on_debian: tuple[Installation, str], statement: str) -> None:
    """Exit status 1, the object by its name, and the cure."""
    made, url = on_debian
    state, name = DAMAGE[statement]
    try:
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute(statement.encode())
        ran = made.run("schema", "verify", "--json")
        assert ran.returncode == 1
        assert name in [found for part in json.loads(ran.stdout)["components"] for found in part[state]]
        printed = made.run("schema", "verify").stdout
        assert f"{state}: {name}" in " ".join(printed.split())
        assert "hint: `hooktrace schema apply`" in printed
    finally:
        made.done("schema", "reset", "--yes")
        assert made.json("schema", "verify")["ok"] is True


def test_an_extension_that_was_dropped_is_missing_until_apply(own_home: Installation) -> None:
    """Where the server offers pgvector its two indexes are expected; apply brings both back."""
    own_home.query("DROP EXTENSION vector CASCADE")
    ran = own_home.run("schema", "verify", "--json")
    found = json.loads(ran.stdout)
    assert (ran.returncode, counts(found)["indexes"]) == (1, (60, 58))
    own_home.done("schema", "apply", "--yes")
    assert own_home.json("schema", "verify")["ok"] is True


def test_another_schema_says_which_count_is_zero(debian15: Cluster) -> None:
    """In schema traceability everything is there, and the guide's count of public is explained."""
    with new_installation("--db", debian15.new_database("elsewhere"), "--schema", "traceability") as made:
        found = made.json("schema", "verify")
        assert (found["ok"], found["schema"], found["statements"][0]["said"]) == (True, "traceability", "0")
        assert "the guide's count looks into schema public, where 0 is right" in " ".join(
            made.done("schema", "verify").split()
        )


def test_a_database_that_is_away_is_one_sentence(debian15: Cluster, own_home: Installation) -> None:
    """A wrong login is told with its cure, and no password."""
    own_home.done("config", "set", "database.url", debian15.url("postgres", f"nobody:{quote('wr0ng/', safe='')}"))
    ran = own_home.run("schema", "verify")
    assert ran.returncode == 1
    assert "hint: " in ran.stderr
    assert "wr0ng" not in ran.stderr + ran.stdout
