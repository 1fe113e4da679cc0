"""The mail slot for programs: an event goes into one new file of the spool, as from hooks/record.

Form, bounds and switches are that hook's (tracing/spool.py tells the form): change both or neither.
"""

from __future__ import annotations

import errno
import itertools
import os
import time
from contextlib import suppress

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

HOOK = "api"
"""What stands in the header where a hook writes its own name."""

TRIES = 100
"""Names that are tried; a taken one is of another process that had this pid."""

LOOK_EVERY_S = 1.0
WAKE_EVERY_S = 5.0
"""How often at most to look whether a collector lives, and to start one: where that fails, it must cost nothing."""

_OFF = frozenset({"0", "false", "off", "no"})
_WAKE = '{ "$0/launch" || du -sk "$0/spool" | { read -r kb _ && [ "$kb" -gt 524288 ] && : >>"$0/full"; }; } &'
"""As in hooks/record: detached; where no launcher works, the spool's bound is kept here."""

_numbers = itertools.count()
_look_at = 0.0


class Emptied(Exception):
    """The event could not be written; its empty file is the record of that."""


def attempt(action: Callable[[], None]) -> None:
    """Do *action*; what fails is counted and not raised, unless HOOKTRACE_STRICT is 1.

    The one place where the API fails open.
    """
    try:
        action()
    except Exception as error:  # whatever it is, the program has other things to do
        if os.environ.get("HOOKTRACE_STRICT") == "1":
            raise
        if not isinstance(error, Emptied):
            _count_drop()


def recording() -> bool:
    """Tell whether anything is recorded: HOOKTRACE_ENABLED does not say no, and `hooktrace pause` is not in force."""
    if os.environ.get("HOOKTRACE_ENABLED", "").lower() in _OFF:
        return False
    directory = state_directory()
    return directory is not None and not os.path.exists(f"{directory}/paused")  # noqa: PTH110  # no pathlib here


def state_directory() -> str | None:
    """Return the state directory, by the rule of tracing.places; None where the environment names none."""
    names = os.environ
    if home := names.get("HOOKTRACE_HOME"):
        return home if home.startswith("/") else None
    if (base := names.get("XDG_STATE_HOME", "")).startswith("/"):
        return f"{base}/hooktrace"
    user_home = names.get("HOME", "")
    return f"{user_home}/.local/state/hooktrace" if user_home.startswith("/") else None


def drop(header: bytes, event: Mapping[str, object]) -> None:
    """Put *event* into the spool; *header* is ``name=value NUL`` a time.

    Raises:
        Emptied: see the class.
        OSError: there is no file of it, or the spool is full.
    """
    import json  # with what it imports a third of a script's start

    directory = state_directory()
    if directory is None or not recording():
        return
    if os.path.exists(f"{directory}/full"):  # noqa: PTH110
        raise OSError(errno.ENOSPC, "the spool is full")
    pid = os.getpid()
    payload = json.dumps(event, default=str).encode()
    descriptor = _new_file(f"{directory}/spool", pid)
    try:
        _write(descriptor, b"hook=%b\0pid=%d\0%b\0%b\0end %d" % (HOOK.encode(), pid, header, payload, pid))
    finally:
        os.close(descriptor)


def wake() -> None:
    """Start a collector if none lives, and wait for nothing; looks only now and then."""
    global _look_at
    now, directory = time.monotonic(), state_directory()
    if now < _look_at or directory is None or not recording():
        return
    _look_at = now + LOOK_EVERY_S
    if not _is_alive(f"{directory}/collector.pid"):
        _look_at = now + WAKE_EVERY_S
        _launch(directory)


def _new_file(spool: str, pid: int) -> int:
    """Return the descriptor of a new file: never somebody else's, never through a link, a FIFO or a device."""
    clock = getattr(time, "CLOCK_BOOTTIME", None)
    up = time.clock_gettime(clock) if clock is not None else 0.0
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
    for _ in range(TRIES):
        name = f"{spool}/{up:.2f}-{pid}-{next(_numbers)}"
        try:
            return os.open(name, flags, 0o600)
        except FileExistsError:
            continue
        except FileNotFoundError:
            _make(spool)
    raise FileExistsError(errno.EEXIST, "no free name in the spool")


def _make(directory: str) -> None:
    """Make a directory and those above it, each for this user alone."""
    above = os.path.dirname(directory)  # noqa: PTH120
    if above and not os.path.isdir(above):  # noqa: PTH112
        _make(above)
    with suppress(FileExistsError):  # another process was faster
        os.mkdir(directory, 0o700)  # noqa: PTH102


def _write(descriptor: int, data: bytes) -> None:
    """Write all of *data*, or leave the file empty: it is then the record of a drop."""
    try:
        left = memoryview(data)
        while left:
            left = left[os.write(descriptor, left) :]
    except OSError as error:
        os.ftruncate(descriptor, 0)
        raise Emptied(error.strerror) from error


def _is_alive(pid_file: str) -> bool:
    try:
        with open(pid_file, "rb") as file:  # noqa: PTH123
            os.kill(int(file.readline()), 0)
    except PermissionError:
        return True
    except (OSError, ValueError, OverflowError):
        return False
    return True


def _launch(directory: str) -> None:
    """Start the launcher from a shell that is gone at once: no child of this program is left to be waited for."""
    import signal

    null = [(os.POSIX_SPAWN_OPEN, number, os.devnull, os.O_RDWR, 0) for number in (0, 1, 2)]
    pid = os.posix_spawn(
        "/bin/sh",
        ["sh", "-c", _WAKE, directory],
        {**os.environ, "PATH": f"/usr/bin:/bin:{os.environ.get('PATH', '')}"},
        file_actions=null,
        setsigmask=[],
        setsigdef=[signal.SIGPIPE, signal.SIGXFSZ],
    )
    with suppress(ChildProcessError):  # the program ignores SIGCHLD, or waits for whatever ends
        os.waitpid(pid, 0)


def _count_drop() -> None:
    """Add a byte to the counter of dropped events; where even that fails, only the transcript tells."""
    directory = state_directory()
    with suppress(OSError):
        descriptor = os.open(f"{directory}/dropped", os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            os.write(descriptor, b".")
        finally:
            os.close(descriptor)
