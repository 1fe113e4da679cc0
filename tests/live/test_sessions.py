"""Where a session begins and ends, and how one goes on in another."""

from __future__ import annotations

import subprocess
from uuid import uuid4

from tests.live.client import Client
from tests.live.performance import live
from tests.live.script import bash

GIT = ["git", "-c", "user.name=dev", "-c", "user.email=dev@example.invalid"]


@live
def test_resumed(client: Client) -> None:
    """Resumed by id or continued as the latest, it is one session, completed in the end."""
    client.answers(bash("echo one"), "Done.")
    session = str(uuid4())
    client.ask("Please start", "--session-id", session)
    client.ask("Go on", "--resume", session)
    client.ask("And on", "--continue")
    assert client.roots == [session]
    client.becomes("""
        session
          prompt
            tool Bash
          prompt
            tool Bash
          prompt
            tool Bash
    """)


@live
def test_forked(client: Client) -> None:
    """A fork is a session of its own; the oldest client says in its start that the old one is open again."""
    client.answers("Done.")
    session = str(uuid4())
    client.ask("Please start", "--session-id", session)
    client.ask("Fork", "--resume", session, "--fork-session")
    reopened = ": cancelled process_gone" if client.oldest else ""
    client.becomes(f"""
        session{reopened}
          prompt
        session
          prompt
    """)


@live
def test_cleared(client: Client) -> None:
    """/clear ends the session, and another begins in the same process; neither it nor /exit is a prompt."""
    client.answers("Done.")
    terminal = client.open()
    terminal.enter("Please start")
    client.saw("Stop")
    terminal.enter("/clear")
    client.saw("SessionStart", times=2)
    terminal.see_no_more("Please start")
    terminal.enter("Start again")
    client.saw("Stop", times=2)
    terminal.enter("/exit")
    terminal.process.wait()
    client.becomes("""
        session
          prompt
        session
          prompt
    """)


@live
def test_in_a_worktree(client: Client) -> None:
    """Its project is the repository that the worktree is of."""
    subprocess.run(["git", "init", "-q"], cwd=client.project, check=True)
    subprocess.run([*GIT, "commit", "-q", "--allow-empty", "-m", "Begin"], cwd=client.project, check=True)
    client.answers(bash("pwd"), "Done.")
    client.ask("Please start", "--worktree", "feature")
    client.becomes("""
        session
          prompt
            tool Bash
    """)
    projects = "SELECT DISTINCT project FROM execution_traces WHERE root_id = %s"
    assert client.home.query(projects, *client.roots) == [("project",)]
