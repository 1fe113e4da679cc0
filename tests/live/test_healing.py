"""Hooks that are broken for a while: what they would have told is filled in from the transcript."""

from __future__ import annotations

import shutil

from tests.live.client import Client
from tests.live.performance import live
from tests.live.script import Turn, agent, bash, call
from tests.live.waiting import wait_until
from tests.test_ledger import ledger
from tracing.hookconfig import settings_hooks

WHOLE = """
    session
      prompt
        tool Agent
          agent
            tool Bash
        tool Bash: failed tool_error
        tool Read
      prompt
        tool Bash
      prompt
        tool Bash
"""
"""What an undisturbed run is recorded as."""


def three_turns(client: Client, broken: bool) -> None:
    """Let the client do something in three turns, the second with *broken* hooks."""
    hooks = client.project.parent / "hooks"
    shutil.copytree(client.hooks_directory, hooks)
    client.hooks = settings_hooks(hooks, client.home.places.state)
    go_on = client.project / "go on"  # what a subagent has to say behind the turn's end begins another prompt
    second: list[Turn] = [
        agent("child"),
        bash(f"until [ -e '{go_on}' ]; do sleep 0.1; done; exit 3"),
        call("Read", file_path=str(client.project / "a.txt")),
        "Second.",
    ]
    client.answers(
        bash("echo 1"), "First.", second=second, third=[bash("echo 3"), "Third."], child=[bash("echo c"), "Child."]
    )
    terminal = client.open()
    terminal.enter("Please start")
    client.saw("Stop")
    if broken:
        hooks.rename(hooks.with_suffix(".gone"))
    terminal.enter("[[route:second]]")
    wait_until(lambda: client.answered("child") == 2, lambda: "the subagent has not ended")
    go_on.touch()
    terminal.see("Second.")
    terminal.see_no_more("esc to interrupt")
    if broken:
        hooks.with_suffix(".gone").rename(hooks)
    terminal.enter("[[route:third]]")
    client.saw("Stop", 2 if broken else 3)
    terminal.enter("/exit")
    terminal.process.wait()
    client.saw("SessionEnd")


@live
def test_a_session_whose_hooks_were_whole(client: Client) -> None:
    """The reference: the tree, and nothing healed."""
    three_turns(client, broken=False)
    client.becomes(WHOLE)
    assert ledger(client.home, *client.roots).healed == ()


@live
def test_a_session_whose_hooks_were_broken_for_the_middle_third(client: Client) -> None:
    """Every execution, status and parent is as if nothing had been; the ledger says how many were healed."""
    three_turns(client, broken=True)
    client.becomes(WHOLE)
    found = ledger(client.home, *client.roots)
    # The oldest does not say whether a call that failed had run at all, so no event of it is missed.
    assert (found.coverage, found.lost, found.healed_executions) == (1.0, (), 5 if client.oldest else 6)
