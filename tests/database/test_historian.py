"""Which calls may have started the agent of an imported session."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

import psycopg
import pytest

from tests.servers import Cluster
from tests.team import Team, call_of, new_team, root_of
from tracing.database.queries import query

AT = datetime(2026, 11, 22, 18, 10, 30, tzinfo=UTC)
CALLING = """
INSERT INTO execution_traces (root_id, correlation_id, session_id, user_id, source, kind, name, status,
                              started_at, completed_at, context)
VALUES (%(root)s, %(root)s, 'outer', 'alice', 's', 'session', NULL, 'in_progress', '2026-11-22 18:10Z', NULL,
        '{"cwd": "/p/below"}'),
       (%(root)s, %(call)s, 'outer', 'alice', 's', 'tool', 'Bash', 'completed', '2026-11-22 18:10Z',
        '2026-11-22 18:11Z', '{"starts_agent": true}')
"""


@pytest.fixture
def team(any_server: Cluster) -> Iterator[Team]:
    """Give a database in which alice's agent called another one, in a directory of a repository."""
    with new_team(any_server) as made:
        made.admin.execute(CALLING.encode(), {"root": root_of("alice"), "call": call_of("alice")})
        made.rows(
            "INSERT INTO hooktrace.sessions (session_id, root_id, user_id, context)"
            f" VALUES ('outer', '{root_of('alice')}', 'alice', '{{\"repository\": \"/p\"}}')"
        )
        yield made


def around(
    connection: psycopg.Connection[tuple[object, ...]], cwd: str | None, repository: str | None = None
) -> list[object]:
    """Return the calls that may have started what began there."""
    values = {"session_id": "inner", "at": AT, "cwd": cwd, "repository": repository}
    return [row[1] for row in connection.execute(query("calls_around"), values)]


def test_a_call_starts_agents_in_its_own_place_alone(team: Team) -> None:
    """In the directory or the repository of its session; where an agent runs nobody knows where, in none."""
    with team.connect("alice") as connection:
        assert around(connection, "/p/below") == around(connection, "/p", "/p") == [call_of("alice")]
        assert around(connection, "/p") == around(connection, "/q", "/q") == around(connection, None) == []


def test_what_another_user_called_started_nothing_of_ones_own(team: Team) -> None:
    """Also for a login that sees everybody's calls."""
    assert around(team.admin, "/p/below") == []
