"""The real client at the hands of a test: a home, a project and a scripted model of its own."""

from __future__ import annotations

import contextlib
import importlib
import json
import os
import shlex
import subprocess
import sys
import textwrap
from pathlib import Path
from typing import Any

from tests.conftest import CHECKOUT, Installation
from tests.live.script import Turn, script
from tests.live.terminal import CURSOR, Terminal
from tests.live.waiting import wait_until
from tracing.hookconfig import settings_hooks

RUN_TIMEOUT_S = 180
"""For one run of the client; the longest takes 10 s on an idle machine."""

TOLD_LINES, TOLD_CHARACTERS = 8, 1_000
"""Of a transcript, where a test failed."""

TRUSTING = "--dangerously-skip-permissions"
ASKING = "--permission-mode=default"
"""The client asks before it does anything; of itself the newest one decides alone."""


class Client:
    """One isolated client of one version, with hooktrace's hooks in its settings."""

    def __init__(self, executable: Path, directory: Path, home: Installation, oldest: bool) -> None:
        self.executable = executable
        self.home = home
        self.oldest = oldest
        """Whether it is the oldest client that is supported; else it is the newest."""
        self._directory = directory
        self._closing = contextlib.ExitStack()
        self.project = directory / "project"
        self.project.mkdir(parents=True)
        (self.project / "a.txt").write_text("alpha\n")
        self.keeps_requests = False
        """Whether to keep what the model is sent."""
        self.hooks_directory = CHECKOUT / "hooks"
        self.hooks = settings_hooks(self.hooks_directory, home.places.state)

    # -- before it starts

    def answers(self, *turns: Turn, **routes: list[Turn]) -> None:
        """Let the model answer a prompt with *turns*, and one that names a route with that one's."""
        file = self._directory / "script.json"
        file.write_text(json.dumps(script(turns, routes)))
        self.plays(file)

    def plays(self, file: Path) -> None:
        """Let the model answer with a script of mock_api.py."""
        # By name: a tool taken over whole, outside of what mypy checks.
        client_run: Any = importlib.import_module("tests.client.client_run")
        self._run = client_run.Run(self._directory, file, claude=str(self.executable), full_log=self.keeps_requests)
        self._closing.callback(self._run.close)
        self.settings()

    def settings(self, **settings: Any) -> None:
        """Write the user's settings: our hooks and *settings*."""
        self._run.settings({"hooks": self.hooks, **settings})

    def gate(self) -> str:
        """Return a command that runs until the client is closed, whatever becomes of the client."""
        gate = self._directory / "gate"
        os.mkfifo(gate)
        self._closing.callback(_open, gate)
        return f"echo waiting && read -r _ <{gate}"

    def command(self, prompt: str) -> str:
        """Return the command that starts another client of this kind, for a nested session."""
        return shlex.join([str(self.executable), TRUSTING, "-p", prompt]) + " </dev/null"

    def runs(self, script: str) -> str:
        """Let `hooktrace run` run *script* by a shell, which must go well and say no more than its commands do."""
        process = subprocess.run(
            [sys.executable, "-m", "tracing", "run", "--name", "job", "--", "sh", "-c", script],
            cwd=self.project,
            env=self.env(),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=RUN_TIMEOUT_S,
        )
        assert (process.returncode, process.stderr) == (0, ""), process.stdout
        return process.stdout

    python = sys.executable
    """An interpreter that has the package."""

    def requests(self) -> list[str]:
        """Return what the model was sent, each request as JSON."""
        lines = (self._directory / "api.jsonl").read_text().splitlines()
        return [json.dumps(told["request"]) for line in lines if "request" in (told := json.loads(line))]

    def answered(self, route: str) -> int:
        """Return how many requests of *route* were answered."""
        lines = (self._directory / "api.jsonl").read_text().splitlines()
        return sum(json.loads(line).get("route") == route for line in lines)

    # -- while it runs

    def env(self, **variables: str) -> dict[str, str]:
        """Return all that the client gets of an environment."""
        env: dict[str, str] = self._run.env({"HOOKTRACE_HOME": str(self.home.path), **variables})
        return env

    def start(self, prompt: str, *arguments: str, mode: str = TRUSTING, **env: str) -> subprocess.Popen[str]:
        """Start ``claude -p PROMPT``; it is not left running after the test."""
        process = subprocess.Popen(
            [str(self.executable), mode, *arguments, "-p", prompt],
            cwd=self.project,
            env=self.env(**env),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        self._closing.callback(_end, process)
        return process

    def ask(self, prompt: str, *arguments: str, mode: str = TRUSTING, **env: str) -> str:
        """Run ``claude -p PROMPT``, which must go as if there were no hooks, and return what it said."""
        process = self.start(prompt, *arguments, mode=mode, **env)
        said, complaints = process.communicate(timeout=RUN_TIMEOUT_S)
        assert (process.returncode, complaints) == (0, ""), said
        return said.strip()

    def open(self, *arguments: str, mode: str = TRUSTING, **env: str) -> Terminal:
        """Start an interactive session; it is not left running after the test."""
        command = [str(self.executable), mode, *arguments]
        terminal = Terminal(command, self.project, self.env(**env))
        self._closing.callback(terminal.close)
        self._closing.callback(_end, terminal.process)
        terminal.see(CURSOR)
        return terminal

    def close(self) -> None:
        """End what still runs."""
        self._closing.close()

    # -- what was recorded of it

    @property
    def roots(self) -> list[str]:
        """The roots of what ran in this project, in the order in which they began."""
        rows = self.home.query(
            "SELECT root_id FROM hook_executions WHERE starts_with(metadata->>'cwd', %s)"
            " GROUP BY 1 ORDER BY min(id::text)",
            str(self.project),
        )
        return [str(row[0]) for row in rows]

    @property
    def trees(self) -> list[str]:
        """Each root's outline, with endings."""
        return [self.home.outline(root, endings=True) for root in self.roots]

    def has_seen(self, event: str, times: int = 1, **fields: Any) -> bool:
        """Tell whether *event* was recorded as often, with these *fields* of its row."""
        rows = (
            "SELECT count(*) >= %s FROM hook_executions WHERE starts_with(metadata->>'cwd', %s)"
            " AND to_jsonb(hook_executions) @> %s::jsonb"
        )
        wanted = json.dumps({"hook_type": event, **fields})
        return self.home.query(rows, times, str(self.project), wanted) == [(True,)]

    def saw(self, event: str, times: int = 1, **fields: Any) -> None:
        """Wait until ``has_seen``."""
        wait_until(
            lambda: self.has_seen(event, times, **fields),
            lambda: f"{times} x {event} {fields} was not recorded; there is:\n{''.join(self.trees)}",
        )

    def becomes(self, *trees: str) -> None:
        """Wait until the recorded trees are *trees*, however far they are indented."""
        self._becomes(["".join(map(_dedent, trees))])

    def becomes_one_of(self, *trees: str) -> None:
        """Wait until the only tree is one of *trees*."""
        self._becomes(list(map(_dedent, trees)))

    def _becomes(self, expected: list[str]) -> None:
        wait_until(lambda: "".join(self.trees) in expected, lambda: self._complaint(expected))

    def _complaint(self, expected: list[str]) -> str:
        """Return what is recorded instead, and the ends of the transcripts, which tell whose fault it is."""
        written = [
            f"{file.name}:\n"
            + "\n".join(line[:TOLD_CHARACTERS] for line in file.read_text().splitlines()[-TOLD_LINES:])
            for file in self._directory.rglob("*.jsonl")
        ]
        return "\n".join(["expected:", *expected, "recorded:", *self.trees, *written])


def _dedent(tree: str) -> str:
    return textwrap.dedent(tree).lstrip("\n")


def _open(gate: Path) -> None:
    """Let go on whoever waits at *gate*."""
    with contextlib.suppress(OSError):  # ENXIO: nobody waits
        os.close(os.open(gate, os.O_WRONLY | os.O_NONBLOCK))


def _end(process: subprocess.Popen[Any]) -> None:
    """End *process*, if it still runs."""
    process.kill()
    process.communicate()
