"""Runs PostgreSQL's own client programs, those of the wheel, on a database that is connected to already.

Everybody on the machine can read a command line: the password goes by the environment, which only
the user can.  The wheel's programs know neither TLS nor Kerberos, and nothing newer than themselves.
"""

from __future__ import annotations

import os
import subprocess
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from typing import Any, BinaryIO, cast

import psycopg
from psycopg import conninfo

from tracing.database.binaries import programs
from tracing.database.embedded import MAJOR
from tracing.database.queries import query

KEPT = ("host", "hostaddr", "port", "dbname", "user", "options", "requirepeer")
"""What a program is told of a connection; the rest is about TLS, timeouts and passwords."""

LAST_LINES = 3
POLL_S = 0.1


class ProgramError(Exception):
    """A program ended with an error; the message is what it said."""


def obstacle(connection: psycopg.Connection[Any]) -> str | None:
    """Tell why the programs cannot go where *connection* leads; None if they can."""
    if connection.pgconn.ssl_in_use:
        return "the connection is encrypted"
    if connection.pgconn.used_gssapi:
        return "the login is by GSSAPI"
    if connection.info.server_version // 10_000 > int(MAJOR):
        return f"the server is newer than PostgreSQL {MAJOR}"
    row = connection.execute(query("server_process")).fetchone()
    if not row or row[0] != connection.info.backend_pid:
        return "there is a pooler before the server"
    return None


def address(connection: psycopg.Connection[Any], database: str | None = None) -> str:
    """Return where *connection* leads, or to another *database* there, as an argument; no password is in it."""
    told = {option.keyword.decode(): option.val.decode() for option in connection.pgconn.info if option.val}
    parts = {name: told[name] for name in KEPT if name in told}
    parts |= {"host": connection.info.host, "port": str(connection.info.port)}  # of several, the one that answered
    if "," in told.get("hostaddr", ""):
        parts["hostaddr"] = connection.info.hostaddr
    if database:
        parts["dbname"] = database
    return conninfo.make_conninfo("", **parts, sslmode="disable", gssencmode="disable")


def environment(connection: psycopg.Connection[Any]) -> dict[str, str]:
    """Return the environment for a program that goes where *connection* leads."""
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("PG")}
    return inherited | ({"PGPASSWORD": password} if (password := connection.info.password) else {})


def run(program: str, *arguments: str, env: Mapping[str, str] | None = None) -> str:
    """Run *program* to its end and return what it printed.

    Raises: as :func:`reading`.
    """
    with reading(program, *arguments, env=env) as printed:
        return printed.read().decode()


@contextmanager
def reading(program: str, *arguments: str, env: Mapping[str, str] | None = None) -> Iterator[BinaryIO]:
    """Give what *program* prints, which is to be read to its end, for the length of a ``with`` block.

    Raises:
        ProgramError: the program failed.
        ServerError: it is not installed.
    """
    with _started(program, arguments, env) as process:
        yield cast("BinaryIO", process.stdout)


def watched(program: str, *arguments: str, env: Mapping[str, str] | None = None) -> Iterator[None]:
    """Run *program*, which prints nothing, and yield now and then until it has ended.

    Raises: as :func:`reading`.
    """
    with _started(program, arguments, env) as process:
        while process.poll() is None:
            with suppress(subprocess.TimeoutExpired):
                process.wait(POLL_S)
            yield


@contextmanager
def _started(
    program: str, arguments: Sequence[str], env: Mapping[str, str] | None
) -> Iterator[subprocess.Popen[bytes]]:
    environment = {**(os.environ if env is None else env), "LC_ALL": "C"}
    with tempfile.TemporaryFile() as words:  # not a pipe: nobody reads it meanwhile
        process = subprocess.Popen(
            [programs(MAJOR) / program, *arguments],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=words,
            env=environment,
            cwd="/",
        )
        with process:  # waits for its end
            try:
                yield process
            except BaseException:
                process.kill()
                raise
        if process.returncode:
            words.seek(0)
            said = _said(words.read().decode(errors="replace"))
            raise ProgramError(said or f"{program} ended with status {process.returncode}")


def _said(words: str) -> str:
    """Return the last words of a program, as one line and without its name."""
    lines = (line for line in words.splitlines() if ": detail: " not in line and ": hint: " not in line)
    return "; ".join([line.partition(": ")[2] or line for line in lines][-LAST_LINES:])
