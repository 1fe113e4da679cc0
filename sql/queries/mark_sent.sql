-- mark_sent: remembers that spans were sent; of an execution that is gone by now, or that somebody else remembered, nothing.
INSERT INTO hooktrace.exports (root_id, id, ended_at, trace_id, session_id, exported_at, began_at, status, error_type)
SELECT told.root_id, told.id, told.ended_at, told.trace_id, told.session_id, %(now)s, told.began_at, told.status, told.error_type
FROM json_to_recordset(%(told)s) AS told (root_id uuid, id uuid, ended_at timestamptz, trace_id uuid, session_id text,
                                          began_at timestamptz, status text, error_type text)
WHERE EXISTS (SELECT FROM execution_traces AS known
              WHERE known.root_id = told.root_id AND known.correlation_id = told.trace_id FOR KEY SHARE)
ON CONFLICT DO NOTHING
