"""Turns and sessions that end before they are done: Esc, signals, and a client that is gone.

An Esc fires no hook at all, and a client that is killed none either.
"""

from __future__ import annotations

import signal

from tests.live.client import Client
from tests.live.performance import live
from tests.live.script import bash
from tests.live.terminal import CTRL_C, CTRL_D, ESC, Terminal

SLOWLY = {"text": "".join(f"line {number}\n" for number in range(100)), "delta_ms": 100}
"""An answer that takes 10 s to be said."""

INTERRUPTED_CALL = """
    session: in_progress
      prompt: cancelled interrupt
        tool Bash: cancelled interrupt
"""

ENDED = """
    session
      prompt: cancelled session_end
        tool Bash: cancelled session_end
"""
"""The client could still tell that the session ended."""

KILLED = """
    session
      prompt: cancelled session_end
        tool Bash: failed tool_error
"""
"""The newest client kills the command, and sometimes has the time to note its exit code in the transcript."""

NOTED = """
    session
      prompt: cancelled interrupt
        tool Bash: cancelled interrupt
"""
"""It could also note in the transcript that it was interrupted."""

BROKEN_OFF = """
    session: cancelled process_gone
      prompt: cancelled interrupt
        tool Bash: cancelled interrupt
"""
"""It could only note that."""

GONE = """
    session: cancelled process_gone
      prompt: cancelled process_gone
        tool Bash: cancelled process_gone
"""


def in_a_call(client: Client) -> Terminal:
    """Open a session, and let it run a command that does not end."""
    client.answers(bash(client.gate()), "Done.")
    terminal = client.open()
    terminal.enter("Please start")
    client.saw("PreToolUse")
    terminal.see("esc to interrupt")
    return terminal


@live
def test_esc_while_a_command_runs(client: Client) -> None:
    """Prompt and call are cancelled; the session goes on, and the next turn is like any other."""
    terminal = in_a_call(client)
    terminal.press(ESC)
    terminal.see("Interrupted")
    client.becomes(INTERRUPTED_CALL)
    terminal.enter("[[route:none]] go on")
    client.becomes("""
        session: in_progress
          prompt
          prompt: cancelled interrupt
            tool Bash: cancelled interrupt
    """)


@live
def test_ctrl_c_while_a_command_runs(client: Client) -> None:
    """Once, it is an Esc."""
    terminal = in_a_call(client)
    terminal.press(CTRL_C)
    terminal.see("Interrupted")
    client.becomes(INTERRUPTED_CALL)


@live
def test_esc_while_the_answer_is_given(client: Client) -> None:
    """The prompt is cancelled, though it was answered in part."""
    client.answers(SLOWLY)
    terminal = client.open()
    terminal.enter("Please start")
    terminal.see("line 3")
    terminal.press(ESC)
    terminal.see("Interrupted")
    client.becomes("""
        session: in_progress
          prompt: cancelled interrupt
    """)


@live
def test_esc_before_the_answer_begins(client: Client) -> None:
    """The client takes the prompt back and writes nothing of it anywhere; the next one tells."""
    client.answers({"text": "Late.", "delay_ms": 60_000}, soon=["Done."])
    terminal = client.open()
    terminal.enter("Please start")
    client.saw("UserPromptSubmit")
    terminal.see("esc to interrupt")
    terminal.press(ESC)
    terminal.see_no_more("esc to interrupt")
    terminal.enter("[[route:soon]]")
    client.becomes("""
        session: in_progress
          prompt
          prompt: cancelled superseded
    """)


@live
def test_esc_while_a_prompt_waits(client: Client) -> None:
    """The one that ran is cancelled; the one that waited is sent at once, and the Esc is noted under its id."""
    terminal = in_a_call(client)
    terminal.enter("[[route:none]] the second")
    terminal.see("Press up to edit queued messages")
    terminal.press(ESC)
    client.saw("Stop")
    client.becomes("""
        session: in_progress
          prompt
          prompt: cancelled interrupt
            tool Bash: cancelled interrupt
    """)


@live
def test_sigint(client: Client) -> None:
    """To ``claude -p``: the newest tells that the session ended, the oldest seldom has the time for it."""
    client.answers(bash(client.gate()), "Done.")
    process = client.start("Please start")
    client.saw("PreToolUse")
    process.send_signal(signal.SIGINT)
    process.wait()
    client.becomes_one_of(ENDED, NOTED, BROKEN_OFF if client.oldest else KILLED)


@live
def test_sigterm(client: Client) -> None:
    """To ``claude -p``: only SessionEnd fires; what was open is cancelled, the session is completed."""
    client.answers(bash(client.gate()), "Done.")
    process = client.start("Please start")
    client.saw("PreToolUse")
    process.send_signal(signal.SIGTERM)
    process.wait()
    client.becomes_one_of(ENDED, NOTED, ENDED if client.oldest else KILLED)


@live
def test_sigkill(client: Client) -> None:
    """To ``claude -p``: nothing fires, and the command itself lives on; all is cancelled."""
    client.answers(bash(client.gate()), "Done.")
    process = client.start("Please start")
    client.saw("PreToolUse")
    process.send_signal(signal.SIGKILL)
    process.wait()
    client.becomes(GONE)


@live
def test_sigterm_at_a_terminal(client: Client) -> None:
    """As without a terminal."""
    terminal = in_a_call(client)
    terminal.process.send_signal(signal.SIGTERM)
    terminal.process.wait()
    client.becomes_one_of(ENDED, NOTED, ENDED if client.oldest else KILLED)


@live
def test_sigkill_at_a_terminal(client: Client) -> None:
    """As without a terminal."""
    terminal = in_a_call(client)
    terminal.process.send_signal(signal.SIGKILL)
    terminal.process.wait()
    client.becomes(GONE)


@live
def test_the_terminal_is_closed(client: Client) -> None:
    """SIGHUP: as SIGTERM."""
    terminal = in_a_call(client)
    terminal.close()
    terminal.process.wait()
    client.becomes_one_of(ENDED, NOTED, ENDED if client.oldest else KILLED)


@live
def test_ctrl_d(client: Client) -> None:
    """Twice it ends the session, in the midst of a call too."""
    terminal = in_a_call(client)
    terminal.press(CTRL_D)
    terminal.see("Press Ctrl-D again to exit")
    terminal.press(CTRL_D)
    terminal.process.wait()
    client.becomes_one_of(ENDED, NOTED, ENDED if client.oldest else KILLED)
