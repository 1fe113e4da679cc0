"""The embedded server's TCP port."""

import contextlib
import os
import shutil
import socket
import stat
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from tests.making import new_directory
from tracing.collector.__main__ import _put_away
from tracing.database.embedded import EmbeddedServer
from tracing.places import Places


def free_port() -> int:
    """Return a TCP port that nobody uses just now."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        port: int = server.getsockname()[1]
        return port


@pytest.fixture(scope="module")
def places() -> Iterator[Places]:
    home = new_directory()
    places = Places.from_environment({"HOOKTRACE_HOME": str(home)})
    yield places
    EmbeddedServer.at(places).destroy()
    shutil.rmtree(home)


@pytest.fixture
def server(places: Places) -> Iterator[EmbeddedServer]:
    """Give a stopped server that is to have a port."""
    server = EmbeddedServer.at(places, port=free_port())
    server.stop()
    yield server


def ask(url: str, query: str) -> object:
    with psycopg.connect(url, autocommit=True) as connection:
        row = connection.execute(query.encode()).fetchone()
        return row[0] if row else None


def addresses() -> set[str]:
    """Return this machine's IPv4 addresses that another machine could come to."""
    with contextlib.suppress(OSError), socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.connect(("192.0.2.1", 9))  # no packet is sent
        return {probe.getsockname()[0]} - {"127.0.0.1"}
    return set()


def test_without_a_port_there_is_no_tcp(places: Places) -> None:
    """By default the server listens on its socket only, and no password exists."""
    server = EmbeddedServer.at(places)
    server.start()
    assert (server.open_port(), server.tcp_problem()) == (None, None)
    assert ask(server.url, "SHOW listen_addresses") == ""
    assert not server.passfile.exists()


def test_a_port_is_open_on_the_loopback_address_only(server: EmbeddedServer) -> None:
    """It answers on 127.0.0.1 and nowhere else."""
    server.start()
    assert (server.open_port(), server.tcp_problem()) == (server.port, None)
    assert ask(server.tcp_url, "SELECT host(inet_server_addr()) || ' ' || current_user") == "127.0.0.1 hooktrace"
    assert ask(server.url, "SHOW listen_addresses") == "127.0.0.1"
    for address in addresses():
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection((address, server.port), timeout=5).close()


def test_the_socket_keeps_its_url(server: EmbeddedServer, places: Places) -> None:
    """With a port the socket's URL is the same, and peer authentication still needs no password."""
    server.start()
    assert server.url == EmbeddedServer.at(places).url
    assert ask(server.url, "SELECT inet_server_addr() IS NULL") is True


def test_the_password_is_long_and_ours_alone(server: EmbeddedServer) -> None:
    """It lies in one file, 0600, is checked by scram, and is neither in the URL nor in the server's log."""
    server.start()
    assert stat.S_IMODE(server.passfile.stat().st_mode) == 0o600
    password = server.passfile.read_text().splitlines()[0].rpartition(":")[2]
    assert len(password) >= 40
    assert password not in server.tcp_url
    assert password not in server.log.read_text()
    stored = str(ask(server.url, "SELECT rolpassword FROM pg_authid WHERE rolname = 'hooktrace'"))
    assert stored.startswith("SCRAM-SHA-256$")


@pytest.mark.parametrize("password", ["", "wrong"])
def test_nobody_comes_in_without_the_password(server: EmbeddedServer, password: str) -> None:
    """No password, a wrong one, another role and another database are all refused by TCP."""
    server.start()
    right = f"host=127.0.0.1 port={server.port} passfile={os.devnull} connect_timeout=10"
    with pytest.raises(psycopg.OperationalError, match="password"):
        psycopg.connect(f"{right} user=hooktrace dbname=hooktrace password='{password}'")
    for other in ("user=postgres dbname=hooktrace", "user=hooktrace dbname=postgres"):
        with pytest.raises(psycopg.OperationalError, match=r"no pg_hba\.conf entry"):
            psycopg.connect(f"{right} {other} password=x")


def test_the_password_stays_the_same(server: EmbeddedServer, places: Places) -> None:
    """A restart, also with another port, keeps it; without its file there is a new one."""
    server.start()
    before = server.passfile.read_text()
    other = EmbeddedServer.at(places, port=free_port())
    other.restart()
    assert other.passfile.read_text() == before
    assert ask(other.tcp_url, "SELECT 1") == 1
    other.passfile.unlink()
    other.restart()
    assert other.passfile.read_text() != before
    assert ask(other.tcp_url, "SELECT 1") == 1


def test_a_used_port_does_not_stop_the_server(server: EmbeddedServer) -> None:
    """Recording goes on over the socket, what is wrong is told, and the next start with a free port mends it."""
    with socket.create_server(("127.0.0.1", server.port)):
        server.start()
        assert ask(server.url, "SELECT 1") == 1
        assert server.open_port() is None
        assert f"TCP port {server.port} is not open" in str(server.tcp_problem())
        assert "\nhint: " in str(server.tcp_problem())
    server.restart()
    assert (server.open_port(), server.tcp_problem()) == (server.port, None)


def test_an_open_port_keeps_the_server_up(server: EmbeddedServer, places: Places) -> None:
    """A collector that leaves does not stop what TCP clients could not wake again; without a port it does."""
    server.start()
    _put_away(server)
    assert server.open_port() == server.port
    closed = EmbeddedServer.at(places)
    closed.restart()
    _put_away(closed)
    assert closed.pid() is None


def test_a_port_goes_away_again(server: EmbeddedServer, places: Places) -> None:
    """Set to 0, the next start closes TCP; nothing of the other port's socket is left."""
    server.start()
    closed = EmbeddedServer.at(places)
    closed.restart()
    assert closed.open_port() is None
    with pytest.raises(psycopg.OperationalError):
        ask(server.tcp_url, "SELECT 1")
    assert {path.name for path in closed.sockets.glob(".s.PGSQL.*")} == {".s.PGSQL.5432", ".s.PGSQL.5432.lock"}


@pytest.mark.skipif(os.geteuid() == 0, reason="root's socket always has a short path")
def test_a_socket_elsewhere_keeps_its_url_too(tmp_path: Path) -> None:
    """Where the home's path is too long for a socket, both ways in work as well."""
    places = Places.from_environment({"HOOKTRACE_HOME": str(tmp_path / ("long" * 25))})
    server = EmbeddedServer.at(places, port=free_port())
    try:
        server.start()
        assert server.sockets != server.data
        assert ask(server.url, "SELECT inet_server_addr() IS NULL") is True
        assert ask(server.tcp_url, "SELECT inet_server_addr() IS NULL") is False
    finally:
        server.destroy()
    assert not server.sockets.exists()


def test_the_password_goes_with_the_server(tmp_path: Path) -> None:
    """A removed server leaves no password behind."""
    places = Places.from_environment({"HOOKTRACE_HOME": str(tmp_path / "h")})
    server = EmbeddedServer.at(places, port=free_port())
    try:
        server.start()
        assert server.passfile.exists()
    finally:
        server.destroy()
    assert not server.passfile.exists()
