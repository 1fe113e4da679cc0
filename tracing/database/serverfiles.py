"""Files and directories that the embedded server shares with us; as root it is another user's, and not trusted."""

from __future__ import annotations

import contextlib
import os
import shutil
import stat
from pathlib import Path

from tracing.database.servererror import ServerError
from tracing.places import PRIVATE_DIRECTORY


def read(path: Path) -> str:
    """Return a file of the server; never through a link, which its user could have laid for root."""
    with os.fdopen(os.open(path, os.O_RDONLY | os.O_NOFOLLOW), encoding="utf-8", errors="replace") as file:
        return file.read()


def write(path: Path, text: str) -> None:
    """Write a file that the server's user can read, whatever the umask; there are no secrets in it."""
    path.write_text(text, encoding="utf-8")
    path.chmod(0o644)


def remove(path: Path) -> None:
    """Remove a file, or a directory with all that is in it; one that is not there is removed already."""
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def make_private_directory(path: Path) -> None:
    """Make *path* for us alone.

    Raises:
        ServerError: it is there and not ours: in /tmp anybody can make it.
    """
    with contextlib.suppress(FileExistsError):
        path.mkdir(mode=PRIVATE_DIRECTORY)
    found = path.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.geteuid() or found.st_mode & 0o077:
        raise ServerError(
            f"{path} is not a directory that only uid {os.geteuid()} can enter\n"
            "hint: somebody else made it; remove it, or choose a shorter HOOKTRACE_HOME"
        )


def make_root_directory(path: Path, mode: int) -> None:
    """Make *path*, owned by root; one that is there is not changed.

    Raises:
        ServerError: one that is there will not do.
    """
    try:
        path.mkdir(parents=True)
        path.chmod(mode)  # mkdir's own is cut by the umask
    except FileExistsError:
        found = path.lstat()
        if not stat.S_ISDIR(found.st_mode) or found.st_uid != 0 or found.st_mode & 0o033 != 0o011:
            raise ServerError(
                f"{path} is not a directory of root's that others can pass through and not change\n"
                f"hint: `chown root {path} && chmod {mode:o} {path}`, if nobody else uses it"
            ) from None
