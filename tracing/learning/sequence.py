"""The way of working in a prompt: its agents and tools in their order, repeats folded."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence

from tracing.learning.story import Story

LONGEST_CYCLE = 3
"""Edit, Bash, Edit, Bash is the same way of working as Edit, Bash."""

BOOKKEEPING = frozenset(
    {"TodoWrite", "TaskCreate", "TaskUpdate", "TaskGet", "TaskList", "TaskOutput", "ToolSearch", "AskUserQuestion"}
    | {"EnterPlanMode", "ExitPlanMode", "BashOutput", "KillShell"}
)
"""Tools by which an agent organises itself: they say nothing about how the work was done."""


def agents_of(story: Story) -> tuple[str, ...]:
    """Return the agents in their order, repeats folded."""
    return folded([run.name for run in story.agents])


def tools_of(story: Story) -> tuple[str, ...]:
    """Return the tools of the main thread in their order, repeats folded; a subagent is one call there."""
    return folded(
        [
            call.name
            for call in story.calls
            if call.agent is None and call.name not in BOOKKEEPING and call.status not in ("denied", "cancelled")
        ]
    )


def folded(names: Sequence[str]) -> tuple[str, ...]:
    """Return *names* with each run of repeats, and of repeated short cycles, told once."""
    result: list[str] = []
    for name in names:
        result.append(name)
        _fold_end(result)
    return tuple(result)


def _fold_end(names: list[str]) -> None:
    for size in range(1, LONGEST_CYCLE + 1):
        if len(names) >= 2 * size and names[-size:] == names[-2 * size : -size]:
            del names[-size:]
            return


def pattern_hash(intent: str, agents: tuple[str, ...], tools: tuple[str, ...]) -> str:
    """Return what identifies a way of working by its content: two sessions that did the same have one."""
    content = json.dumps([intent, agents, tools], ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(content.encode("utf-8", "backslashreplace")).hexdigest()[:32]
