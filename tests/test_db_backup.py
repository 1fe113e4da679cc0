"""`hooktrace db backup` and `restore`: what was recorded goes to a file, and comes back."""

from __future__ import annotations

import contextlib
import os
import stat
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conftest import CHECKOUT, Installation, _hooktrace, new_installation
from tests.filling import digests, fill
from tests.replay import RECORDINGS
from tests.servers import PASSWORD, Cluster

RECORDING = RECORDINGS / "2.1.330" / "simple.jsonl"
SESSION = {"hook_event_name": "SessionStart", "session_id": "5e550000-0000-4000-8000-000000000002"}


@pytest.fixture
def filled(home: Installation) -> Installation:
    """Give an installation with rows in every table."""
    fill(home.url)
    return home


def backed_up(home: Installation, *arguments: str) -> Path:
    """Make a backup and return the file that was named as such."""
    said = home.done("db", "backup", *arguments)
    return Path(next(line for line in said.splitlines() if line.startswith("backup ")).split(None, 1)[1])


def test_without_a_name_it_is_dated_and_private(filled: Installation) -> None:
    """It lies in the state directory's backups, 0600, and path, size and rows are told; recording goes on."""
    process = filled.run("db", "backup")
    assert process.returncode == 0
    (file,) = filled.places.backups.glob("traces-*.dump")
    try:
        assert f"backup    {file}\n" in process.stdout
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
        assert "size " in process.stdout
        rows = sum(count for name, (count, _) in digests(filled.url).items() if not name.startswith("hooktrace."))
        assert f"rows      {rows:,} rows of embedded PostgreSQL" in process.stdout
        assert process.stderr == ""  # progress is for a terminal
    finally:
        file.unlink()


def test_a_terminal_is_shown_how_far_it_is(filled: Installation) -> None:
    """On a terminal the work is named while it lasts, on stderr: what is printed stays the same."""
    ours, theirs = os.openpty()
    command = [*_hooktrace(), "db", "backup", str(filled.root / "shown.dump")]
    env = {**filled.env, "TERM": "xterm"}
    with subprocess.Popen(command, cwd=CHECKOUT, env=env, stdout=subprocess.PIPE, stderr=theirs) as process:
        os.close(theirs)
        shown = b""
        with contextlib.suppress(OSError):  # the terminal's end
            while part := os.read(ours, 4096):
                shown += part
        os.close(ours)
        assert process.stdout and process.stdout.read().startswith(b"backup    ")
    assert process.returncode == 0
    assert b"dumping" in shown


def test_what_was_deleted_comes_back(filled: Installation) -> None:
    """Into the emptied database: every row, and nobody is asked where --yes says so."""
    before = digests(filled.url)
    file = backed_up(filled, str(filled.root / "a name with blanks.dump"))
    filled.done("schema", "reset", "--yes")
    said = filled.done("db", "restore", "--yes", str(file))
    assert "restored " in said
    assert digests(filled.url) == before


def test_a_relative_name_means_the_directory_at_hand(filled: Installation, checkout: Path) -> None:
    """FILE is found from where the command is given, as for every program."""
    try:
        assert backed_up(filled, "relative.dump") == checkout / "relative.dump"
        filled.done("db", "restore", "--yes", "--replace", "relative.dump")
    finally:
        (checkout / "relative.dump").unlink()


def test_rows_are_not_replaced_unasked(filled: Installation) -> None:
    """With rows there --yes is not enough; without a terminal nothing is done without --yes."""
    file = backed_up(filled, str(filled.root / "again.dump"))
    before = digests(filled.url)
    process = filled.run("db", "restore", "--yes", str(file))
    assert process.returncode == 1
    assert "rows already\nhint: --replace deletes them" in process.stderr
    process = filled.run("db", "restore", "--replace", str(file))
    assert process.returncode == 1
    assert "hint: without a terminal, say --yes as well" in process.stderr
    assert digests(filled.url) == before


@pytest.mark.parametrize("content", ["nothing", "a text", "half"])
def test_what_is_no_whole_backup_changes_nothing(filled: Installation, content: str) -> None:
    """One sentence and its cure; the rows are what they were, and the collector was not stopped for it."""
    whole = backed_up(filled, str(filled.root / f"{content}.whole")).read_bytes()
    file = filled.root / f"{content}.dump"
    file.write_bytes({"nothing": b"", "a text": b"SELECT 1", "half": whole[: len(whole) // 2]}[content])
    before, pid = digests(filled.url), filled.collector_pid()
    process = filled.run("db", "restore", "--yes", "--replace", str(file))
    assert process.returncode == 1
    assert "Traceback" not in process.stderr
    assert "hint: " in process.stderr
    assert (digests(filled.url), filled.collector_pid()) == (before, pid)


def test_recording_goes_on_after_a_restore(filled: Installation) -> None:
    """The collector that ran runs again, with nothing in its memory of what is no more."""
    file = backed_up(filled, str(filled.root / "on.dump"))
    filled.fire(SESSION)
    filled.flush()
    assert filled.collector_pid()
    filled.done("db", "restore", "--yes", "--replace", str(file))
    pid = filled.collector_pid()
    assert pid
    before = filled.count("hook_executions")
    filled.fire(SESSION)
    filled.flush()
    assert filled.count("hook_executions") == before + 1


@pytest.fixture
def external(debian15: Cluster) -> Iterator[Installation]:
    """Give an installation that records in a database with a password."""
    with debian15.database() as url, new_installation("--db", url) as made:
        made._url = url  # `db url` does not print the password
        yield made
        made.stop_collector()


def test_a_backup_of_one_installation_is_for_any_other(home: Installation, external: Installation) -> None:
    """A recorded session goes from the embedded server to another one; nothing shows the password."""
    home.replay(RECORDING)
    home.flush()
    file = backed_up(home, str(home.root / "for others.dump"))
    said = external.done("db", "restore", "--yes", str(file))
    assert digests(external.url) == digests(home.url)
    again = external.run("db", "backup")
    texts = (said, again.stdout, again.stderr, external.run("db", "restore", "--yes", str(file)).stderr)
    assert not any(part in text for text in texts for part in (PASSWORD, "s3cr%40t"))
    assert external.server.installed() is False
