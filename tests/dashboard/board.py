"""A dashboard that runs: the real command, in a process of its own, and what a program asks it."""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import re
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from tests.recordedruns import LATEST
from tests.replay import LivePids, read, retarget, transcripts_of

if TYPE_CHECKING:
    from tests.conftest import Installation

STOP_LIMIT_S = 30
ANSWER_LIMIT_S = 60


@dataclass(frozen=True)
class Answer:
    """What was answered."""

    status: int
    headers: Mapping[str, str]
    """By their names in small letters."""
    text: str

    def json(self) -> Any:
        """Return what the text says."""
        return json.loads(self.text)


@dataclass(frozen=True)
class Board:
    """A dashboard over one installation."""

    home: Installation
    url: str
    """As it was printed: with the token."""
    process: subprocess.Popen[str]
    errors: Path
    """What it wrote to stderr."""

    @property
    def base(self) -> str:
        """Its address without path and token."""
        parts = urlsplit(self.url)
        return f"{parts.scheme}://{parts.netloc}"

    @property
    def token(self) -> str:
        """The token of this start."""
        return urlsplit(self.url).query.removeprefix("token=")

    def link(self, path: str) -> str:
        """Return the address of *path* for a browser that was not there yet: with the token."""
        return f"{self.base}{path}{'&' if '?' in path else '?'}token={self.token}"

    def get(self, path: str, headers: Mapping[str, str] | None = None, method: str = "GET") -> Answer:
        """Ask for *path* as a program does, with the token as bearer; *headers* come on top (empty: left out)."""
        told = {"Authorization": f"Bearer {self.token}", **(headers or {})}
        address = urlsplit(self.base)
        with contextlib.closing(http.client.HTTPConnection(address.netloc, timeout=ANSWER_LIMIT_S)) as connection:
            connection.request(method, path, headers={name: value for name, value in told.items() if value})
            answer = connection.getresponse()
            found = {name.lower(): value for name, value in answer.getheaders()}
            return Answer(answer.status, found, answer.read().decode())

    def json(self, path: str) -> Any:
        """Return the JSON of *path*, which must be there."""
        answer = self.get(path)
        assert answer.status == 200, f"{path}: {answer.status} {answer.text}"
        return answer.json()

    def html(self, path: str) -> str:
        """Return the page *path*, which must be there."""
        answer = self.get(path)
        assert answer.status == 200, f"{path}: {answer.status} {answer.text}"
        return answer.text


@contextlib.contextmanager
def open_board(home: Installation, *arguments: str, complains: bool = False) -> Iterator[Board]:
    """Run ``hooktrace dashboard`` over *home* for the length of the block.

    It must end as one who is told to (Ctrl-C), and, unless it *complains*, without a word on stderr.
    """
    command = [sys.executable, "-m", "tracing", "dashboard", "--port", "0", "--no-browser", *arguments]
    with tempfile.TemporaryDirectory() as directory:
        errors = Path(directory) / "stderr"
        with errors.open("w") as stderr:
            process = subprocess.Popen(
                command, env=home.env, stdout=subprocess.PIPE, stderr=stderr, stdin=subprocess.DEVNULL, text=True
            )
        try:
            assert process.stdout
            url = process.stdout.readline().strip()
            assert url.startswith("http"), f"{url}{errors.read_text()}"
            yield Board(home, url, process, errors)
            assert _ended(process) == 0
            assert complains or errors.read_text() == ""
        finally:
            _ended(process)


def _ended(process: subprocess.Popen[str]) -> int:
    """Return the exit status of *process*, which gets a Ctrl-C if it still runs."""
    if process.poll() is None:
        process.send_signal(signal.SIGINT)
    try:
        process.wait(STOP_LIMIT_S)
    except subprocess.TimeoutExpired:
        os.kill(process.pid, signal.SIGKILL)
    if process.stdout:
        process.stdout.close()
    return process.wait()


MOMENT = re.compile(r"\b20\d\d-\d\d-\d\dT\d\d:\d\d:\d\d\.\d+Z")
AGO = timedelta(minutes=10)


def recorded(names: Sequence[str], home: Installation) -> None:
    """Fire the latest recordings *names* into *home*, as if they had begun ten minutes ago, and learn from them."""
    with home.without_collector(), LivePids() as pids, tempfile.TemporaryDirectory() as directory:
        for name in names:
            recording = _moved(LATEST / f"{name}.jsonl", Path(directory) / name)
            before = set(home.spooled())
            fired = home.replay(recording, pids=pids)
            events = read(recording)
            files = sorted(set(home.spooled()) - before, key=lambda file: file.stat().st_mtime_ns)
            for file, firing in zip(files, fired.firings, strict=True):
                os.utime(file, (events[firing.number].at, events[firing.number].at))
    home.flush()


def _moved(recording: Path, into: Path) -> Path:
    """Copy *recording* with its transcripts into *into*, all times moved so that it began AGO."""
    copy = retarget(recording, "moved", into)
    by = datetime.now(UTC) - AGO - datetime.fromtimestamp(read(copy)[0].at, UTC)

    def later(found: re.Match[str]) -> str:
        return (datetime.fromisoformat(found[0]) + by).isoformat(timespec="milliseconds").replace("+00:00", "Z")

    lines = [json.loads(line) for line in copy.read_text().splitlines()]
    copy.write_text("".join(json.dumps({**line, "at": line["at"] + by.total_seconds()}) + "\n" for line in lines))
    for file in transcripts_of(copy).rglob("*.json*"):
        file.write_text(MOMENT.sub(later, file.read_text()))
    return copy
