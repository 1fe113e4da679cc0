"""What tests make all the time, quickly."""

from __future__ import annotations

import subprocess
import tempfile
from pathlib import Path

from tracing.database.embedded import EmbeddedServer

SHORT = 20
"""Characters that the place of temporary files may have, for a socket's path has about 100 bytes in all."""


def new_directory(prefix: str = "ht-") -> Path:
    """Make a temporary directory, unlike pytest's tmp_path with a short path and nothing private above it."""
    place = tempfile.gettempdir()
    return Path(tempfile.mkdtemp(prefix=prefix, dir=place if len(place) <= SHORT else "/tmp"))


def copy_cluster(source: EmbeddedServer, target: EmbeddedServer) -> None:
    """Give *target*, which has none, the cluster of *source*; neither runs.  It is quicker than to make one."""
    target._make_directories()
    subprocess.run(["cp", "-a", source.data, target.data], check=True)
    target.log.unlink(missing_ok=True)  # what is said there is said of the copy
