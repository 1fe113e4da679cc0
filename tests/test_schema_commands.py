"""The schema's commands, run as a user runs them, and the collector that finds its tables gone."""

from __future__ import annotations

import json
import os
import pty
import subprocess
from collections.abc import Iterator
from urllib.parse import quote

import psycopg
import pytest

from tests.conftest import COMMAND_TIMEOUT_S, Installation, _hooktrace, new_installation
from tests.replay import CHECKOUT, RECORDINGS
from tests.servers import ADMIN, PASSWORD, Cluster, login, new_cluster
from tracing.database.embedded import EmbeddedServer

SEED_RESET = (
    "DROP TABLE IF EXISTS execution_traces, agent_routing_decisions, hook_executions, endpoint_calls,"
    " success_patterns, pattern_usage_log, agent_chaining_patterns, error_patterns CASCADE"
)
"""As the guide says it."""

SEED_COUNT = (
    "SELECT COUNT(*) FROM information_schema.tables WHERE table_schema = 'public' AND table_name IN ("
    "'execution_traces', 'agent_routing_decisions', 'hook_executions', 'endpoint_calls',"
    " 'success_patterns', 'pattern_usage_log', 'agent_chaining_patterns', 'error_patterns')"
)

THEIRS = """
CREATE TABLE execution_traces (id serial PRIMARY KEY, user_request text);
INSERT INTO execution_traces (user_request) SELECT 'request ' || n FROM generate_series(1, 3) AS n;
CREATE INDEX idx_pattern_intent ON execution_traces (user_request);
CREATE TABLE hook_executions (id integer, at date) PARTITION BY RANGE (at);
CREATE TABLE hook_executions_default PARTITION OF hook_executions DEFAULT;
INSERT INTO hook_executions VALUES (1, '2025-10-01');
CREATE VIEW agent_performance AS SELECT count(*) AS requests FROM execution_traces;
CREATE FUNCTION rate_lower_bound(bigint, bigint) RETURNS double precision LANGUAGE sql AS 'SELECT 0.5';
CREATE TABLE orders (id integer);
"""
"""An older system's objects: some of them have names of ours."""


def asked(home: Installation, answer: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run ``hooktrace ARGUMENTS`` at a terminal and type *answer*."""
    ours, theirs = pty.openpty()
    try:
        os.write(ours, f"{answer}\n".encode())
        return subprocess.run(
            [*_hooktrace(), *arguments],
            cwd=CHECKOUT,
            env=home.env,
            stdin=theirs,
            capture_output=True,
            text=True,
            timeout=COMMAND_TIMEOUT_S,
        )
    finally:
        os.close(ours)
        os.close(theirs)


def rows(url: str, statement: str) -> list[tuple[object, ...]]:
    """Run *statement* in the database at *url*."""
    with psycopg.connect(url, autocommit=True) as connection:
        cursor = connection.execute(statement.encode())
        return cursor.fetchall() if cursor.description else []


@pytest.fixture
def theirs(debian15: Cluster) -> Iterator[str]:
    """Give a database in which somebody else has tables, some of them with names of ours."""
    name = f"theirs_{os.urandom(4).hex()}"
    url = debian15.new_database(name)
    rows(url, THEIRS)
    yield url
    debian15.drop_database(name)


@pytest.fixture(scope="module")
def elsewhere(fresh_cluster: EmbeddedServer) -> Iterator[Installation]:
    """Give an installation that a test points at a database that was not set up; see :func:`pin`."""
    with new_installation("--no-agent", cluster=fresh_cluster) as made:
        yield made


# -- help


def test_a_typo_is_answered_with_what_was_meant(module_home: Installation) -> None:
    """`hooktrace schema` lists its verbs, and knows what a wrong one was to be."""
    assert "apply" in module_home.done("schema", "--help")
    typo = module_home.run("schema", "aply")
    assert (typo.returncode, "did you mean `hooktrace schema apply`?" in typo.stderr) == (2, True)


# -- apply and status


def test_apply_on_a_current_database_says_so(module_home: Installation) -> None:
    """Nothing is applied; what the server cannot give is noted."""
    assert module_home.done("schema", "apply").splitlines() == [
        "note      extension uuid-ossp: not offered by this server",
        "database  embedded PostgreSQL, schema public: up to date",
    ]


def test_status_tells_what_is_applied_and_when(module_home: Installation) -> None:
    """Each file stands there with its time, and so do the server, the schema and the extensions."""
    status = module_home.json("schema", "status")
    files = sorted(file.stem for file in (CHECKOUT / "sql/migrations").glob("*.sql"))
    assert [(one["id"], one["state"]) for one in status["migrations"]] == [(id_, "applied") for id_ in files]
    assert all(one["applied_at"].startswith("20") for one in status["migrations"])
    assert (status["schema"], status["up_to_date"], status["lost"], status["problem"]) == ("public", True, [], None)
    assert status["server"].startswith("18")
    assert {one["name"]: bool(one["installed"]) for one in status["extensions"]} == {"uuid-ossp": False, "vector": True}
    assert all(id_ in module_home.done("schema", "status") for id_ in files)


def test_the_guides_reset_is_noticed_and_undone(own_home: Installation) -> None:
    """After the guide's DROP TABLE, status and doctor name the loss, and apply makes everything again."""
    own_home.stop_collector()
    own_home.query(SEED_RESET)
    assert own_home.query(SEED_COUNT) == [(0,)]
    lost = own_home.json("schema", "status")["lost"]
    assert {"kind": "table", "name": "execution_traces"} in lost
    assert "the database has lost table agent_chaining_patterns" in own_home.run("doctor").stdout
    said = own_home.done("schema", "apply")
    assert said.startswith("apply     0001_bookkeeping\n")
    assert f"database  embedded PostgreSQL, schema public: {len(lost)} lost objects made again\n" in said
    assert own_home.query(SEED_COUNT) == [(8,)]
    assert own_home.json("schema", "status")["up_to_date"] is True
    assert own_home.done("schema", "apply").endswith("schema public: up to date\n")


def test_a_newer_database_stops_init_and_apply(own_home: Installation) -> None:
    """A version that does not know all that was applied says so everywhere, and changes nothing."""
    own_home.query(
        "INSERT INTO hooktrace._yoyo_migration VALUES (encode(sha256('public.9999_later'), 'hex'), '9999_later', now())"
    )
    sentence = "this database was set up by a newer hooktrace (it has migration 9999_later, this version knows up to "
    for arguments in (("schema", "apply"), ("schema", "status"), ("init", "--yes")):
        process = own_home.run(*arguments)
        assert process.returncode != 0
        assert sentence in process.stderr
        assert "hint: upgrade hooktrace" in process.stderr
    status = own_home.run("schema", "status", "--json")
    assert {"id": "9999_later", "state": "unknown"}.items() <= json.loads(status.stdout)["migrations"][-1].items()
    assert sentence in own_home.run("doctor").stdout


# -- docs and sql


def test_docs_are_markdown_in_a_pipe(module_home: Installation) -> None:
    """Every table, view and function is there with its comment, and every column with its type."""
    text = module_home.done("schema", "docs")
    for kind in ("table", "view", "function"):
        objects = module_home.query(f"SELECT name FROM hooktrace.objects WHERE kind = '{kind}'")
        names = [name.partition("(")[0] for (name,) in objects if not name.endswith("_default")]
        assert [name for name in names if f"\n### {name}\n" not in text] == []
    assert "| root_id | uuid NOT NULL | The tree: " in text
    assert "| idx_execution_traces_open | btree (started_at) WHERE " in text
    assert text == module_home.done("schema", "docs", "--markdown")


def test_sql_needs_no_database(module_home: Installation) -> None:
    """The script is printed whole, search path first, whatever runs."""
    text = module_home.done("schema", "sql")
    assert text.index("search_path") < text.index("CREATE TABLE")
    files = sorted((CHECKOUT / "sql/migrations").glob("*.sql"))
    assert all(file.read_text().strip() in text for file in files)


# -- reset


def test_reset_asks_first(own_home: Installation) -> None:
    """It names the database and the rows; without a yes, and without anybody to ask, nothing is deleted."""
    own_home.replay(RECORDINGS / "2.1.330" / "simple.jsonl")
    own_home.flush()
    before = own_home.row_counts()
    refused = own_home.run("schema", "reset")
    assert (refused.returncode, "hint: without a terminal, say --yes" in refused.stderr) == (1, True)
    no = asked(own_home, "n", "schema", "reset")
    assert no.returncode == 1
    assert "database  embedded PostgreSQL, schema public\n" in no.stdout
    assert f"execution_traces ({before['public.execution_traces']} rows)" in no.stdout
    assert "hooktrace db backup" in no.stdout
    assert own_home.row_counts() == before
    yes = asked(own_home, "y", "schema", "reset")
    assert yes.returncode == 0, yes.stderr
    assert set(own_home.row_counts().values()) == {0}
    assert own_home.json("schema", "status")["up_to_date"] is True


def test_recording_goes_on_after_a_reset(own_home: Installation) -> None:
    """A session that was open before is recorded again from its next event."""
    events = {"hook_event_name": "Notification", "session_id": "open"}
    own_home.fire(events)
    own_home.flush()
    own_home.done("schema", "reset", "--yes")
    own_home.fire(events)
    own_home.flush()
    assert (own_home.count("hook_executions"), own_home.count("hooktrace.sessions")) == (1, 1)


# -- the collector


def test_the_collector_makes_lost_tables_again(own_home: Installation) -> None:
    """Between two events the guide's DROP is run: the later ones are stored, and nothing is left in the spool."""
    for number in range(3):
        own_home.fire({"hook_event_name": "Notification", "session_id": "before", "message": str(number)})
    own_home.flush()
    pid = own_home.collector_pid()
    assert pid is not None
    own_home.query(SEED_RESET)
    for number in range(5):
        own_home.fire({"hook_event_name": "Notification", "session_id": "after", "message": str(number)})
    own_home.flush()
    assert own_home.query("SELECT DISTINCT session_id, count(*) OVER () FROM hook_executions") == [("after", 5)]
    assert own_home.spooled() == []
    assert own_home.collector_pid() == pid
    assert own_home.json("schema", "status")["up_to_date"] is True
    assert "the schema is whole again" in own_home.places.log.read_text()


def test_the_collector_makes_a_dropped_schema_again(own_home: Installation) -> None:
    """The schema itself is dropped, with everything in it: recording goes on in a new one."""
    own_home.fire({"hook_event_name": "Notification", "session_id": "before"})
    own_home.flush()
    own_home.query("DROP SCHEMA public, hooktrace CASCADE")
    own_home.query("CREATE SCHEMA public")
    own_home.fire({"hook_event_name": "Notification", "session_id": "after"})
    own_home.flush()
    assert own_home.query("SELECT session_id FROM hook_executions") == [("after",)]


# -- tables of others


def test_same_named_tables_of_others_stop_apply(elsewhere: Installation, theirs: str) -> None:
    """One sentence and the cure; nothing of ours is there afterwards, and nothing of theirs is changed."""
    pin(elsewhere, theirs)
    refused = elsewhere.run("schema", "apply")
    assert refused.returncode == 1
    sentence, hint = refused.stderr.splitlines()
    assert " holds agent_performance, execution_traces, hook_executions and 2 more of our names" in sentence
    assert hint.startswith("hint: `hooktrace schema apply --set-aside` ")
    assert rows(theirs, "SELECT to_regnamespace('hooktrace')::text") == [(None,)]
    assert rows(theirs, "SELECT count(*) FROM execution_traces") == [(3,)]


def test_set_aside_moves_them_with_their_rows(elsewhere: Installation, theirs: str) -> None:
    """After a yes they are in a schema of their own, ours in their place, and the way back works as printed."""
    pin(elsewhere, theirs)
    assert elsewhere.run("schema", "apply", "--set-aside").returncode == 1  # nobody to ask
    assert asked(elsewhere, "n", "schema", "apply", "--set-aside").returncode == 1
    assert rows(theirs, "SELECT to_regnamespace('traceability_old')::text") == [(None,)]
    moved = asked(elsewhere, "y", "schema", "apply", "--set-aside")
    assert moved.returncode == 0, moved.stderr
    assert "table execution_traces (3 rows)" in moved.stdout
    assert rows(theirs, "SELECT count(*) FROM traceability_old.execution_traces") == [(3,)]
    assert rows(theirs, "SELECT requests FROM traceability_old.agent_performance") == [(3,)]
    assert rows(theirs, "SELECT count(*) FROM traceability_old.hook_executions") == [(1,)]
    assert rows(theirs, "SELECT count(*) FROM execution_traces") == [(0,)]
    assert rows(theirs, "SELECT count(*) FROM orders") == [(0,)]
    assert elsewhere.json("schema", "status")["up_to_date"] is True
    back = [line.strip() for line in moved.stdout.splitlines() if line.strip().startswith("ALTER ")]
    rows(theirs, SEED_RESET)
    rows(theirs, "DROP FUNCTION rate_lower_bound(bigint, bigint) CASCADE")
    rows(theirs, "\n".join(back))
    assert rows(theirs, "SELECT requests FROM agent_performance") == [(3,)]


def test_somebody_elses_tables_in_the_place_of_ours_are_not_taken_for_ours(debian15: Cluster) -> None:
    """After the guide's reset and another system's deployment the tables are not ours, whatever the books say."""
    url = debian15.new_database("redeployed")
    with new_installation("--db", url, "--no-agent") as home:
        home.stop_collector()
        rows(url, SEED_RESET)
        rows(url, "CREATE TABLE execution_traces (id serial PRIMARY KEY, user_request text)")
        rows(url, "INSERT INTO execution_traces (user_request) VALUES ('theirs')")
        refused = home.run("schema", "apply")
        assert (refused.returncode, "holds execution_traces, not made by hooktrace" in refused.stderr) == (1, True)
        home.done("schema", "apply", "--set-aside", "--yes")
        assert rows(url, "SELECT user_request FROM traceability_old.execution_traces") == [("theirs",)]
        assert rows(url, SEED_COUNT) == [(8,)]


def pin(home: Installation, url: str) -> None:
    """Make *url* the installation's database without setting it up."""
    home.stop_collector()
    home.done("config", "set", "database.url", url)


# -- init beside others


def test_init_goes_out_of_the_way_of_same_named_tables(theirs: str) -> None:
    """Told to ask nothing, it puts ours into a schema of their own and says so; theirs are as they were."""
    with new_installation("--db", theirs, "--no-agent") as home:
        said = home.done("init", "--yes")
        assert home.done("config", "get", "database.schema") == "traceability\n"
        assert "in schema traceability" in said
        assert "that then returns 0 is its count of tables" in said
        assert rows(theirs, "SELECT count(*) FROM execution_traces") == [(3,)]
        home.fire({"hook_event_name": "Notification", "session_id": "beside"})
        home.flush()
        assert rows(theirs, "SELECT count(*) FROM traceability.hook_executions") == [(1,)]


@pytest.mark.parametrize(("answer", "schema"), [("y", "traceability"), ("n", "public")])
def test_init_proposes_a_schema_of_our_own_beside_others(
    debian15: Cluster, fresh_cluster: EmbeddedServer, answer: str, schema: str
) -> None:
    """Where public holds other tables a person is asked; the answer is what is done."""
    url = debian15.new_database(f"beside_{answer}")
    rows(url, "CREATE TABLE orders (id integer)")
    with new_installation("--no-agent", cluster=fresh_cluster) as home:
        process = asked(home, f"y\n{answer}", "init", "--no-agent", "--db", url)
        assert process.returncode == 0, process.stderr
        assert "Schema public holds 1 tables of others. Put hooktrace's into schema traceability?" in process.stdout
        assert home.done("config", "get", "database.schema") == f"{schema}\n"
        assert rows(url, SEED_COUNT) == [(8 if schema == "public" else 0,)]


def test_init_stays_in_public_where_no_name_collides(debian15: Cluster, fresh_cluster: EmbeddedServer) -> None:
    """Told to ask nothing, it keeps to public, where the guide's queries look, and names the other way."""
    url = debian15.new_database("beside_yes")
    rows(url, "CREATE TABLE orders (id integer)")
    with new_installation("--no-agent", cluster=fresh_cluster) as home:
        said = home.done("init", "--yes", "--no-agent", "--db", url)
        assert "schema public holds 1 tables of others: ours go beside them; --schema traceability" in said
        assert rows(url, SEED_COUNT) == [(8,)]


def test_init_takes_the_schema_it_is_given_and_finds_it_again(debian15: Cluster, fresh_cluster: EmbeddedServer) -> None:
    """--schema decides; a second installation on the database finds the tables by itself, and no other schema."""
    url = debian15.new_database("with_schema")
    with (
        new_installation("--no-agent", "--db", url, "--schema", "team"),
        new_installation("--no-agent", cluster=fresh_cluster) as second,
    ):
        assert rows(url, "SELECT count(*) FROM team.execution_traces") == [(0,)]
        second.done("init", "--yes", "--no-agent", "--db", url)
        assert second.done("config", "get", "database.schema") == "team\n"
        other = second.run("init", "--yes", "--no-agent", "--schema", "other")
        assert (other.returncode, "tables in schema team, not other\nhint: " in other.stderr) == (1, True)
        assert second.done("config", "get", "database.schema") == "team\n"


# -- servers that refuse


def test_apply_tells_what_the_server_refuses(elsewhere: Installation, debian15: Cluster) -> None:
    """No rights, or nobody there: one sentence, one cure, no password, exit status 1, nothing half made."""
    debian15.new_role("visitor")
    debian15.new_database("closed", ADMIN)
    away = f"postgresql://nobody:{quote(PASSWORD, safe='')}@127.0.0.1:1/none"
    for url, reason in ((debian15.url("closed", login("visitor")), "permission denied"), (away, "connection")):
        pin(elsewhere, url)
        refused = elsewhere.run("schema", "apply")
        assert refused.returncode == 1
        sentence, hint = refused.stderr.splitlines()
        assert reason in sentence
        assert hint.startswith("hint: ")
        assert PASSWORD not in refused.stderr
    with debian15.connect("closed") as admin:
        assert admin.execute("SELECT to_regnamespace('hooktrace')::text").fetchone() == (None,)


def test_apply_on_a_standby_says_that_it_only_reads(elsewhere: Installation) -> None:
    """A server in recovery takes no tables: that is said, with the cure."""
    with new_cluster("debian15") as cluster:
        cluster.new_database("copied")
        url = cluster.url("copied", login("copied"))
        cluster.stop()
        (cluster.directory / "data/standby.signal").touch()
        cluster.start()
        pin(elsewhere, url)
        refused = elsewhere.run("schema", "apply")
        assert refused.returncode == 1
        assert "hint: the server or this login only reads: `hooktrace init --db URL`" in refused.stderr
