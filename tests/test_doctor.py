"""Each way in which the chain can break is brought about, found by `hooktrace doctor`, and cured by what it says."""

from __future__ import annotations

import contextlib
import json
import os
import re
import shutil
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import Installation
from tests.replay import RECORDINGS
from tracing.agentsettings import AgentSettings, copy_hooks
from tracing.cli.diagnosis import CHECKS, Finding, Situation, diagnose, hook_cost_ms, hooks
from tracing.collector.lock import CollectorLock
from tracing.hookconfig import registered_events
from tracing.installation import Installation as Installed
from tracing.places import Places
from tracing.resources import resource

SESSION = "1b1b1b1b-0000-4000-8000-000000000001"
OTHER = "1b1b1b1b-0000-4000-8000-000000000002"
PROMPT = "1b1b1b1b-0000-4000-8000-000000000003"
ELSEWHERE = "postgresql://someone:hunter2@127.0.0.1:9/elsewhere"


class World:
    """A machine on which everything works, until a test changes it; ``restore`` undoes what it did."""

    def __init__(self, home: Installation, directory: Path) -> None:
        self.home, self.places = home, home.places
        self.directory = directory
        self.config = directory / "claude config"
        self.project = directory / "project"
        self.managed = directory / "managed-settings.json"
        self.env = {**home.env, "CLAUDE_CONFIG_DIR": str(self.config)}
        self.undo = contextlib.ExitStack()
        self.project.mkdir()
        self.config.mkdir()
        (self.config / ".claude.json").write_text(
            json.dumps({"projects": {str(directory): {"hasTrustDialogAccepted": True}}})
        )
        copy_hooks(resource("hooks"), self.places.hooks)
        self.settings.install()
        self.undo.callback(self.places.launcher.chmod, 0o700)
        for file in (self.places.config_file, self.places.launcher):
            self.undo.callback(file.write_bytes, file.read_bytes())

    @property
    def settings(self) -> AgentSettings:
        """The user's settings of the agent."""
        return AgentSettings(self.config / "settings.json", self.places.hooks, self.places.state, self.places.backups)

    @property
    def situation(self) -> Situation:
        """What the doctor looks at."""
        return Situation(Installed(self.places), self.env, self.project, self.managed)

    def findings(self) -> list[Finding]:
        """Return what the doctor finds wrong or worth a note."""
        return [finding for finding in diagnose(self.situation) if finding.severity != "ok"]

    def change(self, path: Path, **values: Any) -> None:
        """Set members of a JSON file; None takes one out."""
        path.parent.mkdir(exist_ok=True)
        before = json.loads(path.read_text()) if path.exists() else {}
        after = {key: value for key, value in {**before, **values}.items() if value is not None}
        path.write_text(json.dumps(after))

    def enable_plugin(self) -> None:
        """Do what `claude plugin marketplace add DIRECTORY` and `claude plugin install` write."""
        books = self.config / "plugins"
        root = {"source": {"source": "directory", "path": str(resource("hooks").parent)}}
        self.change(books / "known_marketplaces.json", hooktrace=root)
        self.change(self.settings.path, enabledPlugins={"hooktrace@hooktrace": True})

    def wait_in_spool(self, seconds: float) -> None:
        """Leave an event in the spool that came so long ago; no collector may be running."""
        self.home.fire({"hook_event_name": "Notification", "session_id": SESSION})
        for file in self.home.spooled():
            os.utime(file, times=(time.time() - seconds,) * 2)

    def executable(self, path: Path, text: str) -> None:
        """Write a script."""
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)
        path.chmod(0o700)

    def launch_with(self, interpreter: str) -> None:
        """Put another interpreter into the launcher."""
        text = self.places.launcher.read_text()
        self.places.launcher.write_text(re.sub(r"\S+(?= -P -m)", interpreter, text))

    def restore(self) -> None:
        """Put back what other tests need."""
        self.undo.close()
        shutil.rmtree(self.home.places.backups, ignore_errors=True)
        shutil.rmtree(self.home.places.hooks, ignore_errors=True)
        for directory in (self.home.places.spool, self.home.places.packed, self.home.places.bad):
            if directory.is_dir():
                for file in directory.iterdir():
                    file.unlink()
        for file in (self.home.places.dropped, self.home.places.full_flag):
            file.unlink(missing_ok=True)


@pytest.fixture(scope="module")
def recorded(module_home: Installation) -> Installation:
    """Give an installation that has recorded a session of a real agent."""
    shutil.rmtree(module_home.places.backups, ignore_errors=True)
    module_home.fire({"hook_event_name": "SessionStart", "session_id": SESSION, "source": "startup"})
    module_home.flush()
    return module_home


@pytest.fixture
def world(recorded: Installation, tmp_path: Path) -> Iterator[World]:
    """Give a machine on which everything works."""
    made = World(recorded, tmp_path)
    yield made
    made.restore()


# -- the ways to break it


@dataclass(frozen=True)
class Break:
    """A way to break the chain, and what the doctor must say of it."""

    finding: str
    says: str
    """A part of the message; {} are the world's attributes."""
    cure: str
    happen: Callable[[World], object]
    severity: str = "problem"


BREAKS: list[Break] = []


def breaks(
    finding: str, says: str, cure: str, severity: str = "problem"
) -> Callable[[Callable[[World], object]], None]:
    """Enter the decorated function into the table."""

    def enter(function: Callable[[World], object]) -> None:
        BREAKS.append(Break(finding, says, cure, function, severity))

    return enter


@breaks("client-too-old", "version 2.1.196; hooktrace supports 2.1.197", "claude update")
def _(world: World) -> None:
    world.executable(world.directory / "bin" / "claude", "#!/bin/sh\necho '2.1.196 (Claude Code)'\n")
    world.env["PATH"] = f"{world.directory}/bin:{world.env['PATH']}"


@breaks("client-unknown", "says 'no idea", "terminal", "note")
def _(world: World) -> None:
    world.executable(world.directory / "bin" / "claude", "#!/bin/sh\necho no idea\n")
    world.env["PATH"] = f"{world.directory}/bin:{world.env['PATH']}"


@breaks("agent-settings-unreadable", "{config}/settings.json cannot be read: Expecting", "mend it")
def _(world: World) -> None:
    world.settings.path.write_text('{"hooks": {')


@breaks("agent-settings-unusable", "stands twice", "mend that line")
def _(world: World) -> None:
    world.settings.path.write_text('{"model": "a", "model": "b"}')


@breaks("hooks-not-installed", "neither {config}/settings.json nor a plugin", "hooktrace init")
def _(world: World) -> None:
    world.settings.remove()


@breaks("hooks-removed", "hooks removed from {config}/settings.json by another process at ", "hooktrace init")
def _(world: World) -> None:
    world.change(world.settings.path, hooks=None)


@breaks(
    "hooks-removed", "the hooks of Stop removed from {config}/settings.json by another process at ", "hooktrace init"
)
def _(world: World) -> None:
    written = json.loads(world.settings.path.read_text())["hooks"]
    world.change(world.settings.path, hooks={event: groups for event, groups in written.items() if event != "Stop"})


@breaks("hooks-partly-installed", "lacks the hooks of PostCompact, DirectoryAdded", "hooktrace init")
def _(world: World) -> None:
    shutil.rmtree(world.places.backups)  # as by an older version, which knew fewer events
    written = json.loads(world.settings.path.read_text())["hooks"]
    for event in ("PostCompact", "DirectoryAdded"):
        del written[event]
    world.change(world.settings.path, hooks=written)


@breaks("advice-hook-missing", "advice is switched on (advice.enabled), and {config}/settings.json", "hooktrace init")
def _(world: World) -> None:
    world.home.done("config", "set", "advice.enabled", "true")
    world.undo.callback(world.home.done, "config", "set", "advice.enabled", "false")


@breaks("advice-hook-missing", "{hooks}/advise, {hooks}/advise.py", "hooktrace init")
def _(world: World) -> None:
    world.home.done("config", "set", "advice.enabled", "true")
    world.undo.callback(world.home.done, "config", "set", "advice.enabled", "false")
    AgentSettings(world.settings.path, world.places.hooks, world.places.state, world.places.backups, True).install()


@breaks("advice-hook-missing", "the plugin hooktrace@hooktrace does not bring its hook", "hooktrace init", "note")
def _(world: World) -> None:
    world.home.done("config", "set", "advice.enabled", "true")
    world.undo.callback(world.home.done, "config", "set", "advice.enabled", "false")
    world.settings.remove()
    world.enable_plugin()


@breaks("hooks-twice-plugin-and-settings", "hooktrace@hooktrace is enabled in {config}", "claude plugin uninstall")
def _(world: World) -> None:
    world.enable_plugin()


@breaks("hooks-twice-plugin-and-settings", "is enabled in {project}/.claude/settings.json", "settings.local.json")
def _(world: World) -> None:
    world.change(world.project / ".claude" / "settings.json", enabledPlugins={"hooktrace@hooktrace": True})


@breaks("hooks-twice-plugin-and-settings", "is enabled in {managed}", "take hooktrace's entries out of {config}")
def _(world: World) -> None:
    world.change(world.managed, enabledPlugins={"hooktrace@hooktrace": True})


@breaks("hooks-twice-project-settings", "{project}/.claude/settings.json and {config}", "keep those in {config}")
def _(world: World) -> None:
    hooks_of_ours = json.loads(world.settings.path.read_text())["hooks"]
    world.change(world.project / ".claude" / "settings.json", hooks=hooks_of_ours)


@breaks("hooks-disabled", "user settings {config}/settings.json", "remove disableAllHooks from {config}")
def _(world: World) -> None:
    world.change(world.settings.path, disableAllHooks=True)


@breaks("hooks-disabled", "project settings {project}/.claude/settings.json", "remove disableAllHooks from {project}")
def _(world: World) -> None:
    world.change(world.project / ".claude" / "settings.json", disableAllHooks=True)


@breaks("hooks-disabled", "local settings {project}/.claude/settings.local.json", "settings.local.json")
def _(world: World) -> None:
    world.change(world.project / ".claude" / "settings.json", disableAllHooks=False)
    world.change(world.project / ".claude" / "settings.local.json", disableAllHooks=True)


@breaks("hooks-disabled", "managed settings {managed}", "{managed}")
def _(world: World) -> None:
    world.change(world.managed, disableAllHooks=True)


@breaks("hooks-managed-only", "allowManagedHooksOnly is true in {managed}", "enabledPlugins")
def _(world: World) -> None:
    world.change(world.managed, allowManagedHooksOnly=True)


@breaks("hooks-managed-only", "{directory}/managed-settings.d/10.json", "administrator")
def _(world: World) -> None:
    world.change(world.directory / "managed-settings.d" / "10.json", allowManagedHooksOnly=True)


@breaks("recording-off", "HOOKTRACE_ENABLED=Off in this environment", "unset HOOKTRACE_ENABLED")
def _(world: World) -> None:
    world.env["HOOKTRACE_ENABLED"] = "Off"


@breaks("recording-paused", "`hooktrace pause` was called", "hooktrace resume")
def _(world: World) -> None:
    world.home.done("pause")
    world.undo.callback(world.home.done, "resume")


@breaks(
    "recording-off-in-settings", "HOOKTRACE_ENABLED=0 under env in {config}/settings.json", "remove HOOKTRACE_ENABLED"
)
def _(world: World) -> None:
    world.env["HOOKTRACE_ENABLED"] = "1"
    world.change(world.settings.path, env={"HOOKTRACE_ENABLED": "0"})


@breaks("capture-unknown", "HOOKTRACE_CAPTURE=none in this environment is no level", "full or no-content", "note")
def _(world: World) -> None:
    world.env["HOOKTRACE_CAPTURE"] = "none"


@breaks("capture-unknown", "HOOKTRACE_CAPTURE=0 under env in {config}/settings.json", "full or no-content", "note")
def _(world: World) -> None:
    world.env["HOOKTRACE_CAPTURE"] = "full"
    world.change(world.settings.path, env={"HOOKTRACE_CAPTURE": "0"})


@breaks("project-untrusted", "{project} is not trusted", "start `claude` here", "note")
def _(world: World) -> None:
    world.change(world.config / ".claude.json", projects={"/": {}, str(world.project): {}})


@breaks("hook-files-missing", "{hooks}/record, which is not there", "hooktrace init")
def _(world: World) -> None:
    (world.places.hooks / "record").unlink()


@breaks("hook-files-missing", "the plugin names {directory}/gone/hooks/record", "claude plugin uninstall")
def _(world: World) -> None:
    world.enable_plugin()
    moved = {"source": {"source": "directory", "path": str(world.directory / "gone")}}
    world.change(world.config / "plugins" / "known_marketplaces.json", hooktrace=moved)


@breaks("hook-files-unreadable", "{hooks}/session-start may not be read", "hooktrace init")
def _(world: World) -> None:
    if os.geteuid() == 0:
        pytest.skip("root may read every file")
    (world.places.hooks / "session-start").chmod(0)


@breaks("hook-prints", "{hooks}/record prints b'hello", "hooktrace init")
def _(world: World) -> None:
    (world.places.hooks / "record").write_text("echo hello\n")


@breaks("hook-exits-nonzero", "{hooks}/record exits 2", "hooktrace init")
def _(world: World) -> None:
    (world.places.hooks / "record").write_text("trap - EXIT; exit 2\n")


@breaks("hook-loses-events", "{hooks}/record left 0 whole events", "hooktrace init")
def _(world: World) -> None:
    (world.places.hooks / "record").write_text("exit 0\n")


@breaks("hook-hangs", "{hooks}/record does not end within 0.5 s", "hooktrace init")
def _(world: World) -> None:
    world.undo.callback(setattr, hooks, "HOOK_LIMIT_S", hooks.HOOK_LIMIT_S)
    hooks.HOOK_LIMIT_S = 0.5
    (world.places.hooks / "record").write_text("exec sleep 5\n")


@breaks("not-initialised", "has not run for {directory}/fresh: 0 events", "run `hooktrace init`")
def _(world: World) -> None:
    world.places = Places.from_environment({"HOOKTRACE_HOME": str(world.directory / "fresh")})


@breaks(
    "plugin-without-init", "hooktrace@hooktrace has no database: 1 events wait in {directory}/fresh", "/hooktrace:setup"
)
def _(world: World) -> None:
    world.settings.remove()
    world.enable_plugin()
    world.home.fire(
        {"hook_event_name": "Stop", "session_id": SESSION}, env={"HOOKTRACE_HOME": str(world.directory / "fresh")}
    )
    world.places = Places.from_environment({"HOOKTRACE_HOME": str(world.directory / "fresh")})


@breaks("spool-unusable", "{spool} is no directory", "move it away")
def _(world: World) -> None:
    world.home.stop_collector()
    world.places.spool.rmdir()
    world.places.spool.write_text("")
    world.undo.callback(world.places.spool.mkdir, 0o700)
    world.undo.callback(world.places.spool.unlink)


@breaks("launcher-missing", "{launcher} is not there", "hooktrace init")
def _(world: World) -> None:
    world.places.launcher.unlink()


@breaks("launcher-broken", "{launcher} is not executable", "hooktrace init")
def _(world: World) -> None:
    world.places.launcher.chmod(0o600)


@breaks("launcher-broken", "its interpreter /gone/bin/python is gone", "hooktrace init")
def _(world: World) -> None:
    world.launch_with("/gone/bin/python")


@breaks("launcher-broken", "it serves another installation, /gone", "hooktrace init")
def _(world: World) -> None:
    text = world.places.launcher.read_text()
    world.places.launcher.write_text(text.replace(f"HOOKTRACE_HOME={world.places.state}", "HOOKTRACE_HOME=/gone"))


@breaks("launcher-broken", "No module named", "hooktrace init")
def _(world: World) -> None:
    python = world.directory / "python"
    world.executable(python, f'#!/bin/sh\nexec {sys.executable} -I -S "$@"\n')
    world.launch_with(str(python))


@breaks("launcher-broken", "not the script that `hooktrace init` writes", "hooktrace init")
def _(world: World) -> None:
    world.places.launcher.write_text("#!/bin/sh\nexit\n")


@breaks("collector-dead", "1 events wait, the oldest for 60 s, and no collector runs", "hooktrace collector start")
def _(world: World) -> None:
    world.home.stop_collector()
    world.wait_in_spool(60)


@breaks("spool-growing", "although the collector runs (pid", "collector.log")
def _(world: World) -> None:
    world.home.stop_collector()
    world.wait_in_spool(60)
    stuck = CollectorLock(world.places.lock, world.places.pid_file)
    assert stuck.acquire()
    world.undo.callback(stuck.release)


@breaks("spool-full", "spool.max_mb is 512", "hooktrace config set spool.max_mb")
def _(world: World) -> None:
    world.home.stop_collector()
    world.places.full_flag.touch()


@breaks("events-dropped", "3 events were dropped, the last at 20", "rm {dropped}")
def _(world: World) -> None:
    world.places.dropped.write_text("...")


@breaks("events-bad", "3 events could not be stored: 2 times: not JSON; 1 times: too deep", "look at them in {bad}")
def _(world: World) -> None:
    for name, reason in (("1-1", "not JSON"), ("1-2", "not JSON"), ("1-3", "too deep")):
        (world.places.bad / name).touch()
        (world.places.bad / f"{name}.reason").write_text(f"{reason}\n")


@breaks(
    "database-other-in-environment",
    "HOOKTRACE_DATABASE_URL names postgresql://someone@127.0.0.1:9/elsewhere, but events go to the embedded server",
    'hooktrace init --db "$HOOKTRACE_DATABASE_URL"',
)
def _(world: World) -> None:
    world.env["HOOKTRACE_DATABASE_URL"] = ELSEWHERE


@breaks("database-variable-unreadable", "TRACEABILITY_DB_URL is no PostgreSQL URL", "correct the variable", "note")
def _(world: World) -> None:
    world.env["TRACEABILITY_DB_URL"] = "mysql://someone:hunter2@localhost/x"


@breaks("database-variables-not-heeded", "PGHOST is of some other application", "hooktrace init --db env", "note")
def _(world: World) -> None:
    world.env["PGHOST"] = "db.invalid"


@breaks("database-unreachable", "refused (named by embedded)", "events wait in the spool")
def _(world: World) -> None:
    world.situation.installation.settings.set("database.url", ELSEWHERE)


@breaks("embedded-port-closed", "is not open", "embedded.port", "note")
def _(world: World) -> None:
    world.situation.installation.settings.set("embedded.port", 9)


@breaks("embedder-missing", "learning.embedder is semantic, and hooktrace[semantic] is not", "learning.embedder hashed")
def _(world: World) -> None:
    world.situation.installation.settings.set("learning.embedder", "semantic")
    world.undo.enter_context(pytest.MonkeyPatch.context()).setattr("tracing.learning.semantic.installed", bool)


@breaks("embeddings-of-another-model", "1 patterns and choices have embeddings of another", "patterns reembed", "note")
def _(world: World) -> None:
    world.home.query(
        "INSERT INTO success_patterns (pattern_hash, intent, prompt_embedding, embedding_model)"
        " VALUES ('other', 'x', '{1,0}', 'other')"
    )
    world.undo.callback(world.home.query, "DELETE FROM success_patterns WHERE pattern_hash = 'other'")


def sending(world: World, begun: timedelta = timedelta(), **told: object) -> None:
    """Leave what a collector that sends to a backend noted; none does."""
    world.home.stop_collector()
    world.situation.installation.settings.set("otel.endpoint", "http://127.0.0.1:9")
    journal = {"begun_at": (datetime.now(UTC) - begun).isoformat(), **told}
    world.places.export_journal.write_text(json.dumps(journal))
    world.undo.callback(world.places.export_journal.unlink)


@breaks("otel-endpoint-away", "status 502, since 2026-11-30T10:00", "spans wait 7 days", "note")
def _(world: World) -> None:
    sending(world, why="the backend answers with status 502", failing_since="2026-11-30T10:00:00+00:00")


@breaks("otel-lags", " executions wait to be sent, the oldest since", "hooktrace otel status", "note")
def _(world: World) -> None:
    sending(world, begun=timedelta(hours=1))
    world.home.query("DELETE FROM hooktrace.exports")
    world.home.query(
        "INSERT INTO execution_traces (root_id, correlation_id, session_id, source, status, started_at, completed_at)"
        " SELECT id, id, %s, 'test', 'completed', now() - interval '20 min', now() - interval '10 min'"
        " FROM gen_random_uuid() AS id",
        OTHER,
    )
    world.undo.callback(world.home.query, "DELETE FROM execution_traces WHERE session_id = %s", OTHER)
    busy = CollectorLock(world.places.lock, world.places.pid_file)
    assert busy.acquire()
    world.undo.callback(busy.release)


@breaks("otel-refused", "2 spans were refused for good", "collector's log", "note")
def _(world: World) -> None:
    sending(world, refused=2)


@breaks("otel-environment", "OTEL_EXPORTER_OTLP_ENDPOINT names another", "hooktrace config set otel.endpoint", "note")
def _(world: World) -> None:
    world.env["OTEL_EXPORTER_OTLP_ENDPOINT"] = "http://elsewhere.invalid:4318"


@breaks("schema-outdated", "the database lacks 1 migrations: ", "hooktrace init")
def _(world: World) -> None:
    (row,) = world.home.query(
        "DELETE FROM hooktrace._yoyo_migration"
        " WHERE migration_id = (SELECT max(migration_id) FROM hooktrace._yoyo_migration) RETURNING *"
    )
    world.undo.callback(world.home.query, "INSERT INTO hooktrace._yoyo_migration VALUES (%s, %s, %s)", *row)


@breaks("schema-lost", "the database has lost index idx_execution_traces_open", "hooktrace schema apply")
def _(world: World) -> None:
    ((definition,),) = world.home.query("SELECT pg_get_indexdef('idx_execution_traces_open'::regclass)")
    world.home.query("DROP INDEX idx_execution_traces_open")
    world.undo.callback(world.home.query, definition)


@breaks("schema-unusable", "in another schema than 'other'", "database.schema")
def _(world: World) -> None:
    world.situation.installation.settings.set("database.schema", "other")


@breaks("no-session-yet", "waiting for the first session", "restart the sessions", "note")
def _(world: World) -> None:
    world.home.query("UPDATE execution_traces SET source = 'hooktrace' WHERE kind = 'session'")
    world.undo.callback(world.home.query, "UPDATE execution_traces SET source = 'claude-code' WHERE kind = 'session'")


def note_chore(world: World, succeeded: bool, report: str) -> None:
    """Note in the rota that a retention was done, and how."""
    noted = "INSERT INTO hooktrace.chores VALUES ('retention', now(), now(), %s, %s)"
    world.home.query("DELETE FROM hooktrace.chores")
    world.home.query(noted, succeeded, report)
    world.undo.callback(world.home.query, "DELETE FROM hooktrace.chores")


@breaks("chore-failed", "retention failed at 2", "`hooktrace retention`", "note")
def _(world: World) -> None:
    note_chore(world, False, '{"failed": "must be owner of table execution_traces (42501)"}')


@breaks("chore-postponed", "retention: hook_executions_y2026m02: left", "`hooktrace retention` does it now", "note")
def _(world: World) -> None:
    note_chore(world, True, '{"early": [], "postponed": ["hook_executions_y2026m02: left for the next time"]}')


@breaks("size-cap-reached", "more than retention.max_mb (100)", "hooktrace config set retention.max_mb", "note")
def _(world: World) -> None:
    note_chore(world, True, '{"early": ["the database took 120 MB, more than retention.max_mb (100)"]}')


def tell(world: World, name: str, **payload: object) -> None:
    """Fire an event of a session that the doctor's other tests do not know."""
    world.home.fire({"hook_event_name": name, "session_id": OTHER, "prompt_id": PROMPT, **payload})


def forget(world: World) -> None:
    """Take that session out again."""
    for table in ("execution_traces", "hooktrace.sessions"):
        world.home.query(f"DELETE FROM {table} WHERE session_id = %s", OTHER)
    world.home.stop_collector()  # it remembers


@breaks("events-lost", "1 events of the last 24 hours never came, and nothing explains it: 1 PostToolUse", "spool")
def _(world: World) -> None:
    world.undo.callback(forget, world)
    tell(world, "SessionStart", source="startup")
    tell(world, "UserPromptSubmit", prompt="go")
    tell(world, "PreToolUse", tool_name="Bash", tool_use_id="t", tool_input={"command": "true"})
    tell(world, "Stop")
    world.home.flush()


@breaks("events-healed", "1 events of the last 24 hours never came; transcripts told in their place", "hooks")
def _(world: World) -> None:
    world.undo.callback(forget, world)
    tell(world, "SessionStart", source="startup")
    tell(world, "UserPromptSubmit", prompt="go")
    tell(world, "PreToolUse", tool_name="Bash", tool_use_id="t", tool_input={"command": "true"})
    tell(world, "Stop")
    world.home.flush()
    told = (
        "INSERT INTO hooktrace.transcribed (session_id, correlation_id, root_id, kind, asked_at, ended_at, status)"
        " SELECT session_id, correlation_id, root_id, 'tool', started_at, started_at, 'completed'"
        " FROM execution_traces WHERE session_id = %s AND kind = 'tool'"
    )
    world.home.query(told, OTHER)


@breaks(
    "calls-missing", "1 of 1 tool calls of the last 24 hours are in a transcript, not in the record", "hooktrace show"
)
def _(world: World) -> None:
    told = (
        "INSERT INTO hooktrace.transcribed (session_id, correlation_id, root_id, kind, asked_at, ended_at, status)"
        " SELECT session_id, gen_random_uuid(), root_id, 'tool', now(), now(), 'completed' FROM hooktrace.sessions"
        " WHERE session_id = %s"
    )
    world.home.query(told, SESSION)
    world.undo.callback(world.home.query, "DELETE FROM hooktrace.transcribed")


@breaks(
    "session-unhooked", "1 sessions of the last 24 hours fired no hook: 0 % of them is recorded: aee23749", "restart"
)
def _(world: World) -> None:
    recorded = RECORDINGS / "2.1.330" / "transcripts" / "simple"
    shutil.copytree(recorded, world.config / "projects")
    for file in (world.config / "projects").rglob("*.jsonl"):
        file.write_text(file.read_text().replace("2026-11-22T", "2099-11-22T"))  # after the installation


# -- the claims


@pytest.mark.parametrize("broken", BREAKS, ids=lambda broken: f"{broken.finding}: {broken.says}")
def test_each_way_to_break_it_is_found(world: World, broken: Break) -> None:
    """The finding names the value that is wrong and the cure; no password stands in any."""
    broken.happen(world)
    names = {**vars(world.places), **vars(world)}
    names |= {name: getattr(world.places, name) for name in ("hooks", "spool", "bad", "launcher", "dropped")}
    found = world.findings()
    matching = [one for one in found if one.id == broken.finding and broken.says.format(**names) in one.message]
    assert matching, found
    assert matching[0].severity == broken.severity
    assert broken.cure.format(**names) in (matching[0].cure or "")
    assert "hunter2" not in repr(found)


def test_a_healthy_installation_has_no_finding(world: World) -> None:
    """Every link is there, is said to be whole, and bears an id of its own."""
    findings = diagnose(world.situation)
    assert [finding for finding in findings if finding.severity != "ok" or finding.cure] == []
    ids = [finding.id for finding in findings]
    assert len(ids) == len(set(ids)) >= len(CHECKS) - 3, "all but client (not on PATH), port and endpoint"


def test_hooks_that_another_configuration_lost_are_no_finding_here(world: World) -> None:
    """The doctor speaks of the agent that this environment configures."""
    other = replace(world.settings, path=world.config.with_name("other") / "settings.json")
    other.install()
    other.path.write_text("{}")
    assert world.findings() == []


def test_the_plugin_alone_is_healthy_too(world: World) -> None:
    """The hooks that the plugin names are those that are tried."""
    world.settings.remove()
    world.enable_plugin()
    assert world.findings() == []
    assert world.situation.hook_directories == {"plugin": resource("hooks")}


def test_a_plugin_from_a_git_marketplace_runs_from_the_clients_copy(world: World) -> None:
    """Its hooks are looked for where the client's books say that version is."""
    copy = world.directory / "cache"
    shutil.copytree(resource("hooks"), copy / "hooks")
    world.settings.remove()
    world.enable_plugin()
    books = world.config / "plugins"
    world.change(books / "known_marketplaces.json", hooktrace={"source": {"source": "github", "repo": "a/b"}})
    world.change(books / "installed_plugins.json", plugins={"hooktrace@hooktrace": [{"installPath": str(copy)}]})
    assert world.findings() == []
    assert world.situation.hook_directories == {"plugin": copy / "hooks"}


def test_what_outranks_a_setting_decides(world: World) -> None:
    """A false of the project beats a true of the user; the settings' env beats the shell's."""
    world.change(world.settings.path, disableAllHooks=True, env={"HOOKTRACE_ENABLED": "1"})
    world.change(world.project / ".claude" / "settings.json", disableAllHooks=False)
    world.env["HOOKTRACE_ENABLED"] = "0"
    assert world.findings() == []


def test_a_plugin_that_the_administrator_enables_may_run(world: World) -> None:
    """The rule allowManagedHooksOnly does not concern it."""
    world.settings.remove()
    world.enable_plugin()
    world.change(world.managed, allowManagedHooksOnly=True, enabledPlugins={"hooktrace@hooktrace": True})
    assert world.findings() == []


def test_the_home_directory_as_project_is_no_second_installation(world: World) -> None:
    """There the project's settings are the user's."""
    world.project = world.directory
    (world.directory / ".claude").symlink_to(world.config)
    assert world.findings() == []


def test_a_hook_is_measured_beside_a_shell_that_only_writes(world: World) -> None:
    """The figures are medians of whole processes; nothing of it reaches the spool."""
    cost = hook_cost_ms(world.situation)
    assert cost is not None
    assert cost["runs"] == hooks.COST_RUNS
    assert 0 < cost["hook"] < 1000
    assert 0 < cost["plain_shell"] < 1000
    assert world.home.spooled() == []


def test_the_command_says_in_json_what_scripts_rely_on(world: World) -> None:
    """Exit 0 with figures when all is well; exit 1 with the finding when something is not."""
    well = world.home.run("doctor", "--json", env=world.env)
    said = json.loads(well.stdout)
    assert (well.returncode, well.stderr) == (0, "")
    assert {finding["severity"] for finding in said["findings"]} <= {"ok", "note"}
    assert said["hook_cost_ms"].keys() == {"hook", "plain_shell", "runs"}
    ill = world.home.run("doctor", "--json", env={**world.env, "HOOKTRACE_ENABLED": "0"})
    assert ill.returncode == 1
    [off] = [finding for finding in json.loads(ill.stdout)["findings"] if finding["severity"] == "problem"]
    assert off.keys() == {"id", "severity", "message", "cure"}
    assert off["id"] == "recording-off"


def test_the_command_prints_each_cure_on_one_line(world: World) -> None:
    """What is to be copied is not broken, however narrow the terminal; a note does not make it fail."""
    world.change(world.config / ".claude.json", projects={})
    process = world.home.run("doctor", env={**world.env, "COLUMNS": "20"})
    lines = process.stdout.splitlines()
    assert process.returncode == 0
    assert "✓ the database answers" in lines
    at = next(number for number, line in enumerate(lines) if line.startswith("• "))
    assert lines[at].endswith("an interactive session runs no hook here before it is")
    assert lines[at + 1] == "  → start `claude` here and confirm that you trust the folder"
    assert lines[-1].startswith("One hook takes ")


def test_before_init_the_doctor_says_what_is_missing(tmp_path: Path, shared_installation: Installation) -> None:
    """On a machine where nothing was done yet it finds just that, and makes no file."""
    fresh = {"HOOKTRACE_HOME": str(tmp_path / "none"), "CLAUDE_CONFIG_DIR": str(tmp_path / "claude")}
    process = shared_installation.run("doctor", "--json", env=fresh)
    problems = [one["id"] for one in json.loads(process.stdout)["findings"] if one["severity"] == "problem"]
    assert (process.returncode, problems) == (1, ["hooks-not-installed", "not-initialised"])
    assert list(tmp_path.iterdir()) == []


def test_every_finding_is_provoked_here() -> None:
    """The ids in the sources are those of the table above."""
    package = Path(sys.modules[Situation.__module__].__file__ or "").parent
    text = "".join(file.read_text() for file in package.glob("*.py"))
    assert set(re.findall(r'(?:problem|note)\(\s*"([a-z-]+)"', text)) == {broken.finding for broken in BREAKS}


def test_the_oldest_client_is_the_one_whose_events_are_registered() -> None:
    """hooks.json has the events of 2.1.197, so an older client is none of ours."""
    from tracing.cli.diagnosis.agent import OLDEST_CLIENT

    assert (OLDEST_CLIENT, len(registered_events())) == ((2, 1, 197), 25)
