"""Reads the database's variables from a ``.env`` file, as people write them.

python-dotenv cuts the file into bindings; what they mean is decided here, because it would expand
an undefined variable to nothing: a password would silently be empty.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

from dotenv.parser import Binding, parse_stream

from tracing.database.destination import Destination, DestinationError, resolve

HEEDED = re.compile(r"HOOKTRACE_DATABASE_URL|TRACEABILITY_DB_URL(_EXTERNAL)?|POSTGRES_\w+|PG[A-Z]+")
"""All that is taken from the file; the rest of it is some application's and may say what it likes."""

_REFERENCE = re.compile(r"\$\{(?P<name>\w+)(?::-(?P<default>[^{}]*))?\}")
_PROSE = re.compile(r"\s+\(.*", re.DOTALL)
"""What people write behind a value: ``localhost (or db from Docker)``, ``5436 (external) / 5432 (internal)``."""


def destination_from_file(path: Path, environment: Mapping[str, str]) -> Destination:
    """Return the database that *path* names; *environment* is only what its ``${VAR}`` may refer to.

    Order: ``HOOKTRACE_DATABASE_URL``, ``TRACEABILITY_DB_URL_EXTERNAL``, ``TRACEABILITY_DB_URL`` (in a container
    the last two change places), ``POSTGRES_*``, ``PG*``.

    Raises:
        DestinationError: as :func:`environment_from_file`, or the file names no database.
    """
    found = environment_from_file(path, environment)
    destination = resolve(None, found)
    if destination.url is None:
        if not {"POSTGRES_HOST", "PGHOST", "PGHOSTADDR", "PGSERVICE", "PGDATABASE"} & found.keys():
            raise DestinationError(
                f"{path} names no database\n"
                "hint: it needs TRACEABILITY_DB_URL_EXTERNAL, or POSTGRES_HOST with POSTGRES_PORT, _DATABASE, _USER"
            )
        destination = resolve("env", found)
    return Destination(destination.url, f"{destination.source} in {path}")


def environment_from_file(path: Path, environment: Mapping[str, str]) -> dict[str, str]:
    """Return the variables about a database in *path*, for ``resolve``; empty ones are left out.

    ``${VAR}`` and ``${VAR:-default}`` are expanded from the file, wherever in it VAR stands, else from
    *environment*; a ``$`` without braces is itself, and so is all between single quotes.

    Raises:
        DestinationError: the file cannot be read, a line is no binding, or a ``${VAR}`` is undefined.
            No value is ever in the message.
    """
    bindings = {binding.key: binding for binding in _bindings(path) if binding.key and binding.value is not None}
    values = _Values(path, bindings, environment)
    found = {name: values.of(name, ()) for name in bindings if HEEDED.fullmatch(name)}
    return {name: value for name, value in found.items() if value}


def _bindings(path: Path) -> list[Binding]:
    try:
        with path.open(encoding="utf-8-sig") as file:
            bindings = list(parse_stream(file))
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8 text"
        raise DestinationError(f"{path} cannot be read: {reason}\nhint: --env-file takes a file like .env") from error
    for binding in bindings:
        if binding.error:
            line = binding.original.line + len(re.match(r"\s*", binding.original.string)[0].splitlines())  # type: ignore[index]
            raise DestinationError(f"{path}, line {line}: not NAME=value\nhint: is a quote left open?")
    return bindings


class _Values:
    """The bindings of one file, expanded when they are asked for."""

    def __init__(self, path: Path, bindings: Mapping[str, Binding], environment: Mapping[str, str]) -> None:
        self._path = path
        self._bindings = bindings
        self._environment = environment

    def of(self, name: str, users: tuple[str, ...]) -> str:
        """Return the value of *name*, whose expansion the variables *users* wait for."""
        binding = self._bindings[name]
        text = binding.value or ""
        quote = _quote(binding)
        if quote == "'":
            return text
        if not quote and not name.endswith("PASSWORD"):
            text = _PROSE.sub("", text)
        if "${" in _REFERENCE.sub("", text):
            hint = "hint: ${VAR} and ${VAR:-default} are expanded; single quotes keep a $ as it is"
            raise DestinationError(f"{self._path}: {name} has a ${{ that is no reference\n{hint}")
        return _REFERENCE.sub(lambda found: self._referred(found, (*users, name)), text)

    def _referred(self, reference: re.Match[str], users: tuple[str, ...]) -> str:
        name, default = reference["name"], reference["default"]
        value = ""
        if name in self._bindings and name not in users:
            value = self.of(name, users)
        elif name in self._environment:  # also for PASSWORD=${PASSWORD}, which means the environment's
            value = self._environment[name]
        elif default is None:
            hint = f"hint: define {name} in the file, or in the environment of this command"
            raise DestinationError(f"{self._path}: ${{{name}}}, used by {users[-1]}, is not defined\n{hint}")
        return value or default or ""


def _quote(binding: Binding) -> str:
    """Return the quote that *binding*'s value began with, empty if none."""
    first = binding.original.string.partition("=")[2].lstrip()[:1]
    return first if first in ("'", '"') else ""
