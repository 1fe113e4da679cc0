"""Who may do what in a database: group roles, owner, row-level security and grants, as ``sql/roles`` says.

The files there are run by whoever sets the roles up, and by every migration of a database that uses
them, for it may have made new objects.  What they did they tell in notices.
"""

from __future__ import annotations

from collections.abc import Container, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

import psycopg
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict

from tracing.database.books import Books
from tracing.database.catalogue import Key
from tracing.database.connection import ROLES
from tracing.database.failure import MigrationError, answering, told
from tracing.database.tables import statement
from tracing.resources import resource

OWNER, WRITER = ROLES["owner"], ROLES["writer"]

CHANGE, ADVICE = "HT000", "HT001"
"""The SQLSTATE of a notice that tells what was changed, and of one that tells what an administrator should see to."""

POLICIES = "hooktrace_"
"""How the names of our policies begin."""

LOCK_LIMIT_S = 60

HEADING = """\
-- The roles of hooktrace for schema {schema}, as `hooktrace schema roles --sql` prints them.
-- An administrator runs this in the database that holds the tables, and may run it again:
--
--   psql -v ON_ERROR_STOP=1 -f THIS_FILE DATABASE

BEGIN;
SELECT set_config('search_path', quote_ident({text}) || ', public, pg_temp', true);

"""


@dataclass
class Changes:
    """What was done, or would be."""

    made: list[str] = field(default_factory=list)
    """Sentences about roles, owner and policies."""
    granted: list[str] = field(default_factory=list)
    """Rights that were not there: "INSERT ON TABLE hook_executions TO hooktrace_writer"."""
    revoked: list[str] = field(default_factory=list)
    """Rights that were there: "INSERT ON TABLE hook_executions FROM PUBLIC"."""
    advice: list[str] = field(default_factory=list)
    """What is not ours to change."""

    def __bool__(self) -> bool:
        return bool(self.made or self.granted or self.revoked)


def set_up(url: str, schema: str = "public", collector_url: str = "", dry_run: bool = False) -> Changes:
    """Make the roles, give the tables to their owner, and say who may see and do what; all or nothing.

    The login of *url* becomes a member of owner and writer, that of *collector_url* of writer.  With
    *dry_run* everything is done and undone again.

    Raises:
        MigrationError: the login may not, there are no tables, or the database does not answer.
    """
    with answering(), Books(url, schema) as books:
        login = books.connection.info.user
        try:
            with books.locked(LOCK_LIMIT_S):
                changes = _renew(books, _logins(collector_url))
                if dry_run:
                    raise psycopg.Rollback
        except psycopg.errors.InsufficientPrivilege as error:
            raise MigrationError(
                f"login {login} may not set up the roles: {told(error)}\n"
                "hint: an administrator may: `hooktrace schema roles --sql` prints what to run"
            ) from error
        except psycopg.errors.UndefinedTable as error:
            message = f"schema {schema} has no tables of hooktrace\nhint: `hooktrace schema apply` makes them"
            raise MigrationError(message) from error
        return changes


def renew(books: Books) -> Changes:
    """Say it again for the objects that there are now, if the roles are used in this database; within a transaction.

    Raises:
        psycopg.Error: the server refuses.
    """
    return _renew(books) if books.row("roles_in_use")["in_use"] else Changes()


def script(url: str, schema: str = "public", collector_url: str = "") -> str:
    """Return what an administrator can run in place of :func:`set_up`.

    Raises:
        MigrationError: the database does not answer.
    """
    with answering(), Books(url, schema) as books, books.reading():
        members = [f"{_said(grant)};\n" for grant in _memberships(books, _logins(collector_url))]
    identifier, text = sql.Identifier(schema).as_string(), sql.Literal(schema).as_string()
    first, *others = (file.read_text(encoding="utf-8") for file in _files())
    parts = (HEADING.format(schema=identifier, text=text), first, "".join(members), *others, "COMMIT;\n")
    return "\n".join(part for part in parts if part)


def _renew(books: Books, logins: list[str | None] | None = None) -> Changes:
    """Run all files; with *logins* these become members, too."""
    stood, allowed = books.catalogue(), _rights(books)
    with _listening(books.connection) as changes:
        first, *others = _files()
        _run(books, first)
        for grant in _memberships(books, logins or []):
            books.connection.execute(grant)
            changes.made.append(_said(grant))
        for file in others:
            _run(books, file)
    now = _rights(books)
    changes.granted = [f"{what} TO {who}" for what, who in sorted(now - allowed)]
    changes.revoked = [f"{what} FROM {who}" for what, who in sorted(allowed - now)]
    # Noted as what the migrations make: so that it is noticed when it is gone or was changed.
    tables = {name for kind, name in books.recorded() if kind == "table"}
    books.record(stood, {key for key in books.catalogue() if _is_ours(key, tables)})
    return changes


def _files() -> list[Path]:
    return sorted((resource("sql") / "roles").glob("*.sql"))


def _run(books: Books, file: Path) -> None:
    # Without parameters psycopg sends the text as it is: any number of statements, and % is just a %.
    books.connection.execute(cast("Any", file.read_text(encoding="utf-8")))


def _logins(collector_url: str) -> list[str | None]:
    """Return who is to write: this session's login (None) and the collector's, if its URL names one."""
    user = conninfo_to_dict(collector_url).get("user")
    return [None, str(user)] if user else [None]


def _memberships(books: Books, logins: list[str | None]) -> list[sql.Composed]:
    """Return what lets *logins* write, and this session's also take care of the database."""
    grants = []
    for login in logins:
        missing = books.rows("missing_roles", login=login, roles=[WRITER] if login else [OWNER, WRITER])
        grants += [_grant(**row) for row in missing]
    return grants


def _grant(role: str, login: str) -> sql.Composed:
    return statement("grant_role", role=sql.Identifier(role), login=sql.Identifier(login))


def _said(grant: sql.Composed) -> str:
    """Return the statement without the comment above it."""
    return grant.as_string().strip().rpartition("\n")[2]


def _rights(books: Books) -> set[tuple[str, str]]:
    return {(row["what"], row["who"]) for row in books.rows("rights", schema=books.target)}


@contextmanager
def _listening(connection: psycopg.Connection[Any]) -> Iterator[Changes]:
    """Collect what the files tell."""
    changes = Changes()

    def hear(notice: psycopg.errors.Diagnostic) -> None:
        if notice.sqlstate == CHANGE:
            changes.made.append(notice.message_primary or "")
        elif notice.sqlstate == ADVICE:
            changes.advice.append(notice.message_primary or "")

    connection.add_notice_handler(hear)
    try:
        yield changes
    finally:
        connection.remove_notice_handler(hear)


def _is_ours(key: Key, tables: Container[str]) -> bool:
    kind, name = key
    return (kind == "row security" and name in tables) or (kind == "policy" and name.startswith(POLICIES))
