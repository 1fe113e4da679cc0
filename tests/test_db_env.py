"""`hooktrace db env`, and the port it tells: other programs reach the database as the seed's examples do."""

from __future__ import annotations

import importlib.util
import shutil
import socket
import subprocess
import sys
from pathlib import Path

import psycopg
import pytest

from tests.conftest import Installation
from tracing.database.envfile import environment_from_file

NAMES = {
    "POSTGRES_HOST",
    "POSTGRES_PORT",
    "POSTGRES_DATABASE",
    "POSTGRES_USER",
    "POSTGRES_PASSWORD",
    "TRACEABILITY_DB_PASSWORD",
    "TRACEABILITY_DB_URL_EXTERNAL",
    "TRACEABILITY_DB_URL",
}

PSQL = "psql -X -A -t $TRACEABILITY_DB_URL_EXTERNAL -c \"SELECT COUNT(*) FROM execution_traces WHERE source = 'none'\""

SQLALCHEMY = """\
import os
from sqlalchemy import create_engine, text
from sqlalchemy.pool import QueuePool

DATABASE_URL = os.getenv("TRACEABILITY_DB_URL")

engine = create_engine(
    DATABASE_URL,
    poolclass=QueuePool,
    pool_size=10,
    max_overflow=20,
    pool_pre_ping=True
)
connections = [engine.connect() for _ in range(30)]
print({connection.execute(text("SELECT count(*) FROM execution_traces WHERE source = 'none'")).scalar()
       for connection in connections})
"""
"""The seed's example, and as many connections as its pool makes."""

needs_psql = pytest.mark.skipif(not shutil.which("psql"), reason="psql is not installed")
needs_sqlalchemy = pytest.mark.skipif(
    not all(map(importlib.util.find_spec, ("sqlalchemy", "psycopg2"))),
    reason="SQLAlchemy and psycopg2 are not installed: pip install -e '.[test]'",
)


def free_port() -> int:
    """Return a TCP port that nobody uses just now."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        port: int = server.getsockname()[1]
        return port


@pytest.fixture
def with_socket_only(module_home: Installation) -> Installation:
    """Give an installation whose server has no port."""
    if module_home.done("config", "get", "embedded.port").strip() != "0":
        module_home.done("config", "set", "embedded.port", "0")
    return module_home


@pytest.fixture
def with_port(module_home: Installation) -> Installation:
    """Give the same installation with a port; the collector ran when it was set."""
    if module_home.done("config", "get", "embedded.port").strip() == "0":
        module_home.done("collector", "start")
        module_home.done("config", "set", "embedded.port", str(free_port()))
    return module_home


def in_shell(home: Installation, script: str, *arguments: str) -> str:
    """Run *script* behind ``eval "$(hooktrace db env)"`` in a shell that knows nothing else."""
    done = subprocess.run(
        ["sh", "-euc", f'eval "$1"; shift; {script}', "sh", home.done("db", "env"), *arguments],
        env={"PATH": home.env["PATH"], "HOME": str(home.user_home)},
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def file_of(home: Installation, *arguments: str) -> Path:
    """Write what ``db env`` prints into a file, as a user does."""
    file = home.root / "traces.env"
    file.write_text(home.done("db", "env", *arguments))
    return file


@needs_psql
def test_the_seeds_psql_runs_over_the_socket(with_socket_only: Installation) -> None:
    """Without a port the variables name the socket, for which no password is needed."""
    assert in_shell(with_socket_only, PSQL) == "0"


@needs_sqlalchemy
def test_the_seeds_sqlalchemy_runs_over_the_socket(with_socket_only: Installation) -> None:
    """create_engine takes the socket's URL, with SQLAlchemy's own choice of a driver."""
    script = SQLALCHEMY.replace("range(30)", "range(10)")
    assert in_shell(with_socket_only, '"$@"', sys.executable, "-c", script) == "{0}"


def test_a_container_needs_a_port(with_socket_only: Installation) -> None:
    """A container does not see the socket: the error says how it gets something it sees."""
    process = with_socket_only.run("db", "env", "--docker")
    assert (process.returncode, process.stdout) == (1, "")
    assert "hint: `hooktrace config set embedded.port" in process.stderr


@needs_psql
def test_the_seeds_psql_runs_over_tcp(with_port: Installation) -> None:
    """The seed's psql command runs as it stands there, and so does psql with the single variables."""
    assert in_shell(with_port, PSQL) == "0"
    single = 'PGPASSWORD=$POSTGRES_PASSWORD psql -X -A -t -h "$POSTGRES_HOST" -p "$POSTGRES_PORT"'
    user = in_shell(with_port, f'{single} -U "$POSTGRES_USER" "$POSTGRES_DATABASE" -c "SELECT current_user"')
    assert user == "hooktrace"


@needs_sqlalchemy
def test_the_seeds_sqlalchemy_runs_over_tcp(with_port: Installation) -> None:
    """The seed's engine runs as it stands there, with every connection that its pool allows."""
    assert in_shell(with_port, '"$@"', sys.executable, "-c", SQLALCHEMY) == "{0}"


def test_the_lines_are_a_file_for_a_shell(with_port: Installation) -> None:
    """`set -a; . file` defines exactly the seed's variables."""
    script = f"set -a; . '{file_of(with_port)}'; env"
    done = subprocess.run(["sh", "-c", script], env={}, capture_output=True, text=True, check=True)
    assert {line.partition("=")[0] for line in done.stdout.splitlines()} - {"PWD", "_", "SHLVL", "OLDPWD"} == NAMES


def test_docker_gets_plain_lines_and_its_own_host(with_port: Installation) -> None:
    """Each line is NAME=value without quotes; TRACEABILITY_DB_URL is for containers, _EXTERNAL for the host."""
    lines = file_of(with_port, "--docker").read_text().splitlines()
    values = dict(line.split("=", 1) for line in lines)
    assert values.keys() == NAMES
    assert not any(set(line) & set(" '\"$") for line in lines)
    assert values["POSTGRES_HOST"] == "host.docker.internal"
    assert f"@host.docker.internal:{values['POSTGRES_PORT']}/" in values["TRACEABILITY_DB_URL"]
    assert f"@127.0.0.1:{values['POSTGRES_PORT']}/" in values["TRACEABILITY_DB_URL_EXTERNAL"]


def test_a_container_may_know_the_host_by_another_name(with_port: Installation) -> None:
    """`--docker HOST:PORT` is taken as it is."""
    found = environment_from_file(file_of(with_port, "--docker", "db:5432"), {})
    assert (found["POSTGRES_HOST"], found["POSTGRES_PORT"]) == ("db", "5432")


def test_another_installation_reads_it(with_port: Installation) -> None:
    """What `db env --docker` writes is a file for `init --env-file`, whose URL works from the host."""
    url = environment_from_file(file_of(with_port, "--docker"), {})["TRACEABILITY_DB_URL_EXTERNAL"]
    with psycopg.connect(url) as connection:
        assert connection.execute("SELECT current_user").fetchone() == ("hooktrace",)


def test_status_tells_the_port_and_no_password(with_port: Installation) -> None:
    """Only `db env` prints the password: not `status`, not `db url`, not `config get`."""
    server, password = with_port.server, with_port.done("db", "env").split("POSTGRES_PASSWORD=")[1].split()[0]
    database = with_port.json("status")["database"]
    assert (database["tcp_port"], database["tcp_problem"]) == (server.open_port(), None)
    shown = [with_port.done(*words) for words in (("status",), ("db", "url"), ("config", "get"))]
    assert not any(password in text for text in shown)
    assert f"127.0.0.1:{database['tcp_port']}" in shown[0]


def test_help_says_that_it_prints_the_password(home: Installation) -> None:
    """Who reads the help knows before."""
    assert "PASSWORD INCLUDED" in home.done("db", "env", "--help")


def test_setting_a_port_keeps_the_collector(with_port: Installation) -> None:
    """The collector that ran runs again, with the new settings, and stores as before."""
    assert with_port.json("status")["collector"]["running"] is True
    before = with_port.count("hook_executions")
    with_port.fire({"hook_event_name": "SessionStart", "session_id": "5e550000-0000-4000-8000-000000000001"})
    with_port.flush()
    assert with_port.count("hook_executions") == before + 1


def test_a_used_port_is_said_and_recording_goes_on(with_socket_only: Installation) -> None:
    """`config set` and `status` name the port that is taken, and the socket serves."""
    home = with_socket_only
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        said = home.done("config", "set", "embedded.port", str(port))
        assert f"TCP port {port} is not open" in said
        assert "hint: " in said
        database = home.json("status")["database"]
        assert (database["reachable"], database["tcp_port"]) == (True, None)
        assert f"TCP port {port} is not open" in database["tcp_problem"]
        process = home.run("db", "env")
        assert f"TCP port {port} is not open" in process.stderr
        assert f"POSTGRES_HOST={home.server.sockets}" in process.stdout


@pytest.mark.parametrize("wrong", ["-1", "65536", "5436x"])
def test_what_is_no_port_is_refused(with_socket_only: Installation, wrong: str) -> None:
    """The error holds the value, and the setting stays as it was."""
    process = with_socket_only.run("config", "set", "--", "embedded.port", wrong)
    assert process.returncode == 1
    assert wrong in process.stderr
    assert with_socket_only.done("config", "get", "embedded.port").strip() == "0"
