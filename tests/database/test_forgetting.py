"""Forgetting in a database that several people use: who may, whose tombstone it is, and whom it waits for."""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta

import psycopg
import pytest

from tests.conftest import new_installation
from tests.servers import ADMIN, Cluster
from tests.team import LEARNED, RECORDED, STONES, Team, call_of, fill, new_team, root_of, text_of
from tracing.assemble import Session
from tracing.capturerule import CaptureRule
from tracing.database.caretaker import Caretaker
from tracing.database.forgetting import Forgetting
from tracing.database.removal import NotAllowed
from tracing.database.store import Store
from tracing.database.tombstones import Forgotten, Project, bury, forgotten
from tracing.database.transcriber import Transcriber
from tracing.database.upkeep import Held, Upkeep
from tracing.database.writer import Writer
from tracing.event import read_event
from tracing.item import Item
from tracing.spool import Entry, Spooled
from tracing.tombstone import Candidate, project_key

NOW = datetime(2026, 7, 15, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)


@pytest.fixture
def team(any_server: Cluster) -> Iterator[Team]:
    """Give such a database, in which alice and bob have rows in every table but that of tombstones."""
    with new_team(any_server) as made:
        for user in ("alice", "bob"):
            fill(made.admin, user)
        made.rows("DELETE FROM hooktrace.tombstones")
        made.rows("ANALYZE")
        yield made


@contextmanager
def forgetting(team: Team, member: str, whose: str = "alice", *, of_project: bool = False) -> Iterator[Forgetting]:
    """Give what forgets somebody's session, by the login of *member*; locks are waited for only an instant."""
    with closing(Caretaker(team.url(member))) as caretaker:
        yield Forgetting(Upkeep(caretaker, patience_ms=50), [text_of(whose)], of_project=of_project)


def notification(session_id: str, at: datetime = NOW, **payload: str) -> Item:
    """Return an event of a session, as the collector reads it."""
    told = {"hook_event_name": "Notification", "session_id": session_id, **payload}
    entry = Entry(int(at.timestamp() * 1e9), f"{session_id} {at}", 1)
    return Item(entry, read_event(Spooled(entry, {}, json.dumps(told).encode())))


def rows_of(team: Team, user: str) -> dict[str, int]:
    """Return how many rows a user has in each table."""
    of = f"WHERE user_id = '{user}'"
    return {name: team.rows(f"SELECT count(*) FROM {name} {of}")[0][0] for name in (*RECORDED, *LEARNED, *STONES)}


def test_the_owner_forgets_for_whoever_it_was(team: Team) -> None:
    """All of alice's rows go and none of bob's; the tombstone is hers, so that her collector goes by it."""
    state = team.state(but="alice")
    with forgetting(team, "olga") as oblivion:
        foreseen = oblivion.preview()
        assert rows_of(team, "alice")["execution_traces"] == 30
        oblivion.bury(None, "olga")
        assert oblivion.run() == foreseen
        staying = oblivion.overwrite(foreseen)
    assert {one.table for one in foreseen if one.removed} == {*RECORDED, *LEARNED}
    assert {name for name, rows in rows_of(team, "alice").items() if rows} == {"hooktrace.tombstones"}
    assert team.state(but="alice") == state
    assert staying == [], "no table is empty, so there are new statistics of all"
    assert team.rows("SELECT tablename FROM pg_stats AS s WHERE to_jsonb(s)::text LIKE '%alices-secret%'") == []

    with closing(Store(team.url("alice"))) as store:
        store.open()
        items = [notification(text_of("alice")), notification("another")]
        assert Writer(store, CaptureRule()).write(items) == {text_of("alice")}
        with pytest.raises(Forgotten):
            session = Session(text_of("alice"), root_of("alice"))
            Transcriber(store).store(session, [], since=NOW, told_until=NOW, whole=True)
        asked = [text_of("alice"), "never seen"]
        unhooked = store.query("unknown_sessions", session_ids=asked)
        assert unhooked == [{"session_id": "never seen"}], "its transcript is not missed by the ledger"
    assert team.rows("SELECT session_id FROM hook_executions WHERE user_id = 'alice'") == [("another",)]


def test_what_an_older_server_keeps_is_told(team: Team) -> None:
    """Statistics of a table that is empty now are cleared from PostgreSQL 18 on; before, they are named."""
    team.rows("DELETE FROM hooktrace.accounts WHERE user_id = 'bob'")
    with forgetting(team, "olga") as oblivion:
        told = "\n".join(oblivion.overwrite(oblivion.run()))
    kept = team.rows("SELECT DISTINCT tablename FROM pg_stats AS s WHERE to_jsonb(s)::text LIKE '%alices-secret%'")
    assert (kept, "statistics of hooktrace.accounts" in told) in (([], False), ([("accounts",)], True))
    ((version,),) = team.rows("SELECT current_setting('server_version_num')::integer")
    assert (kept == []) == (version >= 180000)


def test_who_may_not_delete_gets_a_sentence_and_the_cure(team: Team) -> None:
    """A writer forgets nothing, not even his own: neither a row nor a tombstone is changed."""
    state = team.state()
    with forgetting(team, "alice") as oblivion:
        for attempt in (oblivion.preview, oblivion.run, lambda: oblivion.bury(None, "alice")):
            with pytest.raises(NotAllowed, match=r"^nothing was forgotten: .*\nhint: .*database\.care_url"):
                attempt()
    assert team.state() == state


def test_the_command_goes_by_what_its_login_sees(team: Team) -> None:
    """With a second login that may, a writer forgets what is his; what is another's is nothing to him."""
    with new_installation("--db", team.url("alice")) as home:
        home._url = team.url(ADMIN)
        refused = home.run("forget", text_of("alice"), "--yes")
        assert (refused.returncode, "may store, and not remove" in refused.stderr) == (1, True)
        home.done("config", "set", "database.care_url", team.url("olga"))
        assert "nothing is recorded of" in home.run("forget", text_of("bob"), "--yes").stderr
        home.done("forget", text_of("alice"), "--yes")
    assert rows_of(team, "alice")["execution_traces"] == 0
    assert rows_of(team, "bob")["execution_traces"] == 30


def test_whoever_is_storing_is_waited_for(team: Team) -> None:
    """A tombstone is set after what looked for it has committed, so that what is removed then is all there is."""
    with team.connect("alice") as storing, forgetting(team, "olga") as oblivion:
        with storing.transaction():
            assert forgotten(storing, [Candidate(text_of("alice"), NOW)]) == set()
            with pytest.raises(Held):
                oblivion.bury(None, "olga")
        oblivion.bury(None, "olga")
        assert forgotten(storing, [Candidate(text_of("alice"), NOW)]) == {text_of("alice")}


def test_a_tombstone_keeps_out_what_it_says(team: Team) -> None:
    """A session by its id, whenever; of a project, by its name or a directory above, what began before."""
    with psycopg.connect(team.url("olga")) as connection:
        bury(connection, ["gone"], Project(project_key("web"), NOW), "olga")
        bury(connection, [], Project(project_key("/work/api"), NOW), "olga")
        candidates = [
            Candidate.working_in("gone", NOW + HOUR, "/elsewhere"),
            Candidate.working_in("by name", NOW - HOUR, "/home/web"),
            Candidate.working_in("by directory", NOW - HOUR, None, "/work/api"),
            Candidate.working_in("below", NOW - HOUR, "/repository", "/work/api/deep/down"),
            Candidate.working_in("later", NOW, "/work/api"),
            Candidate.working_in("beside", NOW - HOUR, "/work/apis", "/web/x"),
            Candidate("unknown", NOW - HOUR),
        ]
        assert forgotten(connection, candidates) == {"gone", "by name", "by directory", "below"}
        assert forgotten(connection, []) == set()


def test_a_session_that_a_projects_tombstone_kept_out_is_forgotten_itself(team: Team) -> None:
    """What it does after that is not recorded either, although it comes later than the tombstone."""
    with psycopg.connect(team.url("olga")) as connection:
        bury(connection, [], Project(project_key("web"), NOW), "alice")
    with closing(Store(team.url("alice"))) as store:
        store.open()
        writer = Writer(store, CaptureRule())
        assert writer.write([notification("late", NOW - HOUR, cwd="/work/web")]) == {"late"}
        assert writer.write([notification("late", NOW + HOUR, cwd="/work/web")]) == {"late"}
        assert writer.write([notification("new", NOW + HOUR, cwd="/work/web")]) == set()
    assert team.rows("SELECT session_id FROM hook_executions WHERE session_id IN ('late', 'new')") == [("new",)]
    assert team.rows("SELECT user_id FROM hooktrace.tombstones WHERE key = 'late'") == [("alice",)]


KEPT = uuid.UUID("00000000-0000-4000-8000-000000000000")
GONE = uuid.UUID("99999999-9999-4999-8999-999999999999")
"""A call of alice's in another session, and one that has expired."""


@pytest.fixture
def kept(team: Team) -> None:
    """Give alice another session, with the call KEPT."""
    columns = "(root_id, correlation_id, session_id, user_id, source, kind, name)"
    team.rows(f"INSERT INTO execution_traces {columns} VALUES ('{KEPT}', '{KEPT}', 'k', 'alice', 's', 'tool', 'Bash')")


@pytest.mark.usefixtures("kept")
def test_one_learns_nothing_of_what_is_in_a_list_of_examples_no_more(team: Team) -> None:
    """A row that was learned from alice's call alone goes, one from others too loses its words and that example."""
    learn_error(team, "alone", call_of("alice"))
    learn_error(team, "both", call_of("alice"), KEPT)
    learn_error(team, "other", KEPT)
    with forgetting(team, "olga") as oblivion:
        oblivion.run()
    assert learned_errors(team) == [("both", "", [str(KEPT)]), ("other", "text", [str(KEPT)])]


@pytest.mark.usefixtures("kept")
def test_texts_from_what_has_expired_are_cleared(team: Team) -> None:
    """They may be from anywhere, so also from a forgotten project; the counts stay, and what others learned does."""
    for name, ids in {"expired": [GONE], "partly": [GONE, KEPT], "unknown": [], "other": [KEPT]}.items():
        learn_error(team, name, *ids)
    learn_error(team, "bobs", GONE, user="bob")
    learn_pattern(team, "expired", GONE, KEPT)
    learn_pattern(team, "other", KEPT, GONE)
    with forgetting(team, "olga", of_project=True) as oblivion:
        foreseen = {one.table: (one.removed, one.cleared) for one in oblivion.run()}
        again = {one.table: (one.removed, one.cleared) for one in oblivion.run()}
    alive = [str(KEPT)]
    assert learned_errors(team) == [
        ("expired", "", []),
        ("other", "text", alive),
        ("partly", "", alive),
        ("unknown", "", []),
    ]
    assert ("bobs", "text", [str(GONE)]) in learned_errors(team, "bob")
    assert team.rows("SELECT sum(occurrence_count) FROM error_patterns WHERE user_id = 'alice'") == [(4,)]
    texts = "SELECT pattern_hash, intent, keywords, prompt_text, metadata FROM success_patterns WHERE user_id = 'alice'"
    assert sorted(team.rows(texts)) == [
        ("expired", "", [], None, {"sums": {"timed": 1}}),
        ("other", "text", ["text"], "text", {"founder": str(KEPT), "sums": {"timed": 1}}),
    ]
    assert (foreseen["error_patterns"], foreseen["success_patterns"]) == ((1, 3), (1, 1))
    assert set(again.values()) == {(0, 0)}, "of an unknown owner nothing is cleared"


def learn_error(team: Team, fingerprint: str, *examples: uuid.UUID, user: str = "alice") -> None:
    """Let a kind of failure be known."""
    ids = ",".join(map(str, examples))
    learned = "INSERT INTO error_patterns (fingerprint, error_type, message_template, sample_trace_ids, user_id) VALUES"
    team.rows(f"{learned} ('{fingerprint}', 'e', 'text', '{{{ids}}}', '{user}')")


def learn_pattern(team: Team, name: str, founder: uuid.UUID, follower: uuid.UUID) -> None:
    """Let a way be known that two prompts of alice's went."""
    team.rows(
        "INSERT INTO success_patterns (pattern_hash, intent, keywords, prompt_text, usage_count, success_count,"
        " example_trace_ids, metadata, user_id)"
        f" VALUES ('{name}', 'text', '{{text}}', 'text', 2, 2, '{{{founder},{follower}}}',"
        f" jsonb_build_object('founder', '{founder}', 'sums', jsonb_build_object('timed', 1)), 'alice')"
    )


def learned_errors(team: Team, user: str = "alice") -> list[tuple[str, str, list[str]]]:
    """Return the known kinds of failure, by name, with text and examples."""
    left = "SELECT fingerprint, message_template, sample_trace_ids::text[] FROM error_patterns WHERE user_id ="
    return sorted(team.rows(f"{left} '{user}'"))
