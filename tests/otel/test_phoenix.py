"""A real backend: Arize Phoenix, from PyPI, in an environment of its own."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import closing, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.otel.test_recordings import EXECUTIONS, target
from tests.recordedruns import Replayed
from tests.waiting import eventually
from tracing.database.exports import Exports, Window
from tracing.database.store import Store
from tracing.otel.export import Sender
from tracing.otel.span import Manner, nanoseconds
from tracing.period import NEVER

pytestmark = pytest.mark.long

START_S = 300.0
"""It is large, and makes a database first."""


@pytest.fixture(scope="module")
def phoenix(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Give the address of a Phoenix: of $PHOENIX, else of what pip installs for this test."""
    directory = tmp_path_factory.mktemp("phoenix")
    program = os.environ.get("PHOENIX") or str(installed(directory / "venv"))
    ports = [free_port() for _ in range(2)]
    names = ("PHOENIX_PORT", "PHOENIX_GRPC_PORT")
    environment = {
        **dict(zip(names, map(str, ports), strict=True)),
        "PATH": f"{Path(program).parent}:/usr/bin:/bin",
        "HOME": str(directory),
        "PHOENIX_WORKING_DIR": str(directory),
        "PHOENIX_HOST": "127.0.0.1",
        "PHOENIX_TELEMETRY_ENABLED": "false",
    }
    with (directory / "log").open("wb") as log:
        process = subprocess.Popen([program, "serve"], env=environment, stdout=log, stderr=log, start_new_session=True)
    url = f"http://127.0.0.1:{ports[0]}"
    try:
        assert eventually(lambda: answers(url), START_S, 1.0), (directory / "log").read_text()[-2000:]
        yield url
    finally:
        process.terminate()
        process.wait()


def installed(venv: Path) -> Path:
    """Install Phoenix, and return its program."""
    subprocess.run([sys.executable, "-m", "venv", venv], check=True)
    subprocess.run([venv / "bin" / "pip", "install", "-q", "arize-phoenix"], check=True)
    return venv / "bin" / "phoenix"


def free_port() -> int:
    """Return a port that nobody listens on."""
    with closing(socket.socket()) as listening:
        listening.bind(("127.0.0.1", 0))
        return int(listening.getsockname()[1])


def answers(url: str) -> bool:
    """Tell whether Phoenix is up."""
    with suppress(OSError):
        return bool(asked(f"{url}/v1/projects"))
    return False


def asked(url: str) -> Any:
    """Return what its API answers."""
    with urllib.request.urlopen(url, timeout=30) as response:  # noqa: S310  # it is of this machine
        return json.load(response)


def spans_of(url: str) -> list[dict[str, Any]]:
    """Return all spans that it holds."""
    spans: list[dict[str, Any]] = []
    cursor = ""
    while True:
        page = asked(f"{url}/v1/projects/default/spans?limit=1000{cursor}")
        spans += page["data"]
        if not page.get("next_cursor"):
            return spans
        cursor = f"&cursor={page['next_cursor']}"


def test_a_real_backend_holds_every_span_once(phoenix: str, replayed: Replayed) -> None:
    """Sent twice, each execution is there once, with parent, times and status exactly as in the database."""
    sent = 0
    with closing(Store(replayed.home.url, size=1)) as store, closing(Sender(target(phoenix))) as sender:
        store.open()
        exports = Exports(store, Manner(continue_parent="off"))
        window = Window(NEVER, datetime.now(UTC) + timedelta(days=1000), again=True)
        for again in (False, True):
            for session in exports.sessions(NEVER):
                spans = exports.spans([session], window)
                sender.send(spans)
                sent += 0 if again else len(spans)
    assert eventually(lambda: len(spans_of(phoenix)) >= sent, 60)
    held = spans_of(phoenix)
    assert len(held) == sent
    told = sorted(
        (
            *(span["context"][name] for name in ("trace_id", "span_id")),
            span["parent_id"] or "",
            nanoseconds(datetime.fromisoformat(span["start_time"])),
            nanoseconds(datetime.fromisoformat(span["end_time"])),
            span["status_code"] == "ERROR",
        )
        for span in held
        if not span["name"].startswith("chat ")
    )
    rows = replayed.home.query(EXECUTIONS)
    assert told == sorted((*row[:5], row[5] != "completed") for row in rows)
