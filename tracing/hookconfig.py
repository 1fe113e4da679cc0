"""What an agent's configuration has to say so that it runs our hooks.

Two forms of the same table.  ``hooks/hooks.json`` is the plugin's: shell form, read by
several agents, limited to the events that the oldest supported client knows, because an
unknown name there makes that client load no hook at all.  For settings.json, where unknown
event names are harmless, it is turned into exec form (one shell less a hook) and the newer
events are added.

The exec form names ``sh``, which reads the hook if it is there: a session that is open while
hooktrace is upgraded or removed goes on in silence.  It costs what running the hook itself would.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from tracing.resources import resource

NEWER_EVENTS = ("DirectoryAdded", "PreModelSwitch", "PostModelSwitch")
"""Known to clients after 2.1.197; not to that one."""

READ_IF_THERE = 'trap "exit 0" EXIT; exec 2>/dev/null; [ -r "$0" ] && . "$0"'
"""``sh -c`` this with the hook as $0: to the hook it looks as if it had been run directly.

The trap is for a hook that goes between the test and the reading: dash would end with 2, which
blocks the agent's tool.
"""

TURN_EVENTS = frozenset({"UserPromptSubmit", "Stop", "SessionEnd"})
"""The once-a-turn events, which wake a collector that is gone."""


def registered_events() -> tuple[str, ...]:
    """Return the names of the events that hooks.json registers, in its order."""
    return tuple(json.loads((resource("hooks") / "hooks.json").read_text())["hooks"])


ADVISED_EVENT = "UserPromptSubmit"
"""The event at which the hook `advise` runs, where advice is switched on; never in the plugin."""

ADVICE_TIMEOUT_S = 2
"""For a machine on which not even its own deadline holds."""


def settings_hooks(hooks: Path, state: Path, advise: bool = False) -> dict[str, Any]:
    """Return the value of "hooks" for a settings.json: exec form, absolute paths.

    *hooks* is the directory of the executables, *state* (tracing.places) is given to them so
    that they find the spool whatever HOME the agent runs with.  With *advise* the hook that asks
    for advice stands beside the recording one.
    """

    def handler(script: str, *arguments: str, timeout: int = 10) -> dict[str, Any]:
        words = ["-c", READ_IF_THERE, str(hooks / script), *arguments, str(state)]
        return {"type": "command", "command": "/bin/sh", "args": words, "timeout": timeout}

    def group(event: str) -> dict[str, Any]:
        script = "session-start" if event == "SessionStart" else "record"
        handlers = [handler(script, *(["--turn"] if event in TURN_EVENTS else []))]
        if advise and event == ADVISED_EVENT:
            handlers.append(handler("advise", timeout=ADVICE_TIMEOUT_S))
        return {"hooks": handlers}

    return {event: [group(event)] for event in (*registered_events(), *NEWER_EVENTS)}
