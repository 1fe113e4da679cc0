"""What happens in a turn: its calls, their ends, and the end of the turn itself."""

from __future__ import annotations

from pathlib import Path

from tests.conftest import CHECKOUT
from tests.live.client import Client
from tests.live.performance import live
from tests.live.script import bash, call
from tracing.hookconfig import settings_hooks

SCRIPTS = CHECKOUT / "tests/client/scripts"

SLOWLY = {"text": "".join(f"line {number}\n" for number in range(30)), "delta_ms": 100}
"""An answer that takes 3 s to be said."""


@live
def test_calls_one_after_the_other(client: Client) -> None:
    """They stand under one prompt, and everything is completed."""
    client.plays(SCRIPTS / "simple.json")
    client.ask("Please start")
    client.becomes("""
        session
          prompt
            tool Bash
            tool Edit
            tool Read
            tool Write
    """)


@live
def test_calls_at_the_same_time(client: Client) -> None:
    """Five calls of one message stand side by side."""
    client.plays(SCRIPTS / "parallel.json")
    client.ask("Please start")
    client.becomes("""
        session
          prompt
            tool Bash
            tool Bash
            tool Bash
            tool Bash
            tool Read
    """)


@live
def test_calls_that_fail(client: Client) -> None:
    """Those that the client refuses to start, for which no PreToolUse fires, are failed like the others."""
    missing = str(client.project / "missing.txt")
    client.answers(
        bash("echo out; echo err >&2; exit 1"),
        call("Read", file_path=missing),
        call("Edit", file_path=missing, old_string="a", new_string="b"),
        call("NoSuchTool", x=1),
        call("Bash", cmd="wrong key"),
        call("WebFetch", url="http://127.0.0.1:9/nothing", prompt="read"),
        "All failed.",
    )
    client.ask("Please start")
    client.becomes("""
        session
          prompt
            tool Bash: failed refused
            tool Bash: failed tool_error
            tool Edit: failed refused
            tool NoSuchTool: failed refused
            tool Read: failed tool_error
            tool WebFetch: failed tool_error
    """)


@live
def test_a_turn_that_the_api_refuses(client: Client) -> None:
    """StopFailure instead of Stop: the prompt is failed, with what was said.

    In a terminal, for a client that ends with the turn does not wait for this hook.
    """
    client.answers({"error": {"status": 400, "type": "invalid_request_error", "message": "scripted bad request"}})
    terminal = client.open()
    terminal.enter("Please start")
    terminal.see("API Error: 400 scripted bad request")
    client.saw("StopFailure")
    client.becomes("""
        session: in_progress
          prompt: failed unknown
    """)


@live
def test_a_command_in_the_background(client: Client) -> None:
    """Its call is completed when it was launched; its end is a prompt that nobody typed."""
    client.answers(bash("sleep 2 && echo behind", run_in_background=True), bash("echo before"), "Launched.")
    client.ask("Please start")
    client.becomes("""
        session
          prompt
          prompt
            tool Bash
            tool Bash
    """)
    prompted_by = "SELECT context->>'prompted_by' FROM execution_traces WHERE root_id = %s AND kind = 'prompt'"
    assert client.home.query(prompted_by + " ORDER BY 1", *client.roots) == [("task-notification",), (None,)]


@live
def test_tasks_of_the_agent(client: Client) -> None:
    """The oldest client fires TaskCreated and TaskCompleted; the newest has the tools disabled."""
    client.answers(
        call("TaskCreate", subject="Do it", description="Do the thing", activeForm="Doing it"),
        call("TaskUpdate", taskId="1", status="completed"),
        "Done.",
    )
    terminal = client.open()
    terminal.enter("Please start")
    client.saw("Stop")
    refused = "" if client.oldest else ": failed refused"
    client.becomes(f"""
        session: in_progress
          prompt
            tool TaskCreate{refused}
            tool TaskUpdate{refused}
    """)
    if client.oldest:
        client.saw("TaskCreated")
        client.saw("TaskCompleted")


@live
def test_a_prompt_typed_while_a_call_runs(client: Client) -> None:
    """The running turn takes it in: no new prompt, and the text of the first is kept."""
    go_on = client.project / "go on"
    client.answers(bash(f"until [ -e '{go_on}' ]; do sleep 0.1; done"), bash("echo second"), "Done.")
    terminal = client.open()
    terminal.enter("the first")
    client.saw("PreToolUse")
    terminal.see("esc to interrupt")
    terminal.enter("the second")
    terminal.see("Press up to edit queued messages")
    go_on.touch()
    client.saw("Stop")
    client.becomes("""
        session: in_progress
          prompt
            tool Bash
            tool Bash
    """)
    texts = "SELECT prompt_text FROM execution_traces WHERE root_id = %s AND kind = 'prompt'"
    assert client.home.query(texts, *client.roots) == [("the first",)]


@live
def test_a_prompt_typed_while_the_answer_is_given(client: Client) -> None:
    """It becomes a turn of its own; the newest client announces it only under the first one's id."""
    client.answers(SLOWLY)
    terminal = client.open()
    terminal.enter("the first")
    terminal.see("line 3")
    terminal.enter("the second")
    client.saw("Stop", times=2)
    client.becomes("""
        session: in_progress
          prompt
          prompt
    """)


@live
def test_without_our_hooks(client: Client, nowhere: Path = Path("/nonexistent/hooks")) -> None:
    """Switched off, or gone while the settings still name them: nothing is recorded, and nothing is said."""
    client.hooks = settings_hooks(nowhere, client.home.places.state)
    client.answers(bash("echo one"), "Done.")
    assert client.ask("Please start") == "Done."
    client.hooks = settings_hooks(CHECKOUT / "hooks", client.home.places.state)
    client.settings()
    assert client.ask("Please start", HOOKTRACE_ENABLED="0") == "Done."
    client.home.flush()
    assert client.trees == []
