"""The real Claude Code client, offline against a scripted API, with our hooks in its settings."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import Installation
from tracing.hookconfig import settings_hooks

pytestmark = pytest.mark.client

RUN_TIMEOUT_S = 180
"""For one run of the client; the longest, with two nested clients, takes 5 s on an idle machine."""

Live = Callable[[str], str]


@pytest.fixture
def live(home: Installation, claude: Path, checkout: Path, tmp_path: Path) -> Iterator[Live]:
    """Give a function that runs a script of tests/client/scripts and returns the tree of its only root."""
    # By name: a tool taken over whole, outside of what mypy checks.
    client_run: Any = importlib.import_module("tests.client.client_run")

    def run(script: str) -> str:
        path = checkout / "tests/client/scripts" / f"{script}.json"
        with client_run.Run(tmp_path, path, claude=str(claude)) as client:
            client.settings({"hooks": settings_hooks(checkout / "hooks", home.places.state)})
            (client.project / "a.txt").write_text("alpha\n")
            variables = {"HOOKTRACE_HOME": str(home.path)}
            done = client.claude("Please start", env=variables, timeout=RUN_TIMEOUT_S)
        assert (done.returncode, done.stderr) == (0, ""), done.stdout
        home.flush()
        [(root_id,)] = home.query("SELECT DISTINCT root_id FROM execution_traces")
        return home.outline(root_id)

    yield run
    spool = home.json("status")["spool"]
    assert (spool["waiting"], spool["bad"], spool["dropped"]) == (0, 0, 0)


def test_simple(live: Live, home: Installation) -> None:
    """Four calls one after the other stand under one prompt, and everything is completed."""
    assert live("simple") == (
        "session\n"
        "  prompt\n"
        "    tool Bash\n"
        "    tool Edit\n"
        "    tool Read\n"
        "    tool Write\n"
    )  # fmt: skip
    assert home.query("SELECT DISTINCT status FROM execution_traces") == [("completed",)]


def test_failing(live: Live, home: Installation) -> None:
    """Calls that fail, and calls that the client refuses to start, are failed; the prompt is completed."""
    live("failing")
    rows = home.query("SELECT name, status FROM execution_traces WHERE kind = 'tool' ORDER BY 1, 2")
    names = ["Bash", "Bash", "Bash", "Edit", "NoSuchTool", "Read", "WebFetch"]
    assert rows == [(name, "failed") for name in names]
    assert home.query("SELECT status FROM execution_traces WHERE kind = 'prompt'") == [("completed",)]


def test_parallel(live: Live, home: Installation) -> None:
    """Five calls of one message stand side by side, each with its own end."""
    assert live("parallel") == (
        "session\n"
        "  prompt\n"
        "    tool Bash\n"
        "    tool Bash\n"
        "    tool Bash\n"
        "    tool Bash\n"
        "    tool Read\n"
    )  # fmt: skip
    ends = home.query("SELECT count(DISTINCT completed_at) FROM execution_traces WHERE kind = 'tool'")
    assert ends == [(5,)]


def test_subagent(live: Live) -> None:
    """A subagent hangs under the Agent call that started it."""
    assert live("subagent") == (
        "session\n  prompt\n    tool Agent\n      agent\n        tool Bash\n        tool Read\n    tool Bash\n"
    )


def test_nested(live: Live) -> None:
    """A client that the agent starts in its Bash is part of the same tree, under that Bash call."""
    assert live("nested") == (
        "session\n"
        "  prompt\n"
        "    tool Bash\n"
        "      session\n"
        "        prompt\n"
        "          tool Bash\n"
    )  # fmt: skip


def test_nested_in_parallel_subagents(live: Live, home: Installation) -> None:
    """Two clients open at once, started from two subagents' Bash calls: each hangs under its own call."""
    branch = (
        "    tool Agent\n"
        "      agent\n"
        "        tool Bash\n"
        "          session\n"
        "            prompt\n"
        "              tool Bash\n"
    )  # fmt: skip
    assert live("nested_in_subagents") == f"session\n  prompt\n{branch}{branch}"
    pairs = home.query(
        "SELECT prompt.prompt_text, event.input_data->>'command'"
        " FROM execution_traces inner_session"
        " JOIN execution_traces prompt ON prompt.root_id = inner_session.root_id"
        "  AND prompt.parent_id = inner_session.correlation_id AND prompt.kind = 'prompt'"
        " JOIN hook_executions event ON event.root_id = inner_session.root_id"
        "  AND event.trace_id = inner_session.parent_id AND event.hook_type = 'PreToolUse'"
        " WHERE inner_session.kind = 'session'"
    )
    assert len(pairs) == 2
    for prompt, command in pairs:
        assert f"'{prompt}'" in command
    spans = home.query(
        "SELECT max(started_at) < min(completed_at) FROM execution_traces"
        " WHERE kind = 'session' AND correlation_id <> root_id"
    )
    assert spans == [(True,)], "the two inner clients were not open at the same time"
