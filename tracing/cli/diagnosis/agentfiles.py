"""The agent's own files, as far as they decide whether hooks run: read, never written.

The client merges hooks of all scopes; of a single value, the scope with the highest precedence decides.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

MANAGED = Path(
    "/Library/Application Support/ClaudeCode/managed-settings.json"
    if sys.platform == "darwin"
    else "/etc/claude-code/managed-settings.json"
)
"""Where an administrator's settings are; files in managed-settings.d beside it add to them."""

PLUGIN = "hooktrace"


@dataclass(frozen=True)
class SettingsFile:
    """One settings file that is there."""

    scope: str
    """``managed``, ``local``, ``project`` or ``user``."""
    path: Path
    values: Mapping[str, Any]
    """Empty when the file cannot be read."""
    unreadable: str | None = None
    """Why it cannot be read."""


def settings_files(user: Path, project: Path, managed: Path = MANAGED) -> list[SettingsFile]:
    """Return the settings files that decide about a session in *project*, highest precedence first.

    *user* is the user's settings.json.  A file that is reached by two scopes (a project that is the home
    directory) is the user's.
    """
    drop_ins = sorted(managed.with_suffix(".d").glob("*.json"), reverse=True)
    paths = [
        *(("managed", path) for path in (*drop_ins, managed)),
        ("local", project / ".claude" / "settings.local.json"),
        ("project", project / ".claude" / "settings.json"),
        ("user", user),
    ]
    same = user.resolve()
    return [
        _read(scope, path) for scope, path in paths if path.exists() and (scope == "user" or path.resolve() != same)
    ]


def decided(files: Sequence[SettingsFile], *keys: str) -> tuple[Any, SettingsFile] | None:
    """Return the value at ``keys[0].keys[1]…`` that holds, with the file that says so; None when no file does."""
    for file in files:
        value: Any = file.values
        for key in keys:
            value = value.get(key) if isinstance(value, Mapping) else None
        if value is not None:
            return value, file
    return None


def plugin(files: Sequence[SettingsFile]) -> tuple[str, SettingsFile] | None:
    """Return the id of our plugin (``hooktrace@MARKETPLACE``) and the file that enables it; None if none does."""
    names = {name for file in files for name in _table(file.values.get("enabledPlugins"))}
    for name in sorted(names):
        found = decided(files, "enabledPlugins", name)
        if name.partition("@")[0] == PLUGIN and found and found[0] is True:
            return name, found[1]
    return None


def plugin_root(config: Path, name: str) -> Path | None:
    """Return the directory from which the plugin *name* runs; None when the client's books do not tell.

    From a marketplace that is a directory it runs in place; from any other out of the client's copy.
    """
    books = config / "plugins"
    market = _table(read_object(books / "known_marketplaces.json").get(name.partition("@")[2]))
    source = _table(market.get("source"))
    if source.get("source") == "directory" and source.get("path"):
        return Path(str(source["path"]))
    installed = _table(read_object(books / "installed_plugins.json").get("plugins")).get(name)
    entry = _table(installed[0]) if isinstance(installed, list) and installed else {}
    return Path(str(entry["installPath"])) if entry.get("installPath") else None


def trusted(state: Mapping[str, Any], project: Path) -> bool:
    """Tell whether *state* (the client's .claude.json) trusts *project* or a directory above it."""
    projects = _table(state.get("projects"))
    return any(
        _table(projects.get(str(directory))).get("hasTrustDialogAccepted") is True
        for directory in (project, *project.parents)
    )


def read_object(path: Path) -> Mapping[str, Any]:
    """Return the JSON object in *path*; an empty one when there is none."""
    return _read("", path).values if path.exists() else {}


def _read(scope: str, path: Path) -> SettingsFile:
    try:
        values = json.loads(path.read_bytes() or b"{}")
    except (OSError, ValueError) as error:
        return SettingsFile(scope, path, {}, str(error))
    if not isinstance(values, dict):
        return SettingsFile(scope, path, {}, "it is no JSON object")
    return SettingsFile(scope, path, values)


def _table(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}
