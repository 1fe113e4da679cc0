"""Whoever leaves takes everything along: what was put in is taken out, and what is not ours is not touched."""

from __future__ import annotations

import contextlib
import importlib
import json
import os
import pty
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests import replay as replayer
from tests.conftest import CHECKOUT, Installation
from tests.making import new_directory
from tests.test_agentsettings import STANDING, tree
from tracing.agentsettings import AgentSettings, copy_hooks, settings_file
from tracing.database.embedded import EmbeddedServer
from tracing.places import Places

RECORDING = replayer.RECORDINGS / "2.1.330" / "simple.jsonl"
UNINSTALL = [sys.executable, "-m", "tracing", "uninstall"]


def agent_settings(home: Installation, environment: dict[str, str] | None = None) -> AgentSettings:
    """Return the settings of the agent that runs with the installation's environment."""
    places = home.places
    return AgentSettings(settings_file(environment or home.env), places.hooks, places.state, places.backups)


def put_in(home: Installation, environment: dict[str, str] | None = None) -> AgentSettings:
    """Copy the hooks and name them in the agent's settings."""
    settings = agent_settings(home, environment)
    copy_hooks(CHECKOUT / "hooks", home.places.hooks)
    settings.install()
    return settings


@pytest.fixture
def bare() -> Iterator[Installation]:
    """Give a home in which nothing is installed."""
    made = Installation(new_directory())
    yield made
    made.destroy()


@pytest.fixture
def bare_xdg(bare: Installation) -> Installation:
    """Give a home in which nothing is installed, and no HOOKTRACE_HOME."""
    del bare.env["HOOKTRACE_HOME"]
    bare.places = Places.from_environment(bare.env)
    bare.path = bare.places.state
    return bare


@pytest.fixture
def installed(bare: Installation) -> Installation:
    """Give an installation whose hooks are in the agent's settings, with a recorded session."""
    standing = bare.user_home / ".claude/settings.json"
    standing.parent.mkdir()
    standing.write_text(STANDING["other hooks"])
    bare.done("init", "--yes")
    put_in(bare)
    bare.replay(RECORDING)
    bare.flush()
    return bare


def lives(home: Installation) -> bool:
    """Tell whether a process of the installation is there."""
    marks = (str(home.places.state), EmbeddedServer.at(home.places).name)
    found = subprocess.run(["ps", "-eo", "args"], capture_output=True, text=True, check=True).stdout
    return any(mark in line for line in found.splitlines() for mark in marks)


@pytest.mark.parametrize("where", ["bare", "bare_xdg"])
@pytest.mark.parametrize("standing", ["other hooks", None], ids=["settings", "no-settings"])
def test_a_home_is_as_it_was_before(where: str, standing: str | None, request: pytest.FixtureRequest) -> None:
    """After init, a session and `uninstall --purge` every file, mode and directory is what it was."""
    home: Installation = request.getfixturevalue(where)
    if standing:
        (home.user_home / ".claude").mkdir()
        (home.user_home / ".claude/settings.json").write_text(STANDING[standing])
    before = tree(home.root)
    home.done("init", "--yes")
    put_in(home)
    home.replay(RECORDING) if where == "bare" else home.fire({"hook_event_name": "Stop", "session_id": "a"})
    home.flush()
    assert lives(home)
    told = home.done("uninstall", "--purge", "--yes")
    shutil.rmtree(home.root / "replays", ignore_errors=True)
    assert tree(home.root) == before, told
    assert not EmbeddedServer.at(home.places).base.exists()
    assert not lives(home)
    for path in (agent_settings(home).path, home.places.state, home.places.data):
        assert str(path) in told


def test_what_was_recorded_stays_without_purge(installed: Installation) -> None:
    """Hooks, launcher, collector and server are gone; after another init the session is there again."""
    stored = installed.count("hook_executions")
    installed.places.bad.joinpath("1").write_text("kept")
    told = installed.done("uninstall")
    assert (installed.user_home / ".claude/settings.json").read_text() == STANDING["other hooks"]
    left = sorted(path.name for path in installed.path.iterdir())
    assert {"spool", "bad", "config.toml"} <= set(left)
    assert not set(left) & {"hooks", "launch", "collector.lock", "collector.pid", "backups"}
    assert f"stays in {installed.path}; `hooktrace uninstall --purge`" in told
    assert not lives(installed)
    installed.done("init", "--yes")
    assert installed.count("hook_executions") == stored
    assert installed.places.bad.joinpath("1").read_text().endswith("kept")


def test_a_second_time_is_harmless(installed: Installation) -> None:
    """With and without --purge, and where nothing ever was."""
    installed.done("uninstall")
    before = tree(installed.root)
    assert "no hooks of ours" in installed.done("uninstall")
    assert tree(installed.root) == before
    installed.done("uninstall", "--purge", "--yes")
    before = tree(installed.root)
    installed.done("uninstall", "--purge", "--yes")
    installed.done("uninstall")
    assert tree(installed.root) == before


def test_without_a_terminal_purge_needs_a_yes(installed: Installation) -> None:
    """Nobody can be asked, so nothing is done at all."""
    refused = installed.run("uninstall", "--purge")
    assert (refused.returncode, refused.stdout) == (1, "")
    assert "\nhint: " in refused.stderr
    assert agent_settings(installed).installed() == "all"
    assert installed.collector_pid() is not None


def test_at_a_terminal_purge_asks(bare: Installation) -> None:
    """A no is a no: nothing is done."""
    bare.places.create()
    put_in(bare)
    process, terminal = pty.fork()
    if process == 0:
        os.chdir(CHECKOUT)
        os.execve(UNINSTALL[0], [*UNINSTALL, "--purge"], {**bare.env, "TERM": "dumb"})  # noqa: S606
    os.write(terminal, b"n\n")
    asked = b""
    with contextlib.suppress(OSError):  # the end of a terminal
        while data := os.read(terminal, 4096):
            asked += data
    os.waitpid(process, 0)
    assert b"Delete everything that was recorded, in " in asked
    assert agent_settings(bare).installed() == "all"


@pytest.mark.parametrize("named", ["home", "above", "link", "root"])
def test_nobodys_home_is_purged(bare: Installation, named: str) -> None:
    """HOOKTRACE_HOME=/ or a home directory is a mistake, whatever it is called."""
    (bare.root / "link").symlink_to(bare.user_home)
    names = {"home": bare.user_home, "above": bare.root, "link": bare.root / "link", "root": Path("/")}
    before = tree(bare.root)
    refused = bare.run("uninstall", "--purge", "--yes", env={"HOOKTRACE_HOME": str(names[named])})
    assert refused.returncode == 1
    assert "nothing is purged there\nhint: " in refused.stderr
    assert tree(bare.root) == before


def test_a_directory_of_somebody_elses_is_not_emptied(bare: Installation) -> None:
    """Without the README that we write there, a directory named as HOOKTRACE_HOME is left as it is."""
    for name in ("README", "config.toml", "spool/mine", "hooks/pre-commit", "dropped"):
        (bare.path / name).parent.mkdir(parents=True, exist_ok=True)
        (bare.path / name).write_text("mine")
    before = tree(bare.root)
    told = bare.run("uninstall", "--purge", "--yes", env={"HOOKTRACE_HOME": str(bare.path)})
    assert tree(bare.root) == before, told.stdout + told.stderr


def test_files_of_others_in_our_directories_stay(installed: Installation) -> None:
    """They are named, and the directory with them."""
    (installed.path / "notes.txt").write_text("mine")
    told = installed.done("uninstall", "--purge", "--yes")
    assert f"but for {installed.path / 'notes.txt'}: not ours" in told
    assert [path.name for path in installed.path.iterdir()] == ["notes.txt"]


def test_the_program_goes_with_its_link(bare: Installation) -> None:
    """Our virtual environment, from which the command itself runs, and the link to it; data stays."""
    bare.places.create()
    venv, current = bare.places.data / "venv-123", bare.places.data / "venv"
    current.symlink_to("venv-123")
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", venv], check=True)
    (venv / "bin/hooktrace").write_text("#!/bin/sh\n")
    link = bare.user_home / ".local/bin/hooktrace"
    link.parent.mkdir(parents=True)
    link.symlink_to(current / "bin/hooktrace")
    done = subprocess.run(
        [current / "bin/python", *UNINSTALL[1:]],
        env={**bare.env, "PYTHONPATH": os.pathsep.join(path for path in sys.path if path), "PYTHONWARNINGS": "error"},
        cwd=CHECKOUT,
        capture_output=True,
        text=True,
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert f"removed {link}" in done.stdout
    assert f"removed {venv}" in done.stdout
    assert not link.is_symlink()
    assert not list(bare.places.data.glob("venv*"))
    assert bare.places.spool.is_dir()


@pytest.mark.parametrize("kind", ["file", "link"])
def test_a_command_of_somebody_elses_stays(bare: Installation, kind: str) -> None:
    """~/.local/bin/hooktrace is ours only if it leads into our virtual environment."""
    command = bare.user_home / ".local/bin/hooktrace"
    command.parent.mkdir(parents=True)
    command.write_text("#!/bin/sh\n") if kind == "file" else command.symlink_to("/opt/hooktrace/venv/bin/hooktrace")
    before = tree(bare.root)
    bare.done("uninstall", "--purge", "--yes")
    assert tree(bare.root) == before


def test_a_database_of_somebody_elses_keeps_its_rows(bare: Installation) -> None:
    """Only its tables are named, without the password; nobody connects."""
    bare.places.create()
    bare.places.config_file.write_text('[database]\nurl = "postgresql://me:secret@db.invalid/mine"\nsource = "--db"\n')
    told = bare.done("uninstall", "--purge", "--yes")
    assert "postgresql://me@db.invalid/mine is left as it is" in told
    tables = told.partition("ours are its tables ")[2].splitlines()[0].split(", ")
    assert {"hook_executions", "hooktrace.objects"} < set(tables)
    assert {name for name in tables if "." not in name} == {
        "agent_chaining_patterns", "agent_routing_decisions", "endpoint_calls", "error_patterns",
        "execution_traces", "hook_executions", "pattern_usage_log", "success_patterns",
    }  # fmt: skip
    for table in ("execution_traces", "hook_executions", "hooktrace.sessions"):
        assert table in told
    assert "secret" not in told
    assert "_default" not in told, "a partition goes with its table"


def test_settings_that_cannot_be_read_stop_everything(bare: Installation) -> None:
    """As long as our hooks stand in them nothing else is removed: the records are still needed."""
    bare.places.create()
    settings = put_in(bare)
    settings.path.write_text(settings.path.read_text() + "}")
    before = tree(bare.root)
    refused = bare.run("uninstall", "--purge", "--yes")
    assert refused.returncode == 1
    assert refused.stderr.startswith(f"hooktrace: {settings.path} cannot be used, line ")
    assert "\nhint: " in refused.stderr
    assert tree(bare.root) == before


def test_every_configuration_of_the_agent_is_cleaned(bare: Installation) -> None:
    """CLAUDE_CONFIG_DIR may have been another one when the hooks were put in."""
    bare.places.create()
    elsewhere = put_in(bare, {**bare.env, "CLAUDE_CONFIG_DIR": str(bare.root / "work")})
    here = put_in(bare)
    told = bare.done("uninstall")
    assert str(elsewhere.path) in told
    assert not elsewhere.path.exists()
    assert not here.path.exists()


@pytest.mark.client
@pytest.mark.parametrize("purge", [[], ["--purge", "--yes"]], ids=["", "purge"])
def test_a_session_that_is_open_meanwhile_goes_on_in_silence(
    bare: Installation, claude: Path, tmp_path: Path, purge: list[str]
) -> None:
    """The real client: its agent uninstalls us, further tools run, it ends well, and nobody says a word."""
    client_run: Any = importlib.import_module("tests.client.client_run")

    def bash(command: str) -> dict[str, Any]:
        return {"tool_use": [{"name": "Bash", "input": {"command": command, "description": "run"}}]}

    uninstall = shlex.join([*UNINSTALL, *purge])
    turns = [
        bash("echo $HOOKTRACE_ROOT_ID >{{WORK}}/before"),
        bash(f"cd {shlex.quote(str(CHECKOUT))} && {uninstall} >{{{{WORK}}}}/told 2>&1; echo $? >>{{{{WORK}}}}/told"),
        {**bash("echo after >{{WORK}}/after"), "delay_ms": 1500},  # the client has seen that its settings changed
        {"tool_use": [{"name": "Read", "input": {"file_path": "{{WORK}}/after"}}]},
        {"text": "All done."},
    ]
    script = tmp_path / "script.json"
    script.write_text(json.dumps({"turns": turns, "routes": {"brief": [{"text": "Hello."}]}}))
    bare.done("init", "--yes")
    with client_run.Run(tmp_path, script, claude=str(claude)) as client:
        client.claude("[[route:brief]]")  # at its first start the client writes its settings itself
        standing = client.config / "settings.json"
        standing.write_text(STANDING["tabs"])
        settings = put_in(bare, client.env())
        assert settings.installed() == "all"
        done = client.claude("go", env={"HOOKTRACE_HOME": str(bare.path)})
        told = (client.project / "told").read_text()
        assert told.endswith("\n0\n"), told
        assert (done.returncode, done.stdout, done.stderr) == (0, "All done.\n", "")
        assert len((client.project / "before").read_text().strip()) == 36
        assert (client.project / "after").read_text() == "after\n"
        assert standing.read_text() == STANDING["tabs"]
        assert list(client.config.glob("session-env/*/*")) == []
        again = client.claude("[[route:brief]]", "--continue", env={"HOOKTRACE_HOME": str(bare.path)})
        assert (again.returncode, again.stdout, again.stderr) == (0, "Hello.\n", "")
    assert bare.path.exists() == (not purge)
    assert not lives(bare)
