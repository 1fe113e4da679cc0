"""Claude Code's settings.json: our hooks put in, and taken out so that nothing tells they were there.

The file is its user's.  Only the member "hooks" is ever written, and in it only groups of ours; every
other byte stays.  Before our first write what stood there is set aside, with a record beside it
(tracing/settingsrecord.py).
"""

from __future__ import annotations

import contextlib
import difflib
import hashlib
import io
import json
import os
import stat
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any, Literal, TypeVar

from tracing.hookconfig import NEWER_EVENTS, settings_hooks
from tracing.hookgroups import OLDER, groups_of, handlers_of, names, older_scripts, with_hooks, without_hooks
from tracing.jsonobject import with_member, without_member
from tracing.places import PRIVATE_DIRECTORY
from tracing.settingsfile import (
    Overtaken,
    SettingsFileError,
    Standing,
    explained,
    remove_directories,
    save_private,
    staged,
)
from tracing.settingsrecord import Record, new_name, records

__all__ = [
    "ADVICE",
    "AgentSettings",
    "Change",
    "SettingsFileError",
    "copy_hooks",
    "hooks_missing",
    "recorded",
    "settings_file",
]

PLUGIN = "hooktrace"
"""The plugin's name: with any marketplace it is the other form of the same hooks."""

SESSION_TEXT = "export HOOKTRACE_ROOT_ID="
"""How the text begins that hooks/session-start leaves in the client's session-env files."""

ATTEMPTS = 3
"""The client writes the file too: so often do we begin anew with what it wrote."""

Json = dict[str, Any]
_Result = TypeVar("_Result")


@dataclass(frozen=True)
class Change:
    """What became of the settings."""

    wrote: bool
    path: Path
    backup: Path | None = None
    """What stood there before our first write."""
    warnings: tuple[str, ...] = ()


def settings_file(environment: Mapping[str, str]) -> Path:
    """Return the user settings of the Claude Code that runs with *environment*.

    Raises:
        SettingsFileError: CLAUDE_CONFIG_DIR is relative, or neither it nor HOME is set.
    """
    if directory := environment.get("CLAUDE_CONFIG_DIR"):
        if not directory.startswith("/"):
            raise SettingsFileError(
                f"CLAUDE_CONFIG_DIR is not an absolute path: {directory!r}\n"
                "hint: the agent takes it from its own directory, so only an absolute path means one file"
            )
        return Path(directory) / "settings.json"
    if not (home := environment.get("HOME")):
        raise SettingsFileError("neither CLAUDE_CONFIG_DIR nor HOME is set\nhint: set HOME to your home directory")
    return Path(home) / ".claude" / "settings.json"


ADVICE = frozenset({"advise", "advise.py"})
"""The files of the hook that asks for advice."""


def copy_hooks(source: Path, target: Path, advise: bool = False) -> None:
    """Bring the directory *target* (0700) up to the files of *source*, each by rename, with its mode.

    A session that is open meanwhile runs the old hook or the new one, never half a one.  Without *advise* the
    hook that asks for advice is not there.

    Raises:
        SettingsFileError: the system refuses.
    """
    with explained(target):
        target.mkdir(mode=PRIVATE_DIRECTORY, parents=True, exist_ok=True)
        target.chmod(PRIVATE_DIRECTORY)
        for name in () if advise else ADVICE:
            (target / name).unlink(missing_ok=True)
        for file in sorted(path for path in source.iterdir() if path.is_file() and (advise or path.name not in ADVICE)):
            data, mode = file.read_bytes(), stat.S_IMODE(file.stat().st_mode)
            copy = target / file.name
            if copy.is_file() and copy.read_bytes() == data and stat.S_IMODE(copy.stat().st_mode) == mode:
                continue
            with staged(copy, data, mode) as temporary:
                temporary.replace(copy)


def recorded(backups: Path) -> list[AgentSettings]:
    """Return the settings files into which the installation with these *backups* wrote, and has not left."""
    found = {}
    for record in records(backups):
        found[record.path] = AgentSettings(Path(record.path), Path(record.hooks_dir), Path(record.state), backups)
    return list(found.values())


def hooks_missing(backups: Path) -> str | None:
    """Tell what became of hooks that were installed and are gone; None if all are where they were put.

    Where a configuration of the agent was deleted whole, nothing is missed.
    Reads, never writes, and raises nothing: for `status`, `doctor` and the collector's daily look.
    """
    problems = (settings.missing_since() for settings in recorded(backups) if not _gone(settings.path.parent))
    return next((problem for problem in problems if problem), None)


def _gone(directory: Path) -> bool:
    """Tell whether *directory* was deleted; not of one that cannot be reached."""
    with contextlib.suppress(OSError):
        return not directory.exists()
    return False


@dataclass(frozen=True)
class AgentSettings:
    """One settings file, and the hooks of ours that belong into it."""

    path: Path
    """As the agent names it; it may be a symbolic link."""
    hooks_dir: Path
    """The copy of the hooks that the settings name."""
    state: Path
    backups: Path
    advise: bool = False
    """Whether the hook that asks for advice belongs to them."""

    # Asking

    def installed(self) -> Literal["all", "some", "none"]:
        """Tell whether the hooks are in the settings; "some" also when an older form of them is.

        Raises:
            SettingsFileError: the file cannot be read.
        """
        hooks = self._standing().hooks
        ours = [handler for handler in handlers_of(hooks) if self._is_ours(handler)]
        if not ours:
            return "none"
        wanted = {
            event: groups for event, groups in self._with_ours(hooks).items() if event in hooks or not _new(event)
        }
        return "all" if not self.missing() and wanted == hooks else "some"

    def missing(self) -> tuple[str, ...]:
        """Return the events whose hook is not there, or not as it should be.

        An older client drops events it does not know when it rewrites the file: they are not missed.

        Raises:
            SettingsFileError: the file cannot be read.
        """
        hooks = self._standing().hooks
        absent = [event for event, [group] in self._expected().items() if group not in groups_of(hooks, event)]
        return () if all(_new(event) and event not in hooks for event in absent) else tuple(absent)

    def plugin_enabled(self) -> str | None:
        """Return the id of an enabled plugin of ours: with the settings' hooks as well every event counts twice.

        Raises:
            SettingsFileError: the file cannot be read.
        """
        return _plugin(self._standing().values)

    def disabled_by(self) -> str | None:
        """Return what in this file keeps the agent from running any hook, None if nothing does.

        Raises:
            SettingsFileError: the file cannot be read.
        """
        return "disableAllHooks" if self._standing().values.get("disableAllHooks") is True else None

    def diff(self) -> str:
        """Return what ``install`` would change, as a unified diff; "" if nothing.

        Raises:
            SettingsFileError: the file cannot be read.
        """
        standing = self._standing()
        before, after = standing.text, self._planned(standing).text
        lines = difflib.unified_diff(
            _lines(before),
            _lines(after),
            str(self.path) if standing.data is not None else os.devnull,
            str(self.path),
        )
        return "".join(line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n" for line in lines)

    def missing_since(self) -> str | None:
        """Tell which of the hooks that ``install`` wrote are gone, and since when; None if all are there.

        Hooks that gave way to the plugin are not missing.
        """
        if not (record := self._record()):
            return None
        try:
            standing = self._standing()
        except SettingsFileError as error:
            return str(error)
        if _plugin(standing.values):
            return None
        gone = [
            event
            for event in record.events
            if not any(self._is_ours(handler) for handler in handlers_of({event: groups_of(standing.hooks, event)}))
        ]
        if all(_new(event) for event in gone):
            return None
        which = "hooks" if len(gone) == len(record.events) else f"the hooks of {', '.join(gone)}"
        return f"{which} removed from {self.path} by another process{standing.changed_at()}; `hooktrace init` restores"

    # Changing

    def install(self) -> Change:
        """Put the hooks into the settings, in place of older ones of ours; write nothing if they are there.

        Where our plugin is enabled the hooks are taken out instead, and the change says so.

        Raises:
            SettingsFileError: the file cannot be read, is not what settings are, or cannot be written.
        """
        return self._repeated(self._install)

    def remove(self) -> Change:
        """Take the hooks out of the settings, and our text out of the client's session-env files.

        A file that holds nothing but what it held before and our hooks is put back byte for byte; one
        that was not there is deleted, with the directories made for it.

        Raises:
            SettingsFileError: the file cannot be read, is not what settings are, or cannot be written.
        """
        change = self._repeated(self._remove)
        removed = self._clear_session_env()
        return replace(change, warnings=(*change.warnings, *removed))

    def _repeated(self, attempt: Callable[[], _Result]) -> _Result:
        for _ in range(ATTEMPTS):
            with contextlib.suppress(Overtaken):
                return attempt()
        raise SettingsFileError(
            f"{self.path} changes whenever it is to be written\nhint: close the agent's settings and try again"
        )

    def _install(self) -> Change:
        standing = self._standing()
        if plugin := _plugin(standing.values):
            warning = (
                f"the plugin {plugin} is enabled and brings the same hooks: {self.path} is left without them\n"
                f"hint: to have them there, `claude plugin uninstall {plugin}`, then `hooktrace init`"
            )
            return replace(self._remove(), warnings=(warning,))
        warnings = tuple(self._warnings(standing))
        after = self._planned(standing)
        record = self._record()
        if after.data == standing.data:
            if record is None:  # put there by hand, or the records are lost: know them from now on
                self._remember(standing, after, [], keep=False)
            return Change(False, self.path, self._backup(record), warnings)
        standing.replace_by(after.data or b"", partial(self._remember, standing, after))
        return Change(True, self.path, self._backup(self._record()), warnings)

    def _warnings(self, standing: Standing) -> Iterator[str]:
        if standing.values.get("disableAllHooks") is True:
            yield f"disableAllHooks in {self.path}: the agent runs no hook\nhint: take that line out"
        others = {script for handler in handlers_of(standing.hooks) for script in self._foreign_scripts(handler)}
        for script in sorted({str(Path(script).parent) for script in others}):
            yield f"the hooks of another installation, {script}, gave way to these: events would be recorded twice"

    def _remove(self) -> Change:
        record = self._record()
        try:
            standing = self._standing()
        except SettingsFileError:
            if self._is_mentioned():
                raise
            return Change(False, self.path)
        original = self._original(record)
        if original is not None and record is not None and self._holds_nothing_else(standing, record, original):
            wrote = self._put_back(standing, record, original)
            record.forget(self.backups, with_backup=True)
            return Change(wrote, self.path)
        after = self._without_ours(standing, original)
        backup = self._backup(record)
        if after.data != standing.data:
            standing.replace_by(after.data or b"")
        if record:
            record.forget(self.backups, with_backup=False)
        return Change(after.data != standing.data, self.path, backup)

    # What should stand there

    def _expected(self) -> Json:
        return settings_hooks(self.hooks_dir, self.state, self.advise)

    def _planned(self, standing: Standing) -> Standing:
        """Return what ``install`` leaves."""
        if _plugin(standing.values):
            return self._without_ours(standing, self._original(self._record()))
        hooks = self._with_ours(standing.hooks)
        if hooks == standing.hooks:
            return standing
        try:
            return standing.written(with_member(standing.text, "hooks", hooks))
        except ValueError as error:
            raise standing.unusable(f"a number in its hooks is too large: {error}", 1) from error

    def _without_ours(self, standing: Standing, original: Standing | None) -> Standing:
        """Return *standing* without our groups, and without what is empty only because of that."""
        hooks = without_hooks(standing.hooks, self._is_ours, original.hooks if original else {})
        if hooks == standing.hooks:
            return standing
        if hooks or (original and original.values.get("hooks") == {}):
            return standing.written(with_member(standing.text, "hooks", hooks))
        return standing.written(without_member(standing.text, "hooks"))

    def _with_ours(self, hooks: Json) -> Json:
        """Return *hooks* with ours, in place of any of an older installation."""

        def goes(handler: Any) -> bool:
            return self._is_ours(handler) or any(older_scripts(handler))

        return with_hooks(hooks, self._expected(), goes)

    # What is ours

    def _directories(self) -> set[str]:
        return {str(self.hooks_dir), *(record.hooks_dir for record in records(self.backups))}

    def _is_ours(self, handler: Any) -> bool:
        """Tell whether *handler* runs our hooks, or those of an older installation that is no longer there."""
        if names(self._directories())(handler):
            return True
        return any(not Path(script).exists() for script in older_scripts(handler))

    def _foreign_scripts(self, handler: Any) -> list[str]:
        """Return the hooks of another installation, one that is there, that *handler* runs."""
        return [] if self._is_ours(handler) else list(older_scripts(handler))

    def _is_mentioned(self) -> bool:
        """Tell whether a file that cannot be parsed may still name our hooks."""
        try:
            text = self.path.read_text(encoding="utf-8", errors="replace")
        except OSError:
            return True
        ours = {form for path in self._directories() for form in (path, json.dumps(path)[1:-1])}
        return OLDER in text or any(form in text for form in ours)

    def _holds_nothing_else(self, standing: Standing, record: Record, original: Standing) -> bool:
        """Tell whether nobody has changed anything but our hooks since they were put in."""
        if any(self._is_ours(handler) for handler in handlers_of(original.hooks)):
            return False  # left behind by an older installation: not to be put back
        if standing.data is not None and _hash(standing.data) == record.sha256:
            return True
        return json.dumps(self._without_ours(standing, original).values) == json.dumps(original.values)

    # Reading and writing

    def _standing(self) -> Standing:
        return Standing.read(self.path)

    def _put_back(self, standing: Standing, record: Record, original: Standing) -> bool:
        changes = original.data != standing.data
        if changes and original.data is not None:
            standing.replace_by(original.data)
        elif changes:
            standing.delete()
        remove_directories(record.made)
        return changes

    def _clear_session_env(self) -> Iterator[str]:
        """Remove our files below session-env; the client leaves a directory a session with or without us."""
        for file in self.path.parent.glob("session-env/*/sessionstart-hook-*.sh"):
            try:
                if not file.is_symlink() and file.read_text(errors="replace").startswith(SESSION_TEXT):
                    file.unlink()
            except FileNotFoundError:
                continue
            except OSError as error:
                yield f"{file} stays: {error.strerror}"

    # Records

    def _record(self) -> Record | None:
        return next((record for record in records(self.backups) if record.path == str(self.path)), None)

    def _backup(self, record: Record | None) -> Path | None:
        return self.backups / record.backup if record and record.backup else None

    def _original(self, record: Record | None) -> Standing | None:
        """Return what stood there before our first write, None if nobody knows."""
        if record is None:
            return None
        if record.backup is None:
            return Standing.of(self.path, None) if record.absent else None
        try:
            return Standing.of(self.path, (self.backups / record.backup).read_bytes()).checked()
        except (OSError, SettingsFileError):
            return None

    def _remember(self, standing: Standing, after: Standing, made: list[str], keep: bool = True) -> None:
        """Record what we are about to write; before our first write, set aside what stands there."""
        record, events = self._record(), tuple(self._expected())
        digest = _hash(after.data or b"")
        if record is not None:
            original = self._original(record)
            whole = original is not None and self._holds_nothing_else(standing, record, original)
            # Without a hash nothing is put back: what others wrote since then would be lost.
            changed = replace(record, hooks_dir=str(self.hooks_dir), state=str(self.state), events=events)
            replace(changed, sha256=digest if whole else "").save(self.backups)
            return
        name = new_name(self.backups)
        backup = f"{name}.json" if keep and standing.data is not None else None
        if backup:
            save_private(self.backups / backup, standing.data or b"")
        record = Record(
            name=name,
            path=str(self.path),
            hooks_dir=str(self.hooks_dir),
            state=str(self.state),
            backup=backup,
            absent=keep and standing.data is None,
            sha256=digest,
            made=tuple(made),
            events=events,
        )
        record.save(self.backups)


def _lines(text: str) -> list[str]:
    """Return the lines of *text*, as patch(1) counts them: str.splitlines knows more ends of lines."""
    return io.StringIO(text, newline="\n").readlines()


def _new(event: str) -> bool:
    """Tell an event that the oldest supported client does not know."""
    return event in NEWER_EVENTS


def _plugin(values: Json) -> str | None:
    plugins = values.get("enabledPlugins")
    named = plugins.items() if isinstance(plugins, dict) else ()
    return next((name for name, enabled in named if enabled and name.split("@")[0] == PLUGIN), None)


def _hash(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()
