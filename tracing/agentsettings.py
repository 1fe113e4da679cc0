"""Claude Code's settings.json: our hooks put in, and taken out so that nothing tells they were there.

The file is its user's.  Only the member "hooks" is ever written, and in it only groups of ours; every
other byte stays.  Before our first write what stood there is set aside (``places.backups``), with a
record beside it that says what we wrote:

    settings-20260801T101500.json          what stood there, byte for byte; missing if there was no file
    settings-20260801T101500.record        the path, our hooks, the hash of what we wrote, directories made

The record comes before the write: one that a crash left without its write does no harm, since what
is taken out is looked for in the file itself.
"""

from __future__ import annotations

import contextlib
import difflib
import errno
import hashlib
import json
import os
import re
import stat
import tempfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any, Literal, TypeVar

from tracing.hookconfig import settings_hooks
from tracing.jsonobject import NotAnObject, parse, with_member, without_member
from tracing.places import PRIVATE_DIRECTORY

PLUGIN = "hooktrace"
"""The plugin's name: with any marketplace it is the other form of the same hooks."""

SCRIPTS = ("record", "session-start")
"""The hooks that settings name."""

OLDER = "/hooktrace/hooks/"
"""What the directory of every installation's hooks ends with, unless HOOKTRACE_HOME named another."""

SESSION_TEXT = "export HOOKTRACE_ROOT_ID="
"""How the text begins that hooks/session-start leaves in the client's session-env files."""

PRIVATE_FILE = 0o600
ATTEMPTS = 3
"""The client writes the file too: so often do we begin anew with what it wrote."""

_END = r"(?![\w.-])"
_SCRIPT = rf"(?:{'|'.join(SCRIPTS)}){_END}"

Json = dict[str, Any]
_Result = TypeVar("_Result")


class SettingsFileError(Exception):
    """The agent's settings cannot be read or written; nothing was changed."""


class _Overtaken(Exception):
    """Somebody wrote the file while we were about to."""


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


def copy_hooks(source: Path, target: Path) -> None:
    """Bring the directory *target* (0700) up to the files of *source*, each by rename, with its mode.

    A session that is open meanwhile runs the old hook or the new one, never half a one.
    """
    target.mkdir(mode=PRIVATE_DIRECTORY, parents=True, exist_ok=True)
    target.chmod(PRIVATE_DIRECTORY)
    for file in sorted(path for path in source.iterdir() if path.is_file()):
        data, mode = file.read_bytes(), stat.S_IMODE(file.stat().st_mode)
        copy = target / file.name
        if copy.is_file() and copy.read_bytes() == data and stat.S_IMODE(copy.stat().st_mode) == mode:
            continue
        with _staged(copy, data, mode) as temporary:
            temporary.replace(copy)


def recorded(backups: Path) -> list[AgentSettings]:
    """Return the settings files into which the installation with these *backups* wrote, and has not left."""
    found = {}
    for record in _records(backups):
        found[record.path] = AgentSettings(Path(record.path), Path(record.hooks_dir), Path(record.state), backups)
    return list(found.values())


def hooks_missing(backups: Path) -> str | None:
    """Tell what became of hooks that were installed and are gone; None if all are where they were put.

    Reads, never writes, and raises nothing: for `status`, `doctor` and the collector's daily look.
    """
    problems = (settings.missing_since() for settings in recorded(backups))
    return next((problem for problem in problems if problem), None)


@dataclass(frozen=True)
class AgentSettings:
    """One settings file, and the hooks of ours that belong into it."""

    path: Path
    """As the agent names it; it may be a symbolic link."""
    hooks_dir: Path
    """The copy of the hooks that the settings name."""
    state: Path
    backups: Path

    # Asking

    def installed(self) -> Literal["all", "some", "none"]:
        """Tell whether the hooks are in the settings; "some" also when an older form of them is.

        Raises:
            SettingsFileError: the file cannot be read.
        """
        hooks = self._standing().hooks
        ours = [handler for handler in _handlers(hooks) if self._is_ours(handler)]
        if not ours:
            return "none"
        return "all" if not self.missing() and self._with_hooks(hooks) == hooks else "some"

    def missing(self) -> tuple[str, ...]:
        """Return the events whose hook is not there, or not as it should be.

        Raises:
            SettingsFileError: the file cannot be read.
        """
        hooks = self._standing().hooks
        return tuple(event for event, [group] in self._expected().items() if group not in _groups(hooks, event))

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
            before.splitlines(keepends=True),
            after.splitlines(keepends=True),
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
            if not any(self._is_ours(handler) for handler in _handlers({event: _groups(standing.hooks, event)}))
        ]
        if not gone:
            return None
        which = "hooks" if len(gone) == len(record.events) else f"the hooks of {', '.join(gone)}"
        return f"{which} removed by another process{standing.changed_at()}; `hooktrace init` restores"

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
            with contextlib.suppress(_Overtaken):
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
        self._write(standing, after.data or b"", partial(self._remember, standing, after))
        return Change(True, self.path, self._backup(self._record()), warnings)

    def _warnings(self, standing: _Standing) -> Iterator[str]:
        if standing.values.get("disableAllHooks") is True:
            yield f"disableAllHooks in {self.path}: the agent runs no hook\nhint: take that line out"
        others = {script for handler in _handlers(standing.hooks) for script in self._foreign_scripts(handler)}
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
            self._forget(record, with_backup=True)
            return Change(wrote, self.path)
        after = self._without_ours(standing, original)
        backup = self._backup(record)
        if after.data != standing.data:
            self._write(standing, after.data or b"")
        if record:
            self._forget(record, with_backup=False)
        return Change(after.data != standing.data, self.path, backup)

    # What should stand there

    def _expected(self) -> Json:
        return settings_hooks(self.hooks_dir, self.state)

    def _planned(self, standing: _Standing) -> _Standing:
        """Return what ``install`` leaves."""
        if _plugin(standing.values):
            return self._without_ours(standing, self._original(self._record()))
        hooks = self._with_hooks(standing.hooks)
        if hooks == standing.hooks:
            return standing
        try:
            return standing.written(with_member(standing.text, "hooks", hooks))
        except ValueError as error:
            raise standing.unusable(f"a number in its hooks is too large: {error}", 1) from error

    def _with_hooks(self, hooks: Json) -> Json:
        """Return *hooks* with each of ours exactly once, and in its place if it is there already."""
        result: Json = {}
        expected = self._expected()
        for event, groups in hooks.items():
            wanted = expected.get(event, [None])[0]
            place = groups.index(wanted) if wanted in groups else -1
            result[event] = []
            for index, group in enumerate(groups):
                result[event] += [group] if index == place else self._left_of(group, also_foreign=True)
            if groups and not result[event] and event not in expected:
                del result[event]
        for event, [group] in expected.items():
            if group not in result.setdefault(event, []):
                result[event].append(group)
        return result

    def _without_ours(self, standing: _Standing, original: _Standing | None) -> _Standing:
        """Return *standing* without our groups, and without what is empty only because of that."""
        before = original.hooks if original else {}
        hooks = {}
        for event, groups in standing.hooks.items():
            kept = [rest for group in groups for rest in self._left_of(group)]
            if kept or not groups or before.get(event) == []:
                hooks[event] = kept
        if hooks == standing.hooks:
            return standing
        if hooks or (original and original.values.get("hooks") == {}):
            return standing.written(with_member(standing.text, "hooks", hooks))
        return standing.written(without_member(standing.text, "hooks"))

    def _left_of(self, group: Any, also_foreign: bool = False) -> list[Any]:
        """Return *group* without our handlers, in a list; an empty one if it had no others."""
        handlers = group.get("hooks") if isinstance(group, dict) else None
        if not isinstance(handlers, list):
            return [group]

        def goes(handler: Any) -> bool:
            return self._is_ours(handler) or (also_foreign and bool(self._foreign_scripts(handler)))

        kept = [handler for handler in handlers if not goes(handler)]
        if len(kept) == len(handlers):
            return [group]
        return [{**group, "hooks": kept}] if kept else []

    # What is ours

    def _directories(self) -> set[str]:
        return {str(self.hooks_dir), *(record.hooks_dir for record in _records(self.backups))}

    def _is_ours(self, handler: Any) -> bool:
        """Tell whether *handler* runs our hooks, or those of an older installation that is no longer there."""
        ours = "|".join(re.escape(directory) for directory in self._directories())
        known = re.compile(rf"(?<![\w./~-])(?:{ours})/{_SCRIPT}")
        if any(known.search(word) for word in _words(handler)):
            return True
        return any(not Path(script).exists() for script in _older_scripts(handler))

    def _foreign_scripts(self, handler: Any) -> list[str]:
        """Return the hooks of another installation, one that is there, that *handler* runs."""
        return [] if self._is_ours(handler) else list(_older_scripts(handler))

    def _is_mentioned(self) -> bool:
        """Tell whether a file that cannot be parsed may still name our hooks."""
        try:
            text = self.path.read_text(encoding="utf-8", errors="replace")
        except OSError:
            return True
        return OLDER in text or any(directory in text for directory in self._directories())

    def _holds_nothing_else(self, standing: _Standing, record: _Record, original: _Standing) -> bool:
        """Tell whether nobody has changed anything but our hooks since they were put in."""
        if any(self._is_ours(handler) for handler in _handlers(original.hooks)):
            return False  # left behind by an older installation: not to be put back
        if standing.data is not None and _hash(standing.data) == record.sha256:
            return True
        return json.dumps(self._without_ours(standing, original).values) == json.dumps(original.values)

    # Reading and writing

    def _standing(self) -> _Standing:
        return _Standing.read(self.path)

    def _write(
        self, standing: _Standing, data: bytes, before: Callable[[list[str]], None] = lambda _made: None
    ) -> None:
        """Replace the file by *data*; *before* is called with the directories made, just before it happens."""
        with _explained(self.path):
            made = _make_directories(standing.target.parent)
            try:
                with _staged(standing.target, data, standing.mode(), standing.owner()) as temporary:
                    if _Standing.read(self.path).data != standing.data:
                        raise _Overtaken
                    before(made)
                    temporary.replace(standing.target)
            except BaseException:
                _remove_directories(made)
                raise
            _flush_directory(standing.target.parent)

    def _put_back(self, standing: _Standing, record: _Record, original: _Standing) -> bool:
        changes = original.data != standing.data
        if changes and original.data is not None:
            self._write(standing, original.data)
        elif changes:
            with _explained(self.path):
                standing.check_writable()
                standing.target.unlink(missing_ok=True)
        _remove_directories(record.made)
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

    def _record(self) -> _Record | None:
        return next((record for record in _records(self.backups) if record.path == str(self.path)), None)

    def _backup(self, record: _Record | None) -> Path | None:
        return self.backups / record.backup if record and record.backup else None

    def _original(self, record: _Record | None) -> _Standing | None:
        """Return what stood there before our first write, None if nobody knows."""
        if record is None:
            return None
        if record.backup is None:
            return _Standing(self.path, _target(self.path), None) if record.absent else None
        try:
            return _Standing(self.path, _target(self.path), (self.backups / record.backup).read_bytes()).checked()
        except (OSError, SettingsFileError):
            return None

    def _remember(self, standing: _Standing, after: _Standing, made: list[str], keep: bool = True) -> None:
        """Record what we are about to write; before our first write, set aside what stands there."""
        record, events = self._record(), tuple(self._expected())
        digest = _hash(after.data or b"")
        if record is not None:
            original = self._original(record)
            whole = original is not None and self._holds_nothing_else(standing, record, original)
            # Without a hash nothing is put back: what others wrote since then would be lost.
            changed = replace(record, hooks_dir=str(self.hooks_dir), state=str(self.state), events=events)
            self._save(replace(changed, sha256=digest if whole else ""))
            return
        name = self._new_name()
        backup = f"{name}.json" if keep and standing.data is not None else None
        if backup:
            _save_private(self.backups / backup, standing.data or b"")
        self._save(
            _Record(
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
        )

    def _new_name(self) -> str:
        self.backups.mkdir(mode=PRIVATE_DIRECTORY, parents=True, exist_ok=True)
        name = f"settings-{datetime.now():%Y%m%dT%H%M%S}"
        taken = {path.stem for path in self.backups.iterdir()}
        numbered = (f"{name}-{number}" for number in range(2, len(taken) + 3))
        return name if name not in taken else next(other for other in numbered if other not in taken)

    def _save(self, record: _Record) -> None:
        _save_private(self.backups / f"{record.name}.record", record.to_json())

    def _forget(self, record: _Record, with_backup: bool) -> None:
        if with_backup and record.backup:
            (self.backups / record.backup).unlink(missing_ok=True)
        (self.backups / f"{record.name}.record").unlink(missing_ok=True)


@dataclass(frozen=True)
class _Standing:
    """A settings file as it stands, or would stand; None: there is none."""

    path: Path
    target: Path
    """*path* with every link followed."""
    data: bytes | None

    @classmethod
    def read(cls, path: Path) -> _Standing:
        target = _target(path)
        with _explained(path):
            try:
                if not stat.S_ISREG(target.stat().st_mode):
                    raise SettingsFileError(f"{path} is no file\nhint: settings.json has to be one: move it away")
                return cls(path, target, target.read_bytes()).checked()
            except FileNotFoundError:
                return cls(path, target, None)

    def checked(self) -> _Standing:
        """Return itself, if it is what settings are."""
        for event, groups in self.hooks.items():
            if not isinstance(groups, list):
                raise self.unusable(f"hooks.{event} holds {type(groups).__name__}, not an array", self._line_of(event))
        return self

    def written(self, text: str) -> _Standing:
        return replace(self, data=text.encode())

    @property
    def text(self) -> str:
        try:
            return (self.data or b"").decode()
        except UnicodeDecodeError as error:
            line = (self.data or b"").count(b"\n", 0, error.start) + 1
            raise self.unusable("it is not UTF-8", line) from error

    @property
    def values(self) -> Json:
        try:
            return parse(self.text)
        except NotAnObject as error:
            raise self.unusable(str(error), error.line) from error

    @property
    def hooks(self) -> Json:
        hooks = self.values.get("hooks", {})
        if not isinstance(hooks, dict):
            raise self.unusable(f"hooks holds {type(hooks).__name__}, not an object", self._line_of("hooks"))
        return hooks

    def _line_of(self, key: str) -> int:
        return self.text.count("\n", 0, max(self.text.find(json.dumps(key)), 0)) + 1

    def unusable(self, reason: str, line: int) -> SettingsFileError:
        return SettingsFileError(
            f"{self.path} cannot be used, line {line}: {reason}\n"
            "hint: mend that line and run the command again; nothing was written"
        )

    def changed_at(self) -> str:
        try:
            return f" at {datetime.fromtimestamp(self.target.stat().st_mtime):%Y-%m-%d %H:%M:%S}"
        except OSError:
            return f" ({self.path} is gone)"

    def check_writable(self) -> None:
        """Raise PermissionError for a file that its owner protected; root would write it all the same."""
        if self.data is None:
            return
        if not (self.target.stat().st_mode & stat.S_IWUSR and os.access(self.target, os.W_OK)):
            raise PermissionError(errno.EACCES, "it is read-only", str(self.target))

    def mode(self) -> int:
        self.check_writable()
        return PRIVATE_FILE if self.data is None else stat.S_IMODE(self.target.stat().st_mode)

    def owner(self) -> tuple[int, int]:
        """Return whose the file is; a new one belongs to whom its directory does, also when root makes it."""
        status = (self.target if self.data is not None else self.target.parent).stat()
        return status.st_uid, status.st_gid


@dataclass(frozen=True)
class _Record:
    """What we did to one settings file."""

    name: str
    path: str
    hooks_dir: str
    state: str
    backup: str | None
    absent: bool
    """There was no file before."""
    sha256: str
    """Of what we wrote; "" once others had written too before we wrote again."""
    made: tuple[str, ...]
    """Directories made for the file, the outermost first."""
    events: tuple[str, ...]

    def to_json(self) -> bytes:
        return (json.dumps(asdict(self), indent=2) + "\n").encode()

    @classmethod
    def from_file(cls, path: Path) -> _Record:
        values = json.loads(path.read_bytes())
        made, events = tuple(values.pop("made")), tuple(values.pop("events"))
        return cls(made=made, events=events, **values)


def _records(backups: Path) -> Iterator[_Record]:
    """Yield the records, the oldest first; one that cannot be read is none."""
    for file in sorted(backups.glob("settings-*.record"), key=lambda file: file.stem):
        with contextlib.suppress(OSError, ValueError, KeyError, TypeError, AttributeError):
            yield _Record.from_file(file)


def _plugin(values: Json) -> str | None:
    plugins = values.get("enabledPlugins")
    named = plugins.items() if isinstance(plugins, dict) else ()
    return next((name for name, enabled in named if enabled and name.split("@")[0] == PLUGIN), None)


def _groups(hooks: Json, event: str) -> list[Any]:
    groups = hooks.get(event, [])
    return groups if isinstance(groups, list) else []


def _handlers(hooks: Json) -> Iterator[Any]:
    for event in hooks:
        for group in _groups(hooks, event):
            handlers = group.get("hooks") if isinstance(group, dict) else None
            yield from handlers if isinstance(handlers, list) else ()


def _words(handler: Any) -> list[str]:
    """Return the texts of a handler that may name a program."""
    if not isinstance(handler, dict):
        return []
    arguments = handler.get("args")
    words = [handler.get("command"), *(arguments if isinstance(arguments, list) else ())]
    return [word for word in words if isinstance(word, str)]


def _older_scripts(handler: Any) -> Iterator[str]:
    """Yield the paths in *handler* that end as the path of a hook of ours does, in exec form or a shell's."""
    for word in _words(handler):
        if word.startswith("/") and any(word.endswith(OLDER + script) for script in SCRIPTS):
            yield word
        else:
            yield from (match[0] for match in re.finditer(rf"/[^\s'\"]*{OLDER}{_SCRIPT}", word))


def _hash(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def _target(path: Path) -> Path:
    return Path(os.path.realpath(path))


@contextlib.contextmanager
def _explained(path: Path) -> Iterator[None]:
    """Turn the system's refusals into a sentence and its cure."""
    try:
        yield
    except PermissionError as error:
        where = error.filename or path
        raise SettingsFileError(
            f"{path} cannot be read or written: {where}: {error.strerror}\n"
            f"hint: `ls -ld {_target(path).parent} {_target(path)}` shows whose they are; "
            "allow yourself to write both (chmod u+w), or run this as their owner"
        ) from error
    except OSError as error:
        raise SettingsFileError(
            f"{path} cannot be read or written: {error.strerror}\nhint: nothing was changed; is the path right?"
        ) from error


@contextlib.contextmanager
def _staged(target: Path, data: bytes, mode: int, owner: tuple[int, int] | None = None) -> Iterator[Path]:
    """Give a whole file beside *target*, on the disk, ready to be renamed; one that was not is removed."""
    descriptor, name = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.hooktrace-")
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
            status = os.fstat(descriptor)
            if owner and owner != (status.st_uid, status.st_gid):
                os.fchown(descriptor, *owner)
            os.fchmod(descriptor, mode)
            file.flush()
            os.fsync(descriptor)
        yield Path(name)
    finally:
        Path(name).unlink(missing_ok=True)


def _save_private(path: Path, data: bytes) -> None:
    with _staged(path, data, PRIVATE_FILE) as temporary:
        temporary.replace(path)


def _flush_directory(directory: Path) -> None:
    """Make a rename in *directory* outlive a crash of the system, where the file system can."""
    with contextlib.suppress(OSError):
        descriptor = os.open(directory, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def _make_directories(directory: Path) -> list[str]:
    """Make *directory* and what is missing above it; return what was made, the outermost first."""
    missing = [path for path in (directory, *directory.parents) if not path.exists()][::-1]
    made: list[str] = []
    for path in missing:
        path.mkdir(mode=PRIVATE_DIRECTORY)
        owner = path.parent.stat()
        if (owner.st_uid, owner.st_gid) != (path.stat().st_uid, path.stat().st_gid):
            os.chown(path, owner.st_uid, owner.st_gid)
        made.append(str(path))
    return made


def _remove_directories(made: tuple[str, ...] | list[str]) -> None:
    """Remove the directories that are still empty, the innermost first."""
    for path in reversed(made):
        with contextlib.suppress(OSError):
            Path(path).rmdir()
