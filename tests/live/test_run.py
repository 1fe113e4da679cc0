"""Agents that a script starts which `hooktrace run` runs: one tree, both beneath the task."""

from __future__ import annotations

from tests.live.client import Client
from tests.live.performance import live
from tests.live.script import bash

PROGRAM = """
import os, tracing
with tracing.execution("program") as program:
    os.system("true")
"""


@live
def test_a_job_that_starts_two_agents(client: Client) -> None:
    """Each agent is the task's child, and a program that one of them runs that one's Bash call's."""
    program = client.project / "program.py"
    program.write_text(PROGRAM)
    client.answers(bash(f"{client.python} program.py"), "Done.", second=["Second."])
    said = client.runs(f"{client.command('Please start')}; {client.command('[[route:second]]')}")
    assert said == "Done.\nSecond.\n"
    client.becomes("""
        task
          session
            prompt
          session
            prompt
              tool Bash
                task
    """)
