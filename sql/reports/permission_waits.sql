-- permission_waits: the tool calls that waited longest for a permission, and what else their time went into.
-- Subject: tools
SELECT (call.context #>> '{time,permission_ms}')::bigint AS permission_ms,
       (call.context #>> '{time,execution_ms}')::bigint  AS execution_ms,
       (call.context #>> '{time,other_ms}')::bigint      AS other_ms,
       call.name AS tool, call.status, call.started_at, call.project, call.session_id, call.correlation_id AS execution_id
FROM execution_traces AS call
WHERE call.kind = 'tool' AND (call.context #>> '{time,permission_ms}')::bigint > 0
  AND call.started_at >= %(since)s AND call.started_at < %(until)s
ORDER BY permission_ms DESC, call.started_at DESC
LIMIT %(limit)s
