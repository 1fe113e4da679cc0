"""A child process that stands for this one: it has the terminal, gets the signals, and decides how this one ends.

It stays in this process's group, so that the terminal treats both alike: what is typed there (Ctrl-C, Ctrl-Z) reaches
the child by itself and is not passed on; what somebody sends to this process alone is.
"""

from __future__ import annotations

import os
import resource
import signal
import sys
from contextlib import suppress

PASSED_ON = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT, signal.SIGWINCH)
ALSO_PASSED_ON = (signal.SIGUSR1, signal.SIGUSR2, signal.SIGTSTP, signal.SIGCONT, signal.SIGALRM)
_WAITED_FOR = frozenset({*PASSED_ON, *ALSO_PASSED_ON, signal.SIGCHLD})

_BY_PYTHON = (signal.SIGPIPE, signal.SIGXFSZ)
"""What this interpreter ignores of itself; a child would inherit that."""

_JOB_CONTROL = frozenset({signal.SIGTSTP, signal.SIGTTIN, signal.SIGTTOU})


class Ended:
    """How a child ended."""

    def __init__(self, wait_status: int) -> None:
        self._signal = os.WTERMSIG(wait_status) if os.WIFSIGNALED(wait_status) else 0
        self.status = 128 + self._signal if self._signal else os.WEXITSTATUS(wait_status)
        """The exit status; 128 and the signal's number where one ended it, as shells show that."""

    @property
    def signal_name(self) -> str:
        """The name of the signal that ended it; empty: none did."""
        try:
            return signal.Signals(self._signal).name if self._signal else ""
        except ValueError:
            return f"signal {self._signal}"

    def leave(self) -> int:
        """End this process by the signal that ended the child, so that a shell sees it; else return the exit status."""
        if self._signal:
            resource.setrlimit(resource.RLIMIT_CORE, (0, resource.getrlimit(resource.RLIMIT_CORE)[1]))  # it left one
            sys.stdout.flush()
            if self._signal not in (signal.SIGKILL, signal.SIGSTOP):
                signal.signal(self._signal, signal.SIG_DFL)
            signal.pthread_sigmask(signal.SIG_UNBLOCK, [self._signal])
            os.kill(os.getpid(), self._signal)
        return self.status


class Child:
    """A command that runs; signals wait for :meth:`wait` from before it began."""

    def __init__(self, command: list[str], environment: dict[str, str]) -> None:
        """Start *command*, looked for in PATH.

        Raises:
            OSError: it cannot be executed.
        """
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)  # ignored, it would not be told how the child ended
        before = signal.pthread_sigmask(signal.SIG_BLOCK, _WAITED_FOR)
        try:
            self._pid = os.posix_spawnp(command[0], command, environment, setsigmask=before, setsigdef=_BY_PYTHON)
        except OSError:
            signal.pthread_sigmask(signal.SIG_SETMASK, before)
            raise

    def wait(self) -> Ended:
        """Wait for the child's end; stop when it stops, go on when this process is told to."""
        while True:
            number, sender = _next_signal()
            if number != signal.SIGCHLD:
                if sender:
                    self._pass_on(number)
                continue
            pid, wait_status = os.waitpid(self._pid, os.WNOHANG | os.WUNTRACED)
            if pid and os.WIFSTOPPED(wait_status):
                self._stop_too(os.WSTOPSIG(wait_status))
            elif pid:
                return Ended(wait_status)

    def _stop_too(self, number: int) -> None:
        """Stop, so that a shell sees its job stopped; whoever stops a child without a terminal means it alone."""
        if number in _JOB_CONTROL or _has_terminal():
            os.kill(os.getpid(), signal.SIGSTOP)
            signal.sigwait({signal.SIGCONT})  # not every kernel has stopped us by now
            self._pass_on(signal.SIGCONT)

    def _pass_on(self, number: int) -> None:
        with suppress(ProcessLookupError, PermissionError):  # it is gone, or became another user
            os.kill(self._pid, number)


def _next_signal() -> tuple[int, bool]:
    """Wait for a signal; return it, and whether it was sent to this process and not by the terminal to its group."""
    if sys.platform == "darwin":  # which does not tell who sent it
        number = signal.sigwait(_WAITED_FOR)
        typed = number in (signal.SIGINT, signal.SIGQUIT, signal.SIGTSTP, signal.SIGWINCH) and _has_terminal()
        return number, not typed
    told = signal.sigwaitinfo(_WAITED_FOR)
    return told.si_signo, told.si_pid != 0


def _has_terminal() -> bool:
    """Tell whether this process's group is the one that the terminal listens to."""
    try:
        descriptor = os.open("/dev/tty", os.O_RDONLY | os.O_NOCTTY | os.O_CLOEXEC)
    except OSError:
        return False
    try:
        return os.tcgetpgrp(descriptor) == os.getpgrp()
    except OSError:
        return False
    finally:
        os.close(descriptor)
