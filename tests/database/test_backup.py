"""A dump of one database, and what becomes of it in another one."""

from __future__ import annotations

import os
import shutil
import socket
import stat
import subprocess
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import psycopg
import pytest

from tests import servers
from tests.filling import connected, digests, fill
from tests.servers import PASSWORD, Cluster, PgBouncer, login, new_cluster
from tests.team import fill as team_fill
from tests.team import new_team
from tracing.database import backup, binaries, clients
from tracing.database.backup import BackupError
from tracing.database.embedded import EmbeddedServer
from tracing.database.loading import NotEmpty
from tracing.database.migration import migrate
from tracing.database.scratch import migration_files
from tracing.database.snapshot import CopyError, snapshot
from tracing.database.transfer import back_up, move, restore
from tracing.places import Places


@pytest.fixture(scope="module")
def own(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedServer]:
    """Give an installation's embedded server, not yet made: where databases are made on the way."""
    home = tmp_path_factory.mktemp("home")
    server = EmbeddedServer.at(Places.from_environment({"HOOKTRACE_HOME": str(home)}))
    yield server
    server.destroy()


@pytest.fixture(scope="module")
def filled(embedded18: Cluster) -> Iterator[str]:
    """Give a database with rows in every table, which no test changes."""
    with embedded18.migrated() as url:
        fill(url)
        yield url


@pytest.fixture
def empty(embedded18: Cluster) -> Iterator[str]:
    """Give an empty database."""
    with embedded18.database() as url:
        yield url


# A way there and back


def test_it_holds_every_row_for_any_other_server_and_owner(
    filled: str, any_server: Cluster, embedded18: Cluster, own: EmbeddedServer, tmp_path: Path
) -> None:
    """Out of PostgreSQL 18, into any other by a role that is no superuser, and from there back: not a bit differs."""
    there, back = tmp_path / "there", tmp_path / "back"
    back_up(filled, "public", own, there)
    owner = f"owner_{any_server.name}"
    any_server.new_role(owner)
    with any_server.database(owner) as other:
        counts = restore(backup.read(there), other, "public", own)
        assert digests(other) == digests(filled)
        assert {name: rows for name, (rows, _) in digests(filled).items()} == counts
        back_up(other, "public", own, back)
    with embedded18.database() as home:
        restore(backup.read(back), home, "public", own)
        assert digests(home) == digests(filled)


def test_another_schema_will_do(filled: str, empty: str, own: EmbeddedServer, tmp_path: Path) -> None:
    """Rows of tables in public go into tables of another schema."""
    file = tmp_path / "file"
    back_up(filled, "public", own, file)
    restore(backup.read(file), empty, "traces", own)
    assert digests(empty, "traces") == digests(filled)


def test_moving_copies_every_row_and_changes_none(filled: str, debian15: Cluster) -> None:
    """From PostgreSQL 18 with pgvector to 15 without: the same rows there, and nothing else here."""
    before = digests(filled)
    with debian15.database() as other:
        counts = move(filled, other, "public", "traces")
        assert digests(other, "traces") == digests(filled) == before
        assert counts == {name: rows for name, (rows, _) in before.items()}


def test_months_get_their_partitions(filled: str, empty: str) -> None:
    """Old events lie in the partitions of their months again, not all in the DEFAULT one."""
    move(filled, empty, "public", "public")
    partitions = "SELECT tableoid::regclass::text, count(*) FROM hook_executions GROUP BY 1 ORDER BY 1"
    with connected(filled) as here, connected(empty) as there:
        assert there.execute(partitions).fetchall() == here.execute(partitions).fetchall()


def test_triggers_work_again_afterwards(filled: str, empty: str) -> None:
    """What they derive was copied, not derived twice; the next row is counted."""
    move(filled, empty, "public", "public")
    with connected(empty) as connection:
        used = "SELECT sum(usage_count) FROM success_patterns"
        before = connection.execute(used).fetchone()
        connection.execute("INSERT INTO pattern_usage_log (pattern_id) SELECT id FROM success_patterns LIMIT 1")
        after = connection.execute(used).fetchone()
        assert before and after and after[0] == before[0] + 1
        assert connection.execute("SELECT FROM pg_trigger WHERE tgenabled <> 'O'").fetchall() == []


# The file


def test_it_is_private_and_lies_anywhere(filled: str, own: EmbeddedServer, tmp_path: Path) -> None:
    """Mode 0600 whatever the umask, in a directory with blanks and quotes; nothing else is left there."""
    file = tmp_path / 'it\'s a "dump" $HOME' / "traces of today.dump"
    file.parent.mkdir()
    before = os.umask(0)
    try:
        saved = back_up(filled, "public", own, file)
    finally:
        os.umask(before)
    assert saved.path == file
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert list(file.parent.iterdir()) == [file]
    assert backup.read(file) == saved


def test_it_holds_nothing_of_others(own: EmbeddedServer, debian15: Cluster, tmp_path: Path) -> None:
    """Of a database that other programs use too, only our tables are in it."""
    with debian15.migrated() as url:
        with connected(url) as connection:
            connection.execute("CREATE TABLE customers AS SELECT 'secret of others' AS name")
            connection.execute("CREATE TABLE hook_executions_of_mine AS SELECT 'secret of others' AS name")
        back_up(url, "public", own, tmp_path / "file")
    rows = clients.run("pg_restore", "--file=-", str(tmp_path / "file"))
    assert "secret of others" not in rows
    assert "CREATE" not in rows


def test_a_file_that_is_there_is_kept(filled: str, own: EmbeddedServer, tmp_path: Path) -> None:
    """No name is overwritten; a directory that is not there is said so."""
    (tmp_path / "mine").write_text("mine")
    with pytest.raises(BackupError, match=r"mine exists already\nhint: "):
        back_up(filled, "public", own, tmp_path / "mine")
    assert (tmp_path / "mine").read_text() == "mine"
    with pytest.raises(BackupError, match=r"cannot be written: No such file or directory\nhint: "):
        back_up(filled, "public", own, tmp_path / "nowhere" / "file")


def test_rows_that_come_meanwhile_are_not_half_in_it(embedded18: Cluster, own: EmbeddedServer, tmp_path: Path) -> None:
    """It holds one moment: an event stored after the beginning is not there, nor is its execution."""
    with embedded18.migrated() as url:
        fill(url)
        before = digests(url)
        with snapshot(url, "public") as now:
            with connected(url) as connection:
                connection.execute("DELETE FROM execution_traces WHERE session_id = 's1'")
            saved = backup.write(now, tmp_path / "file")
        assert saved.counts == {name: rows for name, (rows, _) in before.items()}


@pytest.mark.parametrize("part", [0, 0.05, 0.5, 0.99])
def test_a_part_of_a_file_is_refused(filled: str, own: EmbeddedServer, tmp_path: Path, part: float) -> None:
    """Wherever it is cut off, reading it says so, before anything is done with it."""
    whole, cut = tmp_path / "whole", tmp_path / "cut"
    back_up(filled, "public", own, whole)
    cut.write_bytes(whole.read_bytes()[: int(whole.stat().st_size * part)])
    with pytest.raises(BackupError, match=r"cut (cannot be read|is cut off).*\nhint: "):
        backup.read(cut)


def test_what_is_no_backup_is_refused(own: EmbeddedServer, embedded18: Cluster, tmp_path: Path) -> None:
    """A text, a directory, nothing at all, and a dump of somebody else's database."""
    foreign = tmp_path / "foreign"
    with embedded18.database() as url, psycopg.connect(url, autocommit=True) as connection:
        connection.execute("CREATE TABLE t AS SELECT 1 AS a")
        here, env = f"--dbname={clients.address(connection)}", clients.environment(connection)
        clients.run("pg_dump", "--format=custom", f"--file={foreign}", here, env=env)
    (tmp_path / "text").write_text("CREATE TABLE t ();")
    (tmp_path / "directory").mkdir()
    for name in ("text", "directory", "nothing"):
        with pytest.raises(BackupError, match=rf"{name} cannot be read: .*\nhint: "):
            backup.read(tmp_path / name)
    with pytest.raises(BackupError, match=r"foreign is no backup of hooktrace's\nhint: "):
        backup.read(foreign)


# All or nothing


def test_what_is_there_is_not_overwritten_unasked(filled: str, empty: str, own: EmbeddedServer, tmp_path: Path) -> None:
    """A database with rows refuses, and says how many; with `replace` it holds the backup's rows and no others."""
    saved = back_up(filled, "public", own, tmp_path / "file")
    migrate(empty)
    with connected(empty) as connection:
        connection.execute("INSERT INTO execution_traces (correlation_id, root_id, session_id, source)"
                           " SELECT id, id, 'mine', 'test' FROM gen_random_uuid() AS id")  # fmt: skip
    before = digests(empty)
    with pytest.raises(NotEmpty, match=r"holds 1 rows already\nhint: "):
        restore(saved, empty, "public", own)
    assert digests(empty) == before
    restore(saved, empty, "public", own, replace=True)
    assert digests(empty) == digests(filled)


def test_a_row_that_is_refused_leaves_everything_as_it_was(
    filled: str, empty: str, own: EmbeddedServer, tmp_path: Path
) -> None:
    """The last table's refusal takes back the first table's rows, what was deleted for them, and tells no row."""
    saved = back_up(filled, "public", own, tmp_path / "file")
    restore(saved, empty, "public", own)
    with connected(empty) as connection:
        connection.execute("DELETE FROM pattern_usage_log")
        connection.execute("ALTER TABLE pattern_usage_log ADD CONSTRAINT nobody CHECK (false)")
    before = digests(empty)
    with pytest.raises(CopyError, match=r"violates check constraint.*\nhint: ") as caught:
        restore(saved, empty, "public", own, replace=True)
    assert "Failing row" not in str(caught.value)
    assert digests(empty) == before


def test_a_file_that_broke_since_it_was_read_leaves_everything_as_it_was(
    filled: str, empty: str, own: EmbeddedServer, tmp_path: Path
) -> None:
    """Cut off after it was read, it fills no table."""
    file = tmp_path / "file"
    saved = back_up(filled, "public", own, file)
    os.truncate(file, file.stat().st_size - 100)
    with pytest.raises(BackupError, match=r"cannot be read|is cut off"):
        restore(saved, empty, "public", own)
    assert {rows for rows, _ in digests(empty).values()} == {0}


def test_a_database_is_not_moved_to_itself(filled: str) -> None:
    """By whatever other URL."""
    with pytest.raises(CopyError, match=r"that is the database itself.*\nhint: "):
        move(filled, f"{filled}&application_name=other", "public", "public")


def test_tables_that_would_be_left_behind_are_told(empty: str, debian15: Cluster) -> None:
    """Somebody's table in our schema stops a move, before anything is copied."""
    migrate(empty)
    with connected(empty) as connection:
        connection.execute("CREATE TABLE hooktrace.mine ()")
    migrate(empty)
    with debian15.database() as other, pytest.raises(CopyError, match=r"hooktrace\.mine\nhint: "):
        move(empty, other, "public", "public")


# Versions of hooktrace


@pytest.fixture
def later(tmp_path: Path) -> Path:
    """Give the migrations of a later hooktrace: one more column, filled from what is there."""
    directory = tmp_path / "later" / "migrations"
    shutil.copytree(migration_files()[0].parent, directory)
    (directory / "9999_later.sql").write_text(
        "ALTER TABLE execution_traces ADD COLUMN IF NOT EXISTS shout text;\n"
        "UPDATE execution_traces SET shout = upper(prompt_text);\n"
    )
    return directory


def test_a_backup_of_a_newer_hooktrace_is_refused(
    embedded18: Cluster, empty: str, own: EmbeddedServer, later: Path, tmp_path: Path
) -> None:
    """The error names the migration that is not known here, and nothing is made."""
    with embedded18.database() as newer:
        migrate(newer, directory=later)
        saved = back_up(newer, "public", own, tmp_path / "file")
    with pytest.raises(BackupError, match=r"newer hooktrace .*9999_later.*\nhint: upgrade"):
        restore(saved, empty, "public", own)
    with connected(empty) as connection:
        assert connection.execute("SELECT to_regclass('execution_traces')").fetchone() == (None,)


def test_a_backup_of_another_hooktrace_is_refused(
    filled: str, empty: str, own: EmbeddedServer, later: Path, tmp_path: Path
) -> None:
    """A migration of the same name and another content makes other tables."""
    saved = back_up(filled, "public", own, tmp_path / "file")
    first = sorted(later.iterdir())[0]
    first.write_text(f"{first.read_text()}\n-- changed\n")
    with pytest.raises(BackupError, match=rf"{first.stem} is not this version's\nhint: "):
        restore(saved, empty, "public", own, directory=later)


def test_a_backup_of_an_older_hooktrace_is_brought_up_to_date(
    filled: str, empty: str, own: EmbeddedServer, later: Path, tmp_path: Path
) -> None:
    """Its rows go through the migrations since then, and nothing of the way there is left."""
    saved = back_up(filled, "public", own, tmp_path / "file")
    counts = restore(saved, empty, "public", own, directory=later)
    assert counts == saved.counts
    with connected(empty) as connection:
        wrong = "SELECT FROM execution_traces WHERE shout IS DISTINCT FROM upper(prompt_text)"
        assert connection.execute(wrong).fetchall() == []
    assert not own.base.exists()


# Ways to the database


def test_a_login_that_does_not_see_everything_makes_no_backup(
    debian15: Cluster, own: EmbeddedServer, tmp_path: Path
) -> None:
    """Under row-level security, or without the right to read, the error names the cure; there is no file."""
    debian15.new_role("seer")
    owner = debian15.new_database("guarded")
    migrate(owner)
    seer = debian15.url("guarded", login("seer"))
    with pytest.raises(CopyError, match=r"permission denied.*\nhint: .*care_url"):
        back_up(seer, "public", own, tmp_path / "file")
    with connected(owner) as connection:
        for statement in (
            "GRANT USAGE ON SCHEMA hooktrace TO seer",
            "GRANT SELECT ON ALL TABLES IN SCHEMA public, hooktrace TO seer",
            "ALTER TABLE execution_traces ENABLE ROW LEVEL SECURITY",
        ):
            connection.execute(statement.encode())
    with pytest.raises(CopyError, match=r"row-level security.*\nhint: .*care_url"):
        back_up(seer, "public", own, tmp_path / "file")
    assert list(tmp_path.iterdir()) == []
    assert back_up(owner, "public", own, tmp_path / "file").path.exists()


def test_the_keeper_of_a_shared_database_backs_up_everybodys_rows(
    debian15: Cluster, own: EmbeddedServer, tmp_path: Path
) -> None:
    """Who may act as hooktrace_owner dumps and restores the rows of all; who only writes does neither."""
    with new_team(debian15) as team:
        for member in ("alice", "bob"):
            team_fill(team.admin, member)
        before = team.state()
        saved = back_up(team.url("olga"), "public", own, tmp_path / "file")
        team.rows("DELETE FROM execution_traces")
        for member in ("alice", "rita"):
            with pytest.raises(CopyError, match=r"\nhint: .*care_url"):
                back_up(team.url(member), "public", own, tmp_path / member)
        with pytest.raises(CopyError, match=r"\nhint: .*care_url"):
            restore(saved, team.url("alice"), "public", own, replace=True)
        restore(saved, team.url("olga"), "public", own, replace=True)
        assert team.state() == before


def test_a_pooler_is_no_obstacle(
    debian15: Cluster, pgbouncer: PgBouncer, own: EmbeddedServer, tmp_path: Path, embedded18: Cluster
) -> None:
    """In transaction mode, where pg_dump's settings would be another client's, a copy is dumped instead."""
    direct = debian15.new_database("behind")
    migrate(direct)
    fill(direct)
    pooled = pgbouncer.url("behind", login("behind"))
    with snapshot(pooled, "public") as now:
        assert clients.obstacle(now.connection) == "there is a pooler before the server"
    saved = back_up(pooled, "public", own, tmp_path / "file")
    assert not own.base.exists()
    with embedded18.database() as other:
        restore(saved, other, "public", own)
        assert digests(other) == digests(direct)


@pytest.fixture
def encrypted() -> Iterator[str]:
    """Give a filled database that no connection without TLS reaches, and one with TLS by TCP only."""
    if not shutil.which("openssl"):
        pytest.skip("openssl is not installed: it makes the server's certificate")
    with new_cluster("debian15") as cluster:
        url = cluster.new_database("sealed")
        migrate(url)
        fill(url)
        cluster.stop()
        data = cluster.directory / "data"
        with socket.create_server(("127.0.0.1", 0)) as probe:
            port = probe.getsockname()[1]
        files = ["-keyout", str(data / "server.key"), "-out", str(data / "server.crt")]
        subject = ["-subj", "/CN=localhost", "-addext", "subjectAltName=IP:127.0.0.1"]
        make = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", *subject, *files]
        subprocess.run(make, check=True, capture_output=True, umask=0o077)
        with (data / "postgresql.conf").open("a") as conf:
            conf.write(f"ssl = on\nlisten_addresses = '127.0.0.1'\nport = {port}\n")
        (data / "pg_hba.conf").write_text("hostssl all all 127.0.0.1/32 scram-sha-256\n")
        certificate = shutil.copy(data / "server.crt", cluster.directory / "ca.crt")
        servers._give(cluster.directory)
        cluster.start()
        yield f"postgresql://{login('sealed')}@127.0.0.1:{port}/sealed?sslmode=verify-full&sslrootcert={certificate}"


def test_an_encrypted_connection_stays_encrypted(
    encrypted: str, embedded18: Cluster, own: EmbeddedServer, tmp_path: Path
) -> None:
    """The wheel's pg_dump knows no TLS: nothing is sent in clear text, a copy is dumped instead, and it is whole."""
    with snapshot(encrypted, "public") as now:
        assert clients.obstacle(now.connection) == "the connection is encrypted"
    saved = back_up(encrypted, "public", own, tmp_path / "file")
    with embedded18.database() as other:
        restore(saved, other, "public", own)
        assert digests(other) == digests(encrypted)


def test_no_command_line_holds_the_password(
    debian15: Cluster, own: EmbeddedServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not that of pg_dump, nor of pg_restore: everybody can read them. It is not in the file either."""
    seen, programs = tmp_path / "seen", tmp_path / "programs"
    programs.mkdir()
    for name in ("pg_dump", "pg_restore"):
        real = binaries.programs("18") / name
        (programs / name).write_text(f'#!/bin/sh\nprintf "%s\\n" "$0" "$@" >>"{seen}"\nexec "{real}" "$@"\n')
        (programs / name).chmod(0o755)
    monkeypatch.setattr(clients, "programs", lambda _major: programs)
    url = debian15.new_database("hush")
    migrate(url)
    back_up(url, "public", own, tmp_path / "file")
    assert "--data-only" in seen.read_text()
    shown = seen.read_text() + (tmp_path / "file").read_bytes().decode(errors="replace")
    assert not any(part in shown for part in (PASSWORD, quote(PASSWORD, safe="")))


def test_the_environment_does_not_lead_elsewhere(
    filled: str, own: EmbeddedServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """PG* variables of another program reach neither pg_dump nor pg_restore."""
    for name in ("PGSSLMODE", "PGUSER", "PGDATABASE", "PGPASSWORD"):
        monkeypatch.setenv(name, "require")
    assert back_up(f"{filled}&sslmode=prefer", "public", own, tmp_path / "file").path.exists()


def test_a_pg_dump_that_fails_is_told_and_leaves_nothing(
    filled: str, own: EmbeddedServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its own words are in the error."""
    programs = tmp_path / "programs"
    programs.mkdir()
    (programs / "pg_dump").write_text('#!/bin/sh\necho "pg_dump: error: no room" >&2\nexit 1\n')
    (programs / "pg_dump").chmod(0o755)
    monkeypatch.setattr(clients, "programs", lambda _major: programs)
    with pytest.raises(CopyError, match=r"pg_dump failed: error: no room\nhint: "):
        back_up(filled, "public", own, tmp_path / "file")
    assert list(tmp_path.iterdir()) == [programs]
