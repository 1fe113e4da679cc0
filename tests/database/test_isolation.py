"""Users of one database are kept apart by the server, whatever a login sends it.

Each statement here is sent by real logins with passwords, as themselves and as the role they were granted.
"""

# statements are put together from names of ours

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import Any

import psycopg
import pytest
from psycopg import sql

from tests.servers import ADMIN, Cluster
from tests.team import RECORDED, TABLES, Team, call_of, fill, new_team, root_of, text_of

SECRET = text_of("alice")
"""Stands in each of alice's rows; nobody but she, the auditor and the owner may find it."""

OTHERS = (("bob", ""), ("bob", "hooktrace_writer"), ("rita", ""), ("rita", "hooktrace_reader"))
"""Who must not find it: a writer and a reader, as themselves and as their role."""

VIEWS = ("trace_summary", "agent_performance", "error_analysis", "pattern_effectiveness", "dashboard_summary")

BY_MEANING = "(ARRAY[1, 0, 0]::real[], 'model', 1000)"

FINDS = {
    **{f"table {name}": f"SELECT * FROM {name}" for name in TABLES},
    **{f"view {name}": f"SELECT * FROM {name}" for name in VIEWS},
    "function trace_tree": f"SELECT * FROM trace_tree('{root_of('alice')}')",
    "function trace_tree of a part": f"SELECT * FROM trace_tree('{root_of('alice')}', '{call_of('alice')}')",
    "function tool_performance": "SELECT * FROM tool_performance()",
    "function similar_patterns": f"SELECT * FROM similar_patterns{BY_MEANING}",
    "function similar_routing_decisions": f"SELECT * FROM similar_routing_decisions{BY_MEANING}",
    "by its key": f"SELECT * FROM execution_traces WHERE correlation_id = '{call_of('alice')}'",
    "by its user": "SELECT * FROM execution_traces WHERE user_id = 'alice'",
    "as a row": "SELECT row_to_json(one) FROM execution_traces AS one",
    "aggregated": "SELECT string_agg(prompt_text, ' ') FROM execution_traces",
    "over a window": "SELECT lag(prompt_text) OVER (ORDER BY prompt_text) FROM execution_traces",
    "in a subquery": "SELECT (SELECT min(prompt_text) FROM execution_traces)",
    "in a WITH": "WITH seen AS MATERIALIZED (SELECT * FROM execution_traces) SELECT * FROM seen",
    "beside one's own": "SELECT other.* FROM execution_traces AS one JOIN execution_traces AS other ON true LIMIT 9000",
    "sampled": "SELECT * FROM execution_traces TABLESAMPLE SYSTEM (100)",
    "alone": "SELECT * FROM ONLY execution_traces",
    "by its place": "SELECT * FROM execution_traces WHERE ctid = ANY (ARRAY(SELECT format('(%s,%s)', page, line)::tid"
    " FROM generate_series(0, 9) AS page, generate_series(1, 60) AS line))",
    "as XML of a query": "SELECT query_to_xml('SELECT * FROM execution_traces', true, true, '')",
    "as XML of a table": "SELECT table_to_xml('success_patterns', true, true, '')",
    "by text search": "SELECT * FROM ts_stat('SELECT to_tsvector(prompt_text) FROM execution_traces')",
    "planner's statistics": "SELECT * FROM pg_stats WHERE schemaname = 'public'",
    "planner's extended statistics": "SELECT * FROM pg_stats_ext",
    "others' statements": "SELECT query FROM pg_stat_activity WHERE usename = 'alice'",
}
"""Statements that may show rows."""

TELLING_ERRORS = {
    "division": "SELECT count(*) FROM execution_traces WHERE 1 / (CASE WHEN name = '{secret}' THEN 0 ELSE 1 END) > 0",
    "cast": "SELECT count(*) FROM execution_traces WHERE CASE WHEN name = '{secret}' THEN name::integer END > 0",
    "of a view": "SELECT count(*) FROM trace_summary WHERE CASE WHEN source = '{secret}' THEN source::integer END > 0",
    "index": "SELECT count(*) FROM success_patterns WHERE CASE WHEN intent = '{secret}' THEN intent::integer END > 0",
}
"""Statements that fail if there is such a row."""

LEAK = """
CREATE FUNCTION pg_temp.leak(seen text) RETURNS boolean LANGUAGE plpgsql COST 0.0000001 AS
$$ BEGIN RAISE NOTICE 'leaked: %', seen; RETURN true; END $$;
CREATE FUNCTION pg_temp.leak_operator(one text, other text) RETURNS boolean LANGUAGE sql COST 0.0000001 AS
$$ SELECT pg_temp.leak(one || other) $$;
CREATE OPERATOR pg_temp.<<<>>> (FUNCTION = pg_temp.leak_operator, LEFTARG = text, RIGHTARG = text, RESTRICT = eqsel);
"""
"""What tells each value that it is asked about, and is so cheap that the planner would ask it first."""


@pytest.fixture(scope="module")
def team(any_server: Cluster) -> Iterator[Team]:
    """Give such a database; alice, bob and rita have rows, and bob a schema in which he may do what he likes."""
    with new_team(any_server) as made:
        for user in ("alice", "bob", "rita"):
            fill(made.admin, user, count=90 if user == "alice" else 30)
        made.rows("CREATE SCHEMA bobs AUTHORIZATION bob")
        made.rows("CREATE STATISTICS told ON name, prompt_text FROM execution_traces")
        made.rows("ANALYZE")
        yield made


class Sessions:
    """A session of each login, kept: checking a password takes longer than most statements here."""

    def __init__(self, team: Team) -> None:
        self._team = team
        self._kept: dict[str, psycopg.Connection[tuple[Any, ...]]] = {}

    @contextmanager
    def acting(self, member: str, role: str = "") -> Iterator[psycopg.Connection[tuple[Any, ...]]]:
        """Give the session of *member*, acting as *role* if one is named."""
        if member not in self._kept:
            self._kept[member] = self._team.connect(member)
        connection = self._kept[member]
        act(connection, role)
        try:
            yield connection
        finally:
            connection.rollback()
            connection.execute("RESET ROLE")

    def close(self) -> None:
        """End them."""
        for connection in self._kept.values():
            connection.close()


@pytest.fixture(scope="module")
def sessions(team: Team) -> Iterator[Sessions]:
    """Give the sessions of the team's logins."""
    with closing(Sessions(team)) as kept:
        yield kept


def found(connection: psycopg.Connection[Any], statement: str) -> str:
    """Return everything that a statement returns."""
    return "\n".join(map(str, connection.execute(statement.encode()).fetchall()))


def act(connection: psycopg.Connection[Any], role: str) -> None:
    """Act as *role*, if it is named, for the rest of the session."""
    if role:
        connection.execute(sql.SQL("SET ROLE {}").format(sql.Identifier(role)))


def said(error: psycopg.Error) -> str:
    """Return all that an error of the server tells."""
    parts = ("message_primary", "message_detail", "message_hint", "context")
    return " ".join(str(getattr(error.diag, part)) for part in parts)


@pytest.fixture(scope="module")
def busy_alice(team: Team) -> Iterator[None]:
    """Let alice's last statement, which says her secret, be there to be seen."""
    with closing(team.connect("alice")) as connection:
        connection.execute(f"SELECT '{SECRET}'".encode())
        yield


@pytest.mark.parametrize("statement", FINDS.values(), ids=FINDS)
def test_nobody_finds_what_another_stored(team: Team, sessions: Sessions, busy_alice: None, statement: str) -> None:
    """What the superuser finds of alice's, neither a writer nor a reader does."""
    try:
        assert SECRET in found(team.admin, statement), "there is something to find"
    except psycopg.errors.FeatureNotSupported as error:
        pytest.skip(f"{team.cluster.name}: {error.diag.message_primary}")
    for member, role in OTHERS:
        with sessions.acting(member, role) as connection:
            assert SECRET not in found(connection, statement), f"found by {member} {role}"


@pytest.mark.parametrize("name", [*TABLES, *VIEWS])
def test_everybody_finds_his_own(team: Team, sessions: Sessions, name: str) -> None:
    """Whoever stored rows sees these and no others, in each table and each view; so does he as his role."""
    statement = f"SELECT * FROM {name}"
    for member, role in (("alice", ""), ("alice", "hooktrace_writer"), *OTHERS):
        with sessions.acting(member, role) as connection:
            seen = found(connection, statement)
            assert text_of(member) in seen
            others = {"alice", "bob", "rita"} - {member}
            assert not any(text_of(other) in seen for other in others)


@pytest.mark.parametrize("name", ["executions", "prompts"])
def test_views_count_ones_own(team: Team, sessions: Sessions, name: str) -> None:
    """Numbers, too, are of one's own rows: in the summary, and for who sums up the rows."""
    ask = {
        "executions": "SELECT count(*) FROM execution_traces",
        "prompts": "SELECT total_traces FROM dashboard_summary",
    }[name]
    counts = {}
    for member in ("alice", "bob", "ann"):
        with sessions.acting(member) as connection:
            counts[member] = int(found(connection, ask).strip("(),"))
    assert counts["bob"] * 3 == counts["alice"]
    assert counts["ann"] >= counts["alice"] + 2 * counts["bob"]


@pytest.mark.parametrize("statement", TELLING_ERRORS.values(), ids=TELLING_ERRORS)
def test_no_error_tells_of_others_rows(team: Team, sessions: Sessions, statement: str) -> None:
    """A condition that fails on a row of alice's is not evaluated for it on anybody else's behalf."""
    asked = statement.format(secret=SECRET)
    with pytest.raises(psycopg.DataError):
        team.admin.execute(asked.encode())
    for member, role in OTHERS:
        with sessions.acting(member, role) as connection:
            connection.execute(asked.encode())


@pytest.mark.parametrize(
    ("name", "column"),
    [
        *((name, "session_id") for name in RECORDED),
        ("hooktrace.tombstones", "key"),
        ("success_patterns", "prompt_text"),
        ("pattern_usage_log", "metadata"),
        ("agent_chaining_patterns", "chain"),
        ("error_patterns", "message_template"),
        ("hooktrace.outcomes", "learned"),
        ("trace_summary", "prompt_text"),
        ("agent_performance", "agent_name"),
        ("error_analysis", "error_type"),
        ("pattern_effectiveness", "prompt_text"),
        ("dashboard_summary", "most_used_agent"),
    ],
)
def test_no_function_is_told_of_others_rows(team: Team, sessions: Sessions, name: str, column: str) -> None:
    """A function or operator in WHERE that tells what it sees sees no row of others, however cheap it claims to be."""
    for member, role in (*OTHERS, (ADMIN, "")):
        with team.connect(member) as connection:
            told: list[str] = []
            connection.add_notice_handler(lambda notice, told=told: told.append(str(notice.message_primary)))  # type: ignore[misc]
            connection.execute(LEAK.encode())
            act(connection, role)
            for condition in (f"pg_temp.leak(({column})::text)", f"({column})::text OPERATOR(pg_temp.<<<>>>) ''"):
                connection.execute(f"SELECT count(*) FROM {name} WHERE {condition}".encode())
            text = "\n".join(told)
            assert (SECRET in text) == (member == ADMIN), f"told to {member} {role}; the superuser is: the trap works"
            assert member == ADMIN or text_of(member) in text


def test_copying_shows_ones_own(team: Team, sessions: Sessions) -> None:
    """COPY TO goes by the same rules, and COPY FROM is refused."""
    for member, role in OTHERS:
        with sessions.acting(member, role) as connection:
            with connection.cursor().copy("COPY execution_traces TO STDOUT") as copy:
                text = b"".join(map(bytes, copy))
            assert text_of(member).encode() in text
            assert SECRET.encode() not in text
            with (
                pytest.raises((psycopg.errors.FeatureNotSupported, psycopg.errors.InsufficientPrivilege)),
                connection.cursor().copy("COPY execution_traces FROM STDIN") as copy,
            ):
                copy.write(text)


# Changes

IDS = {
    "root": root_of("alice"),
    "call": call_of("alice"),
    "session": SECRET,
    "own": root_of("bob"),
    "mine": call_of("bob"),
}

FORGERIES = {
    "execution": "INSERT INTO execution_traces (root_id, correlation_id, session_id, user_id, source)"
    " VALUES ('{own}', gen_random_uuid(), 's', 'alice', 's')",
    "execution over hers": "INSERT INTO execution_traces AS known (root_id, correlation_id, session_id, source)"
    " VALUES ('{root}', '{call}', 's', 's')"
    " ON CONFLICT (root_id, correlation_id) DO UPDATE SET name = 'forged'",
    "event of hers": "INSERT INTO hook_executions (id, root_id, trace_id, session_id, user_id, hook_type, hook_name,"
    " started_at, status) VALUES (gen_random_uuid(), '{root}', '{call}', 's', 'alice', 't', 'h', now(), 'failed')",
    "event about hers": "INSERT INTO hook_executions (id, root_id, trace_id, session_id, hook_type, hook_name,"
    " started_at, status) VALUES (gen_random_uuid(), '{root}', '{call}', 's', 't', 'h', now(), 'failed')",
    "choice about hers": "INSERT INTO agent_routing_decisions (root_id, trace_id, session_id, agent_selected,"
    " routing_strategy) VALUES ('{root}', '{call}', 's', 'a', 'r')",
    "call about hers": "INSERT INTO endpoint_calls (root_id, trace_id, session_id, service, endpoint)"
    " VALUES ('{root}', '{call}', 's', 's', 'e')",
    "call of hers": "INSERT INTO endpoint_calls (root_id, trace_id, session_id, service, endpoint, user_id)"
    " VALUES ('{own}', '{mine}', 's', 's', 'e', 'alice')",
    "session": "INSERT INTO hooktrace.sessions (session_id, root_id, user_id) VALUES ('new', '{own}', 'alice')",
    "session over hers": "INSERT INTO hooktrace.sessions (session_id, root_id) VALUES ('{session}', '{own}')"
    " ON CONFLICT (session_id) DO UPDATE SET root_id = excluded.root_id",
    **{
        f"{table} of hers": f"INSERT INTO {table} ({columns}, user_id) VALUES ('{{session}}', {values}, 'alice')"
        for table, columns, values in (
            ("hooktrace.processes", "session_id, host, pid, birth, seen_at", "'h', 2, 'b', now()"),
            ("hooktrace.transcripts", "session_id, path", "'p'"),
            ("hooktrace.transcribed", "session_id, correlation_id, root_id, kind", "'{own}', '{own}', 'tool'"),
            ("hooktrace.accounts", "session_id, started_at, api_ms", "'2020-01-01', 1"),
        )
    },
    "span of hers": "INSERT INTO hooktrace.exports (root_id, id, ended_at, trace_id, session_id, user_id)"
    " VALUES ('{own}', '{mine}', now(), '{mine}', 's', 'alice')",
    "span about hers": "INSERT INTO hooktrace.exports (root_id, id, ended_at, trace_id, session_id)"
    " VALUES ('{root}', '{call}', now(), '{call}', 's')",
    "tombstone of hers": "INSERT INTO hooktrace.tombstones (kind, key, user_id) VALUES ('session', 'new', 'alice')",
    "pattern": "INSERT INTO success_patterns (pattern_hash, intent) VALUES ('h', 'i')",
    "use of her pattern": "INSERT INTO pattern_usage_log (pattern_id, outcome) VALUES ('{call}', 'failure')",
    "chain": "INSERT INTO agent_chaining_patterns (chain) VALUES ('{{a}}')",
    "kind of failure": "INSERT INTO error_patterns (fingerprint, error_type) VALUES ('f', 'e')",
    "outcome": "INSERT INTO hooktrace.outcomes (root_id, correlation_id, session_id) VALUES ('{own}', '{mine}', 's')",
    "nobody's execution": "INSERT INTO execution_traces (root_id, correlation_id, session_id, user_id, source)"
    " VALUES ('{own}', gen_random_uuid(), 's', NULL, 's')",
}

COLUMNS_KEPT = ("user_id", "source", "root_id", "correlation_id", "session_id", "kind", "status", "success", "id",
                "completed_at", "duration_ms", "error_message", "created_at", "tags")  # fmt: skip

REFUSED = {
    **{f"insert {name}": statement for name, statement in FORGERIES.items()},
    **{f"set {name}": f"UPDATE execution_traces SET {name} = {name}" for name in COLUMNS_KEPT},
    **{f"update {name}": f"UPDATE {name} SET user_id = 'bob'" for name in TABLES},
    "update content": "UPDATE hook_executions SET input_data = NULL",
    "update by MERGE": "MERGE INTO hook_executions AS known USING (SELECT 1) AS one ON true"
    " WHEN MATCHED THEN UPDATE SET status = 'failed'",
    **{f"delete {name}": f"DELETE FROM {name}" for name in TABLES},
    "delete by MERGE": "MERGE INTO execution_traces AS known USING (SELECT 1) AS one ON true WHEN MATCHED THEN DELETE",
    **{f"truncate {name}": f"TRUNCATE {name} CASCADE" for name in TABLES},
    "purge": "SELECT * FROM purge_traces('infinity', false)",
    "count what a purge would find": "SELECT * FROM purge_traces('infinity')",
    "partition read": "SELECT * FROM {partition}",
    "partition of odd months read": "SELECT * FROM hook_executions_default",
    "partition written": "INSERT INTO {partition} (id, root_id, trace_id, session_id, hook_type, hook_name, started_at,"
    " status) VALUES (gen_random_uuid(), '{own}', '{mine}', 's', 't', 'h', now(), 'failed')",
    "partition changed": "UPDATE {partition} SET status = 'failed'",
    "partition emptied": "DELETE FROM {partition}",
    "partition made": "SELECT hooktrace.create_partitions(now() + interval '3 years')",
    "partition made by hand": "CREATE TABLE bobs.part PARTITION OF hook_executions"
    " FOR VALUES FROM ('2001-01-01') TO ('2001-02-01')",
    "partition detached": "ALTER TABLE hook_executions DETACH PARTITION {partition}",
    "locked": "SELECT 1; LOCK TABLE execution_traces IN ACCESS EXCLUSIVE MODE",
    "security off": "ALTER TABLE execution_traces DISABLE ROW LEVEL SECURITY",
    "security off for the session": "SET row_security = off; SELECT * FROM execution_traces",
    "policy made": "CREATE POLICY mine ON execution_traces USING (true)",
    "policy changed": "ALTER POLICY hooktrace_own_rows_read ON execution_traces USING (true)",
    "policy dropped": "DROP POLICY hooktrace_own_rows_read ON execution_traces",
    "owner": "ALTER TABLE execution_traces OWNER TO bob",
    "column": "ALTER TABLE execution_traces ADD COLUMN mine text",
    "default": "ALTER TABLE execution_traces ALTER user_id SET DEFAULT 'alice'",
    "trigger off": "ALTER TABLE execution_traces DISABLE TRIGGER execution_traces_derive_outcome",
    "trigger": "CREATE TRIGGER mine BEFORE INSERT ON execution_traces FOR EACH ROW EXECUTE FUNCTION hooktrace.touch()",
    "rule": "CREATE RULE mine AS ON INSERT TO execution_traces DO ALSO NOTIFY mine",
    "index": "CREATE INDEX ON execution_traces (prompt_text)",
    "statistics": "CREATE STATISTICS bobs.mine ON name, source FROM execution_traces",
    "child": "CREATE TABLE bobs.child () INHERITS (execution_traces)",
    "foreign key": "CREATE TABLE bobs.known (root uuid, id uuid, FOREIGN KEY (root, id) REFERENCES execution_traces)",
    "reindex": "REINDEX TABLE execution_traces",
    "cluster": "CLUSTER execution_traces USING execution_traces_pkey",
    "drop table": "DROP TABLE execution_traces CASCADE",
    "drop view": "DROP VIEW trace_summary",
    "drop function": "DROP FUNCTION trace_tree",
    "replace function": "CREATE OR REPLACE FUNCTION hooktrace.touch() RETURNS trigger LANGUAGE sql AS 'SELECT 1'",
    "replace view": "CREATE OR REPLACE VIEW trace_summary AS SELECT 1 AS trace_id",
    "comment": "COMMENT ON TABLE execution_traces IS 'mine'",
    "object in the books' schema": "CREATE TABLE hooktrace.mine ()",
    "a book": "DELETE FROM hooktrace.objects",
    "who applied migrations": "SELECT * FROM hooktrace._yoyo_log",
    "helper": "SELECT hooktrace.stand_in_executions()",
    "act as owner": "SET ROLE hooktrace_owner",
    "act as another": "SET ROLE alice",
    "be another": "SET SESSION AUTHORIZATION alice",
    "become owner": "GRANT hooktrace_owner TO bob",
    "become auditor": "GRANT hooktrace_auditor TO bob",
    "change the role": "ALTER ROLE hooktrace_writer BYPASSRLS",
    "default rights": "ALTER DEFAULT PRIVILEGES FOR ROLE hooktrace_owner GRANT SELECT ON TABLES TO bob",
    "publication": "CREATE PUBLICATION mine FOR TABLE execution_traces",
    "server's files": "SELECT pg_read_file('postgresql.conf')",
}  # fmt: skip
"""What a writer may not do; a reader and an auditor neither."""

ACTORS = (("bob", ""), ("bob", "hooktrace_writer"), ("rita", ""), ("ann", ""))


@pytest.mark.parametrize("statement", REFUSED.values(), ids=REFUSED)
def test_the_server_refuses(team: Team, sessions: Sessions, statement: str) -> None:
    """Writer, reader and auditor are refused; nothing is changed, and the error tells of no row."""
    ((partition,),) = team.rows("SELECT tableoid::regclass FROM hook_executions WHERE user_id = 'alice'")
    asked = statement.format(**IDS, partition=partition)
    before = team.state()
    for member, role in ACTORS:
        with sessions.acting(member, role) as connection:
            with pytest.raises(psycopg.Error) as refused:
                connection.execute(asked.encode())
            assert isinstance(refused.value, psycopg.errors.InsufficientPrivilege), f"{member} {role}: {refused.value}"
            assert SECRET not in said(refused.value)
    assert team.state() == before


VAIN = {
    "update": "UPDATE execution_traces SET name = 'forged', prompt_text = 'forged' WHERE root_id = '{root}'",
    "update everything": "UPDATE execution_traces SET context = '{{\"forged\": true}}'",
    "judge everything": "UPDATE agent_routing_decisions SET outcome = 'failure'",
    "bill everything": "UPDATE endpoint_calls SET cost_usd = 1000",
    "move everything": "UPDATE hooktrace.transcripts SET position_bytes = 1",
    "tell of everything": "UPDATE hooktrace.transcribed SET error_message = 'forged'",
    "account for everything": "UPDATE hooktrace.accounts SET cost_usd = 1000",
    "settle hers": "SELECT hooktrace.settle(ARRAY['{root}'::uuid], ARRAY['{call}'::uuid], now())",
    "apply hers": "SELECT hooktrace.apply_transcripts('{session}', '-infinity', now())",
    "update from another table": "UPDATE execution_traces AS known SET project = 'forged'"
    " FROM hooktrace.sessions AS decided WHERE decided.root_id = known.root_id",
    "update by MERGE": "MERGE INTO execution_traces AS known USING (SELECT '{call}'::uuid AS id) AS wanted"
    " ON known.correlation_id = wanted.id WHEN MATCHED THEN UPDATE SET name = 'forged'",
    "session again": "INSERT INTO hooktrace.sessions (session_id, root_id) VALUES ('{session}', '{own}')"
    " ON CONFLICT DO NOTHING",
    "rows to change": "SELECT * FROM execution_traces WHERE root_id = '{root}' FOR UPDATE",
    "vacuum": "VACUUM execution_traces",
    "analyze": "ANALYZE execution_traces",
    "grant": "GRANT SELECT ON execution_traces TO PUBLIC",
    "revoke": "REVOKE SELECT ON execution_traces FROM alice",
}
"""What a writer may do, and what then has no effect on others."""


@pytest.mark.parametrize("statement", VAIN.values(), ids=VAIN)
def test_a_writer_reaches_only_his_own(team: Team, sessions: Sessions, statement: str) -> None:
    """What the server lets pass changes no row of anybody else's, shows none, and gives nobody a right."""
    rights = "SELECT relname, relacl FROM pg_class WHERE relacl IS NOT NULL ORDER BY relname"
    before, allowed = team.state(but="bob"), team.rows(rights)
    for role in ("", "hooktrace_writer"):
        with sessions.acting("bob", role) as connection:
            cursor = connection.execute(statement.format(**IDS).encode())
            assert not cursor.description or SECRET not in str(cursor.fetchall())
    assert team.state(but="bob") == before
    assert team.rows(rights) == allowed


def test_a_view_of_ones_own_shows_ones_own(team: Team, sessions: Sessions) -> None:
    """A view or a function that runs with its maker's rights opens nothing that its maker could not see."""
    with sessions.acting("bob") as connection:
        connection.execute("CREATE VIEW bobs.everything AS SELECT * FROM execution_traces")
        connection.execute(
            "CREATE FUNCTION bobs.everything() RETURNS SETOF execution_traces LANGUAGE sql SECURITY DEFINER"
            " AS 'SELECT * FROM public.execution_traces'"
        )
        connection.execute("GRANT USAGE ON SCHEMA bobs TO PUBLIC")
        connection.execute("GRANT SELECT ON bobs.everything TO PUBLIC")
        for statement in ("SELECT * FROM bobs.everything", "SELECT * FROM bobs.everything()"):
            seen = found(connection, statement)
            assert text_of("bob") in seen
            assert SECRET not in seen
    # Who asks counts, not whose view it is: alice does not show bob anything by asking it.
    with sessions.acting("alice") as connection:
        assert text_of("bob") not in found(connection, "SELECT * FROM bobs.everything")


def test_a_key_that_is_taken_tells_no_more_than_that(team: Team, sessions: Sessions) -> None:
    """Whoever knows the ids of another's row learns that it is there, and nothing that it holds."""
    taken = "INSERT INTO execution_traces (root_id, correlation_id, session_id, source)"
    taken += " VALUES ('{root}', '{call}', 's', 's')"
    with sessions.acting("bob") as connection:
        with pytest.raises(psycopg.errors.UniqueViolation) as known:
            connection.execute(taken.format(**IDS).encode())
        assert known.value.diag.message_detail is None
        errors = []
        for call in (IDS["call"], "00000000-0000-4000-8000-000000000000"):
            with pytest.raises(psycopg.errors.InsufficientPrivilege) as refused:
                connection.execute(FORGERIES["event about hers"].format(**{**IDS, "call": call}).encode())
            errors.append(said(refused.value))
    assert errors[0] == errors[1], "an event about nobody's execution is refused in the same words"


def test_a_stranger_gets_nowhere(team: Team, sessions: Sessions) -> None:
    """A login without a role reads no table, view or function."""
    with sessions.acting("nobody_at_all") as connection:
        for statement in [*(f"SELECT * FROM {name}" for name in (*TABLES, *VIEWS)), FINDS["function trace_tree"]]:
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                connection.execute(statement.encode())


def test_a_right_to_everything_in_the_schema_opens_nothing(team: Team, sessions: Sessions) -> None:
    """GRANT SELECT ON ALL TABLES, as one gives it to a dashboard, shows no row of others: not in a partition either."""
    team.rows("GRANT USAGE ON SCHEMA hooktrace TO nobody_at_all")
    for schema in ("public", "hooktrace"):
        team.rows(f"GRANT SELECT ON ALL TABLES IN SCHEMA {schema} TO nobody_at_all")
    parts = team.rows("SELECT relid::regclass::text FROM pg_partition_tree('hook_executions') WHERE isleaf")
    assert len(parts) > 3
    try:
        with sessions.acting("nobody_at_all") as connection:
            for name in (*TABLES, *(part for (part,) in parts)):
                assert connection.execute(f"SELECT * FROM {name}".encode()).fetchall() == []
    finally:
        team.rows("DROP OWNED BY nobody_at_all")


def test_the_auditor_sees_everything(team: Team, sessions: Sessions) -> None:
    """In each table, each view and each function for reading; what an auditor may not do stands above."""
    for name in (*TABLES, *VIEWS):
        with sessions.acting("ann") as connection:
            seen, there = (found(one, f"SELECT * FROM {name}") for one in (connection, team.admin))
            assert sorted(seen.splitlines()) == sorted(there.splitlines())
    with sessions.acting("ann") as connection:
        for name, statement in FINDS.items():
            if name.startswith("function"):
                assert SECRET in found(connection, statement), name


def test_no_row_is_without_a_user(team: Team, sessions: Sessions) -> None:
    """Each table that holds anybody's work names whose it is, by itself, and is watched; there is no other table."""
    watched = """
        SELECT c.oid::regclass::text FROM pg_class c
        JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'user_id' AND a.attnotnull
        JOIN pg_attrdef d ON d.adrelid = c.oid AND d.adnum = a.attnum AND pg_get_expr(d.adbin, c.oid) = 'SESSION_USER'
        WHERE c.relrowsecurity AND NOT c.relispartition"""
    assert {name for (name,) in team.rows(watched)} == set(TABLES)
    others = f"""
        SELECT oid::regclass::text FROM pg_class
        WHERE relkind IN ('r', 'p') AND NOT relispartition
          AND relnamespace IN ('public'::regnamespace, 'hooktrace'::regnamespace) AND NOT oid IN ({
        ", ".join(f"'{name}'::regclass" for name in TABLES)
    })"""
    assert {name for (name,) in team.rows(others)} == {
        "hooktrace._yoyo_migration",
        "hooktrace._yoyo_log",
        "hooktrace._yoyo_version",
        "hooktrace.objects",
        "hooktrace.chores",
        "hooktrace.aged_months",
    }
