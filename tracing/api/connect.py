"""The database for readers: the one that `hooktrace init` pinned, as a pooled connection or as a URL."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Literal, get_args

from tracing.installation.installed import EXPECTED, Installation
from tracing.places import PlaceError

if TYPE_CHECKING:
    from tracing.database.lending import Connection

Driver = Literal["psycopg", "psycopg2", "asyncpg", "sqlalchemy", "sqlalchemy+psycopg2", "sqlalchemy+asyncpg"]
"""What a URL is for."""


class NoDatabase(ConnectionError):
    """There is no database to read: nothing is initialised, or it does not answer; the message gives a cure."""


@contextmanager
def connect(*, read_only: bool = True, timeout_s: float = 5.0) -> Iterator[Connection]:
    """Lend a connection to the database, for one transaction.

    Args:
        read_only: whether the server refuses to write in it.
        timeout_s: seconds to wait for a connection; for the first answer of a host that is silent, two at least.

    The block is a transaction: committed at its end, rolled back if an exception leaves it.  Unqualified names mean
    the schema of hooktrace's tables.  Rows are tuples, as psycopg has them (pass ``row_factory`` to ``cursor``).
    Connections are kept, four at most, and lent again; a forked child has its own.  An embedded server that sleeps
    is started.

    Source: the config file that `hooktrace init` wrote, never a variable of another program.

    Raises:
        NoDatabase: see the class.
        psycopg.Error: of the block's own statements.
    """
    from tracing.database.lending import lend

    with _expected():
        installation = Installation.here()
        url, schema = installation.url(), installation.settings.text("database.schema")
        lent = lend(url, schema, read_only=read_only, timeout_s=timeout_s)
        connection = lent.__enter__()
    try:
        yield connection
    except BaseException as error:
        if not lent.__exit__(type(error), error, error.__traceback__):
            raise
    else:
        lent.__exit__(None, None, None)


def database_url(driver: Driver = "psycopg") -> str:
    """Return a URL of the database, THE PASSWORD INCLUDED.

    Args:
        driver: what takes it.  ``psycopg``, ``psycopg2`` and ``asyncpg`` are connected with it as it is;
            ``sqlalchemy`` is for ``create_engine`` with psycopg 3, the others for it with the driver they name.

    Source: as for ``connect``.  An embedded server that sleeps is started; its URL names a socket, unless
    ``embedded.port`` opens one that needs none.

    Raises:
        NoDatabase: nothing is initialised, or the embedded server does not start.
        ValueError: there is no such driver.
    """
    if driver not in get_args(Driver):
        raise ValueError(f"no driver {driver!r}\nhint: one of {', '.join(get_args(Driver))}")
    from tracing.database.variables import Address

    with _expected():
        url = Address.of(Installation.here().url()).url
    prefix, _, library = driver.partition("+")
    scheme = f"postgresql+{library or 'psycopg'}" if prefix == "sqlalchemy" else "postgresql"
    return scheme + url.removeprefix("postgresql")


@contextmanager
def _expected() -> Iterator[None]:
    """Turn what commands tell their user into the one exception that programs catch."""
    try:
        yield
    except (PlaceError, *EXPECTED) as error:
        raise NoDatabase(str(error)) from error
