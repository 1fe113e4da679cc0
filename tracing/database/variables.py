"""The variables by which other programs find the database, the ones hooktrace itself reads.

libpq is asked what a URL means, since it alone knows its defaults, service files and password files.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from urllib.parse import quote, urlencode

LOCAL = frozenset({"localhost", "127.0.0.1", "::1"})
"""Hosts that mean another machine inside a container."""

_NAMED = frozenset({"host", "hostaddr", "port", "dbname", "user", "password", "passfile", "service", "servicefile"})
"""What an address says itself, or what libpq has followed already."""
_DERIVED = frozenset({"sslcertmode"})
"""What libpq works out itself unless it is given; an older one does not know it."""

_PLAIN = re.compile(r"[\w.~%:/?@&=+,-]*", re.ASCII)
"""What every reader of env files takes as it stands."""


@dataclass(frozen=True)
class Address:
    """Where a database is and how to be let in."""

    host: str
    """A name, an address, a socket's directory, or several with commas between them."""
    port: str
    database: str
    user: str
    password: str = field(repr=False)
    """Empty: none is needed, or none is known."""
    options: Mapping[str, str]
    """Everything else that is not libpq's default, like sslmode."""

    @classmethod
    def of(cls, url: str) -> Address:
        """Return what libpq makes of *url*; a password in a passfile is read, the database need not answer."""
        from psycopg import pq

        given = {option.keyword.decode() for option in pq.Conninfo.parse(url.encode()) if option.val}
        skipped = _NAMED | (_DERIVED - given)
        connection = pq.PGconn.connect_start(url.encode())
        try:
            told = {option.keyword.decode(): option for option in connection.info}
            others = {
                name: option.val.decode()
                for name, option in told.items()
                if option.val and option.val != option.compiled and name not in skipped
            }
            hosts, ports = (told[name].val or b"" for name in ("host", "port"))
            return cls(
                host=(hosts if b"," in hosts else connection.host).decode(),
                port=(ports if b"," in ports else connection.port).decode(),
                database=connection.db.decode(),
                user=connection.user.decode(),
                password=connection.password.decode(),
                options=others,
            )
        finally:
            connection.finish()

    @property
    def is_socket(self) -> bool:
        """Tell whether the host is a directory: no container sees it."""
        return self.host.startswith(("/", "@"))

    @property
    def url(self) -> str:
        """A URL with the password in it, in the form that libpq and SQLAlchemy read alike."""
        password = f":{quote(self.password, safe='')}" if self.password else ""
        login = f"{quote(self.user, safe='')}{password}@"
        place, options = f"{self._bracketed}:{self.port}", dict(self.options)
        if self.is_socket or "," in self.host:
            place, options = "", {"host": self.host, "port": self.port, **options}
        query = f"?{urlencode(options, quote_via=quote, safe='')}" if options else ""
        return f"postgresql://{login}{place}/{quote(self.database, safe='')}{query}"

    @property
    def _bracketed(self) -> str:
        return f"[{self.host}]" if ":" in self.host else self.host

    def seen_from_container(self, name: str, explicit: bool) -> Address:
        """Return this address for a container that knows the host as *name* (``host`` or ``host:port``).

        A host that means the same everywhere stays, unless *explicit* asks for *name*.
        """
        if not explicit and self.host not in LOCAL:
            return self
        host, _, port = name.partition(":")
        return replace(self, host=host, port=port or self.port)


def variables(here: Address, there: Address) -> dict[str, str]:
    """Return the variables for a program that reaches the database as *there*; *here* is it from the host."""
    return {
        "POSTGRES_HOST": there.host,
        "POSTGRES_PORT": there.port,
        "POSTGRES_DATABASE": there.database,
        "POSTGRES_USER": there.user,
        "POSTGRES_PASSWORD": there.password,
        "TRACEABILITY_DB_PASSWORD": there.password,
        "TRACEABILITY_DB_URL_EXTERNAL": here.url,
        "TRACEABILITY_DB_URL": there.url,
    }


def for_shell(name: str, value: str) -> str:
    """Return a line for ``eval`` or ``.``, exported so that programs see it."""
    return f"export {name}={shlex.quote(value)}"


def for_env_file(name: str, value: str) -> str | None:
    """Return a line for Docker's ``env_file``; None for a value that its readers do not agree about."""
    if _PLAIN.fullmatch(value):
        return f"{name}={value}"
    return None if re.search(r"['\\\r\n]|\$\{", value) else f"{name}='{value}'"
