"""While the database is away or hangs: nothing lies about unredacted, and afterwards everything is there, once."""

from __future__ import annotations

import contextlib
import json
import os
import random
import shutil
import signal
import threading
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import psycopg

from tests.conftest import Installation
from tests.replay import LivePids, recordings
from tests.story import SESSION, Story
from tests.test_collector import shell_of
from tests.waiting import eventually
from tracing.identity import tool_uuid

PLANTED = "hunter2hunter2"
"""What no file may hold that is older than LIMIT_S."""

LIMIT_S = 12.0
"""More than the five seconds that are promised, for a machine with other things to do."""

POLL_S = 0.1


class Search:
    """Looks into every file of a state directory, all the time, and notes which hold for how long what was planted."""

    def __init__(self, state: Path) -> None:
        self._state = state
        self._since: dict[Path, float] = {}
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self.longest: dict[Path, float] = {}
        """For how many seconds each file that held it did so."""

    @property
    def too_long(self) -> dict[Path, float]:
        """The files that held it for longer than they may."""
        return {file: seconds for file, seconds in self.longest.items() if seconds > LIMIT_S}

    def __enter__(self) -> Search:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._ended.wait(POLL_S):
            found, now = set(self.found()), time.monotonic()
            for file in found:
                self.longest[file] = now - self._since.setdefault(file, now)
            for file in self._since.keys() - found:
                del self._since[file]

    def found(self) -> Iterator[Path]:
        """Find the files that hold it now."""
        for file in self._state.rglob("*"):
            if "database" in file.relative_to(self._state).parts:
                continue
            with contextlib.suppress(OSError):
                if PLANTED.encode() in file.read_bytes():
                    yield file


def a_session(home: Installation, number: int) -> Story:
    """Fire a whole session, with something planted wherever an agent might let it slip."""
    story = Story(home, session=f"463965a0-a02c-490d-8927-{number:012}")
    story.starts()
    prompt = f"cca888e5-0e48-4ec4-8123-{number:012}"
    story.prompts(prompt_id=prompt, text=f"log in with password={PLANTED}")
    shell = {"command": f"mysql --password {PLANTED}", "env": {"API_KEY": PLANTED}}
    story.calls(f"use{number}", prompt_id=prompt, tool_input=shell)
    story.returns(f"use{number}", prompt_id=prompt, tool_input=shell, tool_response={"stdout": f"token={PLANTED}"})
    story.tell("Stop", prompt_id=prompt)
    story.tell("SessionEnd", prompt_id=prompt, reason="other")
    home.fire(f'{{"session_id": "{story.session}", "password": "{PLANTED}", cut'.encode())
    return story


def a_day(home: Installation, away: Path) -> list[list[Path]]:
    """Fire a session an hour for a day that ends now, and take the files *away*; return those of each hour."""
    hours = []
    begin = time.time() - 86_400
    for hour in range(24):
        a_session(home, hour)
        files = []
        for number, file in enumerate(home.spooled()):
            at = begin + 3600 * hour + 10 * number
            os.utime(file, (at, at))
            files.append(file.rename(away / f"{hour}.{file.name}"))
        hours.append(files)
    return hours


def give(home: Installation, files: Sequence[Path]) -> None:
    """Put copies of *files* into the spool, each in one step and with its time."""
    for file in files:
        copy = home.path / "copy"
        shutil.copy2(file, copy)
        copy.rename(home.spool / file.name)


def many(home: Installation, count: int, begin: float) -> None:
    """Leave *count* events of a session in the spool, one every 10 ms from *begin* on, without a hook for each."""
    before = set(home.spooled())
    home.fire({"hook_event_name": "Notification", "session_id": "s", "message": "number"})
    (file,) = set(home.spooled()) - before
    event = file.read_bytes()
    file.unlink()
    for number in range(count):
        copy = file.with_name(f"{number}.00-4194301")
        copy.write_bytes(event.replace(b'"number"', f'"{number}"'.encode()))
        os.utime(copy, (begin + number / 100,) * 2)


def everything(home: Installation) -> dict[str, Any]:
    """Return what is recorded: all of every row but what the database itself adds to it."""
    own = "- 'id' - 'created_at' - 'updated_at' - 'user_id'"
    sql = {
        "execution_traces": f"SELECT to_jsonb(t) {own} FROM execution_traces t ORDER BY root_id, correlation_id",
        "hook_executions": "SELECT to_jsonb(t) - 'created_at' FROM hook_executions t ORDER BY root_id, id",
        "endpoint_calls": f"SELECT to_jsonb(t) {own} FROM endpoint_calls t ORDER BY trace_id, started_at, service",
        "agent_routing_decisions": f"SELECT to_jsonb(t) {own} FROM agent_routing_decisions t ORDER BY trace_id",
        "hooktrace.sessions": f"SELECT to_jsonb(t) {own} - 'applied_until' FROM hooktrace.sessions t ORDER BY 1",
        "hooktrace.processes": "SELECT to_jsonb(t) - 'seen_at' FROM hooktrace.processes t ORDER BY session_id, pid",
    }
    return {table: home.query(statement) for table, statement in sql.items()}


def all_packed(home: Installation) -> bool:
    """Tell whether nothing is left in the spool."""
    return home.spooled() == []


def test_a_day_without_a_database_leaves_no_secret_on_the_disk(
    remote: Installation, with_remote_database: Installation, tmp_path: Path
) -> None:
    """The collector is killed meanwhile, and afterwards all is as if nothing had happened."""
    home = with_remote_database
    with home.without_collector():
        hours = a_day(home, tmp_path)
        give(home, [file for files in hours for file in files])
    home.flush()
    undisturbed = everything(home)
    assert len(undisturbed["hook_executions"]) == 6 * 24
    home.make_empty()
    remote.server.stop()
    chance = random.Random(1)
    home.done("collector", "start")
    with Search(home.path) as search:
        for hour, files in enumerate(hours):
            give(home, files)
            if hour % 6 == 5:
                time.sleep(chance.uniform(0, 3))  # before, while or after it is packed
                pid = home.collector_pid()
                assert pid
                os.kill(pid, signal.SIGKILL)
                home.done("collector", "start")
            else:
                time.sleep(0.3)
        assert eventually(lambda: all_packed(home))
        assert list(search.found()) == []
    assert search.longest, "nobody found what was planted"
    assert search.too_long == {}
    status = home.status()
    assert status["spool"]["packed"] >= 6 * 24
    assert status["spool"]["bad"] == 24
    remote.server.start()
    home.flush()
    assert home.status()["spool"]["waiting"] == 0
    assert list(home.places.packed.iterdir()) == []
    assert everything(home) == undisturbed


def test_packed_recordings_become_the_same_rows(
    remote: Installation, with_remote_database: Installation, tmp_path: Path
) -> None:
    """Every recorded run, once delivered as the hooks left it and once out of packs."""
    home = with_remote_database
    with LivePids() as pids:
        with home.without_collector():
            for recording in recordings():
                away = tmp_path / recording.parent.name / recording.stem
                home.replay(recording, pids=pids, directory=away)
                time.sleep(0.02)  # the client's next run has another time
            kept = [Path(shutil.copy2(file, tmp_path / file.name)) for file in home.spooled()]
        home.flush()
        raw = everything(home)
        home.make_empty()
        remote.server.stop()
        home.done("collector", "start")
        give(home, kept)
        assert eventually(lambda: all_packed(home))
        assert home.status()["spool"]["packed"] == len(kept)
        remote.server.start()
        home.flush()
    assert everything(home) == raw


def test_a_database_that_hangs_keeps_nobody_from_packing(own_home: Installation) -> None:
    """The loop waits in a statement; what came and what comes is packed all the same, and stored once."""
    home = own_home
    story = Story(home)
    story.starts()
    home.flush()
    with psycopg.connect(home.url) as connection, Search(home.path) as search:
        connection.execute("LOCK TABLE hook_executions IN ACCESS EXCLUSIVE MODE")
        for number in range(4):
            story.calls(f"t{number}", tool_input={"command": f"mysql --password {PLANTED}"})
            time.sleep(1)
        assert eventually(lambda: all_packed(home))
        assert list(search.found()) == []
    assert search.longest, "nobody found what was planted"
    assert search.too_long == {}
    home.flush()
    assert home.query("SELECT count(*), count(DISTINCT tool_use_id) FROM hook_executions") == [(5, 4)]


def test_what_an_earlier_collector_packed_waits_and_is_counted(
    remote: Installation, with_remote_database: Installation
) -> None:
    """`status`, `flush` and `doctor` know of it, and the next collector delivers it."""
    home = with_remote_database
    remote.server.stop()
    Story(home).starts()
    home.done("collector", "start")
    assert eventually(lambda: all_packed(home))
    home.stop_collector()
    spool = home.status()["spool"]
    assert (spool["waiting"], spool["packed"], spool["oldest_at"] is None) == (1, 1, False)
    for file in home.places.packed.iterdir():
        first, rest = file.name.split("-", 1)
        file.rename(file.with_name(f"{int(first) - 60 * 10**9}-{rest}"))
    findings = {finding["id"] for finding in json.loads(home.run("doctor", "--json").stdout)["findings"]}
    assert "collector-dead" in findings
    flush = home.run("flush", "--timeout", "2")
    assert (flush.returncode, "1 events are not stored" in flush.stderr) == (1, True)
    remote.server.start()
    home.flush()
    assert home.count("hook_executions") == 1
    assert list(home.places.packed.iterdir()) == []


def test_an_event_whose_session_is_undecided_waits_behind_the_packs(
    remote: Installation, with_remote_database: Installation
) -> None:
    """A long row of packs ends with a nested session's start; a call that came afterwards does not decide for it."""
    home = with_remote_database
    remote.server.stop()
    inner = {"HOOKTRACE_ROOT_ID": SESSION, "HOOKTRACE_SESSION_ID": SESSION}
    nested = Story(home, session="22222222-2222-4222-8222-222222222222", **inner)
    with home.without_collector():
        story = Story(home)
        story.starts(0)
        many(home, 3000, story.begin)
        for call in ("left", "right"):
            story.calls(call, 31, tool_input={"command": f"claude -p {call}"})
        with shell_of("claude -p right") as shell:
            start = {"hook_event_name": "SessionStart", "session_id": nested.session, "source": "startup"}
            home.fire(start, env={**inner, "HOOKTRACE_CALL": str(shell)}, hook="session-start")
    home.done("collector", "start")
    assert eventually(lambda: all_packed(home))
    with home.without_collector():
        nested.calls("within")
    remote.server.start()
    home.flush()
    sql = "SELECT parent_id, parent_certain FROM hooktrace.sessions WHERE session_id = %s"
    assert home.query(sql, nested.session) == [(tool_uuid(SESSION, "right"), True)]
    assert home.count("hook_executions") == 3000 + 5


def test_a_damaged_line_of_a_pack_is_set_aside_alone(remote: Installation, with_remote_database: Installation) -> None:
    """The other events of the pack are stored."""
    home = with_remote_database
    remote.server.stop()
    with home.without_collector():
        for number in range(3):
            home.fire({"hook_event_name": "Notification", "session_id": "s", "message": str(number)})
        for number, file in enumerate(sorted(home.spooled())):
            os.utime(file, (time.time() - 60 + number,) * 2)  # old enough to be packed together
    home.done("collector", "start")
    assert eventually(lambda: all_packed(home))
    home.stop_collector()
    (pack,) = home.places.packed.iterdir()
    lines = pack.read_bytes().splitlines()
    pack.write_bytes(b"\n".join([lines[0], lines[1][:50], lines[2]]))
    remote.server.start()
    home.flush()
    assert home.query("SELECT metadata ->> 'message' FROM hook_executions ORDER BY 1") == [("0",), ("2",)]
    assert home.status()["spool"]["bad"] == 1
    assert (home.places.bad / f"{pack.name}.2.reason").read_text() == "a damaged line of a pack\n"


def test_an_event_that_the_database_refuses_leaves_its_pack_alone(
    remote: Installation, with_remote_database: Installation
) -> None:
    """It is set aside, redacted, and without content where none is kept; the others of its pack are stored."""
    home = with_remote_database
    home.query("ALTER TABLE hook_executions ADD CONSTRAINT picky CHECK (hook_type <> 'Elicitation')")
    remote.server.stop()
    with home.without_collector():
        for name in ("Notification", "Elicitation", "Stop"):
            home.fire({"hook_event_name": name, "session_id": "s", "message": f"password={PLANTED} said"})
        silent = {"hook_event_name": "Elicitation", "session_id": "t", "message": "nothing is to be said"}
        home.fire(silent, env={"HOOKTRACE_CAPTURE": "no-content"})
    home.done("collector", "start")
    assert eventually(lambda: all_packed(home))
    remote.server.start()
    home.flush()
    assert home.query("SELECT hook_type FROM hook_executions ORDER BY 1") == [("Notification",), ("Stop",)]
    letter, without_content = sorted(file for file in home.places.bad.iterdir() if file.suffix != ".reason")
    assert b"Elicitation" in letter.read_bytes()
    assert PLANTED.encode() not in letter.read_bytes()
    assert b"said" in letter.read_bytes()
    assert b"said" not in without_content.read_bytes()
    assert letter.with_name(f"{letter.name}.reason").read_text() == (
        "the database refused it: CheckViolation (23514, picky)\n"
    )


def test_where_no_pack_can_be_written_the_backlog_is_delivered_all_the_same(
    remote: Installation, with_remote_database: Installation
) -> None:
    """A full disk, here a directory that takes no file: the live lane does it, and the events are stored once."""
    home = with_remote_database
    home.stop_collector()
    home.places.packed.rmdir()
    home.places.packed.symlink_to("/proc")
    try:
        with home.without_collector():
            many(home, 1200, time.time() - 60)
        remote.server.stop()
        home.done("collector", "start")
        assert eventually(lambda: "(packs.py, line " in home.places.log.read_text()), "nobody tried to write a pack"
        remote.server.start()
        home.flush()
        counts = "SELECT count(*), count(DISTINCT metadata ->> 'message') FROM hook_executions"
        assert home.query(counts) == [(1200, 1200)]
    finally:
        home.stop_collector()
        home.places.packed.unlink()
        home.places.packed.mkdir(0o700)


def test_packs_count_towards_the_bound(remote: Installation, with_remote_database: Installation) -> None:
    """The flag by which the hooks drop events goes up while packs are too large, and down once they are stored."""
    home = with_remote_database
    home.done("config", "set", "spool.max_mb", "1")
    remote.server.stop()
    home.stop_collector()
    for number in range(20):
        text = {f"part{part}": "x" * 60_000 for part in range(2)}
        home.fire({"hook_event_name": "Notification", "session_id": "s", "number": number, **text})
    home.done("collector", "start")
    assert eventually(lambda: all_packed(home))
    assert eventually(home.places.full_flag.exists)
    remote.server.start()
    home.flush()
    assert home.count("hook_executions") == 20
    assert eventually(lambda: not home.places.full_flag.exists())
