"""What people and signals do to the real client: one function a scenario, for tests and recordings.

A scenario knows nothing of hooks or databases: tests/test_live_scenarios.py plays it with ours
and compares the tree, tests/record.py plays it with hooks that write everything down.
"""

from __future__ import annotations

import json
import signal
import sys
import time
from collections.abc import Callable

from tests.replay import CHECKOUT
from tests.stage import ASK_FOR_PERMISSION, Stage, enter, leave, web_site

Scenario = Callable[[Stage], None]

SCENARIOS: dict[str, Scenario] = {}

CALLER_ROOT = "5f0f4a5e-7a1e-4f6e-9d0c-0d6a3d1f2b10"
CALLER_EXECUTION = "5f0f4a5e-7a1e-4f6e-9d0c-0d6a3d1f2b11"
"""What a caller such as a CI job sets around the client."""

SESSION = "0c8d3f5a-1b7e-4c59-9e0a-6f1d2b3c4d5e"
"""The session that a scenario comes back to; --session-id gives it this id."""

THINKING_S = 1.5
"""How long somebody thinks before permission is given."""

ESCAPE = "\x1b"


def scenario(function: Scenario) -> Scenario:
    """Register *function* under its name."""
    SCENARIOS[function.__name__] = function
    return function


def script(name: str, of: str | None = None, status: int = 0) -> None:
    """Register the scenario *name*: the script of that name (or *of*), played once."""

    def play(stage: Stage) -> None:
        with stage.client(of or name) as client:
            client.ask(status=status)

    play.__name__ = name
    scenario(play)


# --------------------------------------------------------------------------
# In the background

script("background_bash")
script("background_bash_in_turn")
script("background_agent")
script("background_agent_fails")

# --------------------------------------------------------------------------
# Subagents

script("subagents_deep")
script("subagents_parallel")
script("subagent_fails")


@scenario
def subagent_in_worktree(stage: Stage) -> None:
    """A subagent gets a worktree of its own."""
    stage.make_repository()
    with stage.client("worktree_agent") as client:
        client.ask()


# --------------------------------------------------------------------------
# Commands and skills


@scenario
def command(stage: Stage) -> None:
    """The user types a command of the project."""
    stage.make_command()
    with stage.client("turns") as client:
        client.ask("/hello world")


@scenario
def command_of_client(stage: Stage) -> None:
    """The user types a command that the client answers by itself."""
    with stage.client("turns") as client:
        client.ask("/cost")


@scenario
def skill(stage: Stage) -> None:
    """The model calls a skill."""
    stage.make_skill()
    with stage.client("skill") as client:
        client.ask()


@scenario
def skill_forked(stage: Stage) -> None:
    """The model calls a skill that runs as a subagent."""
    stage.make_skill("greeting")
    with stage.client("skill_forked") as client:
        client.ask()


@scenario
def tasks(stage: Stage) -> None:
    """The model keeps a list of tasks."""
    with stage.client("tasks") as client:
        client.ask()


# --------------------------------------------------------------------------
# Calls to the outside


@scenario
def mcp(stage: Stage) -> None:
    """An MCP server answers, fails, and asks back, which -p cancels."""
    server = {"command": sys.executable, "args": [str(CHECKOUT / "tests" / "client" / "mcp_demo.py")]}
    with stage.client("mcp") as client:
        client.ask("Please start", "--mcp-config", json.dumps({"mcpServers": {"demo": server}}))


@scenario
def webfetch(stage: Stage) -> None:
    """Three pages of a local server are fetched: one there, one missing, one elsewhere."""
    with (
        web_site(stage.directory) as (url, authority),
        stage.client("webfetch", {"skipWebFetchPreflight": True}, {"URL": url}) as client,
    ):
        client.ask(NODE_EXTRA_CA_CERTS=str(authority))


# --------------------------------------------------------------------------
# Sessions that go on


@scenario
def compacted_by_hand(stage: Stage) -> None:
    """A session is compacted by /compact, and goes on."""
    with stage.client("turns") as client:
        client.ask("first")
        client.ask("/compact keep names", "--continue")
        client.ask("[[route:none]] second", "--continue")


@scenario
def compacted(stage: Stage) -> None:
    """The context is full, so the client compacts in the middle of a turn."""
    with stage.client("compact") as client:
        client.ask("Please start", *([] if stage.newer else ["--model", "claude-haiku-4-5"]))


@scenario
def cleared(stage: Stage) -> None:
    """A session is cleared; the next prompt belongs to a new session."""
    with stage.client("turns") as client:
        client.ask("first")
        client.ask("/clear", "--continue")
        client.ask("second", "--continue")


@scenario
def resumed(stage: Stage) -> None:
    """A session is resumed by its id, and then as the latest one."""
    with stage.client("turns") as client:
        client.ask("first", "--session-id", SESSION)
        client.ask("second", "--resume", SESSION)
        client.ask("third", "--continue")


@scenario
def forked(stage: Stage) -> None:
    """A session is resumed as a fork, which is another session."""
    with stage.client("turns") as client:
        client.ask("first", "--session-id", SESSION)
        client.ask("second", "--resume", SESSION, "--fork-session")


@scenario
def in_worktree(stage: Stage) -> None:
    """A session begins in a worktree of its own."""
    stage.make_repository()
    with stage.client("turns") as client:
        client.ask("Please start", "--worktree", "side")


@scenario
def model_switched(stage: Stage) -> None:
    """The user switches the model by a command between two prompts."""
    with stage.client("turns") as client:
        client.ask("first")
        client.ask("/model haiku", "--continue")
        client.ask("second", "--continue")


# --------------------------------------------------------------------------
# Refused, denied, failed

script("failing")
script("api_error", status=1)
script("api_error_in_turn", status=1)


@scenario
def denied(stage: Stage) -> None:
    """A rule denies a call, and -p denies one for which it would have to ask."""
    with stage.client("denied", {"permissions": {"deny": ["Bash(curl:*)"]}}) as client:
        client.ask(skip=False)


@scenario
def blocked_by_hook(stage: Stage) -> None:
    """Somebody else's hook blocks a call."""
    hook = {"type": "command", "command": "grep -q 'echo turn' && { echo 'not this' >&2; exit 2; }; exit 0"}
    with stage.client("turns", {"hooks": {"PreToolUse": [{"hooks": [hook]}]}}) as client:
        client.ask()


# --------------------------------------------------------------------------
# On a terminal


@scenario
def permission_given(stage: Stage) -> None:
    """The user is asked, and allows the call after a second."""
    with stage.client("ask") as client, client.terminal(*ASK_FOR_PERMISSION, "Please start", skip=False) as terminal:
        terminal.wait_for("Do you want to")
        time.sleep(THINKING_S)
        terminal.type("\r")
        terminal.wait_for("Finished.")
        leave(terminal)


@scenario
def permission_refused(stage: Stage) -> None:
    """The user is asked, and rejects the call with Esc."""
    with stage.client("ask") as client, client.terminal(*ASK_FOR_PERMISSION, "Please start", skip=False) as terminal:
        terminal.wait_for("Do you want to")
        terminal.type(ESCAPE)
        terminal.wait_for("Interrupted")
        leave(terminal)


@scenario
def interrupted(stage: Stage) -> None:
    """The user presses Esc while a command runs, and leaves."""
    with stage.client("held") as client, client.terminal("Please start") as terminal:
        stage.is_held()
        terminal.type(ESCAPE)
        terminal.wait_for("Interrupted")
        leave(terminal)


@scenario
def interrupted_and_asked_again(stage: Stage) -> None:
    """The user presses Esc while a command runs, and asks for something else."""
    with stage.client("held") as client, client.terminal("Please start") as terminal:
        stage.is_held()
        terminal.type(ESCAPE)
        terminal.wait_for("Interrupted")
        enter(terminal, "[[route:again]] do that")
        terminal.wait_for("Again finished.")
        leave(terminal)


@scenario
def prompt_queued(stage: Stage) -> None:
    """The user types a second prompt while a command of the first one runs."""
    with stage.client("held") as client, client.terminal("Please start") as terminal:
        stage.is_held()
        enter(terminal, "and this too")
        time.sleep(0.5)  # nothing on the screen tells that it is queued
        (stage.project / "release").touch()
        terminal.wait_for("Finished.")
        leave(terminal)


@scenario
def terminal_closed(stage: Stage) -> None:
    """The terminal is closed while a command runs."""
    with stage.client("held") as client, client.terminal("Please start") as terminal:
        stage.is_held()
        terminal.hang_up()
        terminal.process.wait(30)


# --------------------------------------------------------------------------
# Signals


def _stopped(name: str, held: str, by: signal.Signals) -> None:
    def play(stage: Stage) -> None:
        with stage.client(held) as client:
            client.stop(by, stage.is_held)

    play.__name__ = name
    scenario(play)


_stopped("sigint", "held", signal.SIGINT)
_stopped("sigterm", "held", signal.SIGTERM)
_stopped("sigkill", "held", signal.SIGKILL)
_stopped("sigterm_in_subagent", "held_in_subagent", signal.SIGTERM)
_stopped("sigterm_in_answer", "held_answer", signal.SIGTERM)


@scenario
def killed_and_continued(stage: Stage) -> None:
    """A client is killed while a command runs, and its session is continued."""
    with stage.client("held") as client:
        client.stop(signal.SIGKILL, stage.is_held)
        client.ask("[[route:again]] go on", "--continue")


# --------------------------------------------------------------------------
# Clients started by clients

script("nested")
script("nested_deep")
script("nested_parallel")
script("nested_in_subagents")
script("nested_background")


@scenario
def nested_by_script(stage: Stage) -> None:
    """A Bash call runs a script, which starts a client."""
    stage.make_script("inner")
    with stage.client("nested_script") as client:
        client.ask()


@scenario
def nested_resumed(stage: Stage) -> None:
    """A session that starts a client is continued, and starts another."""
    with stage.client("nested_later") as client:
        client.ask("first", "--session-id", SESSION)
        client.ask("second", "--resume", SESSION)


@scenario
def nested_forked(stage: Stage) -> None:
    """A session that starts a client is forked; the fork starts another."""
    with stage.client("nested_later") as client:
        client.ask("first", "--session-id", SESSION)
        client.ask("second", "--resume", SESSION, "--fork-session")


@scenario
def caller(stage: Stage) -> None:
    """A caller, such as a CI job, starts two clients as parts of its own trace."""
    with stage.client("turns") as client:
        for prompt in ("first", "second"):
            client.ask(prompt, HOOKTRACE_ROOT_ID=CALLER_ROOT, HOOKTRACE_CORRELATION_ID=CALLER_EXECUTION)
