"""Every index is used by what its comment names: asked of the planner, on a database that a year of work has filled.

The planner decides as it would for a user: after ANALYZE, with every setting as the product's server has it.  Of a
search by meaning, which is a function, no plan is shown; there the server's own count of uses has to rise.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg.pq import ExecStatus

from tests.conftest import CHECKOUT
from tests.servers import Cluster
from tests.workyear import Sizes, fill
from tracing.database.reader import Reader
from tracing.database.reports import reports

SIZES = Sizes(
    events=60_000,
    executions=10_000,
    decisions=3_000,
    calls=6_000,
    patterns=2_000,
    uses=30_000,
    chains=1_000,
    errors=1_000,
)
"""The least, but for a margin, at which each index is worth more to the planner than reading the table."""

SELDOM = {
    "agent_routing_decisions": "agent_selected = 'release-notes', routing_strategy = 'plugin'",
    "endpoint_calls": "model = 'claude-3-haiku'",
    "agent_chaining_patterns": "chain = array_prepend('release-notes', chain)",
    "success_patterns": "keywords = array_append(keywords, 'kubernetes'),"
    " agent_sequence = array_append(agent_sequence, 'release-notes'),"
    " tool_sequence = array_append(tool_sequence, 'NotebookEdit')",
}
"""What one row in 200 is to hold.  Of what is common the newest rows hold enough: there the planner needs the index of
the time alone, and rightly so."""

WAITED = """
UPDATE execution_traces
SET context = context || '{"time": {"permission_ms": 9200, "execution_ms": 150, "other_ms": 50}}'
WHERE correlation_id IN (SELECT correlation_id FROM execution_traces WHERE kind = 'tool'
                         ORDER BY started_at DESC LIMIT 20)
"""
LOST = """
DELETE FROM hook_executions WHERE hook_type = 'UserPromptSubmit' AND started_at >= now() - interval '6 days'
"""
"""What a year of work leaves out: calls that waited, and events that never came."""

ONE_IN_200 = """
UPDATE {table} SET {change}
WHERE id IN (SELECT id FROM (SELECT id, row_number() OVER (ORDER BY id) AS n FROM {table}) AS row WHERE n % 200 = 1)
"""

PARAMETERS = {
    "agent": "SELECT 'release-notes'",
    "endpoint": "SELECT endpoint FROM endpoint_calls GROUP BY 1 ORDER BY count(*) LIMIT 1",
    "execution": "SELECT trace_id FROM agent_routing_decisions JOIN endpoint_calls USING (root_id, trace_id)"
    " JOIN pattern_usage_log USING (root_id, trace_id) LIMIT 1",
    "file": "SELECT file_path FROM hook_executions WHERE file_path IS NOT NULL LIMIT 1",
    "intent": "SELECT intent FROM success_patterns GROUP BY 1 ORDER BY count(*) DESC LIMIT 1",
    "keyword": "SELECT 'kubernetes'",
    "model": "SELECT 'claude-3-haiku'",
    "pattern": "SELECT pattern_id FROM agent_routing_decisions JOIN pattern_usage_log USING (pattern_id)"
    " GROUP BY 1 ORDER BY abs(count(DISTINCT pattern_usage_log.id) - 150) LIMIT 1",
    "project": "SELECT project FROM execution_traces GROUP BY 1 ORDER BY count(*) DESC LIMIT 1",
    "service": "SELECT service FROM endpoint_calls GROUP BY 1 ORDER BY count(*) LIMIT 1",
    "session": "SELECT session_id FROM agent_routing_decisions GROUP BY 1 ORDER BY count(*) DESC LIMIT 1",
    "strategy": "SELECT 'plugin'",
    "tool": "SELECT name FROM execution_traces WHERE kind = 'tool' GROUP BY 1 ORDER BY count(*) LIMIT 1",
    "type": "SELECT error_type FROM error_patterns GROUP BY 1 ORDER BY count(*) LIMIT 1",
    "user": "SELECT user_id FROM execution_traces GROUP BY 1 ORDER BY count(*) DESC LIMIT 1",
}
"""How to find something to ask a report for."""

IN_PATTERNS = {"patterns_with_tool": {"tool": "NotebookEdit"}}
"""What is asked of one report, and is not what other reports are asked."""

INDEXES = """
SELECT index.relname AS name, pg_index.indrelid::regclass::text AS of_table, obj_description(index.oid) AS comment,
       ARRAY(SELECT part.relname::text FROM pg_partition_tree(index.oid) JOIN pg_class AS part ON part.oid = relid
             UNION SELECT index.relname::text) AS attached,
       pg_index.indkey::smallint[] AS columns, pg_index.indpred IS NULL AND pg_index.indexprs IS NULL AS plain,
       substring(pg_get_indexdef(index.oid) FROM ' USING .*') AS definition, access.amname AS method
FROM pg_index
JOIN pg_class AS index ON index.oid = pg_index.indexrelid
JOIN pg_am AS access ON access.oid = index.relam
WHERE index.relnamespace = 'public'::regnamespace AND starts_with(index.relname, 'idx_') AND NOT index.relispartition
ORDER BY of_table, name
"""

COUNTS = {
    "execution_traces": 10,
    "hook_executions": 5,
    "agent_routing_decisions": 10,
    "endpoint_calls": 10,
    "success_patterns": 11,
    "pattern_usage_log": 5,
    "agent_chaining_patterns": 4,
    "error_patterns": 5,
}

QUERIES = sorted((CHECKOUT / "sql/queries").glob("*.sql"))


@dataclass(frozen=True)
class Index:
    """An index as the catalogue has it."""

    name: str
    of_table: str
    comment: str
    attached: list[str]
    """Its own name, and those of its parts that belong to partitions."""
    columns: list[int]
    plain: bool
    """It has neither a predicate nor an expression."""
    definition: str
    method: str

    @property
    def serves(self) -> tuple[str, str]:
        """What it is for: report, query or function, and its name."""
        found = re.match(r"Serves (report|query|function) (\w+): \S.*\.$", self.comment)
        assert found, f"{self.name}: {self.comment}"
        return found[1], found[2]


@dataclass(frozen=True)
class Filled:
    """A database with a year of work."""

    url: str
    connection: psycopg.Connection[tuple[Any, ...]]

    def rows(self, sql: str, values: Mapping[str, Any] | None = None) -> list[tuple[Any, ...]]:
        """Run a statement, its values written into it as literals."""
        return self.connection.execute(sql.encode(), values).fetchall()

    def indexes(self) -> list[Index]:
        """Return our indexes."""
        return [Index(*row) for row in self.rows(INDEXES)]

    def values(self, report: str) -> dict[str, Any]:
        """Return something there is to ask a report for, and for the rest its defaults."""
        needed = reports()[report].needed
        found = {name: self.rows(PARAMETERS[name])[0][0] for name in needed} | IN_PATTERNS.get(report, {})
        return reports()[report].values({name: str(value) for name, value in found.items()})

    def query_values(self) -> dict[str, Any]:
        """Return what the queries that an index comment names are asked, each with what it needs."""
        ((execution, session),) = self.rows(
            "SELECT correlation_id, session_id FROM execution_traces WHERE kind = 'tool' ORDER BY started_at LIMIT 1"
        )
        beginning = str(execution)[:8]
        return {
            "beginning": beginning,
            "low": f"{beginning}-0000-0000-0000-000000000000",
            "high": f"{beginning}-ffff-ffff-ffff-ffffffffffff",
            "session_id": session,
            "of_session": None,
            "since": datetime.fromisoformat("2020-01-01T00:00+00:00"),
            "limit": 20,
        }

    def used(self, sql: str, values: Mapping[str, Any]) -> set[str]:
        """Return the indexes in the plan of a statement."""
        ((plan,),) = self.rows("EXPLAIN (FORMAT JSON)\n" + sql, values)
        return set(_index_names(plan))

    def read_whole(self, page: str, values: Mapping[str, Any]) -> set[str]:
        """Return the tables of more than a thousand rows that the query of a page would read from end to end."""
        ((plan,),) = self.rows("EXPLAIN (FORMAT JSON)\n" + (CHECKOUT / f"sql/pages/{page}.sql").read_text(), values)
        big = {name for (name,) in self.rows("SELECT relname FROM pg_class WHERE relkind = 'r' AND reltuples > 1000")}
        return {node["Relation Name"] for node in _nodes(plan) if node["Node Type"] == "Seq Scan"} & big

    def uses(self, index: str) -> int:
        """Return how often an index was used, as the server counts."""
        self.rows("SELECT pg_stat_force_next_flush()")
        ((count,),) = self.rows("SELECT idx_scan FROM pg_stat_user_indexes WHERE indexrelname = %(i)s", {"i": index})
        return int(count)


def _index_names(plan: Any) -> Iterator[str]:
    if isinstance(plan, dict):
        yield from (value for key, value in plan.items() if key == "Index Name")
        plan = list(plan.values())
    if isinstance(plan, list):
        for part in plan:
            yield from _index_names(part)


SMALL = {"accounts", "error_patterns"}
"""Tables that do not grow with every call."""


def _read_as_a_whole(plan: Any) -> Iterator[str]:
    if isinstance(plan, dict):
        if plan.get("Node Type") == "Seq Scan":
            yield plan["Relation Name"]
        plan = list(plan.values())
    if isinstance(plan, list):
        for part in plan:
            yield from _read_as_a_whole(part)


def _nodes(plan: Any) -> Iterator[dict[str, Any]]:
    for node in plan:
        yield from _nodes(node.get("Plans", [])) if "Node Type" in node else _nodes([node["Plan"]])
        if "Node Type" in node:
            yield node


@pytest.fixture(scope="module")
def filled(embedded18: Cluster) -> Iterator[Filled]:
    """Give a filled database on a server with the embedded server's settings, and a connection to it."""
    with embedded18.database() as url:
        fill(url, sizes=SIZES)
        with psycopg.connect(url, autocommit=True, cursor_factory=psycopg.ClientCursor) as connection:
            for table, change in SELDOM.items():
                connection.execute(ONE_IN_200.format(table=table, change=change).encode())
            for statement in WAITED, LOST:
                connection.execute(statement.encode())
            connection.execute("VACUUM (ANALYZE)")
            yield Filled(url, connection)


# The proof


def test_the_planner_decides_freely(filled: Filled) -> None:
    """No way of reading is switched off, and no cost is bent, where the plans are asked for."""
    bent = "SELECT name FROM pg_settings WHERE (name LIKE 'enable%' OR name LIKE '%\\_cost') AND setting <> boot_val"
    assert filled.rows(bent) == []


def test_each_index_is_used_by_the_statement_that_its_comment_names(filled: Filled) -> None:
    """For reports and queries the plan names the index, or the part of it that belongs to a partition."""
    unused = {}
    for index in filled.indexes():
        kind, name = index.serves
        if kind == "function":
            continue
        folder, values = ("reports", filled.values(name)) if kind == "report" else ("queries", filled.query_values())
        used = filled.used((CHECKOUT / "sql" / folder / f"{name}.sql").read_text(), values)
        if not used & set(index.attached):
            unused[index.name] = f"{kind} {name} uses {used or 'none'}"
    assert unused == {}


def test_each_search_by_meaning_uses_its_index(filled: Filled) -> None:
    """The server counts a use of the index for a call of the function (pg_stat_user_indexes); it finds the nearest."""
    served = {index.name: index.serves[1] for index in filled.indexes() if index.serves[0] == "function"}
    assert served == {
        "idx_pattern_embedding": "similar_patterns",
        "idx_routing_embedding": "similar_routing_decisions",
    }
    sources = {
        "idx_pattern_embedding": ("success_patterns", "prompt_embedding"),
        "idx_routing_embedding": ("agent_routing_decisions", "query_embedding"),
    }
    for index, function in served.items():
        table, column = sources[index]
        before = filled.uses(index)
        ((asked, nearest, similarity),) = filled.rows(
            f"SELECT one.id, near.id, near.similarity"  # names that stand here
            f" FROM (SELECT * FROM {table} WHERE {column} IS NOT NULL ORDER BY id LIMIT 1) AS one"
            f" CROSS JOIN LATERAL (SELECT * FROM {function}({column}, embedding_model, 1)) AS near (id, similarity)"
        )
        assert (nearest, round(similarity, 4)) == (asked, 1)
        assert filled.uses(index) == before + 1


BY_TIME = (
    "agents",
    "calls_by_duration",
    "calls_by_time",
    "choices_by_strategy",
    "choices_of_agent",
    "cost",
    "cost_by_session",
    "error_kinds",
    "failures_by_day",
    "latest_failures",
    "runs_of_agent",
    "slowest_calls",
    "tools",
)
"""Queries of the dashboard's pages that are about a period, a week unless somebody asks for more."""

UNNARROWED = (
    "after", "after_id", "cured", "model", "project", "status", "user"
)  # fmt: skip


@pytest.mark.parametrize("name", BY_TIME)
def test_a_page_about_a_week_reads_that_week(filled: Filled, name: str) -> None:
    """No table that grows with the work is read as a whole for it."""
    values = {
        **dict.fromkeys(UNNARROWED),
        "agent": "Explore",
        "tool": "Bash" if name.startswith("calls") else None,
        "since": datetime.now(UTC) - timedelta(days=7),
        "until": "infinity",
        "zone": "UTC",
        "limit": 51,
    }
    sql = (CHECKOUT / "sql" / "pages" / f"{name}.sql").read_text()
    ((plan,),) = filled.rows("EXPLAIN (FORMAT JSON)\n" + sql, values)
    with_rows = {table for (table,) in filled.rows("SELECT relname FROM pg_class WHERE reltuples > 0")}
    assert set(_read_as_a_whole(plan)) & with_rows - SMALL == set()


# Pages

NOT_ASKED = ("after", "after_id", "project", "user", "source", "status", "like")
ONE_FILTER: list[dict[str, Any]] = [
    {}, {"project": "billing"}, {"user": "ada"}, {"status": "in_progress"}, {"failing": True}, {"like": "%parser%"},
]  # fmt: skip
PAGES = (
    *(f"trace_{name}" for name in ("executions", "requests", "subjects", "commits", "candidates")),
    *("execution", "execution_events", "execution_told", "execution_calls", "execution_failure"),
)


@pytest.mark.parametrize("asked", ONE_FILTER, ids=lambda asked: next(iter(asked), "none"))
def test_the_list_of_sessions_reads_no_big_table_whole(filled: Filled, asked: dict[str, Any]) -> None:
    """Whatever it is filtered by: of a week, and where it is not searched for words, of all times."""
    values = {**dict.fromkeys(NOT_ASKED), "failing": False, "until": "infinity", "limit": 51, **asked}
    for since in ("now", "-infinity") if "like" not in asked else ("now",):
        moment = datetime.now(UTC) - timedelta(days=7) if since == "now" else since
        assert filled.read_whole("sessions", {**values, "since": moment}) == set(), since


@pytest.mark.parametrize("name", PAGES)
def test_a_trace_reads_no_big_table_whole(filled: Filled, name: str) -> None:
    """Nor does what is told of one of its executions."""
    ((root, call, began),) = filled.rows(
        "SELECT root_id, correlation_id, started_at FROM execution_traces WHERE kind = 'tool' AND NOT success LIMIT 1"
    )
    beginning = {"after": None, "after_id": None, "limit": 101}
    ids = {"root_id": root, "correlation_id": call, "correlation_ids": [call], "ids": [root, call]}
    assert filled.read_whole(name, {**ids, **beginning, "since": began - timedelta(days=1)}) == set()


# What there is


def test_there_are_sixty_indexes(filled: Filled) -> None:
    """Sixty, on the eight tables, as the documentation says."""
    counts = Counter(index.of_table for index in filled.indexes())
    print(*(f"{table}: {count}" for table, count in counts.items()), f"together: {counts.total()}", sep="\n")
    assert (counts, counts.total()) == (COUNTS, 60)


def test_each_index_comment_names_something_that_exists(filled: Filled) -> None:
    """A report, a query, or a function of the schema."""
    functions = {
        name for (name,) in filled.rows("SELECT proname FROM pg_proc WHERE pronamespace = 'public'::regnamespace")
    }
    known = {"report": set(reports()), "query": {path.stem for path in QUERIES}, "function": functions}
    lost = [index.name for index in filled.indexes() if index.serves[1] not in known[index.serves[0]]]
    assert lost == []


def test_no_two_indexes_are_the_same(filled: Filled) -> None:
    """None has the method, columns, order and predicate of another one on its table."""
    indexes = filled.indexes()
    assert len({(index.of_table, index.definition) for index in indexes}) == len(indexes)


def test_no_index_does_what_a_key_does_already(filled: Filled) -> None:
    """The columns of no whole index are those, or the first of those, of a primary key or unique constraint."""
    keys = filled.rows(
        "SELECT indrelid::regclass::text, indkey::smallint[] FROM pg_index"
        " WHERE indisunique AND indrelid IN (SELECT oid FROM pg_class WHERE relnamespace = 'public'::regnamespace)"
    )
    superfluous = [
        index.name
        for index in filled.indexes()
        for table, columns in keys
        if (index.plain and index.method == "btree" and table == index.of_table)
        and columns[: len(index.columns)] == index.columns
    ]
    assert superfluous == []


# What is asked


def test_every_report_answers_on_a_filled_database(filled: Filled) -> None:
    """Asked for something that is there, each finds rows; no two columns have one name."""
    empty = []
    with Reader.connected(filled.url) as reader:
        for name in reports():
            columns, rows = reader.report(name, **filled.values(name))
            assert len(set(columns)) == len(columns) > 1, name
            if not rows:
                empty.append(name)
    assert empty == []


def test_every_report_answers_on_an_empty_database(any_server: Cluster) -> None:
    """On every server each but the summary finds nothing, and none fails."""
    answered = {}
    with any_server.migrated() as url, Reader.connected(url) as reader:
        for name, report in reports().items():
            unknown = "00000000-0000-4000-8000-000000000000"
            _, rows = reader.report(name, **report.values(dict.fromkeys(report.needed, unknown)))
            answered[name] = len(rows)
    assert answered == {**dict.fromkeys(reports(), 0), "summary": 1}


@pytest.fixture(scope="module")
def empty(embedded18: Cluster) -> Iterator[psycopg.Connection[tuple[Any, ...]]]:
    """Give a connection to a database that holds the tables and no row."""
    with embedded18.migrated() as url, psycopg.connect(url, autocommit=True) as connection:
        yield connection


PLACEHOLDERS = {"columns": "root_id", "role": "pg_monitor", "login": "CURRENT_USER", "trigger": "ALL"}
"""What stands for {...} where a query has names filled in; for all others a table's."""


@pytest.mark.parametrize("file", QUERIES, ids=lambda file: file.stem)
def test_the_server_understands_every_query(empty: psycopg.Connection[tuple[Any, ...]], file: Path) -> None:
    """Each is parsed by the server against an empty database: every table, column and function in it exists.

    What is several statements is run instead, and taken back.
    """
    text = re.sub(r"(?<!')\{(\w*)\}", lambda found: PLACEHOLDERS.get(found[1], "hook_executions"), file.read_text())
    names = list(dict.fromkeys(re.findall(r"%\((\w+)\)s", text)))
    numbered = re.sub(r"%\((\w+)\)s", lambda found: f"${names.index(found[1]) + 1}", text).replace("%%", "%")
    result = empty.pgconn.prepare(b"", numbered.encode())
    if b"multiple commands" in result.error_message:
        with empty.transaction(force_rollback=True):
            empty.execute(text.encode())
        return
    assert result.status == ExecStatus.COMMAND_OK, result.error_message.decode()


def test_every_report_is_offered_by_the_verb() -> None:
    """No file lies in sql/reports that `hooktrace report` does not list."""
    assert {path.stem for path in (CHECKOUT / "sql/reports").iterdir()} == set(reports())


@pytest.mark.parametrize("name", ["ways_here", "earlier_ways", "similar_way"])
def test_what_a_search_by_meaning_found_is_fetched_by_its_key(filled: Filled, name: str) -> None:
    """The planner expects a thousand rows of a function: without a limit it read all patterns for the few found."""
    values = {
        "embedding": [0.5] * 384,
        "model": "m",
        "searched": 50,
        "wanted": 10,
        "at_least": 0.5,
        "project": "p",
        "repository": None,
        "agents": ["a"],
        "tools": ["Edit"],
        "user_id": filled.rows(PARAMETERS["user"])[0][0],
    }
    ((plan,),) = filled.rows("EXPLAIN (FORMAT JSON)\n" + (CHECKOUT / f"sql/queries/{name}.sql").read_text(), values)
    assert "success_patterns" not in set(_read_as_a_whole(plan))
