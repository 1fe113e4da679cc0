"""What an agent's configuration has to say so that it runs our hooks.

Two forms of the same table.  ``hooks/hooks.json`` is the plugin's: shell form, read by
several agents, limited to the events that the oldest supported client knows, because an
unknown name there makes that client load no hook at all.  For settings.json, where unknown
event names are harmless, it is turned into exec form (one shell less a hook) and the newer
events are added.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from tracing.resources import resource

NEWER_EVENTS = ("DirectoryAdded", "PreModelSwitch", "PostModelSwitch")
"""Known to clients after 2.1.197; not to that one."""

TURN_EVENTS = frozenset({"UserPromptSubmit", "Stop", "SessionEnd"})
"""The once-a-turn events, which wake a collector that is gone."""


def registered_events() -> tuple[str, ...]:
    """Return the names of the events that hooks.json registers, in its order."""
    return tuple(json.loads((resource("hooks") / "hooks.json").read_text())["hooks"])


def settings_hooks(hooks: Path, state: Path) -> dict[str, Any]:
    """Return the value of "hooks" for a settings.json: exec form, absolute paths.

    *hooks* is the directory of the executables, *state* (tracing.places) is given to them so
    that they find the spool whatever HOME the agent runs with.
    """

    def group(event: str) -> dict[str, Any]:
        script = "session-start" if event == "SessionStart" else "record"
        arguments = [*(["--turn"] if event in TURN_EVENTS else []), str(state)]
        return {"hooks": [{"type": "command", "command": str(hooks / script), "args": arguments, "timeout": 10}]}

    return {event: [group(event)] for event in (*registered_events(), *NEWER_EVENTS)}
