"""The plugin form: the repository is at once plugin and marketplace, and the real client installs it."""

from __future__ import annotations

import importlib
import json
import re
import shutil
import subprocess
import tomllib
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import CHECKOUT, Installation
from tracing.agentsettings import AgentSettings, copy_hooks
from tracing.hookconfig import registered_events

RUN_TIMEOUT_S = 120

MANIFESTS = CHECKOUT / ".claude-plugin"
PLUGIN = json.loads((MANIFESTS / "plugin.json").read_text())
COMMANDS = sorted((MANIFESTS / "commands").glob("*.md"))
ID = "hooktrace@hooktrace"


def test_the_manifests_bear_the_version_of_the_package() -> None:
    """A plugin is only updated when its version rises, so it rises with every release."""
    version = tomllib.loads((CHECKOUT / "pyproject.toml").read_text())["project"]["version"]
    [listed] = json.loads((MANIFESTS / "marketplace.json").read_text())["plugins"]
    assert (PLUGIN["version"], listed["version"]) == (version, version)
    assert (listed["name"], listed["source"], PLUGIN["name"]) == ("hooktrace", "./", "hooktrace")


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command.stem)
def test_a_command_allows_only_what_changes_nothing(command: Path) -> None:
    """What installs or changes something is left to the user's permission; the model calls none by itself."""
    head, text = command.read_text().split("---\n")[1:]
    fields = dict(line.split(": ", 1) for line in head.splitlines())
    harmless = {"Bash(hooktrace status)", "Bash(hooktrace doctor)", "Bash(command -v hooktrace)"}
    assert set(fields["allowed-tools"].split(", ")) <= harmless
    assert fields["disable-model-invocation"] == "true"
    assert "PATH" in text, "it says what to do when the command is not found"


# -- with the real client


@pytest.fixture(params=["current", "oldest"])
def client(request: pytest.FixtureRequest) -> Path:
    """Give each client that is supported."""
    found: Path = request.getfixturevalue("claude" if request.param == "current" else "oldest_claude")
    return found


class Machine:
    """An isolated home with a client in it, and a copy of the checkout to install from."""

    def __init__(self, directory: Path, run: Any, client: Path) -> None:
        self.run, self.client = run, str(client)
        self.checkout = directory / "check out"
        for part in (".claude-plugin", "hooks"):
            shutil.copytree(CHECKOUT / part, self.checkout / part)
        self.fired = directory / "fired"
        self.fired.mkdir()
        # Beside ours, in every event: what the client really fired.
        witness = {"type": "command", "command": f'cat >"{self.fired}/$$"'}
        run.settings({"hooks": {event: [{"hooks": [witness]}] for event in registered_events()}})

    def plugin(self, *arguments: str) -> str:
        """Run ``claude plugin ARGUMENTS``, which must succeed."""
        done = subprocess.run(
            [self.client, "plugin", *arguments],
            cwd=self.run.project,
            env=self.run.env(),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=RUN_TIMEOUT_S,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def install(self) -> None:
        """Do what the README says."""
        self.plugin("marketplace", "add", str(self.checkout))
        self.plugin("install", ID)
        for file in self.fired.iterdir():  # the client fires a SessionEnd at the end of `plugin install` too
            file.unlink()

    def session(self, prompt: str = "Please start", **env: str) -> None:
        """Run a session, which must go as if there were no hooks."""
        done = self.run.claude(prompt, env=env, timeout=RUN_TIMEOUT_S)
        assert (done.returncode, done.stdout.strip(), done.stderr) == (0, "All done.", "")

    def events(self) -> Counter[tuple[str, str | None]]:
        """Return what the client fired: each event's name and tool call."""
        payloads = [json.loads(file.read_text()) for file in self.fired.iterdir()]
        return Counter((payload["hook_event_name"], payload.get("tool_use_id")) for payload in payloads)


@pytest.fixture
def machine(client: Path, tmp_path: Path) -> Iterator[Machine]:
    """Give a machine on which nothing of ours is installed yet."""
    client_run: Any = importlib.import_module("tests.client.client_run")
    script = CHECKOUT / "tests" / "client" / "scripts" / "simple.json"
    with client_run.Run(tmp_path, script, claude=str(client)) as run:
        yield Machine(tmp_path, run, client)


@pytest.mark.client
@pytest.mark.parametrize("manifest", ["plugin.json", "marketplace.json"])
def test_the_client_validates_each_manifest_strictly(machine: Machine, manifest: str) -> None:
    """Not even a warning; plugin.json's validation covers hooks.json and the commands."""
    assert "Validation passed" in machine.plugin(
        "validate", "--strict", str(machine.checkout / ".claude-plugin" / manifest)
    )


@pytest.mark.client
def test_the_client_lists_what_the_plugin_brings(machine: Machine) -> None:
    """Both commands and the hooks of every registered event."""
    machine.install()
    details = machine.plugin("details", "hooktrace")
    assert re.search(r"\(2\)  setup, status$", details, re.MULTILINE)
    assert f"Hooks ({len(registered_events())})" in details
    [listed] = [each for each in json.loads(machine.plugin("list", "--json")) if each["id"] == ID]
    assert (listed["version"], listed["enabled"]) == (PLUGIN["version"], True)
    assert "errors" not in listed


@pytest.mark.client
def test_a_session_with_the_plugin_is_recorded_once_and_completely(machine: Machine, home: Installation) -> None:
    """Every event that the client fired is stored, none twice, and the tree is whole."""
    machine.install()
    machine.session(HOOKTRACE_HOME=str(home.path))
    home.flush()
    stored = Counter(home.query("SELECT hook_type, tool_use_id FROM hook_executions"))
    assert stored == machine.events()
    assert {"SessionStart", "PreToolUse", "PostToolUse", "Stop", "SessionEnd"} <= {name for name, _ in stored}
    [(root_id,)] = home.query("SELECT DISTINCT root_id FROM execution_traces")
    tools = "".join(f"    tool {name}\n" for name in ("Bash", "Edit", "Read", "Write"))
    assert home.outline(root_id) == f"session\n  prompt\n{tools}"
    assert home.query("SELECT DISTINCT status FROM execution_traces") == [("completed",)]


@pytest.mark.client
def test_without_init_the_plugins_events_wait_and_nobody_notices(machine: Machine) -> None:
    """There is no HOOKTRACE_HOME, no launcher, no command: each event is in the spool of the user's own home."""
    machine.install()
    machine.session()
    state = machine.run.home / ".local" / "state" / "hooktrace"
    assert [path.name for path in state.iterdir()] == ["spool"]
    waiting = list((state / "spool").iterdir())
    assert len(waiting) == sum(machine.events().values()) > 0
    assert all(re.search(rb"\0end \d+\Z", file.read_bytes()) for file in waiting)


@pytest.mark.client
def test_what_waited_for_init_is_stored_by_it(machine: Machine, own_home: Installation) -> None:
    """A plugin that was there first loses nothing: init takes over the spool that it filled."""
    machine.install()
    with own_home.without_collector():
        machine.session(HOOKTRACE_HOME=str(own_home.path))
        assert len(own_home.spooled()) == sum(machine.events().values())
    own_home.done("init", "--yes")
    own_home.flush()
    assert Counter(own_home.query("SELECT hook_type, tool_use_id FROM hook_executions")) == machine.events()


@pytest.mark.client
def test_both_forms_at_once_are_said_so(machine: Machine, home: Installation) -> None:
    """The doctor names the plugin and the settings file, and how to keep one; with one of them it is content."""
    path = machine.run.config / "settings.json"
    settings = AgentSettings(path, home.places.hooks, home.places.state, home.places.backups)
    copy_hooks(CHECKOUT / "hooks", home.places.hooks)
    settings.install()
    machine.install()
    environment = {"CLAUDE_CONFIG_DIR": str(machine.run.config)}
    findings = json.loads(home.run("doctor", "--json", env=environment).stdout)["findings"]
    [twice] = [one for one in findings if one["id"] == "hooks-twice-plugin-and-settings"]
    assert ID in twice["message"]
    assert str(path) in twice["message"]
    assert f"claude plugin uninstall {ID} --keep-data" in twice["cure"]
    machine.plugin("uninstall", ID, "--keep-data")
    settings.install()
    findings = json.loads(home.run("doctor", "--json", env=environment).stdout)["findings"]
    assert [one["id"] for one in findings if one["severity"] == "problem"] == []
    settings.remove()


@pytest.mark.client
def test_the_setup_command_names_the_installer_where_the_plugin_is(machine: Machine) -> None:
    """The model is given the path of this plugin's install.sh, not a variable that its shell does not have."""
    machine.install()
    machine.session("/hooktrace:setup")
    transcripts = "".join(file.read_text() for file in machine.run.config.glob("projects/*/*.jsonl"))
    assert re.search(re.escape(str(machine.checkout)) + r'/+install\.sh\\" --yes --no-agent', transcripts)
