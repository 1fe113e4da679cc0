"""The roles are set up, kept up by every migration, and enough for all who work with the database."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict

from tests import replay
from tests.conftest import CHECKOUT, Installation, new_installation
from tests.servers import ADMIN, Cluster, PgBouncer, login, new_cluster, new_pgbouncer
from tests.team import GROUPS, RECORDED, STONES, TABLES, Team, call_of, drop_roles, fill, new_team, text_of
from tracing.capturerule import CaptureRule
from tracing.database.caretaker import Caretaker, NotDone
from tracing.database.migration import MigrationError, inspect, migrate, reset
from tracing.database.queries import query
from tracing.database.reader import Reader
from tracing.database.roles import script, set_up
from tracing.database.store import RowRefused, SchemaLost, Store, Unavailable
from tracing.database.verification import verify
from tracing.database.writer import Writer
from tracing.event import read_event
from tracing.item import Item
from tracing.spool import Entry, Spooled

SIMPLE = replay.RECORDINGS / "2.1.330" / "simple.jsonl"

MEMBERSHIPS = """
SELECT member.rolname::text, granted.rolname::text FROM pg_auth_members
JOIN pg_roles AS member ON member.oid = member JOIN pg_roles AS granted ON granted.oid = roleid
WHERE granted.rolname LIKE 'hooktrace_%'
"""

POLICIES = "SELECT oid, xmin, polname, polrelid::regclass FROM pg_policy ORDER BY oid"
"""A policy that is made again, or changed, has another oid or xmin."""


@contextmanager
def application(cluster: Cluster, attributes: str) -> Iterator[str]:
    """Give the URL of a database with the tables, of which the login `app` is the owner, for a block."""
    cluster.new_role("app", attributes)
    try:
        with cluster.database("app") as url:
            migrate(url)
            yield url
    finally:
        drop_roles(cluster, *GROUPS, "app")


@pytest.fixture
def team(debian15: Cluster) -> Iterator[Team]:
    """Give a database with roles and logins that the test may spoil."""
    with new_team(debian15) as made:
        yield made


@pytest.fixture(scope="module")
def lasting_cluster() -> Iterator[Cluster]:
    """Give a server of this module's own: roles are of the whole server."""
    with new_cluster("debian15") as cluster:
        yield cluster


@pytest.fixture(scope="module")
def lasting_team(lasting_cluster: Cluster) -> Iterator[Team]:
    """Give one for tests that only add rows."""
    with new_team(lasting_cluster) as made:
        yield made


@pytest.fixture(scope="module")
def bouncer(lasting_cluster: Cluster) -> Iterator[PgBouncer]:
    """Give a PgBouncer in transaction mode before that server, with next to no connections."""
    with new_pgbouncer(lasting_cluster, default_pool_size=2) as made:
        yield made


@pytest.fixture(params=["direct", "pooled"])
def through(request: pytest.FixtureRequest) -> PgBouncer | None:
    """Give the PgBouncer that a test is to go through, or None."""
    return request.getfixturevalue("bouncer") if request.param == "pooled" else None


def fetch(url: str, statement: str) -> list[tuple[Any, ...]]:
    """Run a statement on a connection of its own."""
    with psycopg.connect(url, autocommit=True) as connection:
        cursor = connection.execute(statement.encode())
        return cursor.fetchall() if cursor.description else []


def name_of(url: str) -> str:
    """Return the name of the database that *url* leads to."""
    return str(conninfo_to_dict(url)["dbname"])


def items_of(recording: Path) -> list[Item]:
    """Return a recording's events as the collector reads them from the spool."""
    items = []
    for event in replay.read(recording):
        entry = Entry(int(event.at * 1_000_000_000), f"{recording}-{event.number}", 1)
        items.append(Item(entry, read_event(Spooled(entry, {}, json.dumps(event.payload).encode()))))
    return items


@contextmanager
def writing(url: str, schema: str = "public") -> Iterator[Writer]:
    """Give a writer."""
    store = Store(url, schema)
    store.open()
    try:
        yield Writer(store, CaptureRule())
    finally:
        store.close()


# Setting up


def test_who_may_make_roles_sets_them_up(any_server: Cluster) -> None:
    """A login that owns the database and may create roles needs no superuser; a second time changes nothing."""
    with application(any_server, "LOGIN CREATEROLE") as url:
        foreseen = set_up(url, dry_run=True)
        assert fetch(url, f"SELECT FROM pg_roles WHERE rolname IN {GROUPS}") == [], "a dry run changes nothing"
        assert set_up(url) == foreseen
        assert [line for line in foreseen.made if line.startswith("role ")] == [
            f"role {name}: created" for name in GROUPS
        ]
        assert {("app", "hooktrace_owner"), ("app", "hooktrace_writer")} <= set(fetch(url, MEMBERSHIPS))
        made = fetch(url, POLICIES)
        assert len(made) == 50
        assert not set_up(url)
        assert not migrate(url)
        assert fetch(url, POLICIES) == made, "what stands is left alone: making it again takes a lock"


def test_roles_and_policies_are_explained(lasting_team: Team) -> None:
    """The database says itself what each role and each policy is for, and no group is a login."""
    described = "SELECT rolname FROM pg_roles WHERE rolname LIKE 'hooktrace\\_%' AND NOT rolcanlogin"
    described += " AND length(shobj_description(oid, 'pg_authid')) > 20 ORDER BY 1"
    assert [name for (name,) in lasting_team.rows(described)] == sorted(GROUPS)
    assert lasting_team.rows("SELECT FROM pg_policy WHERE obj_description(oid, 'pg_policy') IS NULL") == []


def test_who_may_not_gets_what_an_administrator_runs(any_server: Cluster) -> None:
    """Without CREATEROLE it is one sentence; the SQL that is printed does the same, and the login goes on by itself."""
    with application(any_server, "LOGIN") as url:
        owners = "SELECT relname, relowner::regrole::text FROM pg_class WHERE relname LIKE 'idx%' ORDER BY 1"
        before = fetch(url, owners)
        with pytest.raises(MigrationError, match=r"^login app may not set up the roles: .*\nhint: .*--sql") as refused:
            set_up(url)
        assert len(str(refused.value).splitlines()) == 2
        assert fetch(url, owners) == before
        text = script(url)
        assert "s3cr" not in text
        with any_server.connect(name_of(url)) as admin:
            for _ in range(2):
                admin.execute(text.encode())
        assert not set_up(url)
        with writing(url) as writer:
            writer.write(items_of(SIMPLE))
        assert not migrate(url)
        assert {kind for kind, _ in inspect(url).lost} == set()


def test_the_tables_stay_of_use_to_who_owned_them(debian15: Cluster) -> None:
    """An administrator sets the roles up: the login that owned the tables goes on recording and migrating."""
    with application(debian15, "LOGIN") as url:
        with writing(url) as writer:
            writer.write(items_of(SIMPLE)[:3])
        changes = set_up(debian15.url(name_of(url), login(ADMIN)))
        assert "login app: member of hooktrace_owner and hooktrace_writer, since it owned tables" in changes.made
        with writing(url) as writer:
            writer.write(items_of(SIMPLE))
        assert fetch(url, "SELECT user_id, count(*) FROM hook_executions GROUP BY 1") == [
            ("app", len(items_of(SIMPLE)))
        ]
        assert not migrate(url)


def test_a_collectors_login_becomes_a_writer(debian15: Cluster) -> None:
    """Where the database is cared for by a second login, the first may write, and no more."""
    debian15.new_role("collector")
    try:
        with application(debian15, "LOGIN CREATEROLE") as url:
            collector = url.replace(login("app"), login("collector"))
            assert 'GRANT "hooktrace_writer" TO "collector"' in script(url, collector_url=collector)
            assert 'GRANT "hooktrace_writer" TO "collector"' in set_up(url, collector_url=collector).made
            with writing(collector) as writer:
                writer.write(items_of(SIMPLE))
            assert ("collector", "hooktrace_owner") not in fetch(url, MEMBERSHIPS)
    finally:
        drop_roles(debian15, "collector")


def test_no_tables_no_roles(debian15: Cluster) -> None:
    """In an empty database nothing is made, and the cure is told."""
    with debian15.database() as url, pytest.raises(MigrationError, match="no tables of hooktrace\nhint: "):
        set_up(url)
    with debian15.connect(ADMIN) as admin:
        assert admin.execute("SELECT FROM pg_roles WHERE rolname LIKE 'hooktrace\\_%'").rowcount == 0


def test_another_database_of_the_server_is_left_alone(team: Team) -> None:
    """Roles are of the whole server; a database in which nobody set them up has no policies, also after a migration."""
    with team.cluster.database() as url:
        migrate(url)
        migrate(url)
        assert fetch(url, POLICIES) == []
        assert fetch(url, "SELECT FROM pg_class WHERE relowner = 'hooktrace_owner'::regrole") == []


def test_the_tables_may_be_in_a_schema_of_their_own(debian15: Cluster) -> None:
    """Roles work where the settings say the tables are, whatever the schema's name."""
    schema = 'Odd "traces"'
    with new_team(debian15, schema) as team:
        with writing(team.url("alice"), schema) as writer:
            writer.write(items_of(SIMPLE))
        for member, count in (("alice", len(items_of(SIMPLE))), ("bob", 0), ("ann", len(items_of(SIMPLE)))):
            with Reader.connected(team.url(member), schema) as reader:
                assert reader.row("event_counts")["stored"] == count


def test_a_group_that_sees_everything_is_refused(debian15: Cluster) -> None:
    """A role of our name that bypasses row-level security would undo all of it: the collector acts as it."""
    with application(debian15, "LOGIN CREATEROLE") as url:
        with debian15.connect(ADMIN) as admin:
            admin.execute("CREATE ROLE hooktrace_writer BYPASSRLS")
        with pytest.raises(MigrationError, match="hooktrace_writer would see everything: ALTER ROLE"):
            set_up(url)


def test_a_schema_open_to_all_is_told(team: Team) -> None:
    """Whoever may put a function into the schema may have the owner call it: that is for the administrator to close."""
    assert set_up(team.url(ADMIN), dry_run=True).advice == []
    team.rows("GRANT CREATE ON SCHEMA public TO PUBLIC")
    (advice,) = set_up(team.url(ADMIN), dry_run=True).advice
    assert "REVOKE CREATE ON SCHEMA public FROM PUBLIC" in advice


# Keeping up

LOSSES = {
    "a policy": "DROP POLICY hooktrace_own_rows_read ON execution_traces",
    "row-level security": "ALTER TABLE hook_executions DISABLE ROW LEVEL SECURITY",
    "a table": "DROP TABLE endpoint_calls CASCADE",
    "a view": "DROP VIEW trace_summary",
    "a function": "DROP FUNCTION trace_tree",
    "everything in public": "DROP TABLE success_patterns, execution_traces CASCADE",
}


@pytest.mark.parametrize("loss", LOSSES.values(), ids=LOSSES)
def test_a_migration_makes_good_a_loss(team: Team, loss: str) -> None:
    """What is made again has its owner, its policies and its grants again, and `verify` finds nothing missing."""
    rights = "SELECT relname, relowner::regrole, relacl, relrowsecurity FROM pg_class"
    rights += (
        " WHERE relnamespace IN ('public'::regnamespace, 'hooktrace'::regnamespace) AND relkind IN ('r', 'p', 'v')"
    )
    functions = "SELECT oid::regprocedure::text, proowner::regrole, proacl FROM pg_proc"
    functions += " WHERE pronamespace = 'public'::regnamespace"
    policies = "SELECT tablename, policyname, cmd, roles, qual, with_check FROM pg_policies"
    before = [sorted(team.rows(ask), key=str) for ask in (rights, functions, policies)]
    team.rows(loss)
    assert migrate(team.url("olga")).lost
    assert [sorted(team.rows(ask), key=str) for ask in (rights, functions, policies)] == before
    assert not set_up(team.url(ADMIN))
    assert [part for part in verify(team.url("olga"), "public").components if not part.whole] == []


def test_a_change_by_hand_is_noticed_and_taken_back(team: Team) -> None:
    """A policy that was opened is told by `verify`; `schema roles` closes it, and takes back rights given by hand."""
    team.rows("ALTER POLICY hooktrace_own_rows_read ON execution_traces USING (true)")
    altered = [name for part in verify(team.url(ADMIN), "public").components for name in part.altered]
    assert altered == ["policy hooktrace_own_rows_read on execution_traces"]
    team.rows("ALTER TABLE hook_executions FORCE ROW LEVEL SECURITY")
    team.rows("GRANT DELETE ON execution_traces TO hooktrace_writer")
    team.rows("GRANT SELECT ON hook_executions_default TO nobody_at_all")
    changes = set_up(team.url(ADMIN))
    assert changes.made == ["policies: 1 made"]
    assert changes.revoked == [
        "DELETE ON TABLE execution_traces FROM hooktrace_writer",
        "SELECT ON TABLE hook_executions_default FROM nobody_at_all",
    ]
    assert changes.granted == []
    assert team.rows("SELECT FROM pg_class WHERE relforcerowsecurity") == [], "it would hold the owner back"
    assert all(part.whole for part in verify(team.url(ADMIN), "public").components)


def test_what_others_put_beside_it_is_left_alone(team: Team) -> None:
    """A table of somebody else's in our schema stays his, and does not keep a member of the owner from migrating."""
    team.rows("CREATE TABLE theirs ()")
    team.rows("GRANT SELECT ON theirs TO PUBLIC")
    migrate(team.url("olga"))
    assert not set_up(team.url(ADMIN))
    kept = team.rows("SELECT relowner::regrole::text, relacl::text FROM pg_class WHERE relname = 'theirs'")
    assert kept == [("postgres", "{postgres=arwdDxt/postgres,=r/postgres}")]


def test_a_reset_keeps_the_roles(team: Team) -> None:
    """The tables are made anew with their policies; who could write can."""
    fill(team.admin, "alice")
    reset(team.url("olga"))
    assert not set_up(team.url(ADMIN))
    with writing(team.url("bob")) as writer:
        writer.write(items_of(SIMPLE))
    assert team.rows("SELECT DISTINCT user_id FROM execution_traces") == [("bob",)]


# The owner


def test_the_owner_takes_care_of_everybodys_rows(team: Team) -> None:
    """Retention by a member of hooktrace_owner removes rows of all users; policies do not hold it back."""
    for user in ("alice", "bob"):
        fill(team.admin, user)
    with closing(Caretaker(team.url("olga"))) as caretaker, caretaker.transaction() as cursor:
        removed = cursor.execute("SELECT * FROM purge_traces('infinity', dry_run => false)").fetchall()
    assert {row["table_name"]: row["row_count"] for row in removed}["execution_traces"] == 60
    assert team.rows("SELECT count(*) FROM execution_traces") == [(0,)]


def test_a_later_partition_is_closed_as_the_first_ones(team: Team) -> None:
    """What the owner makes next month, or for stray events, nobody reads but through hook_executions."""
    fill(team.admin, "alice")
    team.rows("UPDATE hook_executions SET started_at = started_at + interval '5 years'")
    with closing(Caretaker(team.url("olga"))) as caretaker, caretaker.transaction() as cursor:
        cursor.execute("SELECT hooktrace.create_partitions(now() + interval '2 years')")
        cursor.execute("SELECT hooktrace.settle_month(now() + interval '5 years')")
    parts = team.rows(
        "SELECT relname, relowner::regrole::text, relrowsecurity FROM pg_class WHERE relispartition AND relkind = 'r'"
    )
    assert len(parts) == 8
    assert {part[1:] for part in parts} == {("hooktrace_owner", True)}
    for member in ("alice", "rita", "ann"):
        with team.connect(member) as connection:
            for name, *_ in parts:
                with pytest.raises(psycopg.errors.InsufficientPrivilege):
                    connection.execute(sql.SQL("SELECT FROM {}").format(sql.Identifier(name)))
    with team.connect("alice") as connection:
        assert connection.execute("SELECT session_id FROM hook_executions").fetchall() == [(text_of("alice"),)]


def test_a_mere_writer_is_told_that_care_is_not_his(lasting_team: Team) -> None:
    """What needs the owner's rights is refused with one line."""
    with closing(Caretaker(lasting_team.url("alice"))) as caretaker, pytest.raises(NotDone, match="permission denied"):
        caretaker.query("create_partitions")


# Writers and readers


def asked(pattern: str, *places: str) -> set[str]:
    """Return the names of the queries that the modules in *places* ask in a certain way."""
    files = [file for place in places for file in (CHECKOUT / "tracing").glob(place)]
    assert files
    return {name for file in files for name in re.findall(pattern, file.read_text())}


WRITING = (
    *("database/writer.py", "database/descent.py", "database/store.py", "database/transcriber.py"),
    "collector/sweeper.py",
)
"""What the collector stores with."""


@pytest.mark.parametrize(
    ("role", "names"),
    [
        (
            "hooktrace_writer",
            asked(r'\bquery\("(\w+)"', *WRITING) | asked(r'_store\.query\(\s*"(\w+)"', "collector/*.py", *WRITING),
        ),
        ("hooktrace_writer", asked(r'reader\.rows?\(\s*"(\w+)"', "cli/**/*.py", "database/ledger.py")),
        ("hooktrace_reader", asked(r'reader\.rows?\(\s*"(\w+)"', "cli/**/*.py", "database/ledger.py")),
        ("hooktrace_auditor", asked(r'reader\.rows?\(\s*"(\w+)"', "cli/**/*.py", "database/ledger.py")),
    ],
    ids=["writing", "a writer reads", "a reader reads", "an auditor reads"],
)
def test_grants_match_the_queries(lasting_team: Team, role: str, names: set[str]) -> None:
    """Each query that a role's lane asks, its role may ask: the server checks that before it plans."""
    assert len(names) > 4
    with lasting_team.connect(ADMIN) as connection:
        connection.execute(sql.SQL("SET ROLE {}").format(sql.Identifier(role)))
        for name in names:
            text = b"EXPLAIN " + re.sub(rb"(?m)^--.*\n", b"", query(name))
            connection.execute(text, {value.decode(): None for value in re.findall(rb"%\((\w+)\)s", text)})


MERGING = ("record_executions", "record_call", "record_position", "record_transcribed", "record_account")
"""The queries that merge what is told into a row that is there already."""


def test_a_writer_may_update_what_is_merged_and_nothing_else(lasting_team: Team) -> None:
    """The columns that hooktrace_writer may update: those that are merged, a choice's outcome, a session's own."""
    merged = {
        ("agent_routing_decisions", "outcome"),
        ("agent_routing_decisions", "updated_at"),
        ("sessions", "applied_until"),
        ("sessions", "context"),
    }
    for name in MERGING:
        text = query(name).decode()
        (table,) = re.findall(r"(?m)^INSERT INTO (?:hooktrace\.)?(\w+)", text)
        update = text.partition("DO UPDATE SET")[2].partition("\nWHERE")[0]
        merged |= {(table, column) for column in re.findall(r"(?m)^    (\w+) +=", update)}
    granted = lasting_team.rows(
        "SELECT table_name, column_name FROM information_schema.column_privileges"
        " WHERE grantee = 'hooktrace_writer' AND privilege_type = 'UPDATE'"
    )
    assert sorted(granted) == sorted(merged)


def test_what_a_writer_may_add_to_is_what_is_recorded(lasting_team: Team) -> None:
    """INSERT on the tables of what is recorded; nobody but the owner deletes, truncates, triggers or refers."""
    rights = lasting_team.rows(
        "SELECT DISTINCT grantee, privilege_type, c.oid::regclass::text FROM information_schema.table_privileges"
        " JOIN pg_class c ON c.oid = format('%I.%I', table_schema, table_name)::regclass"
        " WHERE grantee LIKE 'hooktrace\\_%' AND grantee <> 'hooktrace_owner' AND privilege_type <> 'SELECT'"
    )
    assert sorted(rights) == sorted(("hooktrace_writer", "INSERT", name) for name in (*RECORDED, *STONES))


@pytest.mark.parametrize("name", ["simple", "parallel", "subagent", "turns", "nested"])
def test_a_recorded_session_is_stored_by_a_mere_writer(
    lasting_team: Team, through: PgBouncer | None, name: str, tmp_path: Path
) -> None:
    """The writer's whole work goes with a writer's rights: its login sees all of it, the next one nothing."""
    recording = replay.retarget(replay.RECORDINGS / "2.1.330" / f"{name}.jsonl", f"{name} {through is None}", tmp_path)
    items = items_of(recording)
    ids = [item.event.id for item in items]
    with writing(lasting_team.url("alice", through)) as writer:
        for _ in range(2):  # a replay adds nothing
            for begin in range(0, len(items), 5):
                for part in writer.parts(items[begin : begin + 5]):
                    writer.write(part)
        assert writer._store.query("open_sessions") is not None
    count = sql.SQL("SELECT count(*), min(user_id), max(user_id) FROM hook_executions WHERE id = ANY ({})").format(ids)
    for member, expected in (("ann", (len(set(ids)), "alice", "alice")), ("bob", (0, None, None))):
        with lasting_team.connect(member) as connection:
            assert connection.execute(count).fetchone() == expected
    with Reader.connected(lasting_team.url("alice", through)) as reader:
        session = items[0].event.session_id
        assert session in {row["session_id"] for row in reader.rows("latest_sessions", limit=100)}


def test_the_second_writer_of_a_session_changes_nothing_of_the_first(
    lasting_team: Team, through: PgBouncer | None, tmp_path: Path
) -> None:
    """Whichever event of another login's session comes first, it is refused as a row: the database is not away."""
    items = items_of(replay.retarget(SIMPLE, f"second {through is None}", tmp_path))
    with writing(lasting_team.url("alice", through)) as writer:
        writer.write(items[: len(items) // 2])
    before = lasting_team.state()
    for item in items:
        with (
            writing(lasting_team.url("bob", through)) as writer,
            pytest.raises(RowRefused, match="another database login"),
        ):
            writer.write([item])
    assert lasting_team.state() == before


def test_an_execution_that_is_anothers_is_refused_as_a_row(lasting_team: Team, tmp_path: Path) -> None:
    """Also where the session is not known to be another's: the server's refusal speaks of the row."""
    items = items_of(replay.retarget(SIMPLE, "decided twice", tmp_path))
    with writing(lasting_team.url("alice")) as writer:
        writer.write(items[-1:])
    lasting_team.admin.execute("DELETE FROM hooktrace.sessions WHERE session_id = %s", [items[0].event.session_id])
    with writing(lasting_team.url("bob")) as writer, pytest.raises(RowRefused, match="another database login"):
        writer.write(items[:1])


@pytest.mark.parametrize(
    "policy", ["own_rows_read", "own_rows_added", "own_rows_finished", "own_rows_added ON hooktrace.sessions"]
)
def test_a_lost_policy_sets_no_event_aside(team: Team, policy: str) -> None:
    """Without a policy nobody may write: that is a schema to be repaired, and no fault of the events."""
    name, _, table = policy.partition(" ON ")
    table = table or "execution_traces"
    items = items_of(SIMPLE)
    team.rows(f"DROP POLICY hooktrace_{name} ON {table}")
    with writing(team.url("alice")) as writer:
        with pytest.raises(SchemaLost, match=table):
            for item in items:
                writer.write([item])
        migrate(team.url("olga"))
        writer.write(items)
    assert team.rows("SELECT count(*) FROM hook_executions") == [(len(items),)]


def test_a_login_without_rights_is_a_database_that_is_away(lasting_team: Team) -> None:
    """Until somebody grants it the role its events wait in the spool: none is set aside."""
    with writing(lasting_team.url("nobody_at_all")) as writer, pytest.raises(Unavailable, match="permission denied"):
        writer.write(items_of(SIMPLE))


# Commands


@contextmanager
def installed(team: Team, member: str, through: PgBouncer | None = None) -> Iterator[Installation]:
    """Give an installation that knows the database by a member's login."""
    with new_installation("--db", team.url(member, through)) as made:
        made._url = team.url(ADMIN)  # for the test's own queries
        yield made


def test_commands_work_for_who_only_writes(team: Team) -> None:
    """From init to the trace, with a login that was granted hooktrace_writer: all commands show its own sessions."""
    fill(team.admin, "bob")
    with installed(team, "alice") as home:
        fired = home.replay(SIMPLE)
        home.flush()
        assert home.query("SELECT user_id, count(*) FROM hook_executions WHERE user_id <> 'bob' GROUP BY 1") == [
            ("alice", sum(fired.events.values()))
        ]
        (session,) = home.json("sessions")
        assert home.json("show", session["session_id"])["session_id"] == session["session_id"]
        assert len(home.done("tail", "--no-follow").splitlines()) == sum(fired.events.values())
        status = home.json("status")
        assert status["database"]["reachable"] is True
        assert status["events"]["stored"] == sum(fired.events.values())
        assert home.done("init", "--yes")
        assert text_of("bob") not in home.done("sessions") + home.done("tail", "--no-follow")
        assert home.run("show", text_of("bob")).returncode == 1
        assert "stays in the database: this login may not delete" in home.done("prove")
        said = [line for line in home.places.log.read_text().splitlines() if "partitions" in line]
        assert said and all("permission denied" in line for line in said)


def test_commands_work_for_who_only_reads(team: Team) -> None:
    """With hooktrace_reader one sees what one's login stored when it could, with hooktrace_auditor everything."""
    fill(team.admin, "rita")
    fill(team.admin, "bob")
    with installed(team, "rita") as home:
        for member, users in (("rita", {"rita"}), ("ann", {"rita", "bob"})):
            home.done("config", "set", "database.url", team.url(member))
            home.done("flush", "--timeout", "60")
            assert home.json("status")["events"]["stored"] == len(users)
            shown = home.done("tail", "--no-follow") + home.done("sessions")
            for user in ("rita", "bob"):
                assert (text_of(user) in shown) == (user in users)
                assert (home.run("show", str(call_of(user))).returncode == 0) == (user in users)
        home.done("schema", "status")


def test_two_collectors_with_one_session_are_kept_apart(
    lasting_team: Team, through: PgBouncer | None, tmp_path: Path
) -> None:
    """The second one's events go to its bad/, with the reason, and the first one's rows are as they were."""
    recording = replay.retarget(SIMPLE, f"two collectors {through is None}", tmp_path)
    with installed(lasting_team, "alice", through) as first, installed(lasting_team, "bob", through) as second:
        fired = first.replay(recording)
        first.flush()
        before = lasting_team.state()
        second.replay(recording)
        second.flush()
        assert lasting_team.state() == before
        assert second.json("status")["spool"]["bad"] == sum(fired.events.values())
        assert first.json("status")["spool"]["bad"] == 0
        reasons = {file.read_text() for file in second.places.bad.iterdir() if file.suffix == ".reason"}
        assert len(reasons) == 1 and "another database login" in reasons.pop()


def test_the_command_sets_up_and_tells_what_comes_next(debian15: Cluster) -> None:
    """`hooktrace schema roles`: a dry run, the SQL, the work itself, and nothing to do the second time."""
    with application(debian15, "LOGIN CREATEROLE") as url, new_installation("--db", url) as home:
        foreseen = home.done("schema", "roles", "--dry-run")
        assert "would     role hooktrace_owner: created" in foreseen
        assert home.run("schema", "roles").returncode == 1, "without a terminal it wants --yes"
        printed = home.done("schema", "roles", "--sql")
        assert printed.startswith("-- The roles of hooktrace") and printed.endswith("COMMIT;\n")
        done = home.done("schema", "roles", "--yes")
        assert "done      role hooktrace_owner: created" in done
        assert "database.care_url" in done
        assert "roles are as they should be" in home.done("schema", "roles", "--yes")
        assert "s3cr" not in foreseen + printed + done
        home.done("prove")
        assert home.json("schema", "verify")["ok"] is True


# The embedded server


def test_the_embedded_servers_collector_is_a_mere_writer(own_home: Installation) -> None:
    """Init sets the roles up there; what hooktrace_writer may not, its collector may not."""
    ((owner,),) = own_home.query("SELECT relowner::regrole::text FROM pg_class WHERE relname = 'hook_executions'")
    assert owner == "hooktrace_owner"
    assert own_home.query("SELECT count(*) FROM pg_policy") == [(50,)]
    fired = own_home.replay(SIMPLE)
    own_home.flush()
    assert own_home.query("SELECT DISTINCT user_id FROM hook_executions") == [("hooktrace",)]
    own_home.query("REVOKE INSERT ON hook_executions FROM hooktrace_writer")
    own_home.fire({"hook_event_name": "Notification", "session_id": "late"})
    assert own_home.run("flush", "--timeout", "1").returncode == 1
    own_home.done("init", "--yes")  # it gives back what is missing
    own_home.flush()
    assert own_home.count("hook_executions") == sum(fired.events.values()) + 1
    assert own_home.json("status")["spool"]["bad"] == 0


# Supabase

SUPABASE = """
CREATE ROLE anon NOLOGIN NOINHERIT; CREATE ROLE authenticated NOLOGIN NOINHERIT;
CREATE ROLE service_role NOLOGIN NOINHERIT BYPASSRLS;
CREATE ROLE authenticator LOGIN NOINHERIT PASSWORD 'postgrest';
GRANT anon, authenticated, service_role TO authenticator;
ALTER DEFAULT PRIVILEGES FOR ROLE app IN SCHEMA public GRANT ALL ON TABLES TO anon, authenticated, service_role;
ALTER DEFAULT PRIVILEGES FOR ROLE app IN SCHEMA public GRANT ALL ON FUNCTIONS TO anon, authenticated, service_role;
"""
"""What stands in a project of Supabase: PostgREST logs in as authenticator and acts as one of the three.

The user's login is no superuser there, and whatever it makes is open to these at first.
"""


def test_supabases_roles_are_used_where_they_are() -> None:
    """To anon nothing, to authenticated what came by PostgREST, to service_role everything; partitions stay closed."""
    with ExitStack() as stack:
        cluster = stack.enter_context(new_cluster("debian15"))
        cluster.new_role("app", "LOGIN CREATEROLE")
        url = stack.enter_context(cluster.database("app"))
        admin = stack.enter_context(cluster.connect(name_of(url)))
        admin.execute(SUPABASE)
        migrate(url)
        set_up(url)
        assert not set_up(url)
        for user in ("alice", "authenticator"):
            fill(admin, user)
        api = url.replace(login("app"), "authenticator:postgrest")
        anon, authenticated, service = (
            stack.enter_context(psycopg.connect(api, autocommit=True, options=f"-c role={role}"))
            for role in ("anon", "authenticated", "service_role")
        )
        for name in (*TABLES, "trace_summary"):
            everything = f"SELECT * FROM {name}".encode()
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                anon.execute(everything)
            assert text_of("alice") in str(service.execute(everything).fetchall())
            seen = str(authenticated.execute(everything).fetchall())
            assert text_of("authenticator") in seen
            assert text_of("alice") not in seen
        for connection in (anon, authenticated, service):
            for statement in (
                "SELECT FROM hook_executions_default",
                "DELETE FROM hook_executions",
                "SELECT purge_traces(now())",
            ):
                with pytest.raises(psycopg.errors.InsufficientPrivilege):
                    connection.execute(statement.encode())
        service.execute("INSERT INTO hooktrace.sessions (session_id, root_id) VALUES ('s', gen_random_uuid())")
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            authenticated.execute(
                "INSERT INTO hooktrace.sessions (session_id, root_id) VALUES ('t', gen_random_uuid())"
            )
