-- hook_executions: a row for each hook event, append-only, in a partition for each month (UTC).
-- It has no trigger: nothing may stand between an event and its row.

CREATE TABLE IF NOT EXISTS hook_executions (
    id            uuid        NOT NULL,
    root_id       uuid        NOT NULL,
    trace_id      uuid        NOT NULL,
    session_id    text        NOT NULL,
    user_id       text        NOT NULL DEFAULT session_user,
    hook_type     text        NOT NULL,
    hook_name     text        NOT NULL,
    tool_name     text,
    tool_use_id   text,
    file_path     text,
    agent_id      text,
    started_at    timestamptz NOT NULL,
    duration_ms   bigint,
    status        text        NOT NULL,
    input_data    jsonb,
    output_data   jsonb,
    error_message text,
    metadata      jsonb       NOT NULL DEFAULT '{}',
    created_at    timestamptz NOT NULL DEFAULT now(),

    CONSTRAINT hook_executions_pkey PRIMARY KEY (root_id, started_at, id),
    CONSTRAINT hook_executions_status_is_known
        CHECK (status IN ('in_progress', 'completed', 'failed', 'cancelled', 'timeout', 'denied'))
) PARTITION BY RANGE (started_at);

COMMENT ON TABLE hook_executions IS
    'One row per hook event, append-only, partitioned by month. What an event told about executions is merged into execution_traces.';
COMMENT ON COLUMN hook_executions.id            IS 'Time-ordered, derived from the event: storing it twice is storing it once.';
COMMENT ON COLUMN hook_executions.trace_id      IS 'correlation_id of the execution that the event speaks of.';
COMMENT ON COLUMN hook_executions.user_id       IS 'The database user who stored the row; row-level security stands on it.';
COMMENT ON COLUMN hook_executions.hook_type     IS 'The event, as the agent names it: PreToolUse, Stop, ...';
COMMENT ON COLUMN hook_executions.hook_name     IS 'The executable of ours that took the event: record or session-start.';
COMMENT ON COLUMN hook_executions.tool_use_id   IS 'The tool call, as the agent and the model''s API name it.';
COMMENT ON COLUMN hook_executions.file_path     IS 'The file that a tool call names as its subject.';
COMMENT ON COLUMN hook_executions.agent_id      IS 'The subagent in which the hook fired; NULL in the main thread.';
COMMENT ON COLUMN hook_executions.started_at    IS 'When the event fired.';
COMMENT ON COLUMN hook_executions.duration_ms   IS 'The duration that the event tells: of the tool call, without hooks and permission wait.';
COMMENT ON COLUMN hook_executions.status        IS 'What the event tells of its execution.';
COMMENT ON COLUMN hook_executions.input_data    IS 'Tool input or prompt, redacted, long texts cut; NULL once it has aged (retention).';
COMMENT ON COLUMN hook_executions.output_data   IS 'Tool response, error or last message, redacted, long texts cut; NULL once it has aged (retention).';
COMMENT ON COLUMN hook_executions.metadata      IS 'Everything else the event carried; `redactions` and `replaced` count what was taken out.';

CREATE TABLE IF NOT EXISTS hook_executions_default PARTITION OF hook_executions DEFAULT;
COMMENT ON TABLE hook_executions_default IS 'Events of months that have no partition: a clock set forward, an import.';

-- With root_id first the events of a session lie side by side: a purge, whose cascade looks into every month for every
-- execution, takes a fifth of the time it takes with trace_id alone.
CREATE INDEX IF NOT EXISTS idx_hook_executions_trace   ON hook_executions (root_id, trace_id);
CREATE INDEX IF NOT EXISTS idx_hook_executions_session ON hook_executions (session_id, started_at);
CREATE INDEX IF NOT EXISTS idx_hook_executions_started ON hook_executions (started_at DESC);
CREATE INDEX IF NOT EXISTS idx_hook_executions_failed  ON hook_executions (started_at DESC) WHERE status NOT IN ('in_progress', 'completed');
CREATE INDEX IF NOT EXISTS idx_hook_executions_file    ON hook_executions (file_path, started_at DESC) WHERE file_path IS NOT NULL;

COMMENT ON INDEX idx_hook_executions_trace   IS 'Serves report events_of_execution: what was told of an execution, whose root is known; and the cascade from execution_traces.';
COMMENT ON INDEX idx_hook_executions_session IS 'Serves report events_of_session: the events of a session in their order.';
COMMENT ON INDEX idx_hook_executions_started IS 'Serves query latest_events: the newest events.';
COMMENT ON INDEX idx_hook_executions_failed  IS 'Serves report failed_events: the newest events that tell of a failure.';
COMMENT ON INDEX idx_hook_executions_file    IS 'Serves report file_history: who touched a file, and when.';

CREATE OR REPLACE FUNCTION hooktrace.subject_of(input jsonb) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT coalesce(input ->> 'command', input ->> 'description', input ->> 'pattern', input ->> 'url', input ->> 'query',
                    input ->> 'skill')
$$;
COMMENT ON FUNCTION hooktrace.subject_of(jsonb) IS
    'What a tool call is about, by its input, in one text; of a call that names a file that is its file_path.';


-- ---------------------------------------------------------------------------------------------
-- The events of an execution go with it.

CREATE OR REPLACE FUNCTION hooktrace.stand_in_executions() RETURNS bigint
LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
DECLARE
    restored bigint;
BEGIN
    INSERT INTO execution_traces (root_id, correlation_id, parent_id, parent_certain, session_id, user_id, source,
                                  kind, name, started_at, completed_at, status, context)
    SELECT root_id, trace_id, nullif(parent_id, trace_id), false, session_id, user_id, 'hooktrace',
           kind, tool_name, started_at, CASE WHEN status <> 'in_progress' THEN ended_at END, status,
           '{"restored": "from its events, after the table was lost"}'
    FROM (
        SELECT root_id, trace_id, min(session_id) AS session_id, min(user_id) AS user_id,
               CASE WHEN bool_or(hook_type LIKE 'Session%')  THEN 'session'
                    WHEN bool_or(hook_type LIKE 'Subagent%') THEN 'agent'
                    WHEN bool_or(tool_use_id IS NOT NULL)    THEN 'tool'
                    ELSE 'prompt' END AS kind,
               min(tool_name) AS tool_name, min(started_at) AS started_at, max(started_at) AS ended_at,
               (array_agg(status ORDER BY started_at DESC))[1] AS status,
               -- what is no UUID is no parent
               min(substring(metadata ->> 'prompt_id' FROM '^[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$'))::uuid AS parent_id
        FROM hook_executions AS event
        WHERE NOT EXISTS (SELECT FROM execution_traces AS known
                          WHERE known.root_id = event.root_id AND known.correlation_id = event.trace_id)
        GROUP BY root_id, trace_id
    ) AS told;
    GET DIAGNOSTICS restored = ROW_COUNT;
    RETURN restored;
END
$$;
COMMENT ON FUNCTION hooktrace.stand_in_executions() IS
    'Gives events whose execution is missing a row of execution_traces made from what they tell: so they outlive the loss of that table.';

DO $$
BEGIN
    IF NOT EXISTS (SELECT FROM pg_constraint
                   WHERE conrelid = 'hook_executions'::regclass AND conname = 'hook_executions_speaks_of_an_execution') THEN
        PERFORM hooktrace.stand_in_executions();
    END IF;
END
$$;
SELECT hooktrace.add_constraint('hook_executions', 'hook_executions_speaks_of_an_execution',
    'FOREIGN KEY (root_id, trace_id) REFERENCES execution_traces (root_id, correlation_id) ON DELETE CASCADE');


-- ---------------------------------------------------------------------------------------------
-- A partition for each month

CREATE OR REPLACE FUNCTION hooktrace.create_partitions(moment timestamptz, months integer DEFAULT 3) RETURNS integer
LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
DECLARE
    month   timestamptz;
    name    text;
    created integer := 0;
    home    text := (SELECT n.nspname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
                     WHERE c.oid = 'hook_executions'::regclass);
BEGIN
    -- Months of UTC, so that every server and every client means the same rows.
    FOR month IN SELECT (date_trunc('month', moment AT TIME ZONE 'UTC') + make_interval(months => ahead)) AT TIME ZONE 'UTC'
                 FROM generate_series(0, months - 1) AS ahead LOOP
        name := format('hook_executions_y%sm%s', to_char(month AT TIME ZONE 'UTC', 'YYYY'), to_char(month AT TIME ZONE 'UTC', 'MM'));
        CONTINUE WHEN to_regclass(format('%I.%I', home, name)) IS NOT NULL;
        BEGIN
            EXECUTE format('CREATE TABLE %I.%I PARTITION OF %I.hook_executions FOR VALUES FROM (%L) TO (%L)',
                           home, name, home, month, (month AT TIME ZONE 'UTC' + interval '1 month') AT TIME ZONE 'UTC');
            EXECUTE format('COMMENT ON TABLE %I.%I IS %L', home, name, 'Events of one month (UTC).');
            -- Policies are the parent's; a partition without one shows nothing to whoever was granted it by mistake.
            IF (SELECT relrowsecurity FROM pg_class WHERE oid = 'hook_executions'::regclass) THEN
                EXECUTE format('ALTER TABLE %I.%I ENABLE ROW LEVEL SECURITY', home, name);
            END IF;
            created := created + 1;
        EXCEPTION WHEN check_violation THEN
            NULL;  -- the DEFAULT partition already holds rows of this month: they stay there
        END;
    END LOOP;
    RETURN created;
END
$$;
COMMENT ON FUNCTION hooktrace.create_partitions(timestamptz, integer) IS
    'Makes the partitions of hook_executions for the month of the given time and those after it; returns how many were missing.';

SELECT hooktrace.create_partitions(now());
