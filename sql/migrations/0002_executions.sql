-- execution_traces: a row for each thing that runs for a while: a session, a prompt (turn), a
-- subagent, a tool call, a task.  The rows of one root_id are a tree: parent_id names the row above.
--
-- The life of an execution: the first event that names it inserts the row (in_progress).  Every
-- later event merges facts into it: an earlier start, a later start (a session resumed), an end
-- that was observed, an end that was inferred.  What a reader wants (status, completed_at,
-- duration_ms, success, error_*) is derived from those facts by one trigger, at the end of this
-- file.  Facts may arrive in any order, late, or twice: the row comes out the same.
--
-- Ready for Citus: root_id is part of every key.

CREATE TABLE IF NOT EXISTS execution_traces (
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
    permission_asked_at timestamptz,

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
COMMENT ON COLUMN execution_traces.correlation_id  IS 'The execution. Derived from what the agent sent, so a replay finds this row again. Other tables call it trace_id; it is not OpenTelemetry''s trace id, which is root_id.';
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
COMMENT ON COLUMN execution_traces.context         IS 'What else the start told: cwd, agent version, how the parent was found. Of a tool call that ended, under time: permission_ms (waited for the user), execution_ms (the tool alone), other_ms (hooks and agent).';
COMMENT ON COLUMN execution_traces.tags            IS 'Free words, for reports; nothing of hooktrace sets them.';
COMMENT ON COLUMN execution_traces.start_observed  IS 'A start was seen, not concluded from a later event.';
COMMENT ON COLUMN execution_traces.last_started_at IS 'The last start that was seen; later than the end, the execution is open again.';
COMMENT ON COLUMN execution_traces.observed_end    IS 'The last end that an event told.';
COMMENT ON COLUMN execution_traces.inferred_end    IS 'The last end that was concluded from something else; holds where none was observed.';
COMMENT ON COLUMN execution_traces.measured_ms     IS 'The duration in milliseconds that the agent itself measured.';
COMMENT ON COLUMN execution_traces.permission_asked_at IS 'Of a tool call: when the user was last asked for permission; NULL if never.';


-- ---------------------------------------------------------------------------------------------
-- Indexes: four whole ones, since every event passes here; the others are partial or BRIN.

CREATE INDEX IF NOT EXISTS idx_execution_traces_correlation ON execution_traces (correlation_id);
CREATE INDEX IF NOT EXISTS idx_execution_traces_session     ON execution_traces (session_id);
CREATE INDEX IF NOT EXISTS idx_execution_traces_started     ON execution_traces (kind, started_at DESC);
CREATE INDEX IF NOT EXISTS idx_execution_traces_parent      ON execution_traces (root_id, parent_id);
CREATE INDEX IF NOT EXISTS idx_execution_traces_name        ON execution_traces (name, started_at DESC) WHERE kind = 'tool';
CREATE INDEX IF NOT EXISTS idx_execution_traces_open        ON execution_traces (started_at) WHERE status = 'in_progress';
CREATE INDEX IF NOT EXISTS idx_execution_traces_failed      ON execution_traces (started_at DESC) WHERE NOT success;
CREATE INDEX IF NOT EXISTS idx_execution_traces_project     ON execution_traces (project, started_at DESC) WHERE kind = 'session';
CREATE INDEX IF NOT EXISTS idx_execution_traces_user        ON execution_traces (user_id, started_at DESC) WHERE kind = 'session';
CREATE INDEX IF NOT EXISTS idx_execution_traces_period      ON execution_traces USING brin (started_at);

COMMENT ON INDEX idx_execution_traces_correlation IS 'Serves query find_execution: an execution by its id or the beginning of it, where the tree is not known.';
COMMENT ON INDEX idx_execution_traces_session     IS 'Serves query remove_session: the executions of a session.';
COMMENT ON INDEX idx_execution_traces_started     IS 'Serves query latest_sessions: the newest executions of a kind.';
COMMENT ON INDEX idx_execution_traces_parent      IS 'Serves report latest_traces: what lies beneath an execution, step by step.';
COMMENT ON INDEX idx_execution_traces_name        IS 'Serves report calls_of_tool: the newest calls of one tool.';
COMMENT ON INDEX idx_execution_traces_open        IS 'Serves report running: what is in progress.';
COMMENT ON INDEX idx_execution_traces_failed      IS 'Serves report failures: what failed last.';
COMMENT ON INDEX idx_execution_traces_project     IS 'Serves report sessions_of_project: the newest sessions of a project.';
COMMENT ON INDEX idx_execution_traces_user        IS 'Serves report sessions_of_user: the newest sessions of a database user.';
COMMENT ON INDEX idx_execution_traces_period      IS 'Serves report activity: everything of a period, and what retention looks for; a few kB for a million rows.';


-- ---------------------------------------------------------------------------------------------
-- From facts to an outcome

CREATE OR REPLACE FUNCTION hooktrace.time_apart(
    begun timestamptz, asked timestamptz, ended timestamptz, measured_ms double precision, status text
) RETURNS jsonb
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    -- The tool ran for the last measured_ms before its end; the user was waited for from the question until then.
    -- A hook's own few milliseconds after the tool's end are taken for a part of what came before it.
    SELECT CASE WHEN measured_ms IS NOT NULL OR status = 'denied' THEN jsonb_build_object(
        'permission_ms', round(waited), 'execution_ms', round(ran), 'other_ms', round(greatest(whole - waited - ran, 0))) END
    FROM (SELECT whole, ran, CASE WHEN asked IS NULL THEN 0 ELSE greatest(least(until - ran, whole - ran), 0) END AS waited
          FROM (SELECT (extract(epoch FROM ended - begun) * 1000)::numeric AS whole,
                       (extract(epoch FROM ended - asked) * 1000)::numeric AS until,
                       coalesce(measured_ms, 0)::numeric AS ran) AS spans) AS parts
$$;
COMMENT ON FUNCTION hooktrace.time_apart(timestamptz, timestamptz, timestamptz, double precision, text) IS
    'The time of a tool call from its first event to its last, apart: waiting for permission, the tool itself as the agent measured it, and the rest (hooks and agent), in milliseconds. NULL where nobody measured, unless the call was refused and never ran.';

CREATE OR REPLACE FUNCTION hooktrace.derive_execution() RETURNS trigger
LANGUAGE plpgsql AS $$
DECLARE
    -- A call is made once: if it ended before it began, the clock was set back meanwhile.
    opened timestamptz := CASE WHEN NEW.kind = 'tool' THEN '-infinity' ELSE coalesce(NEW.last_started_at, '-infinity') END;
    ended  hooktrace.ending;
BEGIN
    IF (NEW.observed_end).at >= opened THEN
        ended := NEW.observed_end;
    ELSIF (NEW.inferred_end).at >= opened THEN
        ended := NEW.inferred_end;
    END IF;
    IF ended.at IS NOT NULL THEN
        NEW.completed_at  := greatest(ended.at, NEW.started_at);
        NEW.status        := CASE WHEN ended.status <> 'refused' THEN ended.status
                                  WHEN NEW.start_observed THEN 'denied' ELSE 'failed' END;
        NEW.error_type    := CASE WHEN ended.error_type = 'refused' AND NEW.start_observed THEN 'permission'
                                  ELSE nullif(ended.error_type, '') END;
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
    IF NEW.kind = 'tool' AND NEW.start_observed AND ended.at IS NOT NULL THEN
        NEW.context := NEW.context || jsonb_strip_nulls(jsonb_build_object('time', hooktrace.time_apart(
            NEW.started_at, NEW.permission_asked_at, NEW.completed_at, NEW.measured_ms, NEW.status)));
    END IF;
    NEW.success := CASE WHEN NEW.status = 'in_progress' THEN NULL ELSE NEW.status = 'completed' END;
    RETURN NEW;
END
$$;
COMMENT ON FUNCTION hooktrace.derive_execution() IS
    'Derives status, completed_at, duration_ms, success, error_* and the times apart of an execution from its facts; a row without facts keeps what it was given.';

CREATE OR REPLACE TRIGGER execution_traces_derive_outcome
    BEFORE INSERT OR UPDATE ON execution_traces
    FOR EACH ROW EXECUTE FUNCTION hooktrace.derive_execution();
COMMENT ON TRIGGER execution_traces_derive_outcome ON execution_traces IS
    'The one place where facts become an outcome: no writer can store a success that its own status denies.';
