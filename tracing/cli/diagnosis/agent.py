"""The first links: the agent runs our hooks, each once, in this directory."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from tracing.agentsettings import ADVICE, AgentSettings, SettingsFileError
from tracing.capture import LEVELS
from tracing.capturerule import VARIABLE, is_level
from tracing.cli.diagnosis import agentfiles
from tracing.cli.diagnosis.finding import Finding, NotApplicable, note, problem
from tracing.cli.diagnosis.situation import Situation
from tracing.installation.status import OFF
from tracing.refusals import Refusals

OLDEST_CLIENT = (2, 1, 197)
"""The oldest client that the hooks were tried with; hooks.json names no event that it does not know."""

VERSION_LIMIT_S = 20
"""For `claude --version`: a node process on a busy machine."""

RESTORE = "`hooktrace init` writes them; sessions that are open must be restarted"


def client(situation: Situation) -> Iterator[Finding]:
    """Compare the client's version with the oldest one that is supported."""
    path = situation.environment.get("PATH")
    if not path or not (program := shutil.which("claude", path=path)):
        raise NotApplicable
    try:
        asked = subprocess.run(
            [program, "--version"],
            env=dict(situation.environment),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=VERSION_LIMIT_S,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        yield note("client-unknown", f"{program} --version fails: {error}", "try it in a terminal")
        return
    if not (found := re.match(r"(\d+)\.(\d+)\.(\d+)", asked.stdout)):
        yield note("client-unknown", f"{program} --version says {asked.stdout[:80]!r}", "try it in a terminal")
    elif tuple(map(int, found.groups())) < OLDEST_CLIENT:
        oldest = ".".join(map(str, OLDEST_CLIENT))
        message = f"{program} is version {found[0]}; hooktrace supports {oldest} and newer"
        yield problem("client-too-old", message, "upgrade it: `claude update`")


def settings_readable(situation: Situation) -> Iterator[Finding]:
    """Look for settings files that the client cannot read either: it runs no hook of such a file."""
    for file in situation.files:
        if file.unreadable:
            message = f"{file.path} cannot be read: {file.unreadable}"
            yield problem("agent-settings-unreadable", message, "mend it by hand; hooktrace does not write into it")


def hooks_installed(situation: Situation) -> Iterator[Finding]:
    """Look for the hooks: in the settings, or through the plugin."""
    user = situation.user_settings
    if any(file.path == user and file.unreadable for file in situation.files):
        raise NotApplicable
    settings = situation.settings_at(user)
    try:
        installed, missing = settings.installed(), settings.missing()
    except SettingsFileError as error:
        message, _, hint = str(error).partition("\nhint: ")
        yield problem("agent-settings-unusable", message, hint)
        return
    if not situation.plugin and (removal := settings.missing_since()):
        yield problem("hooks-removed", removal, RESTORE)
    elif installed == "some" and _lacks_advice_alone(settings):
        message = f"advice is switched on (advice.enabled), and {user} does not name its hook: none is given"
        yield problem("advice-hook-missing", message, "`hooktrace init` writes it, or switch it off")
    elif settings.advise and installed == "all" and (gone := _advice_files_gone(settings)):
        message = f"advice is switched on (advice.enabled), and {', '.join(gone)} is not there: none is given"
        yield problem("advice-hook-missing", message, "`hooktrace init` writes it, or switch it off")
    elif installed == "some":
        what = f"lacks the hooks of {', '.join(missing)}" if missing else "holds hooks of an older version"
        yield problem("hooks-partly-installed", f"{user} {what}: another version wrote it", RESTORE)
    elif situation.plugin and not situation.hooked and settings.advise:
        message = f"advice is switched on (advice.enabled), and the plugin {situation.plugin} does not bring its hook"
        cure = f"`claude plugin uninstall {situation.plugin} --keep-data`, then `hooktrace init`; or switch it off"
        yield note("advice-hook-missing", message, cure)
    elif not situation.hooked and not situation.plugin:
        message = f"neither {user} nor a plugin names hooktrace's hooks: nothing is recorded"
        yield problem("hooks-not-installed", message, RESTORE)


def _lacks_advice_alone(settings: AgentSettings) -> bool:
    return settings.advise and replace(settings, advise=False).installed() == "all"


def _advice_files_gone(settings: AgentSettings) -> list[str]:
    paths = (*(settings.hooks_dir / name for name in sorted(ADVICE)), settings.state / "interpreter")
    return [str(path) for path in paths if not path.is_file()]


def hooks_once(situation: Situation) -> Iterator[Finding]:
    """Look for a second copy of the hooks: each would fire for every event."""
    if not (situation.plugin or situation.hooked):
        raise NotApplicable
    enabled = agentfiles.plugin(situation.files)
    if enabled and situation.hooked:
        name, where = enabled
        files = " and ".join(str(file.path) for file in situation.hooked)
        message = (
            f"every hook fires twice: the plugin {name} is enabled in {where.path}, and {files} names the hooks too"
        )
        yield problem("hooks-twice-plugin-and-settings", message, _keep_one(name, where, situation))
    if len(situation.hooked) > 1:
        files = " and ".join(str(file.path) for file in situation.hooked)
        cure = f"keep those in {situation.hooked[-1].path}: take hooktrace's entries out of {situation.hooked[0].path}"
        yield problem("hooks-twice-project-settings", f"the hooks stand in {files}", cure)


def _keep_one(name: str, where: agentfiles.SettingsFile, situation: Situation) -> str:
    """Return how to be left with one copy of the hooks; a plugin that others enabled is not ours to uninstall."""
    if where.scope == "user":
        return (
            "keep one: `hooktrace init` takes those out of the settings that the plugin replaces; "
            f"`claude plugin uninstall {name} --keep-data` keeps the settings"
        )
    if where.scope == "managed":
        return f"keep the plugin: take hooktrace's entries out of {situation.hooked[-1].path}"
    own = where.path.with_name("settings.local.json")
    return f'keep the settings: in {own} set "enabledPlugins": {{"{name}": false}}, which counts for you alone'


def hooks_allowed(situation: Situation) -> Iterator[Finding]:
    """Look for what switches all hooks off, whoever they belong to."""
    found = agentfiles.decided(situation.files, "disableAllHooks")
    if found and found[0] is True:
        message = f"disableAllHooks is true in the {found[1].scope} settings {found[1].path}: the agent runs no hook"
        yield problem("hooks-disabled", message, f"remove disableAllHooks from {found[1].path}, or set it to false")
    managed = [file for file in situation.files if file.scope == "managed"]
    only = agentfiles.decided(managed, "allowManagedHooksOnly")
    if only and only[0] is True and not agentfiles.plugin(managed):
        message = f"allowManagedHooksOnly is true in {only[1].path}: the agent runs no hook of a user or a plugin"
        cure = "ask the administrator to enable the plugin hooktrace there (enabledPlugins), or to lift the rule"
        yield problem("hooks-managed-only", message, cure)


def recording_on(situation: Situation) -> Iterator[Finding]:
    """Look for a pause, and HOOKTRACE_ENABLED: in the agent's settings, which outrank it, or in the environment."""
    if since := Refusals(situation.installation.places).paused_since:
        message = f"nothing is recorded since {since.astimezone():%Y-%m-%d %H:%M}: `hooktrace pause` was called"
        yield problem("recording-paused", message, "`hooktrace resume` when that is over")
    variable = "HOOKTRACE_ENABLED"
    value, where = _told(situation, variable)
    if value.lower() not in OFF:
        return
    if where:
        message = f"{variable}={value} under env in {where}: the hooks record nothing"
        yield problem("recording-off-in-settings", message, f"remove {variable} from {where}")
    else:
        message = f"{variable}={value} in this environment: sessions started from here are not recorded"
        yield problem("recording-off", message, f"`unset {variable}`, and remove it from the shell's start-up files")


def capture_understood(situation: Situation) -> Iterator[Finding]:
    """Look for a HOOKTRACE_CAPTURE that is no level, likewise."""
    value, where = _told(situation, VARIABLE)
    if not value.strip() or is_level(value):
        return
    place = f"under env in {where}" if where else "in this environment"
    message = f"{VARIABLE}={value} {place} is no level: no content is kept of sessions started from here"
    yield note("capture-unknown", message, f"set {VARIABLE} to {' or '.join(LEVELS)}, or remove it")


def _told(situation: Situation, variable: str) -> tuple[str, str]:
    """Return the value that *variable* has for the agent, and the settings file that says so; empty: none does."""
    found = agentfiles.decided(situation.files, "env", variable)
    return (str(found[0]), str(found[1].path)) if found else (situation.environment.get(variable, ""), "")


def project_trusted(situation: Situation) -> Iterator[Finding]:
    """Look whether an interactive session may run hooks in this directory."""
    state = _client_state(situation)
    if not state.exists():
        raise NotApplicable
    if not agentfiles.trusted(agentfiles.read_object(state), situation.project):
        message = f"{situation.project} is not trusted yet: an interactive session runs no hook here before it is"
        yield note("project-untrusted", message, "start `claude` here and confirm that you trust the folder")


def _client_state(situation: Situation) -> Path:
    """Return the client's .claude.json: in CLAUDE_CONFIG_DIR, else in the home directory."""
    if config := situation.environment.get("CLAUDE_CONFIG_DIR"):
        return Path(config) / ".claude.json"
    return Path(situation.environment.get("HOME", "/")) / ".claude.json"
