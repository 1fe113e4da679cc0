-- The position of the export: which executions, and which requests to the model, were sent as spans.
--
-- A row is added once a backend has taken the span, or refuses it while it takes others, and never changed.  What has no
-- row is still to be sent, so an export that was stopped, failed or killed goes on where it was.  Of an execution that was
-- resumed only the last run can be read from its own row, so each run is told here, for a replay.  The rows go with the
-- executions they are about.

CREATE TABLE IF NOT EXISTS hooktrace.exports (
    root_id     uuid        NOT NULL,
    id          uuid        NOT NULL,
    ended_at    timestamptz NOT NULL,
    trace_id    uuid        NOT NULL,
    session_id  text        NOT NULL,
    user_id     text        NOT NULL DEFAULT session_user,
    exported_at timestamptz NOT NULL DEFAULT now(),
    began_at    timestamptz,
    status      text,
    error_type  text,

    CONSTRAINT exports_pkey PRIMARY KEY (root_id, id, ended_at)
);

COMMENT ON TABLE hooktrace.exports IS
    'One row per span that an OpenTelemetry backend has taken, or refuses for good: an execution, a later run of one that was resumed, or a request to the model.';
COMMENT ON COLUMN hooktrace.exports.id          IS 'correlation_id of the execution, or the id of the request in endpoint_calls.';
COMMENT ON COLUMN hooktrace.exports.ended_at    IS 'The end that was told; an execution that begins again after it is sent as a span of its own.';
COMMENT ON COLUMN hooktrace.exports.trace_id    IS 'correlation_id of the execution that it is about, or that made the request.';
COMMENT ON COLUMN hooktrace.exports.user_id     IS 'The database user who stored the row; row-level security stands on it.';
COMMENT ON COLUMN hooktrace.exports.exported_at IS 'When the backend had taken it, by the clock of the collector''s machine.';
COMMENT ON COLUMN hooktrace.exports.began_at    IS 'The beginning that was told of this run of an execution; NULL of a request to the model.';
COMMENT ON COLUMN hooktrace.exports.status      IS 'The status that was told of this run; NULL of a request to the model.';
COMMENT ON COLUMN hooktrace.exports.error_type  IS 'The kind of error that was told of this run, if any.';

-- After a loss of execution_traces: what was sent of executions that did not come back is nobody's position.
DELETE FROM hooktrace.exports AS sent WHERE NOT EXISTS
    (SELECT FROM execution_traces AS known WHERE known.root_id = sent.root_id AND known.correlation_id = sent.trace_id);
SELECT hooktrace.add_constraint('hooktrace.exports', 'exports_is_about_an_execution',
    'FOREIGN KEY (root_id, trace_id) REFERENCES execution_traces (root_id, correlation_id) ON DELETE CASCADE');
