import signal
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psycopg
import pytest

from tracing.database.embedded import EmbeddedServer
from tracing.database.migration import LOCK, MigrationError, migrate, pending
from tracing.places import Places

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


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedServer]:
    home = tmp_path_factory.mktemp("home")
    server = EmbeddedServer.at(Places.from_environment({"HOOKTRACE_HOME": str(home)}))
    server.start()
    yield server
    server.destroy()


@pytest.fixture
def url(server: EmbeddedServer, request: pytest.FixtureRequest) -> str:
    """Make an empty database."""
    name = f"db_{abs(hash(request.node.name)):x}"
    with psycopg.connect(server.url, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}".encode())
    return server.url.replace("/hooktrace?", f"/{name}?")


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
    assert migrate(url, directory=files) == ["0001-first", "0002-second"]
    assert pending(url, directory=files) == []
    assert migrate(url, directory=files) == []
    (files / "0003-third.sql").write_text("CREATE TABLE third ()")
    assert pending(url, directory=files) == ["0003-third"]
    assert migrate(url, directory=files) == ["0003-third"]


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


def test_a_failing_migration_leaves_nothing_behind(url: str, files: Path) -> None:
    """The files before it stay applied, nothing of it does, and the error says where it failed."""
    bad = files / "0002-second.sql"
    bad.write_text("CREATE TABLE half (id int);\n\nSELECT nonsense;\n")
    with pytest.raises(MigrationError, match=r'0002-second fails at line 3: column "nonsense".*\nhint: '):
        migrate(url, directory=files)
    assert "public.half" not in tables(url)
    assert pending(url, directory=files) == ["0002-second"]
    bad.write_text(SECOND)
    assert migrate(url, directory=files) == ["0002-second"]


def test_a_search_path_set_by_one_file_does_not_reach_the_next(url: str, files: Path) -> None:
    """A file as pg_dump writes it does not send the next one's tables elsewhere."""
    (files / "0001-first.sql").write_text(FIRST + "SELECT set_config('search_path', '', false);")
    migrate(url, directory=files)
    assert "public.notes" in tables(url)


def test_two_at_once_both_succeed(url: str, files: Path) -> None:
    """Each file is applied by one of them; the others wait and find nothing to do."""
    with ThreadPoolExecutor(4) as threads:
        results = list(threads.map(lambda _: migrate(url, directory=files), range(4)))
    assert sorted(results) == [[], [], [], ["0001-first", "0002-second"]]


def test_a_killed_migration_blocks_nobody(url: str, files: Path) -> None:
    """A holder killed with -9 takes its lock and its half-made table with it."""
    (files / "0002-second.sql").write_text("CREATE TABLE half (id int); SELECT pg_sleep(600);")
    code = "import sys; from pathlib import Path; from tracing.database.migration import migrate\n"
    code += "migrate(sys.argv[1], directory=Path(sys.argv[2]))"
    root = Path(__file__).parents[2]
    victim = subprocess.Popen([sys.executable, "-c", code, url, str(files)], cwd=root)
    with psycopg.connect(url, autocommit=True) as connection:
        asleep = "SELECT pid FROM pg_stat_activity WHERE wait_event = 'PgSleep' AND datname = current_database()"
        while not (found := connection.execute(asleep).fetchone()):
            assert victim.poll() is None
        victim.send_signal(signal.SIGKILL)
        victim.wait()
        # A server notices a lost client when it next writes to it; pg_sleep does not, so hurry it along.
        connection.execute("SELECT pg_terminate_backend(%s)", found)
    (files / "0002-second.sql").write_text(SECOND)
    assert migrate(url, directory=files) == ["0002-second"]
    assert "public.half" not in tables(url)


def test_a_lock_that_is_never_given_back_is_told(url: str, files: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Waiting has an end, with an error that says for whom it waited."""
    monkeypatch.setattr("tracing.database.migration.LOCK_LIMIT_S", 0.05)
    with psycopg.connect(url) as holder:
        holder.execute("SELECT pg_advisory_lock(%s)", [LOCK])
        with pytest.raises(MigrationError, match="another process"):
            migrate(url, directory=files)


def test_no_right_to_create_schemas_is_needed(server: EmbeddedServer, url: str, files: Path) -> None:
    """A role that may not create schemas migrates where the administrator has made them."""
    name = url.split("/")[3].split("?")[0]
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("CREATE ROLE modest")
        connection.execute("CREATE SCHEMA hooktrace AUTHORIZATION modest")
        connection.execute("GRANT CREATE ON SCHEMA public TO modest")
    try:
        assert migrate(f"{url}&options=-c%20role%3Dmodest", directory=files) == ["0001-first", "0002-second"]
    finally:
        with psycopg.connect(server.url, autocommit=True) as connection:
            connection.execute(f"DROP DATABASE {name}".encode())
            connection.execute("DROP ROLE modest")


def test_a_missing_directory_is_an_incomplete_installation(url: str, tmp_path: Path) -> None:
    """No migrations at all is an error, never a database that is up to date."""
    with pytest.raises(MigrationError, match=r"no directory of migrations: .*\nhint: "):
        migrate(url, directory=tmp_path / "nowhere")
