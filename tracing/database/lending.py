"""Lends connections to other programs: a pool for each database that this process reads."""

from __future__ import annotations

import atexit
import os
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from typing import Any

import psycopg
from psycopg_pool import ConnectionPool, PoolTimeout

from tracing.database.connection import lending_pool, open_connection, reason, transaction
from tracing.database.reader import Unreachable

SIZE = 4
"""Connections at most; a program that needs more makes a pool of its own, by its URL."""

NAME = "hooktrace api"

Connection = psycopg.Connection[Any]
"""What is lent; rows are tuples unless the borrower says otherwise."""

_pools: dict[tuple[int, str], ConnectionPool[psycopg.Connection[Any]]] = {}
_making = threading.Lock()


@contextmanager
def lend(url: str, schema: str, *, read_only: bool, timeout_s: float) -> Iterator[Connection]:
    """Lend a connection to *url* for one transaction, in which unqualified names mean *schema*.

    Raises:
        Unreachable: nobody answers, or for *timeout_s* seconds no connection was free.
        psycopg.Error: of the block.
    """
    until = time.monotonic() + timeout_s
    with ExitStack() as begun:
        try:
            connection = begun.enter_context(_pool(url, until).connection(timeout=max(0.0, until - time.monotonic())))
            begun.enter_context(transaction(connection, schema, "reader", read_only, statement_timeout_ms=None))
        except PoolTimeout:
            _ask(url, until)
            raise Unreachable(f"all {SIZE} connections are lent\nhint: end the blocks that hold them") from None
        except psycopg.Error as error:
            raise _unreachable(error) from error
        yield connection


def _pool(url: str, until: float) -> ConnectionPool[psycopg.Connection[Any]]:
    """Return this process's pool for *url*; a forked child has none of its parent's connections."""
    key = (os.getpid(), url)
    if key not in _pools:
        _ask(url, until)  # a pool would try for long, and could not say why
    with _making:
        if key not in _pools:
            _pools[key] = lending_pool(url, NAME, SIZE)
            atexit.register(_pools[key].close)
        return _pools[key]


def _ask(url: str, until: float) -> None:
    """See whether the server answers, until a time of the monotonic clock; each thread waits for its own answer."""
    try:
        with closing(open_connection(url, NAME, timeout_s=until - time.monotonic())):
            pass
    except psycopg.Error as error:
        raise _unreachable(error) from error


def _unreachable(error: psycopg.Error) -> Unreachable:
    hint = "hint: `hooktrace status` shows which one it is"
    return Unreachable(f"the database does not answer: {reason(error)}\n{hint}")


def _renew() -> None:
    """Give a forked child a lock of its own: who held its parent's is not there to let it go."""
    global _making
    _making = threading.Lock()


os.register_at_fork(after_in_child=_renew)
