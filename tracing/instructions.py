"""Which instructions a session had loaded: one hash of the files' names and contents.

By it `hooktrace compare --by instructions` tells what was before a change of them from what came after.  Only
the hash is kept.  Files that are loaded on the way, as the agent comes by them, are left out: two sessions with
the same instructions would differ by where they looked.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path, PurePath

from tracing.event import Event
from tracing.regularfile import open_regular

LOADED_ON_THE_WAY = frozenset({"nested_traversal", "path_glob_match"})

TELLING = frozenset({"InstructionsLoaded", "ConfigChange"})


LONGEST = 1 << 20
"""Bytes of a file that count; the path is a payload's, and what lies there can be of any size."""


def loaded_file(event: Event) -> str | None:
    """Return the instruction file that *event* tells of, if it tells of one."""
    path = event.text("file_path")
    if event.name not in TELLING or not path or not path.startswith("/"):
        return None
    on_the_way = event.text("load_reason") in LOADED_ON_THE_WAY
    return None if on_the_way or PurePath(path).suffix != ".md" else path


def content_hash(path: str) -> str | None:
    """Return a hash of what is in a file now; None if there is no such file."""
    try:
        with open_regular(Path(path)) as file:
            content = file.read(LONGEST)
    except OSError:
        return None
    return hashlib.sha256(content).hexdigest()


def combined(files: Mapping[str, str]) -> str:
    """Return one hash for *files*, by path; wherever the same ones lie, it is the same."""
    lines = sorted(f"{PurePath(path).name} {digest}" for path, digest in files.items())
    return hashlib.sha256("\n".join(lines).encode("utf-8", "surrogateescape")).hexdigest()[:16]
