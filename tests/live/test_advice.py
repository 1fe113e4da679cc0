"""The real client is advised: in its second session it hears of the first; without advice not a byte of it."""

from __future__ import annotations

import contextlib
from pathlib import Path

import pytest

from tests.live.client import Client
from tests.live.performance import NEWEST, OLDEST
from tests.live.script import bash, call
from tests.live.waiting import wait_until
from tests.test_advice import advising
from tracing.database.embedded import EmbeddedServer
from tracing.hookconfig import settings_hooks

REQUEST = "Repair the failing tests of the invoice module"
MARK = "Recorded by hooktrace"


@pytest.mark.client
@pytest.mark.parametrize("version", [NEWEST, OLDEST])
def test_the_second_session_hears_of_the_first(
    executable: Path, version: str, tmp_path: Path, fresh_cluster: EmbeddedServer
) -> None:
    """What worked, and the failure with its cure, as the collector learned it; switched off, nothing is left of it."""
    with advising(fresh_cluster) as home:
        client = Client(executable, tmp_path / "client", home, oldest=version == OLDEST)
        with contextlib.closing(client):
            client.keeps_requests = True
            client.hooks = settings_hooks(home.places.hooks, home.places.state, advise=True)
            good, tests = client.project / "good", client.project / "test.sh"
            tests.write_text(
                f"#!/bin/sh\n[ -e '{good}' ] || {{ echo 'AssertionError: expected 2 to be 3' >&2; exit 1; }}\n"
            )
            tests.chmod(0o755)
            client.answers(
                bash("./test.sh"), call("Write", file_path=str(good), content="x"), bash("./test.sh"), "Repaired."
            )
            client.ask(REQUEST)
            assert not any(MARK in request for request in client.requests())  # nothing was known
            home.flush()
            heard = ""

            def hears() -> bool:
                nonlocal heard
                before = len(client.requests())
                client.ask(REQUEST)
                heard = "".join(client.requests()[before:])
                return MARK in heard

            wait_until(hears, lambda: f"no advice among {heard}\n{home.places.log.read_text()}")
            assert "prompts like this one succeeded" in heard
            assert "with tools Bash > Write > Bash" in heard
            assert "Bash failed 1 times (test); 1 times it succeeded after Write" in heard
            home.flush()
            (first, *_) = home.query("SELECT used, outcome, metadata FROM pattern_usage_log WHERE metadata ? 'offered'")
            assert (first[1], first[2]["offered"], first[2]["followed"]) == ("success", True, True)

            off = home.run("init", "--yes", env={"HOOKTRACE_ADVISE": "0"})
            assert off.returncode == 0, off.stderr
            home.done("collector", "start")
            before = len(client.requests())
            client.ask(REQUEST)  # with settings that still name the hook, which is gone
            client.hooks = settings_hooks(home.places.hooks, home.places.state)
            client.settings()
            client.ask(REQUEST)
            assert len(client.requests()) > before + 2
            assert not any(MARK in request for request in client.requests()[before:])
