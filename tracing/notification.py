"""What the agent tells itself, as a prompt, when something in the background has ended."""

from __future__ import annotations

import re
from typing import NamedTuple

PREFIX = "<task-notification>"
"""How such a prompt begins."""

_NOTED = re.compile(r"<tool-use-id>([\w.:-]{1,512})</tool-use-id>.*?<status>(\w{1,32})</status>", re.DOTALL)


class NotedEnd(NamedTuple):
    """The end of a call that went on in the background."""

    tool_use_id: str
    status: str
    """As the agent words it, such as completed."""

    def __str__(self) -> str:
        return f"<tool-use-id>{self.tool_use_id}</tool-use-id><status>{self.status}</status>"


def noted_end(prompt: str) -> NotedEnd | None:
    """Return the end that the *prompt* notes, if it is a notification that names one."""
    found = _NOTED.search(prompt) if prompt.startswith(PREFIX) else None
    return NotedEnd(*found.groups()) if found else None
