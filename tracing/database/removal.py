"""Takes recorded sessions out of the database again."""

from __future__ import annotations

import psycopg

from tracing.database.queries import query
from tracing.database.reader import CONNECT_TIMEOUT_S, Unreachable


def remove_session(url: str, schema: str, session_id: str) -> None:
    """Delete a session with everything recorded of it, in one transaction.

    Raises:
        Unreachable: the database does not answer.
    """
    options = f"-c search_path={schema},public"
    try:
        with psycopg.connect(url, connect_timeout=CONNECT_TIMEOUT_S, options=options) as connection:
            for name in ("remove_session", "remove_decision"):
                connection.execute(query(name), {"session_id": session_id})
    except psycopg.Error as error:
        first_line = str(error).strip().partition("\n")[0]
        raise Unreachable(f"session {session_id} was not removed: {first_line}") from error
