-- sessions_around: the sessions from whose shells, or by whose programs, these were started and that are none of these.
SELECT DISTINCT starter.session_id
FROM execution_traces AS nested
JOIN execution_traces AS starter ON starter.root_id = nested.root_id AND starter.correlation_id = nested.parent_id
WHERE nested.session_id = ANY (%(session_ids)s) AND nested.kind IN ('session', 'task')
  AND starter.session_id <> ALL (%(session_ids)s)
