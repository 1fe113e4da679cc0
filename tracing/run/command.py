"""Runs a command within an execution of its own.

A module that loads neither the command line's library nor a database: a script that is run this way begins a few
milliseconds later than without, whatever it is.
"""

from __future__ import annotations

import errno
import os
import sys

from tracing.api import slot
from tracing.api.execution import Execution, Scope
from tracing.run.child import Child, Ended

SOURCE = "hooktrace-run"
"""The source of these executions."""

NOT_FOUND, NOT_EXECUTABLE = 127, 126
"""What a shell, and `env`, exit with where there is no such command, and where it cannot be executed."""

COMMAND_LIMIT = 10_000
"""Characters of the command line that are kept."""

_CANCELLING = frozenset({"SIGHUP", "SIGINT", "SIGQUIT", "SIGTERM"})


def run(command: list[str], name: str | None = None) -> int:
    """Run *command*, and end as it ended: with its exit status, or by the signal that ended it.

    Args:
        command: the program, looked for in PATH, and its arguments; at least the program.
        name: what the execution is called; default: the program, without its directory.

    Where nothing is recorded the command takes this process's place.  Returns 126 or 127 where it cannot be run.
    """
    if not slot.recording():
        return _become(command)
    attributes = {"command": " ".join(command)[:COMMAND_LIMIT]}
    with Scope(name or os.path.basename(command[0]), attributes, source=SOURCE) as execution:  # noqa: PTH119
        try:
            ended = Child(_named(command), execution.environment()).wait()
        except OSError as error:
            status = _complain(command, error)
            execution.fail("not_run", f"{command[0]}: {error.strerror}")
            return status
        _tell(execution, ended)
    return ended.leave()


def _become(command: list[str]) -> int:
    try:
        os.execvp(command[0], _named(command))  # noqa: S606  # no shell is the point
    except OSError as error:
        return _complain(command, error)


def _named(command: list[str]) -> list[str]:
    """Return *command* if its program has a name; where it has none Python speaks of another kind of error.

    Raises:
        FileNotFoundError: it has none.
    """
    if not command[0]:
        raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT))
    return command


def _complain(command: list[str], error: OSError) -> int:
    print(f"hooktrace run: {command[0]}: {error.strerror}", file=sys.stderr)  # noqa: T201  # nobody else says it
    return NOT_FOUND if isinstance(error, FileNotFoundError) else NOT_EXECUTABLE


def _tell(execution: Execution, ended: Ended) -> None:
    """Tell the execution how the command ended."""
    if ended.signal_name:
        status = "cancelled" if ended.signal_name in _CANCELLING else "failed"
        execution.end_as(status, "signal", f"ended by {ended.signal_name}")
    elif ended.status:
        execution.fail("exit_status", f"exit status {ended.status}")
