"""Tells a session's Bash calls which prompt is running, through one small file per session.

The text that hooks/session-start puts into the agent's env file reads it (see there); what
is read is a hint, since the first Bash call can come before the collector has seen the prompt.
"""

from __future__ import annotations

import os
import time
from pathlib import Path

from tracing.event import Event
from tracing.identity import parse_uuid, prompt_uuid
from tracing.places import PRIVATE_DIRECTORY

TELLING = frozenset({"UserPromptSubmit", "SessionEnd"})
"""The events that change which prompt is running."""

STALE_S = 30 * 86_400
"""A session whose last prompt is older is not open any more, whatever became of it."""


class Propagation:
    """The data files in the directory *sessions*."""

    def __init__(self, sessions: Path) -> None:
        self._directory = sessions

    def see(self, event: Event) -> None:
        """Keep the session's file current: written at a prompt, gone with the session."""
        if event.name not in TELLING or not parse_uuid(event.session_id):
            return
        file = self._directory / event.session_id
        prompt_id = event.text("prompt_id")
        if _is_newer(file, event):
            return  # of an outage's backlog
        if event.name == "SessionEnd":
            file.unlink(missing_ok=True)
        elif prompt_id:
            self._replace(file, f"{prompt_uuid(event.session_id, prompt_id)}\n", event.at.timestamp())

    def forget(self, session_id: str) -> None:
        """Remove the session's file."""
        if parse_uuid(session_id):
            (self._directory / session_id).unlink(missing_ok=True)

    def remove_stale(self) -> None:
        """Remove the files of sessions whose end was never seen."""
        for file in self._directory.iterdir():
            if time.time() - file.stat().st_mtime > STALE_S:
                file.unlink(missing_ok=True)

    def _replace(self, file: Path, text: str, at: float) -> None:
        """Write by rename, so that a shell reads the old line or the new one; the file's time is the event's."""
        self._directory.mkdir(mode=PRIVATE_DIRECTORY, exist_ok=True)
        temporary = file.with_name(f".{file.name}.{os.getpid()}")
        descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w") as opened:
            opened.write(text)
        os.utime(temporary, (at, at))
        temporary.replace(file)


def _is_newer(file: Path, event: Event) -> bool:
    """Tell whether *file* was written for a later event."""
    try:
        return file.stat().st_mtime > event.at.timestamp()
    except FileNotFoundError:
        return False
