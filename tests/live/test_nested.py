"""Clients that an agent starts from its shell: one tree, each under the very call it was started from."""

from __future__ import annotations

from pathlib import Path
from uuid import uuid4

import pytest

from tests.live.client import Client
from tests.live.performance import live
from tests.live.script import Turn, agent, bash

INNER: list[Turn] = [bash("echo inner"), "Inner done."]


def until(file: Path) -> list[Turn]:
    """Return what keeps an inner session open until *file* is there: so two can be open at the same time."""
    return [bash(f"until [ -e '{file}' ]; do sleep 0.1; done"), "Inner done."]


def together(client: Client) -> bool:
    """Tell whether the two inner sessions were open at the same time."""
    spans = (
        "SELECT max(started_at) < min(completed_at) FROM execution_traces"
        " WHERE root_id = %s AND kind = 'session' AND correlation_id <> root_id"
    )
    return client.home.query(spans, *client.roots) == [(True,)]


def commands(client: Client) -> dict[str, str]:
    """Return, by the prompt of each inner session, the command of the call that it hangs under."""
    pairs = client.home.query(
        "SELECT prompt.prompt_text, event.input_data->>'command'"
        " FROM execution_traces inner_session"
        " JOIN execution_traces prompt ON prompt.root_id = inner_session.root_id"
        "  AND prompt.parent_id = inner_session.correlation_id AND prompt.kind = 'prompt'"
        " JOIN hook_executions event ON event.root_id = inner_session.root_id"
        "  AND event.trace_id = inner_session.parent_id AND event.hook_type = 'PreToolUse'"
        " WHERE inner_session.kind = 'session' AND inner_session.root_id = %s",
        *client.roots,
    )
    return dict(pairs)


@live
def test_from_a_call(client: Client) -> None:
    """Under that call."""
    client.answers(bash(client.command("[[route:inner]]")), bash("echo after"), "Done.", inner=INNER)
    client.ask("Please start")
    client.becomes("""
        session
          prompt
            tool Bash
            tool Bash
              session
                prompt
                  tool Bash
    """)


@live
def test_from_a_script(client: Client) -> None:
    """However deep the script is nested in the call."""
    script = client.project / "inner.sh"
    script.write_text(f"sh -c {client.command('[[route:inner]]')!r}\n")
    client.answers(bash("sh ./inner.sh"), "Done.", inner=INNER)
    client.ask("Please start")
    client.becomes("""
        session
          prompt
            tool Bash
              session
                prompt
                  tool Bash
    """)


@live
def test_from_a_subagent(client: Client) -> None:
    """Under the subagent's call."""
    client.answers(agent("left"), "Done.", left=[bash(client.command("[[route:inner]]")), "Left."], inner=INNER)
    client.ask("Please start")
    client.becomes("""
        session
          prompt
            tool Agent
              agent
                tool Bash
                  session
                    prompt
                      tool Bash
    """)


@live
def test_three_levels_deep(client: Client) -> None:
    """A nested client's nested client knows its root and its parent."""
    client.answers(
        bash(client.command("[[route:second]]")),
        "First.",
        second=[bash(client.command("[[route:third]]")), "Second."],
        third=[bash("echo deep"), "Third."],
    )
    client.ask("Please start")
    client.becomes("""
        session
          prompt
            tool Bash
              session
                prompt
                  tool Bash
                    session
                      prompt
                        tool Bash
    """)


@live
def test_two_from_one_call(client: Client) -> None:
    """Open at the same time, both hang under it."""
    go_on = client.project / "go on"
    left, right = (client.command(f"[[route:inner]] {side}") for side in ("left", "right"))
    client.answers(bash(f"{left} & {right} & wait"), "Done.", inner=until(go_on))
    client.start("Please start")
    client.saw("SessionStart", times=3)
    go_on.touch()
    client.becomes("""
        session
          prompt
            tool Bash
              session
                prompt
                  tool Bash
              session
                prompt
                  tool Bash
    """)
    assert together(client)


@live
def test_two_from_two_calls(client: Client) -> None:
    """Started by calls in the background, which end at once: each finds its own."""
    go_on = {side: client.project / f"{side} goes on" for side in ("left", "right")}
    sides = {side: client.command(f"[[route:{side}]]") for side in go_on}
    client.answers(
        [bash(command, run_in_background=True) for command in sides.values()],
        "Done.",
        left=until(go_on["left"]),
        right=until(go_on["right"]),
    )
    terminal = client.open()
    terminal.enter("Please start")
    client.saw("SessionStart", times=3)
    go_on["left"].touch()
    client.saw("Stop", times=3)  # of the prompt, of the left one, and of the prompt that tells of its end
    go_on["right"].touch()
    client.becomes("""
        session: in_progress
          prompt
          prompt
          prompt
            tool Bash
              session
                prompt
                  tool Bash
            tool Bash
              session
                prompt
                  tool Bash
    """)
    assert commands(client) == {f"[[route:{side}]]": command for side, command in sides.items()}
    assert together(client)


@live
def test_two_from_two_subagents(client: Client) -> None:
    """Each hangs under the call of its own subagent."""
    go_on = client.project / "go on"
    sides = {side: client.command(f"[[route:inner]] {side}") for side in ("left", "right")}
    client.answers(
        [agent("left"), agent("right")],
        "Done.",
        left=[bash(sides["left"]), "Left."],
        right=[bash(sides["right"]), "Right."],
        inner=until(go_on),
    )
    client.start("Please start")
    client.saw("SessionStart", times=3)
    go_on.touch()
    branch = """\
            tool Agent
              agent
                tool Bash
                  session
                    prompt
                      tool Bash
"""
    client.becomes(f"        session\n          prompt\n{branch}{branch}")
    assert commands(client) == {f"[[route:inner]] {side}": command for side, command in sides.items()}
    assert together(client)


@live
def test_from_a_session_that_was_resumed(client: Client) -> None:
    """It hangs under the call of the resumed session's new turn."""
    client.answers("Done.", outer=[bash(client.command("[[route:inner]]")), "Outer."], inner=INNER)
    client.ask("Please start")
    client.ask("[[route:outer]]", "--continue")
    client.becomes("""
        session
          prompt
          prompt
            tool Bash
              session
                prompt
                  tool Bash
    """)


@live
def test_from_a_session_that_was_forked(client: Client) -> None:
    """It hangs under the fork's call, though the old session has one with the same command."""
    if client.oldest:
        pytest.skip("it starts a fork under the old session's id, and gives its shells what belongs to that one")
    client.answers(bash(client.command("[[route:inner]]")), "Outer.", inner=INNER)
    session = str(uuid4())
    client.ask("Please start", "--session-id", session)
    client.ask("Please fork", "--resume", session, "--fork-session")
    tree = """
        session
          prompt
            tool Bash
              session
                prompt
                  tool Bash
    """
    client.becomes(tree, tree)


@live
def test_an_id_of_a_session_that_is_over(client: Client) -> None:
    """A shell that was left open still has it: it claims nothing."""
    tree = """
        session
          prompt
            tool Bash
    """
    client.answers(bash("echo one"), "Done.")
    client.ask("Please start")
    client.becomes(tree)
    [over] = client.roots
    client.ask("Please start", HOOKTRACE_ROOT_ID=over, HOOKTRACE_SESSION_ID=over, HOOKTRACE_CALL="1")
    client.becomes(tree, tree)


@live
def test_an_id_that_is_no_uuid(client: Client) -> None:
    """It is ignored, and the session's context says so."""
    client.answers("Done.")
    client.ask("Please start", HOOKTRACE_ROOT_ID="x'; exit", HOOKTRACE_CORRELATION_ID="42")
    client.becomes("""
        session
          prompt
    """)
    ignored = "SELECT root_id = correlation_id, context->'ignored' FROM execution_traces WHERE root_id = %s"
    told = {"HOOKTRACE_ROOT_ID": "not a UUID", "HOOKTRACE_CORRELATION_ID": "not a UUID"}
    assert client.home.query(f"{ignored} AND kind = 'session'", *client.roots) == [(True, told)]


@live
def test_a_caller_that_sets_the_ids(client: Client) -> None:
    """A CI job or a script owns the trace: two clients of it are one tree, under what the caller says."""
    root, parent = str(uuid4()), str(uuid4())
    client.answers(bash(client.command("[[route:inner]]")), "Done.", inner=INNER)
    for _ in range(2):
        client.ask("Please start", HOOKTRACE_ROOT_ID=root, HOOKTRACE_CORRELATION_ID=parent)
    assert client.roots == [root]
    session = """
        session
          prompt
            tool Bash
              session
                prompt
                  tool Bash
    """
    client.becomes(session.rstrip() + session)
    parents = "SELECT count(*) FROM execution_traces WHERE root_id = %s AND kind = 'session' AND parent_id = %s"
    assert client.home.query(parents, root, parent) == [(2,)]
