"""Subagents: each hangs under the Agent call that started it."""

from __future__ import annotations

import subprocess

from tests.live.client import Client
from tests.live.performance import live
from tests.live.script import agent, bash, call
from tests.live.terminal import ESC

GIT = ["git", "-c", "user.name=dev", "-c", "user.email=dev@example.invalid"]


@live
def test_one(client: Client) -> None:
    """Its calls hang under it; those after it under the prompt."""
    client.answers(agent("left"), bash("echo after"), "Done.", left=[bash("echo left"), "Left."])
    client.ask("Please start")
    client.becomes("""
        session
          prompt
            tool Agent
              agent
                tool Bash
            tool Bash
    """)


@live
def test_two_at_once_and_one_within_another(client: Client) -> None:
    """Side by side and three levels deep, none is mistaken for another."""
    client.answers(
        [agent("left"), agent("right")],
        "Done.",
        left=[agent("inner"), "Left."],
        right=[call("Read", file_path=str(client.project / "a.txt")), "Right."],
        inner=[bash("echo inner"), "Inner."],
    )
    client.ask("Please start")
    client.becomes("""
        session
          prompt
            tool Agent
              agent
                tool Agent
                  agent
                    tool Bash
            tool Agent
              agent
                tool Read
    """)


@live
def test_in_the_background(client: Client) -> None:
    """It outlives its turn, and its later events name another prompt: it stays under its own Agent call."""
    go_on = client.project / "go on"
    client.answers(
        agent("left", run_in_background=True),
        "Launched.",
        left=[bash(f"until [ -e '{go_on}' ]; do sleep 0.1; done"), "Left."],
        meanwhile=["Meanwhile."],
    )
    terminal = client.open()
    terminal.enter("Please start")
    client.saw("Stop")
    client.becomes("""
        session: in_progress
          prompt
            tool Agent
              agent: in_progress
                tool Bash: in_progress
    """)
    terminal.enter("[[route:meanwhile]]")
    client.saw("Stop", times=2)
    go_on.touch()
    client.saw("Stop", times=3)
    client.becomes("""
        session: in_progress
          prompt
          prompt
          prompt
            tool Agent
              agent
                tool Bash
    """)


@live
def test_in_a_worktree_of_its_own(client: Client) -> None:
    """Another working directory changes nothing."""
    subprocess.run(["git", "init", "-q"], cwd=client.project, check=True)
    subprocess.run([*GIT, "commit", "-q", "--allow-empty", "-m", "Begin"], cwd=client.project, check=True)
    client.answers(agent("left", isolation="worktree"), "Done.", left=[bash("pwd; touch new"), "Left."])
    client.ask("Please start")
    client.becomes("""
        session
          prompt
            tool Agent
              agent
                tool Bash
    """)


@live
def test_esc_while_one_works(client: Client) -> None:
    """In the oldest client it ends with its prompt; in the newest it works in the background, out of reach."""
    client.answers(agent("left"), "Launched.", left=[bash(client.gate()), "Left."])
    terminal = client.open()
    terminal.enter("Please start")
    client.saw("PreToolUse", tool_name="Bash")
    if client.oldest:
        terminal.press(ESC)
        terminal.see("Interrupted")
        client.becomes("""
            session: in_progress
              prompt: cancelled interrupt
                tool Agent: cancelled interrupt
                  agent: cancelled interrupt
                    tool Bash: cancelled interrupt
        """)
    else:
        client.saw("Stop")
        terminal.press(ESC)
        client.becomes("""
            session: in_progress
              prompt
                tool Agent
                  agent: in_progress
                    tool Bash: in_progress
        """)
