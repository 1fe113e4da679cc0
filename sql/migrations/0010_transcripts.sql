-- What stands beside the events: which process runs a session, and what the agent itself wrote down.
--
-- A transcript is the agent's own record, kept whether or not a hook fires.  It tells of calls that no
-- hook told of, of ends that fire no hook (Esc), and of requests to the model.  What it tells is kept
-- here by the ids that the events would have, so that the two can be laid side by side: that
-- comparison is the ledger (function hooktrace.gaps and hooktrace.coverage, at the end of this file).
--
-- All rows hang on hooktrace.sessions and go with it.

CREATE TABLE IF NOT EXISTS hooktrace.processes (
    session_id text        NOT NULL,
    host       text        NOT NULL,
    pid        bigint      NOT NULL,
    birth      text        NOT NULL,
    seen_at    timestamptz NOT NULL,
    user_id    text        NOT NULL DEFAULT session_user,

    CONSTRAINT processes_pkey PRIMARY KEY (session_id, host, pid, birth)
);
COMMENT ON TABLE hooktrace.processes IS
    'The agent''s processes that ran a session, one after the other: when the last is gone, so is what the session had open.';
COMMENT ON COLUMN hooktrace.processes.host    IS 'The machine; a collector judges only the processes of its own.';
COMMENT ON COLUMN hooktrace.processes.birth   IS 'The machine''s boot and the process''s start in it: a pid is used again, this is not. Empty: it was gone before it was looked at.';
COMMENT ON COLUMN hooktrace.processes.seen_at IS 'Time of the first event that came from it.';

CREATE TABLE IF NOT EXISTS hooktrace.transcripts (
    session_id     text        NOT NULL,
    path           text        NOT NULL,
    position_bytes bigint      NOT NULL DEFAULT 0,
    fingerprint    text        NOT NULL DEFAULT '',
    prompt_id      text,
    copied_at      timestamptz,
    unreadable     bigint      NOT NULL DEFAULT 0,
    read_at        timestamptz,
    user_id        text        NOT NULL DEFAULT session_user,

    CONSTRAINT transcripts_pkey PRIMARY KEY (session_id, path)
);
COMMENT ON TABLE hooktrace.transcripts IS
    'How far each transcript of a session was read: its own and those of its subagents.';
COMMENT ON COLUMN hooktrace.transcripts.position_bytes IS 'Where the next reading begins, between two lines.';
COMMENT ON COLUMN hooktrace.transcripts.fingerprint    IS 'By which the file is known again; another file under the same path is read from its beginning.';
COMMENT ON COLUMN hooktrace.transcripts.prompt_id      IS 'The prompt that the last line before the position belongs to.';
COMMENT ON COLUMN hooktrace.transcripts.copied_at      IS 'Time of the newest message before the position that was copied from another session.';
COMMENT ON COLUMN hooktrace.transcripts.unreadable     IS 'Lines before the position that are no JSON object, and messages without an id or a time.';
COMMENT ON COLUMN hooktrace.transcripts.read_at        IS 'NULL: it was never there when it was looked for.';

CREATE TABLE IF NOT EXISTS hooktrace.transcribed (
    session_id     text        NOT NULL,
    correlation_id uuid        NOT NULL,
    root_id        uuid        NOT NULL,
    kind           text        NOT NULL,
    name           text,
    parent_id      uuid,
    asked_at       timestamptz,
    unannounced    boolean     NOT NULL DEFAULT false,
    answered_at    timestamptz,
    ended_at       timestamptz,
    status         text,
    error_type     text,
    error_message  text,
    prompt_text    text,
    redactions     integer     NOT NULL DEFAULT 0,
    context        jsonb       NOT NULL DEFAULT '{}',
    user_id        text        NOT NULL DEFAULT session_user,

    CONSTRAINT transcribed_pkey PRIMARY KEY (session_id, correlation_id),
    CONSTRAINT transcribed_kind_is_known
        CHECK (kind IN ('prompt', 'agent', 'tool')),
    CONSTRAINT transcribed_status_is_known
        CHECK (status IN ('completed', 'failed', 'cancelled', 'denied')),
    CONSTRAINT transcribed_ends_in_some_way
        CHECK ((ended_at IS NULL) = (status IS NULL))
);
COMMENT ON TABLE hooktrace.transcribed IS
    'What the transcripts tell of prompts, subagents and tool calls, whether or not a hook told of them.';
COMMENT ON COLUMN hooktrace.transcribed.correlation_id IS 'The execution, under the id that its events give it.';
COMMENT ON COLUMN hooktrace.transcribed.name           IS 'The tool, or the type of the subagent.';
COMMENT ON COLUMN hooktrace.transcribed.parent_id      IS 'The execution that it was part of; NULL: the session, or not known.';
COMMENT ON COLUMN hooktrace.transcribed.asked_at       IS 'When the prompt was written, the subagent gave its first answer, or the model asked for the tool.';
COMMENT ON COLUMN hooktrace.transcribed.unannounced    IS 'Of a prompt: no event tells of its beginning.';
COMMENT ON COLUMN hooktrace.transcribed.answered_at    IS 'Of a prompt or a subagent: the last answer that asked for nothing more. Whether more came, later lines tell.';
COMMENT ON COLUMN hooktrace.transcribed.ended_at       IS 'When the tool''s result, or the end of the turn, was written down.';
COMMENT ON COLUMN hooktrace.transcribed.status         IS 'completed, failed, denied (a permission was refused) or cancelled (interrupted); NULL as ended_at.';
COMMENT ON COLUMN hooktrace.transcribed.error_type     IS 'As in execution_traces; `not_run`: the agent refused the call before any hook, so none is missing; `unsure`, `rejected`: an older agent does not say whether the call failed or was denied, or was denied or interrupted.';
COMMENT ON COLUMN hooktrace.transcribed.error_message  IS 'What the agent was told, redacted, its first 4,096 characters.';
COMMENT ON COLUMN hooktrace.transcribed.prompt_text    IS 'What was asked, redacted, until its execution has it; NULL for a prompt that the agent wrote to itself.';
COMMENT ON COLUMN hooktrace.transcribed.redactions     IS 'How many secrets were taken out of the prompt or the error.';
COMMENT ON COLUMN hooktrace.transcribed.context        IS 'What else is told: file_path, the file that a call was about; starts_agent, of a shell command that may start another agent; prompted_by.';

CREATE TABLE IF NOT EXISTS hooktrace.accounts (
    session_id      text           NOT NULL,
    started_at      timestamptz    NOT NULL,
    cost_usd        numeric(17, 9),
    api_ms          double precision NOT NULL,
    includes_copies boolean        NOT NULL DEFAULT false,
    models          jsonb          NOT NULL DEFAULT '{}',
    user_id         text           NOT NULL DEFAULT session_user,

    CONSTRAINT accounts_pkey PRIMARY KEY (session_id, started_at)
);
COMMENT ON TABLE hooktrace.accounts IS
    'The agent''s own account of what a session cost, as it wrote it at the end of each run; it counts requests that no transcript shows.';
COMMENT ON COLUMN hooktrace.accounts.started_at      IS 'When the account was opened; told again with the same time, it goes on.';
COMMENT ON COLUMN hooktrace.accounts.cost_usd        IS 'US dollars in all; NULL where the agent does not know the price of a model.';
COMMENT ON COLUMN hooktrace.accounts.api_ms          IS 'Milliseconds that were waited for the provider.';
COMMENT ON COLUMN hooktrace.accounts.includes_copies IS 'What a forked session has from the other one is in it: then it is not this session''s cost.';
COMMENT ON COLUMN hooktrace.accounts.models          IS 'Tokens and dollars of each model.';

DO $$
DECLARE
    owner regclass;
BEGIN
    -- After a loss of hooktrace.sessions: what hung on rows that did not come back.
    FOREACH owner IN ARRAY ARRAY['hooktrace.processes', 'hooktrace.transcripts', 'hooktrace.transcribed',
                                 'hooktrace.accounts']::regclass[] LOOP
        EXECUTE format('DELETE FROM %s AS hanging WHERE NOT EXISTS
                        (SELECT FROM hooktrace.sessions AS known WHERE known.session_id = hanging.session_id)', owner);
        PERFORM hooktrace.add_constraint(owner, (SELECT relname FROM pg_class WHERE oid = owner) || '_belongs_to_a_session',
            'FOREIGN KEY (session_id) REFERENCES hooktrace.sessions (session_id) ON DELETE CASCADE');
    END LOOP;
END
$$;


-- ---------------------------------------------------------------------------------------------
-- The ledger: what the agent says it did, laid beside what the hooks told

CREATE OR REPLACE FUNCTION hooktrace.coverage(since timestamptz DEFAULT '-infinity', session text DEFAULT NULL)
RETURNS TABLE (
    session_id text,
    root_id    uuid,
    transcript boolean,
    calls      bigint,
    recorded   bigint
)
LANGUAGE plpgsql STABLE SET search_path FROM CURRENT AS $$
BEGIN
    RETURN QUERY
    SELECT decided.session_id, decided.root_id,
           EXISTS (SELECT FROM hooktrace.transcripts AS read WHERE read.session_id = decided.session_id AND read.read_at IS NOT NULL),
           -- A call that was asked for a moment ago may not have begun, and one that was refused with another never did.
           count(told.asked_at) FILTER (WHERE told.status IN ('completed', 'failed') OR call.correlation_id IS NOT NULL),
           count(call.correlation_id) FILTER (WHERE told.asked_at IS NOT NULL)
    FROM hooktrace.sessions AS decided
    LEFT JOIN hooktrace.transcribed AS told ON told.session_id = decided.session_id AND told.kind = 'tool'
    LEFT JOIN execution_traces AS call ON call.root_id = told.root_id AND call.correlation_id = told.correlation_id
    WHERE CASE WHEN session IS NOT NULL THEN decided.session_id = session
               ELSE EXISTS (SELECT FROM execution_traces AS execution
                            WHERE execution.root_id = decided.root_id AND execution.session_id = decided.session_id
                              AND execution.kind = 'session' AND coalesce(execution.completed_at, 'infinity') >= since) END
      AND NOT EXISTS (SELECT FROM execution_traces AS imported
                      WHERE imported.root_id = decided.root_id AND imported.session_id = decided.session_id
                        AND imported.kind = 'session' AND imported.context ? 'told_by')
    GROUP BY decided.session_id, decided.root_id;
END
$$;
COMMENT ON FUNCTION hooktrace.coverage(timestamptz, text) IS
    'Of each session that was open after a time, or of one: the tool calls that its transcripts show, and how many of them are recorded. Without a transcript there is nothing to check against.';

CREATE OR REPLACE FUNCTION hooktrace.gaps(since timestamptz DEFAULT '-infinity', session text DEFAULT NULL)
RETURNS TABLE (
    session_id     text,
    root_id        uuid,
    correlation_id uuid,
    kind           text,
    name           text,
    missing        text,
    explained      text
)
LANGUAGE plpgsql STABLE SET search_path FROM CURRENT AS $$
BEGIN
    RETURN QUERY
    WITH covered AS (
        SELECT decided.session_id, decided.root_id
        FROM hooktrace.sessions AS decided
        JOIN execution_traces AS execution
          ON execution.root_id = decided.root_id AND execution.session_id = decided.session_id AND execution.kind = 'session'
        WHERE CASE WHEN session IS NOT NULL THEN decided.session_id = session
                   ELSE coalesce(execution.completed_at, 'infinity') >= since END
          AND NOT execution.context ? 'told_by' -- it was imported: there never was an event of it
          -- The agent's management commands (`claude mcp list`) fire a lone SessionEnd.
          AND (execution.start_observed
               OR EXISTS (SELECT FROM execution_traces AS beneath
                          WHERE beneath.root_id = decided.root_id AND beneath.session_id = decided.session_id
                            AND beneath.kind <> 'session'))
    ), seen AS (
        SELECT execution.session_id, execution.root_id, execution.correlation_id, execution.kind, execution.name,
               execution.started_at, execution.status, execution.error_type, fired.types,
               CASE WHEN parent.status IN ('cancelled', 'timeout') THEN parent.error_type END AS cut_off_with,
               -- A call that ran, says its result; one that was refused before any hook did not.
               told.status IN ('completed', 'failed') AND coalesce(told.error_type, '') NOT IN ('not_run', 'unsure', 'rejected') AS told_to_have_run,
               told.status = 'failed' AS told_to_have_failed,
               coalesce(told.unannounced, false) AS queued,
               told.asked_at IS NOT NULL AND execution.start_observed AS begun_by_transcript,
               coalesce(told.ended_at, told.answered_at) IS NOT NULL AS ended_by_transcript
        FROM covered
        JOIN execution_traces AS execution
          ON execution.root_id = covered.root_id AND execution.session_id = covered.session_id
         AND execution.kind IN ('session', 'prompt', 'agent', 'tool')
        LEFT JOIN hooktrace.transcribed AS told
          ON told.session_id = execution.session_id AND told.correlation_id = execution.correlation_id
        LEFT JOIN execution_traces AS parent
          ON parent.root_id = execution.root_id AND parent.correlation_id = execution.parent_id AND execution.kind = 'tool'
        CROSS JOIN LATERAL (
            SELECT coalesce(array_agg(event.hook_type), '{}') AS types
            FROM hook_executions AS event
            WHERE event.root_id = execution.root_id AND event.trace_id = execution.correlation_id
              AND event.started_at >= execution.started_at - interval '1 day'
        ) AS fired
    )
    SELECT seen.session_id, seen.root_id, seen.correlation_id, seen.kind, seen.name, expected.event, expected.explained
    FROM seen
    CROSS JOIN LATERAL (VALUES
        (CASE seen.kind WHEN 'session' THEN 'SessionStart' WHEN 'prompt' THEN 'UserPromptSubmit'
                        WHEN 'agent' THEN 'SubagentStart' ELSE 'PreToolUse' END,
         '{SessionStart,UserPromptSubmit,SubagentStart,PreToolUse}'::text[],
         seen.kind <> 'tool' OR coalesce(seen.told_to_have_run, false)
             OR seen.types && '{PostToolUse,PostToolUseFailure,PermissionDenied}'::text[],
         CASE WHEN seen.queued THEN 'queued' WHEN seen.begun_by_transcript THEN 'healed' END),
        (CASE seen.kind WHEN 'session' THEN 'SessionEnd' WHEN 'prompt' THEN 'Stop' WHEN 'agent' THEN 'SubagentStop'
                        ELSE CASE WHEN seen.told_to_have_failed THEN 'PostToolUseFailure' ELSE 'PostToolUse' END END,
         '{SessionEnd,Stop,StopFailure,SubagentStop,PostToolUse,PostToolUseFailure,PermissionDenied}'::text[],
         seen.status IN ('cancelled', 'timeout') OR coalesce(seen.told_to_have_run, false)
             OR (seen.kind <> 'tool' AND seen.status <> 'in_progress'),
         -- Nothing fires where the agent was interrupted or its process ended.
         CASE WHEN seen.status IN ('cancelled', 'timeout') AND seen.error_type <> 'no_end' THEN seen.error_type
              WHEN seen.cut_off_with IS NOT NULL THEN seen.cut_off_with
              WHEN seen.ended_by_transcript THEN 'healed' END)
    ) AS expected (event, any_of, due, explained)
    WHERE expected.due AND NOT seen.types && expected.any_of
    ORDER BY seen.started_at, seen.correlation_id, expected.event;
END
$$;
COMMENT ON FUNCTION hooktrace.gaps(timestamptz, text) IS
    'Events that should have come and did not, of the sessions that were open after a time, or of one. `explained` says why none could come (the execution''s error_type; `queued`: a prompt that was typed while another ran) or `healed`: it was lost, and the transcript told instead; NULL: it was lost.';
