"""Programs that a test starts, as a user would write them: they import tracing, and no test's memory is theirs."""

from __future__ import annotations

import subprocess
import sys
import textwrap
from collections.abc import Mapping
from pathlib import Path

from tests.conftest import Installation

PROGRAM_TIMEOUT_S = 120


def run_program(
    home: Installation, text: str, *, env: Mapping[str, str] | None = None, cwd: Path | None = None, status: int = 0
) -> str:
    """Run *text* as a Python program beneath *home*, and return what it printed; it must exit with *status*."""
    process = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(text)],
        env={**home.env, "HOOKTRACE_STRICT": "1", **(env or {})},
        cwd=cwd or home.root,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=PROGRAM_TIMEOUT_S,
    )
    assert process.returncode == status, process.stderr
    return process.stdout.strip()
