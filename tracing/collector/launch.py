"""Starts the collector: the script that the hooks run, and the step into the background."""

from __future__ import annotations

import os
import resource
import shlex
import subprocess
import sys
import time
from collections.abc import Mapping

from tracing.collector.lock import CollectorLock
from tracing.places import Places

KEPT_VARIABLES = ("HOME", "HOOKTRACE_HOME", "HOOKTRACE_STRICT", "XDG_STATE_HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME")
"""All that the collector keeps of the environment: where its files are.

Variables of some other program (PG*, OTEL_*, proxies) must not decide where anybody's sessions go.
"""


NICENESS = 5
"""The agent goes first: on a busy machine rows may be late, the agent not."""


class LaunchError(Exception):
    """The collector does not come up."""


def write_launcher(places: Places, environment: Mapping[str, str]) -> bool:
    """Write the script by which hooks start the collector: this interpreter, a clean environment.

    Returns whether it was another one before, or none.
    """
    kept = {name: environment[name] for name in KEPT_VARIABLES if environment.get(name)}
    assignments = " ".join(f"{name}={shlex.quote(value)}" for name, value in kept.items())
    text = (
        "#!/bin/sh\n"
        "# Starts hooktrace's collector in the background; written by `hooktrace init`.\n"
        f"exec env -i PATH=/usr/bin:/bin LANG=C.UTF-8 {assignments} \\\n"
        f'    {shlex.quote(sys.executable)} -P -m tracing.collector "$@"\n'
    )
    if places.launcher.is_file() and places.launcher.read_text() == text:
        return False
    temporary = places.launcher.with_suffix(".new")
    temporary.write_text(text)
    temporary.chmod(0o700)
    temporary.replace(places.launcher)
    return True


def start(places: Places, timeout_s: float = 20.0) -> int:
    """Start a collector if none runs; return its process id.

    Raises:
        LaunchError: it is not ours to start, there is no launcher, or no collector came up within *timeout_s*.
    """
    if refusal := places.refusal():
        raise LaunchError(refusal)
    lock = CollectorLock(places.lock, places.pid_file)
    if not places.launcher.exists():
        raise LaunchError(f"no {places.launcher}\nhint: run `hooktrace init`")
    if pid := lock.running():
        return pid
    subprocess.run([places.launcher], check=False, stdin=subprocess.DEVNULL)
    deadline = time.monotonic() + timeout_s
    while not (pid := lock.running()):
        if time.monotonic() > deadline:
            raise LaunchError(f"the collector did not start\nhint: see {places.log}")
        time.sleep(0.02)
    return pid


def detach() -> None:
    """Go on in a process of its own session, with nothing open to the agent that started it."""
    if os.fork():
        os._exit(0)
    os.setsid()
    os.nice(NICENESS)
    # The hook limits the size of files for itself; what we write (and the server) must not inherit it.
    hard = resource.getrlimit(resource.RLIMIT_FSIZE)[1]
    resource.setrlimit(resource.RLIMIT_FSIZE, (hard, hard))
    os.chdir("/")
    null = os.open(os.devnull, os.O_RDWR)
    for descriptor in (0, 1, 2):
        os.dup2(null, descriptor)
