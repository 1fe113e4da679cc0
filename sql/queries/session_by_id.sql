-- session_by_id: where a session stands in its tree, and what the agent said that the model took, in all its runs,
-- and where it worked.
SELECT session.root_id, session.correlation_id,
       (SELECT decided.context FROM hooktrace.sessions AS decided WHERE decided.session_id = session.session_id) AS place,
       (SELECT sum(run.api_ms) FROM hooktrace.accounts AS run WHERE run.session_id = session.session_id) AS api_ms
FROM execution_traces AS session
WHERE session.kind = 'session' AND session.session_id = %(session_id)s
ORDER BY session.started_at LIMIT 1
