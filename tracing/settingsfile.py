"""One settings.json as it stands: read with its faults named, replaced whole or not at all."""

from __future__ import annotations

import contextlib
import errno
import json
import os
import stat
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from tracing.jsonobject import NotAnObject, parse
from tracing.places import PRIVATE_DIRECTORY, PRIVATE_FILE

Json = dict[str, Any]


class SettingsFileError(Exception):
    """The agent's settings cannot be read or written; nothing was changed."""


class Overtaken(Exception):
    """Somebody wrote the file while we were about to."""


@dataclass(frozen=True)
class Standing:
    """A settings file as it stands, or would stand; None: there is none."""

    path: Path
    target: Path
    """*path* with every link followed."""
    data: bytes | None

    @classmethod
    def of(cls, path: Path, data: bytes | None) -> Standing:
        """Return *path* as it would stand with *data* in it."""
        return cls(path, Path(os.path.realpath(path)), data)

    @classmethod
    def read(cls, path: Path) -> Standing:
        """Read *path*, through a link if it is one; a missing file is an empty one.

        Raises:
            SettingsFileError: it cannot be read, or is not what settings are.
        """
        with explained(path):
            try:
                if not stat.S_ISREG(path.stat().st_mode):
                    raise SettingsFileError(f"{path} is no file\nhint: settings.json has to be one: move it away")
                return cls.of(path, path.read_bytes()).checked()
            except FileNotFoundError:
                return cls.of(path, None)

    def checked(self) -> Standing:
        """Return itself, if it is what settings are."""
        for event, groups in self.hooks.items():
            if not isinstance(groups, list):
                raise self.unusable(f"hooks.{event} holds {type(groups).__name__}, not an array", self._line_of(event))
        return self

    def written(self, text: str) -> Standing:
        """Return the file as it would stand with *text* in it."""
        return replace(self, data=text.encode())

    @property
    def text(self) -> str:
        """What stands in it; "" if there is no file."""
        try:
            return (self.data or b"").decode()
        except UnicodeDecodeError as error:
            line = (self.data or b"").count(b"\n", 0, error.start) + 1
            raise self.unusable("it is not UTF-8", line) from error

    @property
    def values(self) -> Json:
        """What it says."""
        try:
            return parse(self.text)
        except NotAnObject as error:
            raise self.unusable(str(error), error.line) from error

    @property
    def hooks(self) -> Json:
        """The value of its member "hooks"; an empty one if it has none."""
        hooks = self.values.get("hooks", {})
        if not isinstance(hooks, dict):
            raise self.unusable(f"hooks holds {type(hooks).__name__}, not an object", self._line_of("hooks"))
        return hooks

    def _line_of(self, key: str) -> int:
        return self.text.count("\n", 0, max(self.text.find(json.dumps(key)), 0)) + 1

    def unusable(self, reason: str, line: int) -> SettingsFileError:
        """Return the error that says what is wrong with the file, and where."""
        return SettingsFileError(
            f"{self.path} cannot be used, line {line}: {reason}\n"
            "hint: mend that line and run the command again; nothing was written"
        )

    def changed_at(self) -> str:
        """Return when the file was written last, as the end of a sentence."""
        try:
            return f" at {datetime.fromtimestamp(self.target.stat().st_mtime):%Y-%m-%d %H:%M:%S}"
        except OSError:
            return " (it is gone)"

    def _check_writable(self) -> None:
        """Raise PermissionError for a file that its owner protected; root would write it all the same."""
        if self.data is None:
            return
        if not (self.target.stat().st_mode & stat.S_IWUSR and os.access(self.target, os.W_OK)):
            raise PermissionError(errno.EACCES, "it is read-only", str(self.target))

    def _mode(self) -> int:
        self._check_writable()
        return PRIVATE_FILE if self.data is None else stat.S_IMODE(self.target.stat().st_mode)

    def _owner(self) -> tuple[int, int]:
        """Return whose the file is; a new one belongs to whom its directory does, also when root makes it."""
        status = (self.target if self.data is not None else self.target.parent).stat()
        return status.st_uid, status.st_gid

    def replace_by(self, data: bytes, before: Callable[[list[str]], None] = lambda _made: None) -> None:
        """Replace the file by *data*; *before* is called with the directories made, just before it happens.

        Raises:
            Overtaken: the file is no longer what was read; it is left as it is.
            SettingsFileError: the system refuses; the file is left as it is.
        """
        with explained(self.path):
            made: list[str] = []
            try:
                _make_directories(self.target.parent, made)
                with staged(self.target, data, self._mode(), self._owner()) as temporary:
                    if Standing.read(self.path).data != self.data:
                        raise Overtaken
                    before(made)
                    temporary.replace(self.target)
            except BaseException:
                remove_directories(made)
                raise
            _flush_directory(self.target.parent)

    def delete(self) -> None:
        """Delete the file, not a link to it.

        Raises:
            SettingsFileError: the system refuses.
        """
        with explained(self.path):
            self._check_writable()
            self.target.unlink(missing_ok=True)


@contextlib.contextmanager
def explained(path: Path) -> Iterator[None]:
    """Turn the system's refusals into a sentence and its cure."""
    try:
        yield
    except PermissionError as error:
        where = error.filename or path
        target = Path(os.path.realpath(path))
        raise SettingsFileError(
            f"{path} cannot be read or written: {where}: {error.strerror}\n"
            f"hint: `ls -ld {target.parent} {target}` shows whose they are; "
            "allow yourself to write both (chmod u+w), or run this as their owner"
        ) from error
    except OSError as error:
        raise SettingsFileError(
            f"{path} cannot be read or written: {error.strerror}\nhint: nothing was changed; is the path right?"
        ) from error


@contextlib.contextmanager
def staged(target: Path, data: bytes, mode: int, owner: tuple[int, int] | None = None) -> Iterator[Path]:
    """Give a whole file beside *target*, on the disk, ready to be renamed; one that was not is removed."""
    descriptor, name = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.hooktrace-")
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
            if owner:
                _give(descriptor, *owner)
            os.fchmod(descriptor, mode)
            file.flush()
            os.fsync(descriptor)
        yield Path(name)
    finally:
        Path(name).unlink(missing_ok=True)


def save_private(path: Path, data: bytes) -> None:
    """Replace *path* by *data*, for its user alone to read."""
    with staged(path, data, PRIVATE_FILE) as temporary:
        temporary.replace(path)


def _flush_directory(directory: Path) -> None:
    """Make a rename in *directory* outlive a crash of the system, where the file system can."""
    with contextlib.suppress(OSError):
        descriptor = os.open(directory, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def _make_directories(directory: Path, made: list[str]) -> None:
    """Make *directory* and what is missing above it; each is noted in *made* at once, the outermost first."""
    for path in [path for path in (directory, *directory.parents) if not path.exists()][::-1]:
        path.mkdir(mode=PRIVATE_DIRECTORY)
        made.append(str(path))
        above = path.parent.stat()
        _give(path, above.st_uid, above.st_gid)


def _give(file: Path | int, user: int, group: int) -> None:
    """Let *file* belong to *user* and *group*, where we may: root may, others only to a group of theirs."""
    with contextlib.suppress(PermissionError):
        os.chown(file, user, group)


def remove_directories(made: tuple[str, ...] | list[str]) -> None:
    """Remove the directories that are still empty, the innermost first."""
    for path in reversed(made):
        with contextlib.suppress(OSError):
            Path(path).rmdir()
