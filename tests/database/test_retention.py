"""Retention on a database that holds 400 days of work: what goes, what stays, and to whom it gives way."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg.conninfo import conninfo_to_dict

from tests.conftest import Installation
from tests.replay import RECORDINGS
from tests.servers import Cluster, PgBouncer, login
from tests.team import STONES, TOLD, Team, fill, new_team
from tracing.assemble import ERROR_LIMIT
from tracing.database.caretaker import Caretaker, NotDone
from tracing.database.maintenance import Maintenance
from tracing.database.migration import migrate
from tracing.database.removals import Removals
from tracing.database.retention import CONTENT, MONTHS, NAMES, ROOM, UNPROVEN, USES, Limits, Retention
from tracing.database.sizecap import MB
from tracing.database.upkeep import LOCK, Stopped, Upkeep
from tracing.settings import Settings

NOW = datetime(2026, 7, 15, 12, tzinfo=UTC)
"""Injected: nobody waits for a month to pass."""

DAYS = 400
LIMITS = Limits()
"""14, 90 and 180 days, and no size cap."""

WORK = r"""
SELECT hooktrace.create_partitions(:now - interval ':days days', 16);

CREATE TEMPORARY VIEW day AS
SELECT day, md5('session' || day)::uuid AS root, :now - make_interval(days => day) AS at
FROM generate_series(0, :days - 1) AS day;

INSERT INTO hooktrace.sessions (session_id, root_id, created_at) SELECT 's' || day, root, at FROM day;

INSERT INTO execution_traces (root_id, correlation_id, parent_id, session_id, source, kind, prompt_text, started_at,
                              completed_at, status)
SELECT root, md5(kind || day)::uuid, CASE kind WHEN 'prompt' THEN root WHEN 'tool' THEN md5('prompt' || day)::uuid END,
       's' || day, 'test', kind, 'asked on day ' || day, at, at + interval '10 minutes', 'completed'
FROM day CROSS JOIN unnest(ARRAY['session', 'prompt', 'tool']) AS kind;

INSERT INTO hook_executions (id, root_id, trace_id, session_id, hook_type, hook_name, tool_name, tool_use_id, file_path,
                             started_at, duration_ms, status, input_data, output_data, error_message, metadata)
SELECT gen_random_uuid(), root, md5('tool' || day)::uuid, 's' || day, 'PostToolUseFailure', 'record', 'Bash', 'call',
       '/file', at + number * interval '1 second', 12, 'failed', jsonb_build_object('command', 'secret'),
       jsonb_build_object('said', :content), repeat('e', 5000), jsonb_build_object(
           'cwd', '/secret', 'message', 'secret', 'reason', repeat('secret ', 20), 'texts', jsonb_build_array('secret'),
           'permission_mode', 'default', 'duration_ms', 12, 'redactions', 3, 'is_interrupt', false)
FROM day CROSS JOIN generate_series(1, 5) AS number;

INSERT INTO agent_routing_decisions (root_id, trace_id, session_id, agent_selected, routing_strategy, created_at)
SELECT root, md5('tool' || day)::uuid, 's' || day, 'Explore', 'model', at FROM day;

INSERT INTO endpoint_calls (root_id, trace_id, session_id, service, endpoint, started_at)
SELECT root, md5('tool' || day)::uuid, 's' || day, 'web', 'host', at FROM day;

INSERT INTO success_patterns (id, pattern_hash, intent) VALUES (md5('pattern')::uuid, 'hash', 'fix it');
INSERT INTO pattern_usage_log (pattern_id, root_id, trace_id, outcome, used_at)
SELECT md5('pattern')::uuid, root, md5('prompt' || day)::uuid, 'success', at FROM day;
INSERT INTO agent_chaining_patterns (chain) VALUES ('{a,b}');
INSERT INTO error_patterns (fingerprint, error_type) VALUES ('f', 'tool_error');
INSERT INTO hooktrace.outcomes (root_id, correlation_id, session_id, pattern_id)
SELECT root, md5('prompt' || day)::uuid, 's' || day, md5('pattern')::uuid FROM day;
INSERT INTO hooktrace.exports (root_id, id, ended_at, trace_id, session_id)
SELECT root, md5('tool' || day)::uuid, at, md5('tool' || day)::uuid, 's' || day FROM day;
"""
"""A session a day, with a prompt and a tool call of which five events tell."""

SMALL = "'secret'"
LARGE = "(SELECT string_agg(md5(day::text || number || n), '') FROM generate_series(1, 400) AS n)"
"""13 kB for an event, of which compression saves half."""

TABLES = (
    "hooktrace.sessions", "execution_traces", "hook_executions", "agent_routing_decisions", "endpoint_calls",
    "success_patterns", "pattern_usage_log", "agent_chaining_patterns", "error_patterns", "hooktrace.outcomes",
    "hooktrace.exports",
)  # fmt: skip


class Worked:
    """A database that holds the work."""

    def __init__(self, url: str, schema: str = "traces") -> None:
        self.url = url
        self.schema = schema

    def fill(self, content: str = SMALL) -> None:
        """Make the tables, and the rows."""
        migrate(self.url, self.schema)
        text = WORK.replace(":now", f"'{NOW}'::timestamptz").replace(":days", str(DAYS)).replace(":content", content)
        self.query(text)

    def connect(self) -> psycopg.Connection[tuple[Any, ...]]:
        """Connect, each statement a transaction of its own."""
        connection = psycopg.connect(self.url, autocommit=True)
        connection.execute(f"SET search_path = {self.schema}, public".encode())
        return connection

    def query(self, *statements: str) -> list[tuple[Any, ...]]:
        """Run statements, and return the rows of the last."""
        with self.connect() as connection:
            for statement in statements:
                cursor = connection.execute(statement.encode())
            return cursor.fetchall() if cursor.description else []

    def one(self, statement: str) -> Any:
        """Return the only value of the only row."""
        ((value,),) = self.query(statement)
        return value

    def counts(self) -> dict[str, int]:
        """Return the number of rows of every table."""
        return {table: self.one(f"SELECT count(*) FROM {table}") for table in TABLES}

    def months(self) -> list[str]:
        """Return the months that have a partition."""
        names = self.query("SELECT name FROM hooktrace.months() WHERE isfinite(ends) ORDER BY 1")
        return [name.removeprefix("hook_executions_") for (name,) in names]

    @contextmanager
    def upkeep(self, **options: Any) -> Iterator[Upkeep]:
        """Give what works on it; locks are waited for only an instant."""
        with closing(Caretaker(self.url, self.schema)) as caretaker:
            yield Upkeep(caretaker, **{"patience_ms": 50, **options})

    def run(self, limits: Limits = LIMITS, now: datetime = NOW) -> Removals:
        """Do its retention."""
        with self.upkeep() as upkeep:
            return Retention(upkeep, limits, now).run()

    def preview(self, limits: Limits = LIMITS, now: datetime = NOW) -> Removals:
        """Return what its retention would do."""
        with self.upkeep() as upkeep:
            return Retention(upkeep, limits, now).preview()


@pytest.fixture
def worked(debian15: Cluster) -> Iterator[Worked]:
    """Give such a database, whose owner is no superuser."""
    with debian15.connect("postgres") as admin:
        if admin.execute("SELECT FROM pg_roles WHERE rolname = 'keeper'").rowcount == 0:
            debian15.new_role("keeper")
    with debian15.copied("worked", lambda url: Worked(url).fill(), "keeper") as url:
        yield Worked(url)


def figures(ledger: Removals) -> dict[str, int]:
    """Return how many of each kind went."""
    return {line.what: line.rows for line in ledger.lines}


def since(days: int) -> str:
    """Return a condition for what began within so many days before NOW."""
    return f"started_at >= '{NOW - timedelta(days=days)}'"


EXPECTED = {
    CONTENT: 5 * 91,  # of 15 to 105 days ago: what is younger keeps it, what is older goes with its month
    ROOM: 3,  # April, May, June
    MONTHS: 5 * 294,  # from before April
    "events": 5 * 15,  # those of April
    "routing decisions": 309,  # of 91 to 399 days ago, as the executions
    "endpoint calls": 309,
    "executions": 3 * 309,
    "sessions": 279,
    USES: 219,
    UNPROVEN: 0,  # the one pattern was used yesterday
}
"""What goes at NOW."""


def test_a_preview_tells_what_the_run_does_and_changes_nothing(worked: Worked) -> None:
    """Every figure is the same; and where nothing may be written, there is a preview all the same."""
    before = worked.counts()
    name = worked.one("SELECT quote_ident(current_database())")
    worked.query(f"ALTER DATABASE {name} SET default_transaction_read_only = on")
    told = worked.preview()
    with pytest.raises(NotDone, match="read-only"):
        worked.run()
    assert worked.counts() == before
    worked.query("SET default_transaction_read_only = off", f"ALTER DATABASE {name} RESET ALL")
    done = worked.run()
    assert figures(told) == figures(done) == EXPECTED
    assert (told.dry_run, done.dry_run, done.postponed, done.early) == (True, False, [], [])
    assert set(figures(worked.preview()).values()) == {0}


def test_content_ages_and_the_skeleton_stays(worked: Worked) -> None:
    """After 14 days an event tells when, what, how long and how it ended; nobody's words, and not where."""
    worked.run()
    young = f"SELECT count(*), count(input_data), count(output_data) FROM hook_executions WHERE {since(14)}"
    assert worked.query(young) == [(75, 75, 75)]
    old = f"SELECT DISTINCT input_data, output_data, metadata FROM hook_executions WHERE NOT {since(14)}"
    kept = {"aged": True, "permission_mode": "default", "duration_ms": 12, "redactions": 3, "is_interrupt": False}
    assert worked.query(old) == [(None, None, kept)]
    skeleton = (
        "SELECT DISTINCT hook_type, tool_name, tool_use_id, file_path, duration_ms, status, length(error_message)"
        f" FROM hook_executions WHERE NOT {since(14)}"
    )
    assert worked.query(skeleton) == [("PostToolUseFailure", "Bash", "call", "/file", 12, "failed", ERROR_LIMIT)]
    assert worked.one("SELECT count(*) FROM execution_traces WHERE prompt_text IS NULL") == 0


def test_a_month_that_has_aged_gives_back_its_room_once(worked: Worked) -> None:
    """It is written anew when the last of it has aged; what comes late ages too, without that."""
    may = "pg_total_relation_size('hook_executions_y2026m05')"
    before = worked.one(f"SELECT {may}")
    worked.run(Limits(14, 0, 0))
    assert worked.one(f"SELECT {may}") < before
    aged = worked.query("SELECT name, bytes_before > bytes_after FROM hooktrace.aged_months ORDER BY name")
    assert aged[-1] == ("hook_executions_y2026m06", True)
    assert len(aged) == 13, "June 2025 to June 2026"
    worked.query(
        "INSERT INTO hook_executions"
        " (id, root_id, trace_id, session_id, hook_type, hook_name, started_at, status, input_data)"
        " SELECT gen_random_uuid(), root_id, trace_id, session_id, 'Stop', 'record', started_at, status, '1'"
        " FROM hook_executions WHERE started_at BETWEEN '2026-05-10' AND '2026-05-12'"
    )
    again = figures(worked.run(Limits(14, 0, 0)))
    assert (again[CONTENT], again[ROOM]) == (10, 0)


def test_executions_go_with_all_that_hangs_on_them(worked: Worked) -> None:
    """Of the last 90 days everything is there; of what is older, nothing but what was learned."""
    worked.run()
    assert worked.months()[:4] == ["y2026m04", "y2026m05", "y2026m06", "y2026m07"]
    days = "SELECT count(DISTINCT session_id) FROM {} WHERE {}"
    for table in ("execution_traces", "hook_executions", "endpoint_calls"):
        assert worked.one(days.format(table, since(91))) == worked.one(days.format(table, "true")) == 91
    counts = worked.counts()
    assert (counts["execution_traces"], counts["hook_executions"], counts["agent_routing_decisions"]) == (273, 455, 91)
    assert worked.one("SELECT min(created_at) FROM hooktrace.sessions") == NOW - timedelta(days=120)


def test_what_was_learned_stays(worked: Worked) -> None:
    """The log of uses ages by its own limit, and no counter goes down with it."""
    worked.run()
    learned = "SELECT usage_count, success_count, (SELECT count(*) FROM pattern_usage_log) FROM success_patterns"
    assert worked.query(learned) == [(DAYS, DAYS, 181)]
    assert worked.one("SELECT count(*) FROM agent_chaining_patterns") == 1
    assert worked.one("SELECT count(*) FROM error_patterns") == 1


def test_running_executions_stay_and_so_does_what_is_above_one_that_stays(worked: Worked) -> None:
    """A session of a year ago with a prompt of yesterday, and a call of two years ago that nobody saw end."""
    resumed, running = 300, 301
    worked.query(
        f"UPDATE execution_traces SET started_at = '{NOW - timedelta(days=1)}', completed_at = NULL"
        f" WHERE correlation_id = md5('prompt{resumed}')::uuid",
        f"UPDATE execution_traces SET status = 'in_progress' WHERE correlation_id = md5('tool{running}')::uuid",
    )
    told = worked.preview()
    assert figures(told) == figures(worked.run())
    left = (
        "SELECT kind, session_id FROM execution_traces"
        f" WHERE session_id IN ('s{resumed}', 's{running}') ORDER BY session_id, kind"
    )
    whole = [("prompt", f"s{running}"), ("session", f"s{running}"), ("tool", f"s{running}")]
    assert worked.query(left) == [("prompt", f"s{resumed}"), ("session", f"s{resumed}"), *whole]
    sessions = f"SELECT count(*) FROM hooktrace.sessions WHERE session_id IN ('s{resumed}', 's{running}')"
    assert worked.one(sessions) == 2


def test_months_pass(worked: Worked) -> None:
    """Day after day the same limits hold, whatever the day of the month; in the end nothing is left but the learned."""
    for days in (1, 17, 31, 90):
        now = NOW + timedelta(days=days)
        worked.run(now=now)
        oldest = worked.one("SELECT min(completed_at) FROM execution_traces")
        assert oldest is None or oldest >= now - timedelta(days=90)
        content = f"input_data IS NOT NULL AND started_at < '{now - timedelta(days=14)}'"
        assert worked.one(f"SELECT count(*) FROM hook_executions WHERE {content}") == 0
    worked.run(now=NOW + timedelta(days=400))
    left = {table: rows for table, rows in worked.counts().items() if rows}
    assert left == {"success_patterns": 1, "agent_chaining_patterns": 1, "error_patterns": 1}


def test_nothing_goes_where_the_limits_are_0(worked: Worked) -> None:
    """0 keeps for ever."""
    before = worked.counts()
    assert worked.preview(Limits(0, 0, 0)).lines == worked.run(Limits(0, 0, 0)).lines == []
    assert worked.counts() == before
    assert worked.one("SELECT count(*) FROM hook_executions WHERE input_data IS NULL") == 0


def test_the_size_of_somebody_elses_database_is_not_ours_to_cap(tmp_path: Path) -> None:
    """The other limits hold wherever the traces are."""
    values: dict[str, str | int | bool] = {"retention.payload_days": 3, "retention.max_mb": 100}
    assert Limits.of(Settings(tmp_path / "config", values)) == Limits(3, 90, 180, 100)
    assert Limits.of(Settings(tmp_path / "config", {**values, "database.url": "url"})) == Limits(3, 90, 180, 0)


# Others use the database, too


def test_who_reads_an_old_month_keeps_it_for_the_day(worked: Worked) -> None:
    """The month stays, and its name is told; everything else is done; the next day it goes."""
    with worked.connect() as reader, reader.transaction():
        reader.execute("SELECT count(*) FROM hook_executions_y2026m02")
        reader.execute("SELECT count(*) FROM hook_executions_y2026m05")
        ledger = worked.run()
    told = [sentence.partition(": left for the next time, ")[0] for sentence in ledger.postponed]
    assert told == ["content of hook_executions_y2026m05", "hook_executions_y2026m02"]
    assert all("lock timeout" in sentence for sentence in ledger.postponed)
    assert worked.months()[0] == "y2026m02"
    assert figures(ledger)["executions"] == EXPECTED["executions"]
    again = worked.run()
    assert (again.postponed, figures(again)[ROOM], worked.months()[0]) == ([], 1, "y2026m04")


def test_a_reader_of_all_events_keeps_the_months_and_waits_for_nobody(worked: Worked) -> None:
    """Nobody is kept from hook_executions while somebody else reads it."""
    with worked.connect() as reader, reader.transaction():
        reader.execute("SELECT count(*) FROM hook_executions")
        ledger = worked.run()
        assert reader.execute("SELECT count(*) FROM hook_executions").fetchone() == (5 * (DAYS - 309),)
    assert figures(ledger)[MONTHS] == 0
    assert figures(ledger)["events"] == 5 * 309, "they went one by one instead"
    assert figures(worked.run())[MONTHS] == 0
    assert worked.months()[0] == "y2026m04"


def test_two_at_once_keep_apart(worked: Worked) -> None:
    """While somebody else's step runs, nothing is done, and it is told; both together do everything once."""
    with worked.connect() as other, other.transaction():
        other.execute("SELECT pg_advisory_xact_lock(%s)", [LOCK])
        ledger = worked.run()
        assert sum(figures(ledger).values()) == 0
        assert any("another hooktrace" in sentence for sentence in ledger.postponed)
    ledgers: list[Removals] = []
    threads = [threading.Thread(target=lambda: ledgers.append(worked.run())) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    ledgers.append(worked.run())
    assert len(ledgers) == 4
    assert sum(figures(ledger)[USES] for ledger in ledgers if USES in figures(ledger)) == EXPECTED[USES]
    assert worked.counts()["execution_traces"] == 273


def test_it_ends_when_it_is_told_to(worked: Worked) -> None:
    """Between two steps, and in the midst of one that waits; what is left is done another time."""
    with worked.upkeep(stopping=lambda: True) as upkeep, pytest.raises(Stopped):
        Retention(upkeep, LIMITS, NOW).run()
    stopping = threading.Event()
    with (
        worked.connect() as holder,
        holder.transaction(),
        closing(Caretaker(worked.url, worked.schema)) as caretaker,
    ):
        holder.execute("LOCK TABLE hook_executions_y2026m05")
        retention = Retention(Upkeep(caretaker, stopping=stopping.is_set, patience_ms=600_000), LIMITS, NOW)
        waits = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
        watcher = threading.Thread(target=_cancel, args=(worked, waits, stopping, caretaker))
        watcher.start()
        with pytest.raises(Stopped):
            retention.run()
        watcher.join()
    assert figures(worked.run())["executions"] == EXPECTED["executions"]


def _cancel(worked: Worked, waits: str, stopping: threading.Event, caretaker: Caretaker) -> None:
    while worked.one(waits) == 0:
        pass
    stopping.set()
    caretaker.cancel()


# The size cap


@pytest.fixture
def crowded(embedded18: Cluster) -> Iterator[Worked]:
    """Give a database of about 30 MB, most of it content."""
    with embedded18.copied("crowded", lambda url: Worked(url, "public").fill(LARGE)) as url:
        yield Worked(url, "public")


def capped(megabytes: int) -> Limits:
    """Return limits of size alone."""
    return Limits(0, 0, 0, megabytes)


def size(worked: Worked) -> int:
    """Return how large the database is, in MB."""
    return int(worked.one("SELECT pg_database_size(current_database())")) // MB


def test_below_the_cap_nothing_goes(crowded: Worked) -> None:
    """A size that is allowed is left alone."""
    before = crowded.counts()
    ledger = crowded.run(capped(size(crowded) + 1))
    assert (ledger.lines, ledger.early, ledger.postponed, crowded.counts()) == ([], [], [], before)


def test_above_the_cap_the_oldest_content_goes_first(crowded: Worked) -> None:
    """No more than must: every event and execution is still there, and the content of the younger ones."""
    before, whole = crowded.counts(), size(crowded)
    cap = whole - 6
    told, done = crowded.preview(capped(cap)), crowded.run(capped(cap))
    assert (len(told.early), told.bytes_before, told.bytes_after // MB) == (1, told.bytes_after, whole)
    assert cap - 4 <= done.bytes_after / MB <= cap
    assert done.bytes_after / MB <= size(crowded) + 1
    assert "content" in done.early[0] and f"({cap})" in done.early[0]
    assert crowded.counts() == before
    gone, kept = (
        f"SELECT {end} FROM hook_executions WHERE input_data IS" for end in ("max(started_at)", "min(started_at)")
    )
    assert crowded.one(f"{gone} NULL") < crowded.one(f"{kept} NOT NULL")


def test_where_content_is_not_enough_the_oldest_executions_go(crowded: Worked) -> None:
    """With their months; the last day stays as it is, and so does what was learned."""
    crowded.run(Limits(1, 0, 0))
    cap = size(crowded) - 1
    done = crowded.run(capped(cap))
    assert size(crowded) <= cap
    assert "executions" in done.early[-1]
    assert 3 <= crowded.counts()["execution_traces"] < 3 * DAYS
    oldest = crowded.one(
        "SELECT min(day) FROM (SELECT replace(session_id, 's', '')::int AS day FROM execution_traces) AS s"
    )
    assert oldest == 0, "the youngest stay"
    assert crowded.one("SELECT count(input_data) FROM hook_executions WHERE session_id = 's0'") == 5
    assert crowded.one("SELECT usage_count FROM success_patterns") == DAYS


def test_a_cap_that_cannot_be_kept_takes_nothing(crowded: Worked) -> None:
    """Where what is no event takes more than the cap, removing events would be in vain: it is told instead."""
    before = crowded.counts()
    done = crowded.run(capped(1))
    assert len(done.early) == 1 and "too little" in done.early[0]
    assert crowded.counts() == before


@pytest.fixture
def small_room_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let room be worth giving back that is as small as a test's."""
    monkeypatch.setattr("tracing.database.sizecap.WORTH_BYTES", MB // 4)
    monkeypatch.setattr("tracing.database.sizecap.DEAD_ROWS", 10)


@pytest.mark.usefixtures("small_room_counts")
def test_what_no_row_needs_is_given_back_before_anything_is_removed(crowded: Worked) -> None:
    """Rows that somebody deleted have left room: with that alone the database is small enough."""
    crowded.query("DELETE FROM hook_executions WHERE extract(second FROM started_at) < 5", "VACUUM hook_executions")
    left = crowded.counts()
    done = crowded.run(capped(size(crowded) - 5))
    assert (done.early, done.postponed, crowded.counts()) == ([], [], left)
    assert size(crowded) <= done.bytes_before // MB - 5


@pytest.mark.usefixtures("small_room_counts")
def test_a_table_in_use_is_not_made_smaller_and_nothing_is_removed_instead(crowded: Worked) -> None:
    """Its room counts as free, since rows to come fill it; that it could not be given back is told."""
    crowded.query("DELETE FROM hook_executions WHERE extract(second FROM started_at) < 5", "VACUUM hook_executions")
    left = crowded.counts()
    with crowded.connect() as reader, reader.transaction():
        reader.execute("SELECT count(*) FROM hook_executions")
        done = crowded.run(capped(size(crowded) - 5))
    assert (done.early, crowded.counts()) == ([], left)
    assert all(sentence.startswith("room of hook_executions_y") for sentence in done.postponed)
    assert done.postponed


# Wherever the database is, and whoever takes care of it


def test_it_works_on_every_server(any_server: Cluster) -> None:
    """Of each version, and with maintenance after it."""
    with any_server.database() as url:
        worked = Worked(url)
        worked.fill()
        assert figures(worked.preview()) == figures(worked.run()) == EXPECTED
        with worked.upkeep() as upkeep:
            report = Maintenance(upkeep).run()
        assert report.postponed == []
        assert len(report.tables) == 8 + len(worked.months()) + len(TOLD) + len(STONES) + 1 + 1
        assert figures(worked.run())["executions"] == 0


def test_it_works_through_a_pooler(worked: Worked, debian15: Cluster, pgbouncer: PgBouncer) -> None:
    """Nothing that it sets outlives a transaction."""
    name = str(conninfo_to_dict(worked.url)["dbname"])
    pooled = Worked(pgbouncer.url(name, login("keeper")), worked.schema)
    with pooled.upkeep() as upkeep:
        assert figures(Retention(upkeep, LIMITS, NOW).preview()) == EXPECTED
        assert figures(Retention(upkeep, LIMITS, NOW).run()) == EXPECTED


@pytest.fixture
def shared(debian15: Cluster) -> Iterator[Team]:
    """Give a database that several people use."""
    with new_team(debian15) as made:
        yield made


def test_the_owners_role_removes_everybodys_work_and_a_writer_none(shared: Team) -> None:
    """Row-level security hides nothing from it, and lets nobody else remove anything."""
    for member in ("alice", "bob"):
        fill(shared.admin, member)
    later = datetime.now(UTC) + timedelta(days=200)
    before = shared.state()
    with pytest.raises(NotDone, match="permission denied"):
        Worked(shared.url("alice"), "public").run(now=later)
    assert shared.state() == before
    gone = figures(Worked(shared.url("olga"), "public").run(now=later))
    assert (gone["executions"], gone[MONTHS], gone["sessions"]) == (2 * 30, 2, 2)
    assert shared.rows("SELECT count(*) FROM execution_traces") == [(0,)]


def test_the_command_tells_and_does_it(home: Installation) -> None:
    """`--dry-run` and the run print the same figures; `status` and `doctor` tell when it was done, and if it failed."""
    home.query("DELETE FROM hooktrace.chores")
    home.replay(RECORDINGS / "2.1.330" / "simple.jsonl")
    home.flush()
    home.query("UPDATE hook_executions SET started_at = started_at - interval '30 days'")
    events = home.count("hook_executions")
    told = home.json("retention", "--dry-run")
    assert home.query("SELECT count(*) FROM hook_executions WHERE metadata ? 'aged'") == [(0,)]
    assert "would go" in home.done("retention", "--dry-run")
    assert home.json("status")["chores"] == {}
    done = home.json("retention")
    assert done["removed"][0]["rows"] == events == told["removed"][0]["rows"]
    assert [line["rows"] for line in told["removed"]] == [line["rows"] for line in done["removed"]]
    assert (told["dry_run"], done["dry_run"]) == (True, False)
    table = home.done("retention")
    assert all(name in table for name in (CONTENT, ROOM, MONTHS, USES, *NAMES.values()))
    assert home.json("status")["chores"]["retention"]["succeeded"] is True
    assert "retention" in home.done("status")


def test_a_failure_is_told_by_the_command_status_and_doctor(home: Installation) -> None:
    """The reason is the server's; nothing of the database's content is in it."""
    home.query("ALTER FUNCTION purge_traces RENAME TO purge_aside")
    try:
        failed = home.run("retention")
        assert failed.returncode == 1
        assert "purge_traces" in failed.stderr and "hint: " in failed.stderr and "Traceback" not in failed.stderr
        assert home.json("status")["chores"]["retention"]["succeeded"] is False
        findings = json.loads(home.run("doctor", "--json").stdout)["findings"]
        (finding,) = [one for one in findings if one["id"] == "chore-failed"]
        assert finding["severity"] == "note" and "purge_traces" in finding["message"] and finding["cure"]
    finally:
        home.query("ALTER FUNCTION purge_aside RENAME TO purge_traces")
    home.done("retention")
    findings = json.loads(home.run("doctor", "--json").stdout)["findings"]
    assert [one["severity"] for one in findings if one["id"] == "chores-done"] == ["ok"]
