"""Migrations are applied once, whole or not at all, and what was lost comes back."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psycopg
import pytest

from tests.servers import ADMIN, PASSWORD, Cluster, login, new_pgbouncer
from tracing.database.books import LOCK, OBJECTS
from tracing.database.migration import MigrationError, State, inspect, migrate, pending, reset, to_reset

FIRST = """\
-- A comment; with a semicolon and an it's.
CREATE TABLE notes (id int PRIMARY KEY, text text DEFAULT '100% :of; it''s');
COMMENT ON TABLE notes IS 'what ''we'' noted; 100%';

CREATE FUNCTION count_notes(a int) RETURNS int LANGUAGE plpgsql AS $body$
DECLARE found int;
BEGIN
    IF a % 2 = 0 THEN SELECT count(*)::int INTO found FROM notes; END IF;
    CASE WHEN found > 0 THEN RETURN found; ELSE RETURN 0; END CASE;
END $body$;

DO $$ BEGIN PERFORM 1; EXCEPTION WHEN others THEN NULL; END $$;
SELECT 'a result that nobody asked to see';
"""
SECOND = "ALTER TABLE notes ADD author text;\nCREATE TABLE hooktrace.positions (id int);\n"


REPEATABLE = {
    "0001-first.sql": """\
CREATE TABLE IF NOT EXISTS notes (id int PRIMARY KEY, text text);
CREATE INDEX IF NOT EXISTS idx_notes_text ON notes (text);
CREATE TABLE IF NOT EXISTS hooktrace.positions (id int);
""",
    "0002-second.sql": """\
DROP VIEW IF EXISTS latest_note;
CREATE VIEW latest_note AS SELECT max(id) AS id FROM notes;
CREATE OR REPLACE FUNCTION count_notes() RETURNS bigint LANGUAGE sql AS 'SELECT count(*) FROM notes';
""",
}
"""Files that may run again, as hooktrace's own may."""

MIGRATE = """\
import sys
from pathlib import Path
from tracing.database.migration import migrate
print(*migrate(sys.argv[1], directory=Path(sys.argv[2])).new)
"""

CHECKOUT = Path(__file__).parents[2]


@pytest.fixture
def url(embedded18: Cluster) -> Iterator[str]:
    """Make an empty database."""
    with embedded18.database() as url:
        yield url


@pytest.fixture
def repeatable(tmp_path: Path) -> Path:
    directory = tmp_path / "repeatable"
    directory.mkdir()
    for name, text in REPEATABLE.items():
        (directory / name).write_text(text)
    return directory


@pytest.fixture
def files(tmp_path: Path) -> Path:
    directory = tmp_path / "migrations [1]"
    directory.mkdir()
    (directory / "0001-first.sql").write_text(FIRST)
    (directory / "0002-second.sql").write_text(SECOND)
    return directory


def tables(url: str) -> set[str]:
    """Return what is there: schema.table of everything that is not PostgreSQL's."""
    with psycopg.connect(url) as connection:
        rows = connection.execute(
            "SELECT schemaname || '.' || tablename FROM pg_tables"
            " WHERE schemaname NOT IN ('pg_catalog', 'information_schema')"
        )
        return {name for (name,) in rows}


def test_migrations_are_applied_once_and_in_order(url: str, files: Path) -> None:
    """What is missing is applied in the order of the names, and not again."""
    assert pending(url, directory=files) == ["0001-first", "0002-second"]
    assert migrate(url, directory=files).new == ["0001-first", "0002-second"]
    assert pending(url, directory=files) == []
    assert not migrate(url, directory=files)
    (files / "0003-third.sql").write_text("CREATE TABLE third ()")
    assert pending(url, directory=files) == ["0003-third"]
    assert migrate(url, directory=files).new == ["0003-third"]


def test_pending_changes_nothing(url: str, files: Path) -> None:
    """Asking an empty database creates no table and no schema."""
    pending(url, directory=files)
    assert tables(url) == set()


def test_the_books_stay_out_of_public(url: str, files: Path) -> None:
    """Public holds what the migrations made; all bookkeeping is in schema hooktrace, without a lock table."""
    migrate(url, directory=files)
    names = tables(url)
    assert {name for name in names if name.startswith("public.")} == {"public.notes"}
    assert "hooktrace.positions" in names
    assert not any("lock" in name for name in names)


def test_a_file_reaches_the_server_as_it_is(url: str, files: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Dollar quotes, % and : mean what they mean in psql, and nothing is printed."""
    migrate(url, directory=files)
    with psycopg.connect(url) as connection:
        connection.execute("INSERT INTO notes (id) VALUES (1)")
        row = connection.execute(
            "SELECT text, count_notes(2), obj_description('notes'::regclass) FROM notes"
        ).fetchone()
    assert row == ("100% :of; it's", 1, "what 'we' noted; 100%")
    assert capsys.readouterr() == ("", "")


def test_another_schema_takes_the_unqualified_names(url: str, files: Path) -> None:
    """Tables go to the schema that was asked for, whatever its name, and none to public."""
    migrate(url, 'My "own"', directory=files)
    assert {name for name in tables(url) if not name.startswith("hooktrace.")} == {'My "own".notes'}
    assert pending(url, 'My "own"', directory=files) == []


def test_one_database_holds_one_installation(url: str, files: Path) -> None:
    """A changed schema setting is told, not taken for a database that is up to date."""
    migrate(url, directory=files)
    for ask in (migrate, pending):
        with pytest.raises(MigrationError, match="another schema than 'other'"):
            ask(url, "other", directory=files)


def test_a_schema_that_was_renamed_is_told(url: str, files: Path) -> None:
    """Where the schema of the books is gone, nothing is made anew beside it."""
    migrate(url, "early", directory=files)
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("ALTER SCHEMA early RENAME TO late")
    with pytest.raises(MigrationError, match=r"in another schema than 'late', which is gone\nhint: "):
        migrate(url, "late", directory=files)


def test_the_schema_of_the_books_is_no_place_for_tables(url: str, files: Path) -> None:
    """Tables among the bookkeeping could not be told from it."""
    with pytest.raises(MigrationError, match=r"schema hooktrace is for bookkeeping.*\nhint: "):
        migrate(url, "hooktrace", directory=files)


def test_a_failing_migration_leaves_nothing_behind(url: str, files: Path) -> None:
    """The files before it stay applied, nothing of it does, and the error says where it failed."""
    bad = files / "0002-second.sql"
    bad.write_text("CREATE TABLE half (id int);\n\nSELECT nonsense;\n")
    with pytest.raises(MigrationError, match=r'0002-second fails at line 3: column "nonsense".*\nhint: '):
        migrate(url, directory=files)
    assert "public.half" not in tables(url)
    assert pending(url, directory=files) == ["0002-second"]
    bad.write_text(SECOND)
    assert migrate(url, directory=files).new == ["0002-second"]


def test_a_search_path_set_by_one_file_does_not_reach_the_next(url: str, files: Path) -> None:
    """A file as pg_dump writes it does not send the next one's tables elsewhere."""
    (files / "0001-first.sql").write_text(FIRST + "SELECT set_config('search_path', '', false);")
    migrate(url, directory=files)
    assert "public.notes" in tables(url)


def test_ten_at_once_apply_each_file_once(url: str, files: Path) -> None:
    """Of ten processes each file is applied by one; the others wait and find it done."""
    assert sorted(together(url, files)) == ["0001-first", "0002-second"]
    assert not migrate(url, directory=files)


def test_ten_at_once_behind_a_pooler_apply_each_file_once(debian15: Cluster, files: Path) -> None:
    """The same where a pooler lends a server connection for a transaction, and has fewer than there are processes."""
    debian15.new_database("pooled_migrations")
    with new_pgbouncer(debian15, default_pool_size=3) as pooler:
        url = pooler.url("pooled_migrations", login("pooled_migrations"))
        assert sorted(together(url, files)) == ["0001-first", "0002-second"]
        assert pending(url, directory=files) == []


def together(url: str, files: Path) -> list[str]:
    """Migrate in ten processes at once, and return what they applied."""
    commands = [[sys.executable, "-c", MIGRATE, url, str(files)]] * 10
    running = [subprocess.Popen(command, cwd=CHECKOUT, stdout=subprocess.PIPE, text=True) for command in commands]
    said = [process.communicate()[0] for process in running]
    assert [process.returncode for process in running] == [0] * 10
    return [id_ for line in said for id_ in line.split()]


def test_a_transaction_sees_the_books_as_of_now(url: str, files: Path) -> None:
    """A database whose transactions see the past by default does not make two apply the same file."""
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(
            "DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET default_transaction_isolation = serializable',"
            " current_database()); END $$"
        )
    with ThreadPoolExecutor(4) as threads:
        results = list(threads.map(lambda _: migrate(url, directory=files).new, range(4)))
    assert sorted(id_ for new in results for id_ in new) == ["0001-first", "0002-second"]


def test_a_killed_migration_blocks_nobody(url: str, files: Path) -> None:
    """A holder killed with -9 takes its lock and its half-made table with it."""
    (files / "0002-second.sql").write_text("CREATE TABLE half (id int); SELECT pg_sleep(600);")
    victim = subprocess.Popen([sys.executable, "-c", MIGRATE, url, str(files)], cwd=CHECKOUT)
    with psycopg.connect(url, autocommit=True) as connection:
        asleep = "SELECT pid FROM pg_stat_activity WHERE wait_event = 'PgSleep' AND datname = current_database()"
        while not (found := connection.execute(asleep).fetchone()):
            assert victim.poll() is None
        victim.send_signal(signal.SIGKILL)
        victim.wait()
        # A server notices a lost client when it next writes to it; pg_sleep does not, so hurry it along.
        connection.execute("SELECT pg_terminate_backend(%s)", found)
    (files / "0002-second.sql").write_text(SECOND)
    assert migrate(url, directory=files).new == ["0002-second"]
    assert "public.half" not in tables(url)


def test_a_lock_that_is_never_given_back_is_told(url: str, files: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Waiting has an end, with an error that says for whom it waited."""
    monkeypatch.setattr("tracing.database.migration.LOCK_LIMIT_S", 0.05)
    with psycopg.connect(url) as holder:
        holder.execute("SELECT pg_advisory_lock(%s)", [LOCK])
        with pytest.raises(MigrationError, match="another process"):
            migrate(url, directory=files)


def test_no_right_to_create_schemas_is_needed(embedded18: Cluster, files: Path) -> None:
    """A role that may not create schemas migrates where the administrator has made them."""
    embedded18.new_role("modest")
    with embedded18.database() as url:
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute("CREATE SCHEMA hooktrace AUTHORIZATION modest")
            connection.execute("GRANT CREATE ON SCHEMA public TO modest")
        as_modest = url.replace(login("postgres"), login("modest"))
        assert migrate(as_modest, directory=files).new == ["0001-first", "0002-second"]


def test_a_missing_directory_is_an_incomplete_installation(url: str, tmp_path: Path) -> None:
    """No migrations at all is an error, never a database that is up to date."""
    with pytest.raises(MigrationError, match=r"no directory of migrations: .*\nhint: "):
        migrate(url, directory=tmp_path / "nowhere")


# -- the books


def test_a_changed_file_is_told(url: str, files: Path) -> None:
    """A file that is not what was applied under its name is an error with a cure, and nothing is applied."""
    migrate(url, directory=files)
    (files / "0001-first.sql").write_text(FIRST + "-- one more line\n")
    (files / "0003-third.sql").write_text("CREATE TABLE third ()")
    for ask in (migrate, pending):
        with pytest.raises(MigrationError, match=r"0001-first was changed after it was applied.*\nhint: "):
            ask(url, directory=files)
    assert "public.third" not in tables(url)
    assert inspect(url, directory=files).altered == ["0001-first"]


def test_line_ends_are_no_change(url: str, files: Path) -> None:
    """A checkout with other line ends holds the same files."""
    migrate(url, directory=files)
    (files / "0001-first.sql").write_bytes(FIRST.replace("\n", "\r\n").encode())
    assert pending(url, directory=files) == []


def test_a_newer_database_is_left_alone(url: str, files: Path) -> None:
    """A version that does not know all that was applied says which it knows, and stops."""
    migrate(url, directory=files)
    (files / "0002-second.sql").unlink()
    for ask in (migrate, pending):
        with pytest.raises(MigrationError) as refused:
            ask(url, directory=files)
        assert str(refused.value) == (
            "this database was set up by a newer hooktrace (it has migration 0002-second, this version knows up to "
            "0001-first)\nhint: upgrade hooktrace: run the newer ./install.sh"
        )


def test_a_database_of_another_history_is_left_alone(url: str, files: Path) -> None:
    """A migration that nobody knows any more is not taken for a newer one."""
    (files / "0000-early.sql").write_text("CREATE TABLE early ()")
    migrate(url, directory=files)
    (files / "0000-early.sql").unlink()
    with pytest.raises(MigrationError, match=r"by another hooktrace \(it has migration 0000-early.*\nhint: "):
        migrate(url, directory=files)


def test_the_books_are_those_that_yoyo_knows(url: str, files: Path) -> None:
    """Our statements make yoyo's tables as yoyo makes them, in the form that it asks for today."""
    from yoyo import internalmigrations

    from tracing.database.books import Books

    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("CREATE SCHEMA hooktrace")
        books = Books(url, "public")
        internalmigrations.upgrade(books)
        books.connection.close()
        theirs = connection.execute(COLUMNS).fetchall()
        version = connection.execute("SELECT version FROM hooktrace._yoyo_version").fetchall()
        connection.execute("DROP SCHEMA hooktrace CASCADE")
    migrate(url, directory=files)
    with psycopg.connect(url, autocommit=True) as connection:
        assert connection.execute(COLUMNS).fetchall() == theirs
        assert connection.execute("SELECT version FROM hooktrace._yoyo_version").fetchall() == version


COLUMNS = """
SELECT table_name, column_name, data_type, character_maximum_length, is_nullable, ordinal_position
FROM information_schema.columns WHERE table_schema = 'hooktrace' AND table_name LIKE '\\_yoyo\\_%' ORDER BY 1, 6
"""


# -- losses


@pytest.mark.parametrize(
    ("loss", "lost"),
    [
        ("DROP TABLE notes CASCADE", "table notes"),
        ("DROP INDEX idx_notes_text", "index idx_notes_text"),
        ("DROP VIEW latest_note", "view latest_note"),
        ("DROP FUNCTION count_notes()", "function count_notes()"),
        ("ALTER TABLE notes DROP CONSTRAINT notes_pkey", "constraint notes_pkey on notes"),
        ("DROP TABLE hooktrace.positions", "table hooktrace.positions"),
        (f"DROP TABLE hooktrace.{OBJECTS}", f"table hooktrace.{OBJECTS}"),
    ],
)
def test_what_was_lost_is_noticed_and_made_again(url: str, repeatable: Path, loss: str, lost: str) -> None:
    """The books say that all is applied, and yet what is missing comes back; what is there keeps its rows."""
    repeatable.joinpath("0001-first.sql").write_text(
        REPEATABLE["0001-first.sql"]
        + "DO $$ BEGIN IF NOT EXISTS (SELECT FROM pg_constraint WHERE conname = 'notes_pkey')"
        " THEN ALTER TABLE notes ADD CONSTRAINT notes_pkey PRIMARY KEY (id); END IF; END $$;"
    )
    migrate(url, directory=repeatable)
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("INSERT INTO notes VALUES (1, 'kept')")
        connection.execute(loss.encode())
        assert lost in said(inspect(url, directory=repeatable))
        assert lost in [" ".join(key) for key in migrate(url, directory=repeatable).lost]
        assert said(inspect(url, directory=repeatable)) == []
        kept = connection.execute("SELECT text FROM notes").fetchall()
        assert kept == ([] if "TABLE notes C" in loss else [("kept",)])
    assert not migrate(url, directory=repeatable)


def said(state: State) -> list[str]:
    """Return what is lost, as a person reads it."""
    return [" ".join(key) for key in state.lost]


def test_lost_books_are_written_anew(url: str, repeatable: Path) -> None:
    """Where only the list of what is applied was dropped, everything is applied again, and no row is lost."""
    migrate(url, directory=repeatable)
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("INSERT INTO notes VALUES (1, 'kept')")
        connection.execute("DROP TABLE hooktrace._yoyo_migration, hooktrace._yoyo_log, hooktrace._yoyo_version")
        assert migrate(url, directory=repeatable).new == ["0001-first", "0002-second"]
        assert connection.execute("SELECT text FROM notes").fetchall() == [("kept",)]


def test_a_loss_that_cannot_be_made_good_leaves_all_as_it_was(url: str, repeatable: Path) -> None:
    """The files run again in one transaction: when one fails, nothing of the others is kept."""
    migrate(url, directory=repeatable)
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("DROP INDEX idx_notes_text")
        connection.execute("CREATE VIEW theirs AS SELECT * FROM latest_note")
        with pytest.raises(MigrationError, match=r"0002-second fails.*theirs.*\nhint: "):
            migrate(url, directory=repeatable)
        assert said(inspect(url, directory=repeatable)) == ["index idx_notes_text"]


def test_others_objects_are_not_missed(url: str, repeatable: Path) -> None:
    """What somebody else makes and drops in the same schema is none of ours."""
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("CREATE TABLE theirs (id int PRIMARY KEY)")
        migrate(url, directory=repeatable)
        connection.execute("DROP TABLE theirs")
    assert said(inspect(url, directory=repeatable)) == []


def test_a_reset_takes_ours_and_nothing_else(url: str, repeatable: Path) -> None:
    """Our tables are new and empty; somebody else's in the same schema keep their rows."""
    migrate(url, directory=repeatable)
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("CREATE TABLE theirs AS SELECT 1 AS id")
        connection.execute("INSERT INTO notes VALUES (1, 'gone')")
        assert to_reset(url, directory=repeatable) == {"hooktrace.positions": 0, "notes": 1}
        assert reset(url, directory=repeatable).new == ["0001-first", "0002-second"]
        assert connection.execute("SELECT * FROM notes").fetchall() == []
        assert connection.execute("SELECT * FROM theirs").fetchall() == [(1,)]
    assert not migrate(url, directory=repeatable)


def test_a_reset_stops_before_what_others_built_on_ours(url: str, repeatable: Path) -> None:
    """A view of somebody else on one of our tables is named, and every row is still there."""
    migrate(url, directory=repeatable)
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("INSERT INTO notes VALUES (1, 'kept')")
        connection.execute("CREATE VIEW theirs AS SELECT * FROM notes")
        with pytest.raises(MigrationError, match=r"nothing was dropped: .*view theirs.*\nhint: "):
            reset(url, directory=repeatable)
        assert connection.execute("SELECT text FROM theirs").fetchall() == [("kept",)]


def test_there_is_nothing_to_reset_where_nothing_was_made(url: str, repeatable: Path) -> None:
    """An empty database, or somebody else's, is not touched by a reset."""
    with pytest.raises(MigrationError, match=r"holds nothing of hooktrace\nhint: "):
        reset(url, directory=repeatable)
    assert tables(url) == set()


# -- who may


def test_a_login_that_only_writes_finds_nothing_to_do(embedded18: Cluster, repeatable: Path) -> None:
    """Where the administrator has made everything, another login's migration is content with that."""
    embedded18.new_role("only_writes")
    with embedded18.database() as url:
        migrate(url, directory=repeatable)
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute("GRANT USAGE ON SCHEMA hooktrace TO only_writes")
            connection.execute("GRANT SELECT ON ALL TABLES IN SCHEMA hooktrace TO only_writes")
        assert not migrate(url.replace(login("postgres"), login("only_writes")), directory=repeatable)


def test_the_objects_are_the_owner_roles(embedded18: Cluster, repeatable: Path) -> None:
    """Where there is a role hooktrace_owner for this database, what a member of it makes is that role's."""
    embedded18.new_role("hooktrace_owner", "NOLOGIN")
    embedded18.new_role("deputy")
    with embedded18.database() as url:
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute("GRANT hooktrace_owner TO deputy")
            connection.execute("CREATE SCHEMA hooktrace AUTHORIZATION hooktrace_owner")
            connection.execute("GRANT CREATE ON SCHEMA public TO hooktrace_owner")
        migrate(url.replace(login("postgres"), login("deputy")), directory=repeatable)
        with psycopg.connect(url, autocommit=True) as connection:
            owners = connection.execute(
                "SELECT DISTINCT tableowner FROM pg_tables WHERE schemaname IN ('public', 'hooktrace')"
            ).fetchall()
    with embedded18.connect(ADMIN) as admin:
        admin.execute("DROP ROLE deputy, hooktrace_owner")  # other tests make it for themselves
    assert owners == [("hooktrace_owner",)]


def test_missing_rights_are_told_with_the_cure(embedded18: Cluster, files: Path) -> None:
    """A login that may create nothing gets a sentence and who can help; nothing is there afterwards."""
    embedded18.new_role("powerless")
    with embedded18.database() as url:
        with pytest.raises(MigrationError, match=r"permission denied.*\nhint: .*administrator.*grant CREATE"):
            migrate(url.replace(login("postgres"), login("powerless")), directory=files)
        assert tables(url) == set()


def test_a_server_that_only_reads_is_told_with_the_cure(embedded18: Cluster, files: Path) -> None:
    """Where nothing may be written, that is said, and what can be done."""
    embedded18.new_role("reads")
    with embedded18.database("reads") as url:
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute("ALTER ROLE reads SET default_transaction_read_only = on")
        with pytest.raises(MigrationError, match=r"read-only transaction\nhint: .*only reads"):
            migrate(url, directory=files)
        assert tables(url) == set()


@pytest.mark.parametrize(
    "wrong",
    [
        f"postgresql://nobody:{PASSWORD.replace('@', '%40').replace('/', '%2F').replace('#', '%23')}@127.0.0.1:1/none",
        f"postgresqlx://nobody:{PASSWORD}@127.0.0.1/none",
        "postgresql:///none?host=/nowhere",
    ],
)
def test_a_wrong_url_is_told_without_its_password(wrong: str, files: Path) -> None:
    """One sentence and the cure, whatever is wrong with it."""
    for ask in (migrate, pending):
        with pytest.raises(MigrationError) as refused:
            ask(wrong, directory=files)
        message = str(refused.value)
        assert message.count("\n") == 1
        assert "\nhint: `hooktrace init --db " in message
        assert PASSWORD not in message
