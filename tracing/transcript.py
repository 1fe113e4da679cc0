"""Reads what the agent writes beside its transcript: which tool call started a subagent."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from pathlib import Path

from tracing.event import ID_LIMIT, Event
from tracing.regularfile import open_regular

META_LIMIT = 65_536
"""Bytes of a subagent's meta file at most; a real one has about a hundred."""

_AGENT_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")


@dataclass(frozen=True)
class Meta:
    """What the agent writes beside a subagent's transcript."""

    call: str | None = None
    """The tool_use_id of the Agent call that started it."""
    agent_type: str | None = None


def agent_call(event: Event) -> str | None:
    """Return the tool_use_id of the Agent call that started *event*'s subagent, if the agent tells it."""
    agent_id, transcript = event.text("agent_id"), event.text("transcript_path")
    if not agent_id or not transcript or not _AGENT_ID.fullmatch(agent_id) or not transcript.endswith(".jsonl"):
        return None
    return read_meta(Path(transcript.removesuffix(".jsonl")) / "subagents" / f"agent-{agent_id}.jsonl").call


def read_meta(transcript: Path) -> Meta:
    """Return what the agent tells of the subagent that has this *transcript*.

    The file is undocumented, is absent at SubagentStart, and is there from the subagent's
    first tool call on.  Anything unexpected in it means "not known".
    """
    try:
        told = json.loads(_beginning(transcript.with_suffix(".meta.json")))
        values = (told.get("toolUseId"), told.get("agentType"))
    except (OSError, ValueError, AttributeError, RecursionError):
        return Meta()
    return Meta(*(value if isinstance(value, str) and 0 < len(value) <= ID_LIMIT else None for value in values))


def _beginning(file: Path) -> bytes:
    """Read a file whose path comes from a payload."""
    with open_regular(file) as opened:
        return opened.read(META_LIMIT)
