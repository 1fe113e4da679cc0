"""The environment in which subprocesses find the running execution as their parent."""

from __future__ import annotations

import os

from tracing.api.execution import current


def environment() -> dict[str, str]:
    r"""Return a copy of ``os.environ`` for a subprocess of the running execution.

    An agent or another Python program that is started with it becomes a child of exactly that execution.  Outside
    of any execution, and where nothing is recorded, it is a plain copy: what was inherited is handed on.

    >>> import subprocess, tracing
    >>> with tracing.execution("greet"):
    ...     done = subprocess.run(["sh", "-c", "echo hello"], env=tracing.environment(), capture_output=True, text=True)
    >>> done.stdout
    'hello\n'
    """
    running = current()
    return running.environment() if running else dict(os.environ)
