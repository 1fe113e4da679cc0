"""Takes recorded sessions out of the database again."""

from __future__ import annotations

from contextlib import closing

import psycopg

from tracing.database.connection import open_connection, transaction
from tracing.database.queries import query
from tracing.database.reader import Unreachable


class NotAllowed(Unreachable):
    """The login may store rows, and not remove them: it is but a hooktrace_writer."""


def remove_session(url: str, schema: str, session_id: str) -> None:
    """Delete a session with everything recorded of it, in one transaction.

    Raises:
        NotAllowed: see the class.
        Unreachable: the database does not answer.
    """
    try:
        with closing(open_connection(url, "hooktrace")) as connection, transaction(connection, schema, "owner"):
            for name in ("remove_session", "remove_decision"):
                connection.execute(query(name), {"session_id": session_id})
    except psycopg.errors.InsufficientPrivilege as error:
        raise NotAllowed(f"session {session_id} stays in the database: this login may not delete") from error
    except psycopg.Error as error:
        first_line = str(error).strip().partition("\n")[0]
        raise Unreachable(f"session {session_id} was not removed: {first_line}") from error
