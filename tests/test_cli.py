"""The commands, run as a user runs them."""

from __future__ import annotations

import json
import os
import signal
import stat
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests import replay as replayer
from tests.conftest import Installation
from tests.waiting import PATIENCE_S, eventually
from tracing.settings import Settings

SUBAGENTS = replayer.RECORDINGS / "2.1.330" / "subagents_parallel.jsonl"


@pytest.fixture(scope="module")
def recorded(module_home: Installation) -> Installation:
    """Give an installation that holds one session with subagents."""
    module_home.replay(SUBAGENTS)
    module_home.flush()
    return module_home


def test_status_says_in_json_what_scripts_rely_on(recorded: Installation) -> None:
    """Every figure that the interface promises is there, with the type it has."""
    status = recorded.json("status")
    assert status["enabled"] is True
    assert status["collector"]["running"] is True
    assert isinstance(status["collector"]["pid"], int)
    assert status["database"]["server_pid"] == recorded.server.pid()
    assert (status["database"]["reachable"], status["database"]["source"]) == (True, "embedded")
    assert status["spool"]["waiting"] == status["spool"]["bad"] == status["spool"]["dropped"] == 0
    assert status["events"]["stored"] == recorded.count("hook_executions") == 24
    assert status["last_event_at"].startswith("20")


def test_status_says_when_recording_is_switched_off(recorded: Installation) -> None:
    """A user who set HOOKTRACE_ENABLED=off sees that it is off."""
    process = recorded.run("status", env={"HOOKTRACE_ENABLED": "off"})
    assert "off (HOOKTRACE_ENABLED)" in process.stdout


def test_show_takes_any_id_and_the_beginning_of_one(recorded: Installation) -> None:
    """A session, a prompt or a tool call is shown by its id or by so much of it as is unambiguous."""
    ((session,),) = recorded.query("SELECT session_id FROM hooktrace.sessions")
    for given in (session, session[:8], session.upper()):
        assert recorded.json("show", given)["kind"] == "session"
    ((tool,),) = recorded.query("SELECT correlation_id FROM execution_traces WHERE name = 'Agent' LIMIT 1")
    shown = recorded.json("show", str(tool))
    assert (shown["kind"], shown["name"], shown["children"][0]["kind"]) == ("tool", "Agent", "agent")


def test_show_prints_a_tree_with_bars_and_durations(recorded: Installation) -> None:
    """What a person sees names each execution once, in its place, with how long it took."""
    ((session,),) = recorded.query("SELECT session_id FROM hooktrace.sessions")
    trust, empty, *lines = recorded.done("show", session).splitlines()
    assert (trust, empty) == ("100 % of 7 calls (checked against the transcript)", "")
    assert len(lines) == recorded.count("execution_traces")
    assert lines[0].startswith(f"✓ session {session[:8]} in ")
    assert any("│  └─ ✓ agent Explore" in line for line in lines)
    assert all(set(line) & set("▏▎▍▌▋▊▉█▐") for line in lines)


def test_an_unknown_id_is_said_so(recorded: Installation) -> None:
    """The message holds the id that was given and the cure."""
    unknown = recorded.run("show", "ffffffff")
    assert (unknown.returncode, unknown.stdout) == (1, "")
    assert (
        unknown.stderr == "hooktrace: nothing has the id 'ffffffff'\nhint: `hooktrace sessions` lists what there is\n"
    )


def test_an_ambiguous_beginning_lists_what_it_may_mean(home: Installation) -> None:
    """Two sessions that begin alike are both named, and nothing is shown instead."""
    sessions = ["1b1b1b1b-0000-4000-8000-000000000001", "1b1b1b1b-0000-4000-8000-000000000002"]
    for session in sessions:
        home.fire({"hook_event_name": "SessionStart", "session_id": session, "source": "startup"})
    home.flush()
    process = home.run("show", "1b1b")
    assert (process.returncode, process.stdout) == (1, "")
    assert process.stderr.startswith(f"hooktrace: '1b1b' begins several ids: {', '.join(sessions)}\nhint: ")


def test_sessions_lists_what_was_recorded(recorded: Installation) -> None:
    """Newest first, with what lies beneath each session counted."""
    (session,) = recorded.json("sessions")
    assert (session["prompts"], session["agents"], session["tools"], session["failed"]) == (1, 3, 7, 0)
    assert session["session_id"][:8] in recorded.done("sessions")


def test_tail_prints_the_latest_events(recorded: Installation) -> None:
    """The last lines are the last events, oldest first."""
    lines = recorded.done("tail", "-n", "2", "--no-follow").splitlines()
    assert ["Stop" in lines[0], "SessionEnd" in lines[1]] == [True, True]


def test_hostile_text_cannot_command_the_terminal(home: Installation) -> None:
    """Escape sequences in a prompt are printed as spaces."""
    prompt = "\x1b]0;owned\x07\x1b[2J red \u202e evil"
    session = "1b1b1b1b-0000-4000-8000-000000000001"
    about = {"session_id": session, "prompt_id": session.replace("1b1b1b1b", "2c2c2c2c")}
    home.fire({"hook_event_name": "UserPromptSubmit", "prompt": prompt, **about})
    home.flush()
    for command in (["show", session], ["sessions"], ["tail", "--no-follow"]):
        printed = home.done(*command)
        assert not {"\x1b", "\x07", "\u202e"} & set(printed)


def test_the_url_is_one_that_psycopg_takes_and_holds_no_password(own_home: Installation) -> None:
    """`db url` and `config get` never print a password; the config file that holds it is 0600."""
    url = own_home.url
    own_home.done("config", "set", "database.url", "postgresql://u:hunter2@127.0.0.1:9/x")
    assert "hunter2" not in own_home.done("db", "url") + own_home.done("config", "get")
    assert "hunter2" not in own_home.done("config", "get", "database.url") + own_home.done("status")
    config = own_home.places.config_file
    assert "hunter2" in config.read_text()
    assert stat.S_IMODE(config.stat().st_mode) == 0o600
    own_home.done("config", "set", "database.url", "")
    assert own_home.done("db", "url").strip() == url


def test_an_unknown_setting_or_a_wrong_value_changes_nothing(home: Installation) -> None:
    """The message names the setting; the file is as it was."""
    before = home.places.config_file.read_bytes()
    assert "unknown setting: spool.maxmb" in home.run("config", "set", "spool.maxmb", "5").stderr
    assert "takes a number, not 'many'" in home.run("config", "set", "spool.max_mb", "many").stderr
    for key in ("database.url", "database.care_url"):
        refused = home.run("config", "set", key, "postgresql://me:pa%zzs3cret@h/db")
        assert f"{key} is no PostgreSQL URL" in refused.stderr
        assert "s3cret" not in refused.stderr + refused.stdout
    assert home.places.config_file.read_bytes() == before


def test_a_link_to_the_settings_stays_one(tmp_path: Path) -> None:
    """Who keeps them among other dotfiles finds what was set there."""
    kept, link = tmp_path / "dotfiles/hooktrace.toml", tmp_path / "config.toml"
    link.symlink_to("dotfiles/hooktrace.toml")
    for number in (5, 6):  # where nothing is yet, and where something is
        Settings.load(link).set("spool.max_mb", number)
        assert (link.is_symlink(), kept.read_text()) == (True, f"[spool]\nmax_mb = {number}\n")
    assert [path.name for path in kept.parent.iterdir()] == [kept.name]


def test_an_env_file_names_the_database_and_is_pinned(own_home: Installation, home: Installation) -> None:
    """`init --env-file` takes the seed's variables, creates the tables there, and says which variable it was."""
    file = own_home.root / "seed.env"
    file.write_text("SOCKET=" + home.url + "\nexport TRACEABILITY_DB_URL_EXTERNAL='${SOCKET}'\n".replace("'", '"'))
    own_home.done("init", "--yes", "--no-agent", "--env-file", str(file))
    own_home.fire({"hook_event_name": "Notification", "session_id": "elsewhere"})
    own_home.flush()
    assert home.query("SELECT session_id FROM hook_executions") == [("elsewhere",)]
    assert own_home.json("status")["database"]["source"] == f"TRACEABILITY_DB_URL_EXTERNAL in {file}"
    both = own_home.run("init", "--env-file", str(file), "--db", "embedded")
    assert (both.returncode, "give one of them" in both.stderr) == (2, True)


def test_flush_gives_the_reason_when_the_time_is_over(own_home: Installation) -> None:
    """With the database away flush exits 1 and says what the database said."""
    own_home.stop_collector()
    own_home.done("config", "set", "database.url", "postgresql://u:hunter2@127.0.0.1:9/x")
    own_home.fire({"hook_event_name": "Notification", "session_id": "s"})
    process = own_home.run("flush", "--timeout", "0.5")
    assert process.returncode == 1
    assert "1 events are not stored after 0.5 s" in process.stderr
    assert "refused" in process.stderr
    assert "hunter2" not in process.stderr


def test_flush_outlives_the_collector_that_it_found(home: Installation) -> None:
    """One that ends meanwhile takes up nothing any more: another is started."""
    home.flush()
    pid = home.collector_pid()
    assert pid
    os.kill(pid, signal.SIGSTOP)
    with ThreadPoolExecutor(1) as pool:
        flushed = pool.submit(home.flush)
        assert eventually(lambda: any(home.places.rounds.iterdir()))
        os.kill(pid, signal.SIGKILL)
        flushed.result(PATIENCE_S)
    assert home.collector_pid() not in (pid, None)


def test_commands_before_init_say_to_run_it(tmp_path: Path) -> None:
    """Nobody sees a traceback for having skipped a step."""
    for command in (["sessions"], ["flush"], ["show", "x"], ["db", "url"]):
        process = _bare("HOOKTRACE_HOME", str(tmp_path / "none"), *command)
        assert (process.returncode, process.stderr.splitlines()[-1]) == (1, "hint: run `hooktrace init`")
    assert "run `hooktrace init`" in _bare("HOOKTRACE_HOME", str(tmp_path / "none"), "status").stdout
    assert not (tmp_path / "none").exists()


def test_a_home_that_is_no_absolute_path_is_refused() -> None:
    """The hooks run in the agent's directory: a relative path would mean many places."""
    assert "HOOKTRACE_HOME is not an absolute path: 'relative'" in _bare("HOOKTRACE_HOME", "relative", "status").stderr
    assert "neither HOOKTRACE_HOME nor HOME is set" in _bare("LANG", "C.UTF-8", "status").stderr


def test_a_typo_is_answered_with_what_it_may_have_meant() -> None:
    """`hooktrace sesions` suggests sessions, and exits 2 as every wrong usage does."""
    process = _bare("HOOKTRACE_HOME", "/nonexistent", "sesions")
    assert (process.returncode, "did you mean `hooktrace sessions`?" in process.stderr) == (2, True)


def test_init_again_changes_nothing_and_keeps_the_data(recorded: Installation) -> None:
    """A second init is an upgrade: the same settings, the same rows, no question."""
    settings, events = recorded.places.config_file.read_bytes(), recorded.count("hook_executions")
    assert "up to date" in recorded.done("init")
    assert (recorded.places.config_file.read_bytes(), recorded.count("hook_executions")) == (settings, events)


def test_the_collector_knows_nothing_of_the_environment_it_is_started_from(own_home: Installation) -> None:
    """PG* and other variables of some application decide nothing: the launcher starts with a clean environment."""
    own_home.stop_collector()
    hostile = {"PGHOST": "evil.invalid", "PGPASSWORD": "x", "OTEL_EXPORTER_OTLP_ENDPOINT": "http://evil.invalid"}
    assert own_home.run("collector", "start", env=hostile).returncode == 0
    environment = Path(f"/proc/{own_home.collector_pid()}/environ")
    if not environment.exists():
        pytest.skip("no /proc on this system")
    names = {pair.partition(b"=")[0].decode() for pair in environment.read_bytes().split(b"\0") if pair}
    assert names == {"PATH", "LANG", "HOME", "HOOKTRACE_HOME"}


def _bare(name: str, value: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run a command with one variable besides PATH."""
    environment = {"PATH": "/usr/bin:/bin", name: value}
    command = [sys.executable, "-m", "tracing", *arguments]
    return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60, cwd=replayer.CHECKOUT)


def test_status_json_is_json_before_init_too(tmp_path: Path) -> None:
    """A script that asks a machine without an installation gets an answer it can read."""
    status = json.loads(_bare("HOOKTRACE_HOME", str(tmp_path), "status", "--json").stdout)
    assert (status["initialised"], status["database"]["reachable"], status["events"]["stored"]) == (False, False, None)


def test_prove_sends_a_session_the_whole_way_and_leaves_nothing(home: Installation) -> None:
    """Neither a hook that is still writing nor the off switch of this shell disturbs it."""
    (home.spool / f"9.99-{os.getpid()}").write_bytes(b"hook=record\0\0{")
    before = home.row_counts()
    process = home.run("prove", env={"HOOKTRACE_ENABLED": "0"})
    assert process.returncode == 0, process.stderr
    assert "Please start" in process.stdout
    assert "8 of 8 events" in process.stdout
    assert home.row_counts() == before


def test_settings_that_cannot_be_written_do_not_leave_the_rest_half_done(own_home: Installation) -> None:
    """The message names the file and the cure, and exit is 1; the database is set up and the spool is fetched."""
    settings = own_home.user_home / ".claude" / "settings.json"
    settings.write_text("{,}")
    process = own_home.run("init")
    assert (process.returncode, str(settings) in process.stderr) == (1, True)
    own_home.fire({"hook_event_name": "Notification", "session_id": "s"})
    own_home.flush()
    assert (settings.read_text(), own_home.count("hook_executions")) == ("{,}", 1)


def test_another_database_is_asked_for_once_and_the_embedded_one_ends(
    own_home: Installation, home: Installation
) -> None:
    """Without a terminal the first time needs --yes; afterwards init repeats without a question."""
    refused = own_home.run("init", "--no-agent", "--db", home.url)
    assert (refused.returncode, "say --yes as well" in refused.stderr) == (1, True)
    assert own_home.server.pid()
    own_home.done("init", "--no-agent", "--yes", "--db", home.url)
    assert own_home.server.pid() is None
    assert "up to date" in own_home.done("init", "--no-agent")


def test_a_schema_that_could_not_be_found_again_is_refused(home: Installation) -> None:
    """Capitals would need quotes wherever the name is used; a space would end the option it stands in."""
    for name in ("Traces", "my traces", "a;b", ""):
        assert "takes small letters" in home.run("config", "set", "database.schema", name).stderr
