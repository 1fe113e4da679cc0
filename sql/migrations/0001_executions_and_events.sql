-- What happened, in two tables.
--
-- execution_traces has a row for each thing that runs for a while: a session, a prompt (turn),
-- a subagent, a tool call, a task.  hook_executions has a row for each hook event, append-only.
-- The rows of one root_id are a tree: parent_id names the row above.
--
-- The life of an execution: the first event that names it inserts the row (in_progress).  Every
-- later event merges facts into it: an earlier start, a later start (a session resumed), an end
-- that was observed, an end that was inferred.  What a reader wants (status, completed_at,
-- duration_ms, success, error_*) is derived from those facts by one trigger, here at the end.
-- Facts may arrive in any order, late, or twice: the row comes out the same.
--
-- Names without a schema are created in the schema that the settings name (`public` unless said
-- otherwise); bookkeeping that is no record of anybody's work is in schema hooktrace.
--
-- Ready for Citus: root_id is part of every key and foreign key.

CREATE SCHEMA IF NOT EXISTS hooktrace;
COMMENT ON SCHEMA hooktrace IS 'Bookkeeping of hooktrace: what it must remember to work, nothing a report needs.';

CREATE TYPE hooktrace.ending AS (
    at            timestamptz,  -- compared first: of two endings the later one holds
    status        text COLLATE "C",  -- a tie is settled the same way everywhere
    error_type    text COLLATE "C",
    error_message text COLLATE "C"
);
COMMENT ON TYPE hooktrace.ending IS 'How and when an execution ended, as one event told it; the greater of two holds.';


-- ---------------------------------------------------------------------------------------------
-- Tables

CREATE TABLE execution_traces (
    id              uuid        NOT NULL DEFAULT gen_random_uuid(),
    correlation_id  uuid        NOT NULL,
    root_id         uuid        NOT NULL,
    parent_id       uuid,
    parent_certain  boolean     NOT NULL DEFAULT true,
    session_id      text        NOT NULL,
    user_id         text        NOT NULL DEFAULT session_user,
    source          text        NOT NULL,
    kind            text        NOT NULL DEFAULT 'prompt',
    name            text,
    prompt_text     text,
    started_at      timestamptz NOT NULL DEFAULT now(),
    completed_at    timestamptz,
    duration_ms     bigint,
    status          text        NOT NULL DEFAULT 'in_progress',
    success         boolean,
    error_type      text,
    error_message   text,
    project         text,
    context         jsonb       NOT NULL DEFAULT '{}',
    tags            text[]      NOT NULL DEFAULT '{}',
    created_at      timestamptz NOT NULL DEFAULT now(),
    updated_at      timestamptz NOT NULL DEFAULT now(),
    -- the facts that the trigger derives the rest from
    start_observed  boolean     NOT NULL DEFAULT false,
    last_started_at timestamptz,
    observed_end    hooktrace.ending,
    inferred_end    hooktrace.ending,
    measured_ms     double precision,

    CONSTRAINT execution_traces_pkey PRIMARY KEY (root_id, correlation_id),
    CONSTRAINT execution_traces_kind_is_known
        CHECK (kind IN ('session', 'prompt', 'agent', 'tool', 'task')),
    CONSTRAINT execution_traces_status_is_known
        CHECK (status IN ('in_progress', 'completed', 'failed', 'cancelled', 'timeout', 'denied')),
    CONSTRAINT execution_traces_is_not_its_own_parent
        CHECK (parent_id <> correlation_id)
);

COMMENT ON TABLE execution_traces IS
    'One row per execution: a session, prompt, subagent, tool call or task of a coding agent. The rows of one root_id form a tree by parent_id.';
COMMENT ON COLUMN execution_traces.id              IS 'A handle for this row; the execution itself is named by (root_id, correlation_id).';
COMMENT ON COLUMN execution_traces.correlation_id  IS 'The execution. Derived from what the agent sent, so a replay finds this row again.';
COMMENT ON COLUMN execution_traces.root_id         IS 'The tree: shared by a session and everything beneath it, agents started from its shell included.';
COMMENT ON COLUMN execution_traces.parent_id       IS 'correlation_id of the execution that this one was part of; NULL at a root.';
COMMENT ON COLUMN execution_traces.parent_certain  IS 'False while parent_id is a stand-in: the nearest execution known to be around this one.';
COMMENT ON COLUMN execution_traces.session_id      IS 'The session, as the agent named it.';
COMMENT ON COLUMN execution_traces.user_id         IS 'The database user who stored the row; row-level security stands on it.';
COMMENT ON COLUMN execution_traces.source          IS 'The agent, such as claude-code, or the program that stored the row.';
COMMENT ON COLUMN execution_traces.kind            IS 'session, prompt (one turn), agent (a subagent), tool (one call) or task (the Python API, hooktrace run).';
COMMENT ON COLUMN execution_traces.name            IS 'The tool or the type of the subagent.';
COMMENT ON COLUMN execution_traces.prompt_text     IS 'What the human asked, redacted; NULL for a prompt that the agent wrote to itself.';
COMMENT ON COLUMN execution_traces.started_at      IS 'The first start that was observed, else the first sign of life.';
COMMENT ON COLUMN execution_traces.completed_at    IS 'The end of the last run; NULL while it runs, and again once it is resumed.';
COMMENT ON COLUMN execution_traces.duration_ms     IS 'As the agent measured it where it did (a tool without permission wait), else completed_at - started_at; NULL where no start was seen.';
COMMENT ON COLUMN execution_traces.status          IS 'in_progress, completed, failed, cancelled, timeout or denied.';
COMMENT ON COLUMN execution_traces.success         IS 'Derived: status is completed; NULL while in progress.';
COMMENT ON COLUMN execution_traces.error_type      IS 'The kind of failure in one word, such as tool_error, permission or interrupt.';
COMMENT ON COLUMN execution_traces.error_message   IS 'What the agent was told, redacted, its first 4,096 characters.';
COMMENT ON COLUMN execution_traces.project         IS 'Last part of the directory that the agent works in.';
COMMENT ON COLUMN execution_traces.context         IS 'What else the start told: cwd, agent version, how the parent was found.';
COMMENT ON COLUMN execution_traces.start_observed  IS 'A start was seen, not concluded from a later event.';
COMMENT ON COLUMN execution_traces.last_started_at IS 'The last start that was seen; later than the end, the execution is open again.';
COMMENT ON COLUMN execution_traces.observed_end    IS 'The last end that an event told.';
COMMENT ON COLUMN execution_traces.inferred_end    IS 'The last end that was concluded from something else; holds where none was observed.';
COMMENT ON COLUMN execution_traces.measured_ms     IS 'The duration in milliseconds that the agent itself measured.';

CREATE TABLE hook_executions (
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
    CONSTRAINT hook_executions_speaks_of_an_execution
        FOREIGN KEY (root_id, trace_id) REFERENCES execution_traces (root_id, correlation_id) ON DELETE CASCADE,
    CONSTRAINT hook_executions_status_is_known
        CHECK (status IN ('in_progress', 'completed', 'failed', 'cancelled', 'timeout', 'denied'))
) PARTITION BY RANGE (started_at);

COMMENT ON TABLE hook_executions IS
    'One row per hook event, append-only, partitioned by month. What an event told about executions is merged into execution_traces.';
COMMENT ON COLUMN hook_executions.id            IS 'Time-ordered, derived from the event: storing it twice is storing it once.';
COMMENT ON COLUMN hook_executions.trace_id      IS 'correlation_id of the execution that the event speaks of.';
COMMENT ON COLUMN hook_executions.hook_type     IS 'The event, as the agent names it: PreToolUse, Stop, ...';
COMMENT ON COLUMN hook_executions.hook_name     IS 'The executable of ours that took the event: record or session-start.';
COMMENT ON COLUMN hook_executions.tool_use_id   IS 'The tool call, as the agent and the model''s API name it.';
COMMENT ON COLUMN hook_executions.file_path     IS 'The file that a tool call names as its subject.';
COMMENT ON COLUMN hook_executions.agent_id      IS 'The subagent in which the hook fired; NULL in the main thread.';
COMMENT ON COLUMN hook_executions.started_at    IS 'When the event fired.';
COMMENT ON COLUMN hook_executions.duration_ms   IS 'The duration that the event tells: of the tool call, without hooks and permission wait.';
COMMENT ON COLUMN hook_executions.status        IS 'What the event tells of its execution.';
COMMENT ON COLUMN hook_executions.input_data    IS 'Tool input or prompt, redacted, long texts cut.';
COMMENT ON COLUMN hook_executions.output_data   IS 'Tool response, error or last message, redacted, long texts cut.';
COMMENT ON COLUMN hook_executions.metadata      IS 'Everything else the event carried; `redactions` and `replaced` count what was taken out.';

CREATE TABLE hook_executions_default PARTITION OF hook_executions DEFAULT;
COMMENT ON TABLE hook_executions_default IS 'Events of months that have no partition: a clock set forward, an import.';

CREATE TABLE hooktrace.sessions (
    session_id     text        NOT NULL,
    root_id        uuid        NOT NULL,
    parent_id      uuid,
    parent_certain boolean     NOT NULL DEFAULT true,
    context        jsonb       NOT NULL DEFAULT '{}',
    user_id        text        NOT NULL DEFAULT session_user,
    created_at     timestamptz NOT NULL DEFAULT now(),

    CONSTRAINT sessions_pkey PRIMARY KEY (session_id)
);
COMMENT ON TABLE hooktrace.sessions IS
    'To which tree a session belongs: decided once, at its first event, and read by every later event, replay and import.';
COMMENT ON COLUMN hooktrace.sessions.context IS 'How the parent was found, and which inherited ids were ignored and why.';


-- ---------------------------------------------------------------------------------------------
-- Indexes

CREATE INDEX idx_execution_traces_session     ON execution_traces (session_id);
CREATE INDEX idx_execution_traces_correlation ON execution_traces (correlation_id);
CREATE INDEX idx_execution_traces_started     ON execution_traces (kind, started_at DESC);
CREATE INDEX idx_hook_executions_trace        ON hook_executions (trace_id);
CREATE INDEX idx_hook_executions_session      ON hook_executions (session_id, started_at);
CREATE INDEX idx_hook_executions_started      ON hook_executions (started_at);

COMMENT ON INDEX idx_execution_traces_session     IS 'Serves: the executions of a session (show, flush).';
COMMENT ON INDEX idx_execution_traces_correlation IS 'Serves: an execution by its id or the beginning of it, where the tree is not known (show).';
COMMENT ON INDEX idx_execution_traces_started     IS 'Serves: the latest sessions (sessions).';
COMMENT ON INDEX idx_hook_executions_trace        IS 'Serves: the events of an execution; the cascade from execution_traces.';
COMMENT ON INDEX idx_hook_executions_session      IS 'Serves: the events of a session in their order.';
COMMENT ON INDEX idx_hook_executions_started      IS 'Serves: the latest events (tail, status).';


-- ---------------------------------------------------------------------------------------------
-- Functions and triggers

CREATE FUNCTION hooktrace.derive_outcome() RETURNS trigger
LANGUAGE plpgsql AS $$
DECLARE
    opened timestamptz := coalesce(NEW.last_started_at, '-infinity');
    ended  hooktrace.ending;
BEGIN
    IF (NEW.observed_end).at >= opened THEN
        ended := NEW.observed_end;
    ELSIF (NEW.inferred_end).at >= opened THEN
        ended := NEW.inferred_end;
    END IF;
    IF ended.at IS NOT NULL THEN
        NEW.completed_at  := ended.at;
        NEW.status        := CASE WHEN ended.status <> 'refused' THEN ended.status
                                  WHEN NEW.start_observed THEN 'denied' ELSE 'failed' END;
        NEW.error_type    := nullif(ended.error_type, '');
        NEW.error_message := nullif(ended.error_message, '');
        NEW.duration_ms   := coalesce(NEW.measured_ms, CASE WHEN NEW.start_observed THEN
                                      extract(epoch FROM NEW.completed_at - NEW.started_at) * 1000 END);
    ELSIF NEW.start_observed THEN
        NEW.completed_at  := NULL;
        NEW.status        := 'in_progress';
        NEW.error_type    := NULL;
        NEW.error_message := NULL;
        NEW.duration_ms   := NULL;
    END IF;
    NEW.success := CASE WHEN NEW.status = 'in_progress' THEN NULL ELSE NEW.status = 'completed' END;
    RETURN NEW;
END
$$;
COMMENT ON FUNCTION hooktrace.derive_outcome() IS
    'Derives status, completed_at, duration_ms, success and error_* of an execution from its facts; a row without facts keeps what it was given.';

CREATE TRIGGER execution_traces_derive_outcome
    BEFORE INSERT OR UPDATE ON execution_traces
    FOR EACH ROW EXECUTE FUNCTION hooktrace.derive_outcome();
COMMENT ON TRIGGER execution_traces_derive_outcome ON execution_traces IS
    'The one place where facts become an outcome.';

CREATE FUNCTION hooktrace.create_partitions(moment timestamptz) RETURNS integer
LANGUAGE plpgsql AS $$
DECLARE
    month   timestamptz;
    name    text;
    created integer := 0;
    home    text := (SELECT n.nspname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
                     WHERE c.oid = 'hook_executions'::regclass);
BEGIN
    -- Months of UTC, so that every server and every client means the same rows.
    FOR month IN SELECT date_trunc('month', moment, 'UTC') + make_interval(months => ahead)
                 FROM generate_series(0, 2) AS ahead LOOP
        name := format('hook_executions_y%sm%s', to_char(month AT TIME ZONE 'UTC', 'YYYY'), to_char(month AT TIME ZONE 'UTC', 'MM'));
        CONTINUE WHEN to_regclass(format('%I.%I', home, name)) IS NOT NULL;
        BEGIN
            EXECUTE format('CREATE TABLE %I.%I PARTITION OF %I.hook_executions FOR VALUES FROM (%L) TO (%L)',
                           home, name, home, month, date_trunc('month', month + interval '40 days', 'UTC'));
            EXECUTE format('COMMENT ON TABLE %I.%I IS %L', home, name, 'Events of one month (UTC).');
            created := created + 1;
        EXCEPTION WHEN check_violation THEN
            NULL;  -- the DEFAULT partition already holds rows of this month: they stay there
        END;
    END LOOP;
    RETURN created;
END
$$;
COMMENT ON FUNCTION hooktrace.create_partitions(timestamptz) IS
    'Makes the partitions of hook_executions for the month of the given time and the two after it; returns how many were missing.';

SELECT hooktrace.create_partitions(now());
