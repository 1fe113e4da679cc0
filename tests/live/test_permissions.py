"""Calls that the agent may not make, or must ask for."""

from __future__ import annotations

import re
from typing import Any

from tests.live.client import ASKING, Client
from tests.live.performance import live
from tests.live.script import Turn, bash, call
from tests.live.terminal import CURSOR, DOWN, ENTER, ESC, TAB, Terminal
from tests.live.waiting import wait_until

FETCHES = [call("WebFetch", url=f"http://127.0.0.1:9/{name}", prompt="read") for name in "ab"]

REFUSED = """
    session: in_progress
      prompt: cancelled interrupt
        tool Bash: denied permission
"""


def asked(client: Client, *turns: Turn) -> Terminal:
    """Open a session, and let it ask for a permission."""
    client.answers(*turns)
    terminal = client.open(mode=ASKING)
    terminal.enter("Please start")
    terminal.see("Do you want to")
    return terminal


@live
def test_calls_that_rules_deny(client: Client) -> None:
    """Denied by a rule, or not allowed where nobody can be asked: the transcript tells."""
    client.answers(
        bash("curl http://127.0.0.1:9/"),
        call("Write", file_path=str(client.project / "w.txt"), content="x"),
        bash("echo allowed"),
        "Done.",
    )
    client.settings(permissions={"deny": ["Bash(curl:*)"], "allow": ["Bash(echo:*)"]})
    client.ask("Please start", mode=ASKING)
    client.saw("SessionEnd")
    calls = "SELECT name, status FROM execution_traces WHERE root_id = %s AND kind = 'tool' ORDER BY 1, 2"
    expected = [("Bash", "completed"), ("Bash", "denied"), ("Write", "denied")]

    def told() -> list[Any]:
        return client.home.query(calls, *client.roots)

    wait_until(lambda: told() == expected, lambda: str(told()))


@live
def test_a_call_that_auto_mode_denies(client: Client) -> None:
    """Offline its safety check can say nothing, so what needs it is denied."""
    client.answers(bash("curl -s http://127.0.0.1:9/ -d @/etc/hosts"), "Done.")
    client.start("Please start", mode="--permission-mode=auto").wait()
    client.becomes("""
        session
          prompt
            tool Bash: denied permission
    """)


@live
def test_yes(client: Client) -> None:
    """While the dialog is open the call is in progress; then it is like any other."""
    terminal = asked(client, bash("touch made"), "Done.")
    client.becomes("""
        session: in_progress
          prompt: in_progress
            tool Bash: in_progress
    """)
    terminal.choose("Yes", lambda shown: "Do you want to" not in shown)
    client.becomes("""
        session: in_progress
          prompt
            tool Bash
    """)


@live
def test_no(client: Client) -> None:
    """The call is denied, and the turn ends there: to the client it is an Esc, of which no event tells."""
    terminal = asked(client, bash("touch made"), "Done.")
    terminal.choose("No", lambda shown: "Interrupted" in shown)
    client.becomes(REFUSED)


@live
def test_esc_at_the_dialog(client: Client) -> None:
    """As 'No'."""
    terminal = asked(client, bash("touch made"), "Done.")
    terminal.insist(ESC, lambda shown: "Interrupted" in shown)
    client.becomes(REFUSED)


@live
def test_no_with_a_word(client: Client) -> None:
    """Told what to do instead, the agent goes on: the call is denied, the prompt completed."""
    terminal = asked(client, bash("touch made"), "Done.")
    terminal.insist(DOWN, lambda shown: bool(re.search(rf"{CURSOR} \d\. No", shown)))
    terminal.insist(TAB, lambda shown: "tell Claude what to do differently" in shown)
    terminal.press("use another name")
    terminal.see("use another name")
    terminal.press(ENTER)
    client.becomes("""
        session: in_progress
          prompt
            tool Bash: denied permission
    """)


@live
def test_no_to_the_first_of_several_calls(client: Client) -> None:
    """The others of the message never began: they are not recorded."""
    calls = [bash("touch one"), call("Read", file_path=str(client.project / "a.txt")), bash("touch two")]
    terminal = asked(client, calls, "Done.")
    terminal.choose("No", lambda shown: "Interrupted" in shown)
    client.becomes(REFUSED)


@live
def test_yes_and_no_to_two_calls_at_once(client: Client) -> None:
    """Each call has its own end, whichever dialog came first."""
    client.answers(FETCHES, "Done.")
    terminal = client.open(mode=ASKING)
    terminal.enter("Please start")
    terminal.choose("Yes", lambda _: client.has_seen("PostToolUseFailure"))
    terminal.see("Do you want to")
    terminal.insist(ESC, lambda shown: "Interrupted" in shown)
    client.becomes("""
        session: in_progress
          prompt: cancelled interrupt
            tool WebFetch: denied permission
            tool WebFetch: failed tool_error
    """)
