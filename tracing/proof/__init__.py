"""A recorded session that is sent through the real hooks, to prove that the whole way works."""

from __future__ import annotations

import json
import statistics
import subprocess
import tempfile
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

from tracing.hookconfig import settings_hooks

RECORDING = Path(__file__).with_name("recording.jsonl")
"""One event a line, with SESSION and PROMPT for the ids; recorded from a real client, cut to one file's worth."""

HOOK_LIMIT_S = 10
"""As in the agent's settings: a hook that reaches it hangs."""


class ProofFailed(Exception):
    """A hook did not do what it must."""


@dataclass(frozen=True)
class Proof:
    """What was sent."""

    session_id: str
    events: int
    hook_ms: float
    """Milliseconds that a hook took, from its start to its end; the median."""


def send(hooks: Path, state: Path, environment: Mapping[str, str]) -> Proof:
    """Fire the recording through the hooks in *hooks*, by the very commands that the agent's settings name.

    Raises:
        ProofFailed: a hook printed something or exited with another status than 0.
    """
    session, prompt = str(uuid4()), str(uuid4())
    commands = settings_hooks(hooks, state)
    lines = RECORDING.read_text(encoding="utf-8").splitlines()
    with tempfile.TemporaryDirectory() as directory:
        given = {
            **environment,
            "AI_AGENT": "hooktrace_0_proof",
            "CLAUDE_CODE_SESSION_ID": session,
            "CLAUDE_PROJECT_DIR": "/home/you/project",
            "CLAUDE_ENV_FILE": f"{directory}/sessionstart-hook-0.sh",
        }
        spent = []
        for line in lines:
            payload = line.replace('"SESSION"', f'"{session}"').replace('"PROMPT"', f'"{prompt}"')
            event = json.loads(line)["hook_event_name"]
            (handler,) = commands[event][0]["hooks"]
            begin = time.perf_counter()
            _fire([handler["command"], *handler["args"]], payload, given, event)
            spent.append((time.perf_counter() - begin) * 1000)
    return Proof(session, len(lines), statistics.median(spent))


def _fire(command: list[str], payload: str, environment: Mapping[str, str], event: str) -> None:
    try:
        hook = subprocess.run(
            command, input=payload.encode(), env=environment, capture_output=True, timeout=HOOK_LIMIT_S, check=False
        )
    except subprocess.TimeoutExpired:
        raise ProofFailed(f"the hook of {event} did not end within {HOOK_LIMIT_S} s") from None
    if hook.returncode or hook.stdout or hook.stderr:
        raise ProofFailed(f"the hook of {event} exited {hook.returncode} and printed {len(hook.stdout)} bytes")
