"""Who may ask: as somebody would try who has an account on the machine, or a page in the user's browser."""

from __future__ import annotations

import contextlib
import socket
from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest

from tests.dashboard.board import Board
from tracing.dashboard.access import HEADERS, Hosts
from tracing.dashboard.pages import PAGES

STATIC = "/static/page.css"
ADDRESSES = [
    "/",
    STATIC,
    "/metrics",
    "/nowhere",
    "/api/nowhere",
    *(page.path for page in PAGES),
    *(page.api for page in PAGES),
]
NO_TOKEN = {"Authorization": ""}


@pytest.mark.parametrize("address", ADDRESSES)
def test_nobody_gets_an_answer_without_the_token(small: Board, address: str) -> None:
    """Pages, data and files alike: what is there and what is not looks the same."""
    answer = small.get(address, NO_TOKEN)
    assert answer.status == 401
    assert "hooktrace dashboard" in answer.text


def test_only_whether_it_lives_is_for_everybody(small: Board) -> None:
    """/healthz tells nothing of anybody, and touches no data."""
    answer = small.get("/healthz", NO_TOKEN)
    assert (answer.status, answer.text) == (200, "ok\n")


@pytest.mark.parametrize("wrong", ["", "x", "Bearer", "é" * 43, "A" * 43, "A" * 5000])
def test_a_wrong_token_opens_nothing(small: Board, wrong: str) -> None:
    """Not as bearer, not as cookie, not in the address; nor does the right one in the wrong place."""
    name = f"hooktrace-{urlsplit(small.base).port}"
    quoted = wrong.encode().decode("latin-1")
    assert small.get("/now", {"Authorization": f"Bearer {quoted}"}).status == 401
    assert small.get("/now", {**NO_TOKEN, "Cookie": f"{name}={quoted}"}).status == 401
    assert small.get(f"/now?token={'A' * len(wrong)}", NO_TOKEN).status == 401
    assert small.get("/now", {"Authorization": f"Basic {small.token}"}).status == 401
    assert small.get("/now", {**NO_TOKEN, "Cookie": f"hooktrace={small.token}"}).status == 401


def test_a_wrong_token_in_the_address_is_not_passed_over(small: Board) -> None:
    """Whoever opens an address of an earlier start learns that it is one, though the cookie would do."""
    assert small.get("/now?token=of-an-earlier-start").status == 401


def test_the_printed_address_becomes_a_cookie(small: Board) -> None:
    """The token leaves the address at once, for a cookie that no script and no other site gets; the rest stays."""
    answer = small.get(f"/now?since=7d&token={small.token}", NO_TOKEN)
    assert (answer.status, answer.headers["location"]) == (303, "/now?since=7d")
    cookie, *attributes = answer.headers["set-cookie"].split("; ")
    assert {attribute.lower() for attribute in attributes} >= {"httponly", "samesite=strict", "path=/"}
    assert small.get("/now?since=7d", {**NO_TOKEN, "Cookie": cookie}).status == 200


@pytest.mark.parametrize("path", ["//evil.example/x", "///evil.example", "/\\evil.example", '/";url=//evil.example'])
@pytest.mark.parametrize("came_from", ["none", "cross-site"])
def test_the_welcome_leads_to_no_other_host(small: Board, path: str, came_from: str) -> None:
    """Whatever is before the token: one is led on within this host."""
    answer = small.get(f"{path}?token={small.token}", {**NO_TOKEN, "Sec-Fetch-Site": came_from})
    if came_from == "none":
        assert answer.headers["location"].startswith("/")
        target = answer.headers["location"]
    else:  # a strict cookie does not come along where another site leads to: a page of ours leads on
        assert answer.status == 200
        target = answer.text.partition("url=")[2].partition('"')[0]
    assert target[0] == "/" and target[1] not in "/\\"


@contextlib.contextmanager
def _connected(board: Board) -> Iterator[socket.socket]:
    parts = urlsplit(board.base)
    with socket.create_connection((parts.hostname or "", parts.port or 0), 10) as connection:
        yield connection


def _raw(board: Board, request: str) -> str:
    """Return the first line of what is answered to a request as it stands."""
    with _connected(board) as connection:
        connection.sendall(request.format(token=board.token, port=urlsplit(board.base).port).encode())
        return connection.recv(4096).decode().partition("\r\n")[0]


@pytest.mark.parametrize(
    "host",
    ["evil.example", "evil.example:{port}", "127.0.0.1", "127.0.0.1:1", "localhost", "127.0.0.1.evil.example:{port}",
     "127.0.0.1:{port}@evil.example", "[::1]:{port}", "0.0.0.0:{port}", "127.0.0.1:{port}0"],
)  # fmt: skip
def test_another_host_is_another_site(small: Board, host: str) -> None:
    """A name that somebody points at this machine gets nothing, not even with the token (DNS rebinding)."""
    head = "GET /now HTTP/1.1\r\nHost: " + host + "\r\nAuthorization: Bearer {token}\r\n\r\n"
    assert "421" in _raw(small, head)


def test_a_request_must_say_for_whom_it_is(small: Board) -> None:
    """No Host, two of them or an empty one: nothing is answered."""
    authorized = "Authorization: Bearer {token}\r\n"
    assert "421" in _raw(small, f"GET /now HTTP/1.0\r\n{authorized}\r\n")
    assert "400" in _raw(small, f"GET /now HTTP/1.1\r\n{authorized}\r\n")
    assert "421" in _raw(small, f"GET /now HTTP/1.1\r\nHost:\r\n{authorized}\r\n")
    twice = "Host: 127.0.0.1:{port}\r\nHost: evil.example\r\n"
    assert "400" in _raw(small, f"GET /now HTTP/1.1\r\n{twice}{authorized}\r\n")


def test_localhost_is_this_machine(small: Board) -> None:
    """By name as by number."""
    assert small.get("/now", {"Host": f"localhost:{urlsplit(small.base).port}"}).status == 200


def test_at_all_addresses_numbers_are_ours_and_names_are_not() -> None:
    """Where other machines may ask, they say one of our addresses or our name; only a name can be rebound."""
    hosts = Hosts(8765, frozenset({"box", "localhost"}), any_address=True)
    assert all(map(hosts.include, ["box:8765", "BOX:8765", "10.0.0.7:8765", "[fe80::1]:8765", "localhost:8765"]))
    assert not any(map(hosts.include, ["evil.example:8765", "10.0.0.7", "10.0.0.7:80", "", ":8765", "[evil]:8765"]))


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "QUERY"])
def test_the_dashboard_only_shows(small: Board, method: str) -> None:
    """Nothing can be sent to it, and no other site is told that it may ask."""
    answer = small.get("/now", {"Origin": "https://evil.example"}, method)
    assert answer.status == 405
    assert not [name for name in answer.headers if name.startswith("access-control")]


def test_no_other_site_may_read(small: Board) -> None:
    """An answer to a request of another origin carries no leave to read it."""
    answer = small.get("/api/health", {"Origin": "https://evil.example"})
    assert not [name for name in answer.headers if name.startswith("access-control")]
    assert answer.headers["cross-origin-resource-policy"] == "same-origin"


@pytest.mark.parametrize(
    ("path", "status", "headers"),
    [
        ("/now", 200, {}), ("/now", 401, NO_TOKEN), ("/now?colour=green", 400, {}), ("/nowhere", 404, {}),
        ("/api/nowhere", 404, {}), (STATIC, 200, {}), ("/static/nothing", 404, {}), ("/healthz", 200, NO_TOKEN),
        ("/now", 421, {"Host": "evil.example"}), ("/api/health", 200, {}),
    ],
)  # fmt: skip
def test_every_answer_is_guarded(small: Board, path: str, status: int, headers: dict[str, str]) -> None:
    """Scripts and styles come from files of ours alone, whatever is answered; nothing is kept, framed or sniffed."""
    answer = small.get(path, headers)
    assert answer.status == status
    assert {name: answer.headers[name.lower()] for name in HEADERS} == HEADERS
    policy = answer.headers["content-security-policy"]
    assert "unsafe" not in policy and "default-src 'none'" in policy


@pytest.mark.parametrize(
    "path",
    ["/static/../access.py", "/static/..%2faccess.py", "/static/%2e%2e/access.py", "/static/..%5caccess.py",
     "/static//etc/passwd", "/static/%2fetc%2fpasswd", "/static/....//access.py", "/static/%00", "/static/"],
)  # fmt: skip
def test_only_static_files_are_files(small: Board, path: str) -> None:
    """No path leads out of the directory."""
    answer = small.get(path)
    assert answer.status == 404
    assert "import" not in answer.text and "root:" not in answer.text


def test_who_says_nothing_holds_up_nobody(small: Board) -> None:
    """A hundred connections that send nothing, and some that stop in the middle, are no matter to others."""
    with contextlib.ExitStack() as open_ones:
        for number in range(120):
            silent = open_ones.enter_context(_connected(small))
            if number % 3 == 0:
                silent.sendall(b"GET /now HTTP/1.1\r\nHost: ")
        assert small.get("/now").status == 200
