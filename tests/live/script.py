"""What the model of a scripted client answers, written down in a line each (tests/client/mock_api.py)."""

from __future__ import annotations

from typing import Any

Call = dict[str, Any]
"""A call of a tool."""

Turn = str | Call | list[Call]
"""One message of the model: a text, a call, several calls at once, or a turn of mock_api.py as it is."""


def call(tool: str, **arguments: Any) -> Call:
    """Call *tool*."""
    return {"name": tool, "input": arguments}


def bash(command: str, **arguments: Any) -> Call:
    """Run *command*."""
    return call("Bash", command=command, description="run", **arguments)


def agent(route: str, **arguments: Any) -> Call:
    """Start a subagent, which is answered by *route*; in the foreground, unless *arguments* say otherwise."""
    where = {"subagent_type": "general-purpose", "run_in_background": False}
    return call("Agent", description=route, prompt=f"[[route:{route}]] go", **{**where, **arguments})


def script(turns: tuple[Turn, ...], routes: dict[str, list[Turn]]) -> dict[str, Any]:
    """Return the script in which *turns* are answered, and *routes* where a prompt names one."""
    return {"turns": [*map(_turn, turns)], "routes": {name: [*map(_turn, each)] for name, each in routes.items()}}


def _turn(turn: Turn) -> dict[str, Any]:
    if isinstance(turn, str):
        return {"text": turn}
    if isinstance(turn, list):
        return {"tool_use": turn}
    return {"tool_use": [turn]} if "name" in turn else turn
