"""Which database the events go to, and what named it.

A pure function of an option and an environment: ``hooktrace init`` asks it once and pins the
answer, so that no variable that appears later can send anybody's sessions elsewhere.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import parse_qsl, quote, unquote_plus, urlencode

CONTAINER_MARKS = (Path("/.dockerenv"), Path("/run/.containerenv"))
"""One is there in Docker's containers, the other in Podman's."""

EMBEDDED = "embedded"

SECRETS = frozenset({"password", "sslpassword", "oauth_client_secret"})
"""Parameters of a connection that are never shown; ``passfile`` only says where one is."""

POSTGRES_VARIABLES = {
    "host": "POSTGRES_HOST",
    "port": "POSTGRES_PORT",
    "dbname": "POSTGRES_DATABASE",
    "user": "POSTGRES_USER",
    "password": "POSTGRES_PASSWORD",
}

UNREADABLE = "(a URL that cannot be read)"

# SQLAlchemy names its driver in the scheme; libpq knows two schemes and no drivers.
_SCHEME = re.compile(r"postgres(?:ql)?(?:\+\w+)?://", re.IGNORECASE)
_LOGIN = re.compile(r"\w+://(?:[^/@]*@)?")
_SSL_MODES = frozenset({"disable", "allow", "prefer", "require", "verify-ca", "verify-full"})


class DestinationError(Exception):
    """What was given as the database is none."""


@dataclass(frozen=True)
class Destination:
    """A database, and why it."""

    url: str | None
    """What psql and psycopg take as it is, password included; None: the embedded server."""
    source: str
    """What named it: an option, a variable, or ``embedded``."""


def resolve(option: str | None, environment: Mapping[str, str], container: bool | None = None) -> Destination:
    """Return the destination named first: by *option*, by hooktrace's variables, else the embedded server.

    *option* is a URL, ``embedded``, or ``env`` for the variables other applications use too
    (``POSTGRES_*``, then libpq's ``PG*``), which nothing else makes it read.  An empty variable is unset.
    *container* tells whether this is one (default: look): there the external URL is the second choice.

    Raises:
        DestinationError: what was named is no PostgreSQL URL, or ``env`` was asked for and names nothing.
    """
    if option == "env":
        return _from_postgres(environment) or _from_libpq(environment) or _nothing_in_environment()
    if option == EMBEDDED:
        return Destination(None, "--db")
    if option is not None:
        return Destination(normalised(option, "--db"), "--db")
    external = ["TRACEABILITY_DB_URL_EXTERNAL", "TRACEABILITY_DB_URL"]
    if in_container() if container is None else container:
        external.reverse()
    for variable in ("HOOKTRACE_DATABASE_URL", *external):
        if value := environment.get(variable):
            return Destination(normalised(value, variable), variable)
    return Destination(None, EMBEDDED)


def in_container() -> bool:
    """Tell whether this process runs in a Docker or Podman container."""
    return any(mark.exists() for mark in CONTAINER_MARKS)


def without_password(url: str) -> str:
    """Return *url*, a URL or a conninfo string, without its secrets, otherwise as it was.

    What libpq cannot read is replaced by a fixed text, since nobody can tell where in it the password is.
    """
    from psycopg import conninfo

    text = _with_libpq_scheme(url)
    parts = _parsed(text)
    if parts is None:
        return UNREADABLE
    if not SECRETS & parts.keys():
        return text
    public = {name: value for name, value in parts.items() if name not in SECRETS}
    if _parsed(shown := _cut(text)) == public:
        return shown
    return conninfo.make_conninfo("", **public)


def _from_postgres(environment: Mapping[str, str]) -> Destination | None:
    if not environment.get("POSTGRES_HOST"):
        return None
    url = _url({name: environment.get(variable, "") for name, variable in POSTGRES_VARIABLES.items()})
    return Destination(normalised(url, "POSTGRES_HOST"), "POSTGRES_HOST")


def _from_libpq(environment: Mapping[str, str]) -> Destination | None:
    """Pin every PG* variable libpq would heed: the collector's environment will not have them."""
    from psycopg.pq import Conninfo

    options = {o.envvar.decode(): o.keyword.decode() for o in Conninfo.get_defaults() if o.envvar}
    found = {name: variable for variable, name in options.items() if environment.get(variable)}
    named = next((found[name] for name in ("service", "host", "hostaddr", "dbname") if name in found), None)
    if named is None:
        return None
    url = _url({name: environment[variable] for name, variable in found.items()})
    return Destination(normalised(url, named), named)


def _nothing_in_environment() -> Destination:
    raise DestinationError(
        "--db env: neither POSTGRES_HOST nor PGHOST, PGHOSTADDR, PGSERVICE or PGDATABASE is set\n"
        "hint: set them, or give a URL: --db postgresql://user@host/database"
    )


def _url(parts: Mapping[str, str]) -> str:
    """Return *parts* as a libpq URL; as a parameter, a socket directory is a host like any other."""
    rest = {name: value for name, value in parts.items() if value and name != "dbname"}
    return f"postgresql:///{quote(parts.get('dbname', ''), safe='')}?{urlencode(rest, quote_via=quote)}"


def normalised(value: str, source: str) -> str:
    """Return *value* as libpq takes it.

    Raises:
        DestinationError: it is no PostgreSQL URL; only its source is told, for it may hold a password.
    """
    url = _with_libpq_scheme(value.strip())
    parts = _parsed(url)
    if parts is None:
        raise DestinationError(
            f"{source} is no PostgreSQL URL (its text is not shown, it may hold a password)\n"
            "hint: postgresql://user:password@host:5432/database, with special characters as %40 for @"
        )
    if not all(port.isdigit() for port in str(parts.get("port", "")).split(",") if port):
        raise DestinationError(
            f"{source}: the port is not a number\nhint: in a password, / : and @ are percent-encoded: %2F, %3A and %40"
        )
    return url


def _with_libpq_scheme(url: str) -> str:
    """Translate what SQLAlchemy and asyncpg write and libpq does not know."""
    if not (scheme := _SCHEME.match(url)):
        return url
    head, mark, query = url[scheme.end() :].rpartition("?")
    if not mark or not (mode := dict(parse_qsl(query)).get("ssl")) or mode not in _SSL_MODES:
        return "postgresql://" + url[scheme.end() :]
    words = (f"sslmode={mode}" if word.startswith("ssl=") else word for word in query.split("&"))
    return f"postgresql://{head}?{'&'.join(words)}"


def _parsed(text: str) -> dict[str, str] | None:
    """Return the parameters libpq reads in *text*, None when it reads none, or what nobody can have meant."""
    from psycopg import ProgrammingError, conninfo

    # A raw @ or / in a password ends it early: its rest is read as the host or the database, and shown.
    login = _LOGIN.match(text)
    if not text or (login and "@" in text[login.end() :].partition("?")[0]):
        return None
    try:
        return {name: str(value) for name, value in conninfo.conninfo_to_dict(text).items()}
    except ProgrammingError:
        return None


def _cut(text: str) -> str:
    """Cut the secrets out of a URL's login and parameters."""
    if not _SCHEME.match(text):
        return text
    text = re.sub(r"^(\w+://[^:/@]*):[^/@]*@", r"\1@", text)
    head, mark, query = text.rpartition("?")
    if not mark:
        return text
    kept = [word for word in query.split("&") if unquote_plus(word.partition("=")[0]) not in SECRETS]
    return head + ("?" if kept else "") + "&".join(kept)
