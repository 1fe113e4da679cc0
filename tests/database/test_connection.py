"""Connections straight to the server and through PgBouncer in transaction mode, and who acts in their transactions."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg.conninfo import conninfo_to_dict

from tests import replay
from tests.conftest import Installation, new_installation
from tests.servers import ADMIN, Cluster, PgBouncer, login, new_cluster, new_pgbouncer
from tests.waiting import eventually
from tracing.capturerule import CaptureRule
from tracing.database.caretaker import Caretaker, NotDone, care_url
from tracing.database.connection import Lane, new_pool, open_connection, transaction
from tracing.database.migration import migrate
from tracing.database.reader import Reader, Unreachable
from tracing.database.removal import remove_session
from tracing.database.store import POOL_SIZE, Store, Unavailable
from tracing.database.writer import Writer
from tracing.event import read_event
from tracing.item import Item
from tracing.settings import Settings
from tracing.spool import Entry, Spooled

SCHEMA = "traces"
RECORDINGS = ("simple", "parallel", "subagent", "turns", "nested")
SERVER_CONNECTIONS = 2
"""What the PgBouncer of these tests shares among all clients."""

WAYS = ("direct", "pooled")
ROLES = ("hooktrace_writer", "hooktrace_owner")

Ways = Callable[[str], str]


@pytest.fixture(scope="module")
def bouncer(debian15: Cluster) -> Iterator[PgBouncer]:
    """Give a PgBouncer with next to no server connections."""
    with new_pgbouncer(debian15, default_pool_size=SERVER_CONNECTIONS) as made:
        yield made


def by_pooler(bouncer: PgBouncer, url: str) -> str:
    """Return the URL of the same database, by the same login, through *bouncer*."""
    parts = conninfo_to_dict(url)
    return bouncer.url(str(parts["dbname"]), login(str(parts["user"])))


@pytest.fixture(params=WAYS)
def way(request: pytest.FixtureRequest, bouncer: PgBouncer) -> Ways:
    """Give what turns the URL of a database into the one to be tested: itself, or the one through PgBouncer."""
    return (lambda url: url) if request.param == "direct" else (lambda url: by_pooler(bouncer, url))


@pytest.fixture
def database(debian15: Cluster) -> Iterator[str]:
    """Give the URL of an empty database."""
    with debian15.database() as url:
        yield url


@pytest.fixture
def traces(database: str) -> str:
    """Give the URL of a database with hooktrace's tables in the schema SCHEMA."""
    migrate(database, SCHEMA)
    return database


def items_of(recording: Path) -> list[Item]:
    """Return a recording's events as the collector reads them from the spool."""
    items = []
    for event in replay.read(recording):
        entry = Entry(int(event.at * 1_000_000_000), f"{recording.parent.name}-{recording.stem}-{event.number}", 1)
        items.append(Item(entry, read_event(Spooled(entry, {}, json.dumps(event.payload).encode()))))
    return items


@contextmanager
def opened(url: str, schema: str = SCHEMA, size: int = POOL_SIZE) -> Iterator[Writer]:
    """Give a writer with up to *size* connections."""
    store = Store(url, schema, size)
    store.open()
    try:
        yield Writer(store, CaptureRule())
    finally:
        store.close()


def one(connection: psycopg.Connection[Any], sql: str) -> Any:
    """Return the only value of the only row."""
    row = connection.execute(sql.encode()).fetchone()
    assert row is not None
    return row[0]


def fetch(url: str, sql: str) -> list[tuple[Any, ...]]:
    """Run one statement on a connection of its own."""
    with psycopg.connect(url, autocommit=True) as connection:
        cursor = connection.execute(sql.encode())
        return cursor.fetchall() if cursor.description else []


def test_a_pooler_is_told_from_a_server(embedded18: Cluster, debian15: Cluster, bouncer: PgBouncer) -> None:
    """Straight to a server of any age statements are prepared as the driver does; through PgBouncer none is."""
    for cluster in (embedded18, debian15):
        with closing(open_connection(cluster.url(ADMIN, login(ADMIN)), "test")) as connection:
            assert connection.prepare_threshold is not None
    pooled = bouncer.url(ADMIN, login(ADMIN))
    for _ in range(5):
        with closing(open_connection(pooled, "test")) as connection:
            assert connection.prepare_threshold is None
    with new_pool(pooled, "test", 1) as pool, pool.connection() as lent:
        assert lent.prepare_threshold is None


def test_a_connection_says_who_it_is_and_does_not_wait_for_ever(database: str, way: Ways) -> None:
    """The server shows whose connection it is, and a peer that vanished is noticed."""
    with closing(open_connection(way(database), "hooktrace test")) as connection:
        assert one(connection, "SELECT current_setting('application_name')") == "hooktrace test"
        assert connection.autocommit
        parameters = connection.info.get_parameters()
        assert {"connect_timeout", "keepalives_idle", "keepalives_interval", "tcp_user_timeout"} <= parameters.keys()
    with closing(open_connection(way(database), "hooktrace test", autocommit=False)) as connection:
        assert not connection.autocommit


@pytest.mark.parametrize("schema", ["public", "traces", 'Odd "name", with; all'])
def test_what_is_set_holds_in_the_transaction_and_not_after_it(database: str, way: Ways, schema: str) -> None:
    """Names are looked up in the schema, then in public; a limit of time and READ ONLY last as long as the block."""
    names = ("search_path", "statement_timeout", "transaction_read_only")
    asked = "SELECT ARRAY[" + ", ".join(f"current_setting('{name}')" for name in names) + "]"
    fetch(database, f"CREATE SCHEMA IF NOT EXISTS {quoted(schema)}")
    with closing(open_connection(way(database), "test")) as connection:
        before = one(connection, asked)
        with transaction(connection, schema, "writer", statement_timeout_ms=1234):
            assert one(connection, "SELECT current_schema()") == schema
            assert one(connection, asked)[1:] == ["1234ms", "off"]
        with transaction(connection, schema, "reader", read_only=True, statement_timeout_ms=None):
            assert one(connection, asked)[1:] == ["0", "on"]
        with pytest.raises(psycopg.errors.DivisionByZero), transaction(connection, schema, "writer"):
            connection.execute("SELECT 1 / 0")
        assert one(connection, asked) == before
        assert connection.info.transaction_status == psycopg.pq.TransactionStatus.IDLE


def quoted(name: str) -> str:
    """Return *name* as SQL writes it."""
    return '"' + name.replace('"', '""') + '"'


def test_a_temporary_table_does_not_stand_in_for_one_of_ours(database: str, way: Ways) -> None:
    """What somebody else left on a shared server connection is not where events go."""
    fetch(database, "CREATE TABLE hook_executions AS SELECT 'ours' AS whose")
    with closing(open_connection(way(database), "test")) as connection:
        connection.execute("CREATE TEMPORARY TABLE hook_executions AS SELECT 'theirs' AS whose")
        assert one(connection, "SELECT whose FROM hook_executions") == "theirs"
        with transaction(connection, "public", "writer"):
            assert one(connection, "SELECT whose FROM hook_executions") == "ours"


def spoil(url: str) -> None:
    """Leave on every server connection behind a pooler what would harm a client that trusts its session."""
    with ExitStack() as stack:
        clients = [stack.enter_context(psycopg.connect(url, prepare_threshold=None)) for _ in range(SERVER_CONNECTIONS)]
        backends = {one(client, "SELECT pg_backend_pid()") for client in clients}  # each holds its transaction open
        assert len(backends) == SERVER_CONNECTIONS
        for client in clients:
            client.execute("SET search_path = nowhere")
            client.execute('PREPARE "_pg3_0" AS SELECT 1')


def test_writers_share_server_connections_with_anybody(traces: str, bouncer: PgBouncer, tmp_path: Path) -> None:
    """Four writers through two server connections, each lent for a transaction, store every recorded event once."""
    pooled = by_pooler(bouncer, traces)
    spoil(pooled)

    def work(number: int) -> set[object]:
        stored: set[object] = set()
        with opened(pooled) as writer, Reader.connected(pooled, SCHEMA) as reader:
            for name in RECORDINGS:
                recording = replay.RECORDINGS / "2.1.330" / f"{name}.jsonl"
                items = items_of(replay.retarget(recording, f"{number}", tmp_path / f"{number}"))
                for begin in range(0, len(items), 7):
                    for part in writer.parts(items[begin : begin + 7]):
                        writer.write(part)
                    assert writer.knows(items[begin].event.session_id)
                    assert reader.row("event_counts")["stored"] > 0
                stored |= {item.event.id for item in items}
        return stored

    with ThreadPoolExecutor(4) as threads:
        done = list(threads.map(work, range(4)))
    expected = set.union(*done)
    assert len(expected) == sum(map(len, done)), "the copies of a recording are sessions of their own"
    assert {row[0] for row in fetch(traces, "SELECT id FROM traces.hook_executions")} == expected
    assert fetch(traces, "SELECT count(*) FROM traces.hook_executions") == [(len(expected),)]
    used = (
        "SELECT count(*) FROM pg_stat_activity"
        " WHERE datname = current_database() AND backend_type = 'client backend' AND pid <> pg_backend_pid()"
    )
    assert eventually(lambda: fetch(traces, used) == [(SERVER_CONNECTIONS,)])  # who has just left may still be there


def test_without_a_pooler_statements_are_prepared(traces: str) -> None:
    """The speed of the writer comes from that."""
    with opened(traces, size=1) as writer:  # so that it is the same connection
        for _ in range(6):  # the driver prepares what it sends for the sixth time
            writer.write(items_of(replay.RECORDINGS / "2.1.330" / "simple.jsonl"))
        with writer._store.transaction() as connection:
            statements = connection.execute("SELECT statement FROM pg_prepared_statements").fetchall()
    assert any("INSERT INTO hook_executions" in row["statement"] for row in statements)


def test_a_reader_cannot_write(traces: str, way: Ways) -> None:
    """Whatever a query of a reader says, it changes nothing."""
    with pytest.raises(Unreachable, match="read-only"), Reader.connected(way(traces), SCHEMA) as reader:
        reader.rows("remove_session", session_id="any")


def test_a_session_is_taken_out_again(traces: str, way: Ways) -> None:
    """What was recorded of it is gone, and the rest is not."""
    kept, removed = (replay.RECORDINGS / "2.1.330" / f"{name}.jsonl" for name in ("simple", "failing"))
    with opened(way(traces)) as writer:
        for recording in (kept, removed):
            writer.write(items_of(recording))
    remove_session(way(traces), SCHEMA, items_of(removed)[0].event.session_id)
    left = [(items_of(kept)[0].event.session_id,)]
    assert fetch(traces, "SELECT DISTINCT session_id FROM traces.hook_executions") == left
    assert fetch(traces, "SELECT session_id FROM hooktrace.sessions") == left


def test_an_error_before_the_first_row_speaks_of_no_row(traces: str, way: Ways) -> None:
    """A transaction that cannot begin is a database that is away, whatever class the error has: no event is refused."""
    with opened(way(traces), "no\0schema") as writer, pytest.raises(Unavailable):
        writer.write(items_of(replay.RECORDINGS / "2.1.330" / "simple.jsonl"))


# Roles


@dataclass
class Agent:
    """A database with the tables in public, and a login that has no rights to them and inherits none."""

    cluster: Cluster
    bouncer: PgBouncer
    admin: psycopg.Connection[Any]

    def url(self, way: str) -> str:
        """Return the login's URL."""
        server = self.cluster if way == "direct" else self.bouncer
        return server.url(self.admin.info.dbname, login("agent"))

    def tell(self, *statements: str) -> None:
        """Run statements as the superuser."""
        for statement in statements:
            self.admin.execute(statement.encode())

    def allow(self, role: str) -> None:
        """Give a role all that a writer needs."""
        for schema in ("public", "hooktrace"):
            self.tell(
                f"GRANT USAGE ON SCHEMA {schema} TO {role}", f"GRANT ALL ON ALL TABLES IN SCHEMA {schema} TO {role}"
            )

    def drop(self, role: str) -> None:
        """Remove a role with all its rights, if it is there."""
        if one(self.admin, f"SELECT to_regrole('{role}') IS NOT NULL"):
            self.tell(f"DROP OWNED BY {role}", f"DROP ROLE {role}")


@pytest.fixture(scope="module", params=["debian15", "embedded18"])
def servers(request: pytest.FixtureRequest) -> Iterator[tuple[Cluster, PgBouncer]]:
    """Give a server in which no other test makes roles, with a PgBouncer in front of it."""
    with new_cluster(request.param) as cluster, new_pgbouncer(cluster, default_pool_size=SERVER_CONNECTIONS) as bouncer:
        yield cluster, bouncer


@pytest.fixture
def agent(servers: tuple[Cluster, PgBouncer]) -> Iterator[Agent]:
    """Give such a database, in a server that has none of hooktrace's roles."""
    cluster, bouncer = servers
    cluster.new_role("agent", "LOGIN NOINHERIT")
    with cluster.migrated() as url, psycopg.connect(url, autocommit=True) as admin:
        made = Agent(cluster, bouncer, admin)
        yield made
        for role in (*ROLES, "agent"):
            made.drop(role)


def actors(connection: psycopg.Connection[Any]) -> list[str]:
    """Return who acts in the lanes writer, owner and reader; the login must stay known for who it is."""
    found = []
    lanes: tuple[Lane, ...] = ("writer", "owner", "reader")
    for lane in lanes:
        with transaction(connection, "public", lane):
            assert one(connection, "SELECT session_user") == connection.info.user
            found.append(one(connection, "SELECT current_user"))
        assert one(connection, "SELECT current_user") == connection.info.user
    return found


@pytest.mark.parametrize("way", WAYS)
def test_a_lane_takes_its_role_where_the_login_may(agent: Agent, way: str) -> None:
    """A role is taken once it exists, has rights in this database and has the login as a member; not otherwise."""
    nobody_else = ["agent", "agent", "agent"]
    with closing(open_connection(agent.url(way), "test")) as connection:
        assert actors(connection) == nobody_else
        for role in ROLES:
            agent.tell(f"CREATE ROLE {role} NOLOGIN", f"GRANT {role} TO agent")
        assert actors(connection) == nobody_else, "roles of another database of this server"
        for role in ROLES:
            agent.tell(f"GRANT USAGE ON SCHEMA hooktrace TO {role}")
        assert actors(connection) == [*ROLES, "agent"]
        agent.tell("REVOKE hooktrace_owner FROM agent")
        assert actors(connection) == ["hooktrace_writer", "agent", "agent"]
        if agent.cluster.major >= 16:
            agent.tell("GRANT hooktrace_writer TO agent WITH SET FALSE")
            assert actors(connection) == nobody_else, "a member that may not act as the role"
        for role in ROLES:
            agent.drop(role)
        assert actors(connection) == nobody_else


def test_a_superuser_acts_as_the_role_too(agent: Agent) -> None:
    """The embedded server's only login is one: what it may do beyond the lane's work it does not do there."""
    for role in ROLES:
        agent.tell(f"CREATE ROLE {role} NOLOGIN", f"GRANT USAGE ON SCHEMA hooktrace TO {role}")
    assert actors(agent.admin) == [*ROLES, ADMIN]


@pytest.mark.parametrize("way", WAYS)
def test_roles_come_and_go_under_a_writer(agent: Agent, way: str) -> None:
    """Whatever is refused meanwhile is late, not lost: the next attempt acts as whoever may act then."""
    first, second = (items_of(replay.RECORDINGS / "2.1.330" / f"{name}.jsonl") for name in ("simple", "turns"))
    with opened(agent.url(way), "public") as writer:
        with pytest.raises(Unavailable, match="permission denied"):
            writer.write(first)
        agent.tell("CREATE ROLE hooktrace_writer NOLOGIN", "GRANT hooktrace_writer TO agent")
        agent.allow("hooktrace_writer")
        writer.write(first)
        assert one(agent.admin, "SELECT count(*) FROM hook_executions WHERE user_id = 'agent'") == len(first)
        agent.drop("hooktrace_writer")
        with pytest.raises(Unavailable, match="permission denied"):
            writer.write(second)
        agent.allow("agent")
        writer.write(second)
    assert one(agent.admin, "SELECT count(*) FROM hook_executions") == len(first) + len(second)


# The caretaker


DROP_LAST_PARTITION = """
DO $$ BEGIN EXECUTE (SELECT 'DROP TABLE ' || max(inhrelid::regclass::text) FROM pg_inherits
                     WHERE inhparent = 'hook_executions'::regclass
                       AND inhrelid <> 'hook_executions_default'::regclass); END $$
"""


@pytest.mark.parametrize("way", WAYS)
def test_the_caretaker_acts_as_the_owner(agent: Agent, way: str) -> None:
    """What the login may not do itself is done, as the owner's role; a login that may not act as it is told so."""
    agent.tell(DROP_LAST_PARTITION, "GRANT USAGE ON SCHEMA hooktrace TO agent")
    with closing(Caretaker(agent.url(way))) as caretaker:
        with pytest.raises(NotDone) as refused:
            caretaker.query("create_partitions")
        assert "permission denied" in str(refused.value) or "must be owner" in str(refused.value)
        assert "\n" not in str(refused.value)
        agent.tell("CREATE ROLE hooktrace_owner NOLOGIN SUPERUSER", "GRANT hooktrace_owner TO agent")
        assert caretaker.query("create_partitions") == [{"created": 1}]
        assert caretaker.query("create_partitions") == [{"created": 0}]
        agent.tell("ALTER ROLE hooktrace_owner NOSUPERUSER")


def test_the_caretaker_gets_over_a_connection_that_died(agent: Agent) -> None:
    """A chore comes once a day: that the connection was cut since is no failure of it."""
    with closing(Caretaker(agent.cluster.url(agent.admin.info.dbname, login(ADMIN)))) as caretaker:
        for _ in range(2):
            assert caretaker.query("create_partitions") == [{"created": 0}]
            agent.tell("SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity WHERE application_name ~ 'care'")


@pytest.mark.parametrize("url", ["postgresql://agent:hunter2@/none?host={}", "postgresql://agent:%zzhunter2@h/d"])
def test_a_caretaker_without_a_database_says_so_in_one_line(tmp_path: Path, url: str) -> None:
    """The reason is the driver's, without a password; what cannot be read is not quoted."""
    caretaker = Caretaker(url.format(tmp_path))
    with pytest.raises(NotDone) as away:
        caretaker.query("create_partitions")
    caretaker.close()
    assert "\n" not in str(away.value)
    assert "hunter2" not in str(away.value)


def test_the_second_login_is_of_the_pinned_database_alone(tmp_path: Path) -> None:
    """Left over in the settings of an installation with the embedded server, it leads nowhere else."""
    settings = Settings(tmp_path / "config.toml", {"database.care_url": "care"})
    assert care_url(settings, "embedded") == "embedded"
    settings = Settings(tmp_path / "config.toml", {"database.url": "url", "database.care_url": "care"})
    assert care_url(settings, "url") == "care"
    assert care_url(Settings(tmp_path / "config.toml", {"database.url": "url"}), "url") == "url"


# The whole way


@pytest.fixture(scope="module")
def installed(debian15: Cluster, bouncer: PgBouncer) -> Iterator[Installation]:
    """Give an installation that knows its database through PgBouncer alone."""
    with debian15.database() as url, new_installation("--db", by_pooler(bouncer, url)) as made:
        made._url = url  # for the tests' own queries
        yield made


def test_an_installation_works_through_a_pooler(installed: Installation) -> None:
    """From init to the trace of a recorded session, and every command that reads it."""
    spoil(installed.done("config", "get", "database.url").strip().replace("postgres@", login(ADMIN) + "@"))
    fired = installed.replay(replay.RECORDINGS / "2.1.330" / "simple.jsonl")
    installed.flush()
    assert installed.count("hook_executions") == sum(fired.events.values())
    ((session,),) = installed.query("SELECT session_id FROM hooktrace.sessions")
    assert installed.json("show", str(session))["session_id"] == session
    assert installed.json("status")["database"]["reachable"] is True
    installed.done("sessions")
    installed.done("prove")
    assert "ERROR" not in installed.places.log.read_text()


def test_a_caretaker_that_is_refused_stops_no_event(installed: Installation) -> None:
    """A second login that gets nowhere is one line of the log, and events are stored all the same."""
    installed.done("config", "set", "database.care_url", "postgresql://nobody:hunter2@/none?host=/nowhere")
    assert "hunter2" not in installed.done("config", "get")
    before = installed.count("hook_executions")
    installed.fire({"hook_event_name": "Notification", "session_id": "cared for"})
    installed.flush()
    assert installed.count("hook_executions") == before + 1
    # A stop would interrupt the chore, which runs beside the events.
    tried = eventually(lambda: "partitions of the next months" in installed.places.log.read_text())
    assert tried, installed.places.log.read_text()
    installed.stop_collector()
    said = [line for line in installed.places.log.read_text().splitlines() if "partitions of the next months" in line]
    assert len(said) == 1
    assert "failed: " in said[0]
    assert "hunter2" not in said[0]
