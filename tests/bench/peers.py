"""Hooks of others that a registry has, each as its own instructions install it: what ours is measured beside.

Each has a virtual environment of its own under $XDG_CACHE_HOME/hooktrace-bench.  One that is not there is
skipped by name.  Each gets what it sends to: a gateway, a store or a receiver on this machine that answers at once.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib.metadata import distributions
from pathlib import Path

from tests.bench import naive
from tests.replay import RECORDINGS

INSTALL_LIMIT_S = 900.0
TRIES = 10


class Missing(Exception):
    """A peer cannot be measured here; the message tells why."""


@dataclass(frozen=True)
class Ready:
    """How a peer's hook is started."""

    argv: list[str]
    env: Mapping[str, str] = field(default_factory=dict)
    """Beside the environment of all hooks."""
    payload: bytes | None = None
    """What it needs on stdin; None: any event."""
    every: int = 1
    """It is run in each so-many-th round only, since it is slow."""


class Peer:
    """A hook of somebody else."""

    name: str
    requirement: str
    """As pip is told."""
    program: str
    note: str = ""

    @property
    def directory(self) -> Path:
        """Its virtual environment."""
        return cache() / self.requirement

    @property
    def command(self) -> str:
        """Its program.

        Raises:
            Missing: it is not installed.
        """
        found = self.directory / "bin" / self.program
        if not found.exists():
            raise Missing(f"not installed ({self.requirement} from PyPI): python -m tests.bench hook --install-peers")
        return str(found)

    def install(self) -> None:
        """Install it, unless it is there.

        Raises:
            Missing: that failed.
        """
        if (self.directory / "bin" / self.program).exists():
            return
        shutil.rmtree(self.directory, ignore_errors=True)
        self.directory.parent.mkdir(parents=True, exist_ok=True)
        for argv in (
            [sys.executable, "-m", "venv", str(self.directory)],
            [str(self.directory / "bin" / "pip"), "install", "--disable-pip-version-check", self.requirement],
        ):
            done = subprocess.run(
                argv, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=INSTALL_LIMIT_S
            )
            if done.returncode:
                shutil.rmtree(self.directory, ignore_errors=True)
                raise Missing(f"{self.requirement} cannot be installed: {done.stderr.strip().splitlines()[-1:]}")

    def version(self) -> str | None:
        """Return which version is installed; None: none."""
        package, places = self.requirement.partition("==")[0], self.directory.glob("lib/python*/site-packages")
        found = distributions(name=package, path=[str(place) for place in places])
        return next((one.version for one in found), None)

    def ready(self, directory: Path) -> contextlib.AbstractContextManager[Ready]:
        """Set up in *directory* what its hook needs."""
        raise NotImplementedError


class NemoRelay(Peer):
    """NVIDIA's: a Rust program forwards the event to a gateway that runs already."""

    name = "NVIDIA NeMo Relay"
    requirement = "nemo-relay-cli-bin"
    program = "nemo-relay"
    note = "gateway on this machine, no exporter"

    @contextlib.contextmanager
    def ready(self, directory: Path) -> Iterator[Ready]:
        """Start a gateway without exporters."""
        with socket.create_server(("127.0.0.1", 0)) as free:
            port = free.getsockname()[1]
        env = {"HOME": str(directory), "PATH": os.environ["PATH"]}
        gateway = subprocess.Popen(
            [self.command, "--bind", f"127.0.0.1:{port}", "gateway", "start"],
            env=env, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        try:
            _wait_for(port)
            to = ["--gateway-url", f"http://127.0.0.1:{port}", "--forward-only", "--fail-closed"]
            yield Ready([self.command, "hook-forward", "claude", *to], {"HOME": str(directory)})  # as the gateway's
        finally:
            gateway.terminate()
            gateway.wait()


class MLflow(Peer):
    """MLflow's Python hook: at the end of a turn it reads the transcript and makes a trace in its store."""

    name = "MLflow, Stop hook"
    requirement = "mlflow==3.12.0"
    program = "mlflow"
    note = "a turn, not an event; later versions have no Python hook"

    @contextlib.contextmanager
    def ready(self, directory: Path) -> Iterator[Ready]:
        """Let it store into SQLite, and give it a recorded transcript."""
        source = next((RECORDINGS / "2.1.330" / "transcripts" / "simple").rglob("*.jsonl"))
        transcript = directory / source.name
        shutil.copy(source, transcript)
        env = {
            "MLFLOW_CLAUDE_TRACING_ENABLED": "true",
            "MLFLOW_TRACKING_URI": f"sqlite:///{directory}/mlflow.db",
            "MLFLOW_DISABLE_TELEMETRY": "true",
        }
        event = (
            f'{{"hook_event_name": "Stop", "session_id": "{source.stem}", "transcript_path": "{transcript}",'
            f' "cwd": "{directory}", "stop_hook_active": false}}'
        )
        yield Ready([self.command, "autolog", "claude", "stop-hook"], env, event.encode(), every=40)


class UvRun(Peer):
    """What many demos do: a Python script with its dependencies in its head, run by uv, that posts the event."""

    name = "uv run, a script that posts"
    requirement = "uv"
    program = "uv"
    note = "no dependencies, a receiver on this machine"

    SCRIPT = """\
# /// script
# requires-python = ">=3.11"
# dependencies = []
# ///
import json, sys, urllib.request
event = json.load(sys.stdin)
body = json.dumps({"source_app": "bench", "hook_event_type": event["hook_event_name"], "payload": event}).encode()
request = urllib.request.Request(sys.argv[1], data=body, headers={"Content-Type": "application/json"})
with urllib.request.urlopen(request, timeout=5) as answer:
    answer.read()
"""

    @contextlib.contextmanager
    def ready(self, directory: Path) -> Iterator[Ready]:
        """Start a receiver."""
        script = directory / "send_event.py"
        script.write_text(self.SCRIPT)
        env = {
            "UV_CACHE_DIR": str(directory / "uv"), "UV_PYTHON": os.path.realpath(sys.executable), "UV_OFFLINE": "1",
        }  # fmt: skip
        with ThreadingHTTPServer(("127.0.0.1", 0), _Receiver) as receiver:
            threading.Thread(target=receiver.serve_forever, daemon=True).start()
            url = f"http://127.0.0.1:{receiver.server_port}/events"
            yield Ready([self.command, "run", str(script), url], env, every=4)
            receiver.shutdown()


class _Receiver(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        """Take what comes."""
        self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Say nothing."""


PEERS: tuple[Peer, ...] = (NemoRelay(), MLflow(), UvRun())


def cache() -> Path:
    """Return where peers are installed: outside of the checkout."""
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "hooktrace-bench"


@contextlib.contextmanager
def ready(directory: Path, env: Mapping[str, str], install: bool) -> Iterator[dict[str, tuple[Ready, str]]]:
    """Set all peers up that are there, and yield each's command and what is to be said of it; name the others.

    Each is tried: one whose hook fails is skipped with what it said.
    """
    with contextlib.ExitStack() as stack:
        found = {}
        for peer in PEERS:
            own = directory / peer.program
            own.mkdir()
            try:
                if install:
                    peer.install()
                one = stack.enter_context(peer.ready(own))
                _try(one, own, env)
            except (Missing, OSError, subprocess.SubprocessError) as error:
                print(f"skipped: {peer.name}: {error}")
            else:
                found[peer.name] = one, peer.note
        yield found


def _try(one: Ready, directory: Path, env: Mapping[str, str]) -> None:
    event = one.payload or naive.payload(directory / "first.json", 1000).read_bytes()
    for _ in range(TRIES):  # what it sends to may not be ready
        done = subprocess.run(one.argv, input=event, env={**env, **one.env}, capture_output=True, timeout=300)
        if not done.returncode:
            return
        time.sleep(1)
    raise Missing(f"its hook exits {done.returncode}: {done.stderr.decode(errors='replace')[-300:]}")


def _wait_for(port: int) -> None:
    until = time.monotonic() + 20
    while time.monotonic() < until:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
            return
        time.sleep(0.05)
    raise Missing("its gateway does not come up")
