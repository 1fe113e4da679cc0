"""The command: where it listens, what it says, how it ends, and what it does without a database."""

from __future__ import annotations

import contextlib
import http.client
import os
import pty
import re
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from tests.conftest import Installation, new_installation
from tests.dashboard.board import Board, open_board
from tests.waiting import eventually
from tracing.database.embedded import EmbeddedServer
from tracing.database.readers import Readers

EVERYWHERE = "0.0.0.0"  # noqa: S104  # what a user could say


@pytest.fixture(scope="module")
def own(fresh_cluster: EmbeddedServer) -> Iterator[Board]:
    """Give a dashboard whose database the tests may harm, if they cure it again."""
    with new_installation(cluster=fresh_cluster) as home, open_board(home, complains=True) as board:
        yield board


def test_a_port_that_is_taken_is_said(own: Board) -> None:
    """One sentence and the cure, no traceback."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        process = own.home.run("dashboard", "--no-browser", "--port", port)
    assert process.returncode == 1
    assert f"port {port} cannot be had" in process.stderr and "--port 0" in process.stderr
    assert "Traceback" not in process.stderr


@pytest.mark.parametrize("host", [EVERYWHERE, "::"])
def test_other_machines_are_let_in_by_consent_only(own: Board, host: str) -> None:
    """To listen for others needs a yes, and says what they could read; the token stays."""
    process = own.home.run("dashboard", "--no-browser", "--port", "0", "--host", host)
    assert process.returncode == 1
    assert "prompts, commands, outputs" in process.stderr and "--expose" in process.stderr
    assert process.stdout == ""


def test_what_is_exposed_still_asks_for_the_token(own: Board) -> None:
    """With the yes it says again what it exposes, and nobody gets an answer without the token."""
    with open_board(own.home, "--host", EVERYWHERE, "--expose", complains=True) as exposed:
        port = exposed.base.rpartition(":")[2]
        here = Board(own.home, f"http://127.0.0.1:{port}/?token={exposed.token}", exposed.process, exposed.errors)
        assert here.get("/now", {"Authorization": ""}).status == 401
        assert here.get("/now").status == 200
        assert here.get("/now", {"Host": f"evil.example:{port}"}).status == 421
        assert "unencrypted" in exposed.errors.read_text()


def test_the_loopback_of_ipv6_is_loopback(own: Board) -> None:
    """It needs no yes."""
    if not socket.has_ipv6 or not Path("/proc/net/if_inet6").exists():
        pytest.skip("no IPv6 here")
    with open_board(own.home, "--host", "::1") as board:
        assert board.base.startswith("http://[::1]:")
        assert board.get("/now").status == 200


def test_ctrl_c_ends_it_while_somebody_is_connected(own: Board) -> None:
    """It ends with 0 and without a word, though a client says nothing (open_board looks at that)."""
    with open_board(own.home) as board, contextlib.ExitStack() as connections:
        host, _, port = board.base.removeprefix("http://").rpartition(":")
        connections.enter_context(socket.create_connection((host, int(port))))
        assert board.get("/now").status == 200
        board.process.send_signal(signal.SIGINT)
        assert eventually(lambda: board.process.poll() is not None)


def test_the_browser_is_not_told_the_token_where_others_can_read_it(own: Board, tmp_path: Path) -> None:
    """At a terminal a browser is opened, at a file that leads on: everybody can read the arguments of a program."""
    browser, told = tmp_path / "browser", tmp_path / "told"
    browser.write_text(
        f'#!/bin/sh\nprintf "%s\\n" "$@" >{told}.new; cat "${{1#file://}}" >>{told}.new; mv {told}.new {told}\n'
        "exec sleep 20\n"  # as one that returns only when it is closed
    )
    browser.chmod(0o755)
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-m", "tracing", "dashboard", "--port", "0"],
        env={**own.home.env, "BROWSER": f"{browser} %s"}, stdout=theirs, stderr=theirs, stdin=theirs,
    )  # fmt: skip
    try:
        os.close(theirs)
        assert eventually(told.exists)
        printed = os.read(ours, 4096).decode()
        argument, file = told.read_text().split("\n", 1)
        token = printed.partition("token=")[2].split()[0]
        assert argument.startswith("file:///") and token not in argument
        assert token in file
        with contextlib.closing(
            http.client.HTTPConnection(re.findall(r"http://([^/]+)", printed)[0], timeout=10)
        ) as asked:
            asked.request("GET", "/healthz")
            assert asked.getresponse().status == 200
        assert not Path(argument.removeprefix("file://")).parent.stat().st_mode & 0o077
    finally:
        process.send_signal(signal.SIGINT)
        assert process.wait(30) == 0
        os.close(ours)
    assert not Path(argument.removeprefix("file://")).exists()


def test_without_a_terminal_it_only_prints(own: Board, tmp_path: Path) -> None:
    """A script that starts it gets the address, and no browser."""
    told = tmp_path / "told"
    env = {**own.home.env, "BROWSER": f"touch {told} %s", "DISPLAY": ":9"}
    process = subprocess.Popen(
        [sys.executable, "-m", "tracing", "dashboard", "--port", "0"], env=env, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout
    with process.stdout:
        assert process.stdout.readline().startswith("http://127.0.0.1:")
        process.send_signal(signal.SIGINT)
        assert process.wait(30) == 0
    assert not told.exists()


# What the database may do to it


def test_a_query_that_takes_too_long_is_broken_off(own: Board) -> None:
    """A sentence and 503, after five seconds; what follows is answered again."""
    with psycopg.connect(own.home.url) as holding:
        holding.execute("LOCK TABLE execution_traces IN ACCESS EXCLUSIVE MODE")
        answer = own.get("/api/dashboard/summary")
        assert answer.status == 503
        assert "took too long" in answer.json()["error"]
    assert own.get("/api/dashboard/summary").status == 200


def test_our_own_mistake_is_told_on_stderr_alone(own: Board) -> None:
    """A page that breaks says so without a traceback or a value; the terminal has both."""
    own.home.query("ALTER TABLE execution_traces RENAME COLUMN permission_asked_at TO asked_at")
    try:
        answer = own.get("/now")
    finally:
        own.home.query("ALTER TABLE execution_traces RENAME COLUMN asked_at TO permission_asked_at")
    assert answer.status == 500
    assert "Traceback" not in answer.text and "permission_asked_at" not in answer.text
    assert "content-security-policy" in answer.headers
    assert eventually(lambda: "UndefinedColumn" in own.errors.read_text())
    assert own.get("/now").status == 200


def test_health_answers_without_a_database(own: Board) -> None:
    """When the server is killed and cannot start, Health says so, and the other pages that they cannot answer."""
    home = own.home
    assert own.get("/health").status == 200
    with home.without_collector(), _server_away(home):
        answer = own.get("/health")
        assert answer.status == 200
        assert "does not answer" in answer.text or "embedded" in answer.text
        assert 'class="problem"' in answer.text
        told = own.json("/api/health")
        assert told["status"]["database"]["reachable"] is False and told["status"]["database"]["problem"]
        assert own.get("/now").status == 503
        assert own.get("/api/dashboard/summary").status == 503
    assert own.get("/now").status == 200  # it starts the server again


@contextlib.contextmanager
def _server_away(home: Installation) -> Iterator[None]:
    """Stop the embedded server, and keep it from starting."""
    server = home.server
    server.stop()
    data, aside = server.data, server.data.with_name("data.elsewhere")
    data.rename(aside)
    data.write_text("not a directory")
    try:
        yield
    finally:
        data.unlink()
        aside.rename(data)


def test_pages_can_only_read(own: Board) -> None:
    """Whatever a page asked, it would change nothing: transaction and, where there are some, role only read."""
    assert own.json("/api/health")["server"]["acting_as"] == "hooktrace_auditor"
    with Readers(own.home.url, "public", 1000) as readers, readers.lent() as reader:
        with pytest.raises(psycopg.errors.ReadOnlySqlTransaction):
            reader._fetched(b"CREATE TEMPORARY TABLE mine ()", {})
        with pytest.raises(psycopg.Error, match="must be set before any query"):
            reader._fetched(b"SET TRANSACTION READ WRITE", {})


def test_who_comes_fifth_waits_for_a_turn(own: Board) -> None:
    """More requests at once than there are connections are all answered."""
    statuses: list[int] = []
    askers = [threading.Thread(target=lambda: statuses.append(own.get("/now").status)) for _ in range(12)]
    for asker in askers:
        asker.start()
    for asker in askers:
        asker.join()
    assert statuses == [200] * 12
