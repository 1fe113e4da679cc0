-- time_of_sessions: how many events some sessions fired, and how long their prompts took, those of nested agents not
-- counted twice.
SELECT (SELECT count(*) FROM hook_executions WHERE session_id = ANY (%(session_ids)s))::bigint AS events,
       (SELECT coalesce(sum(extract(epoch FROM coalesce(prompt.completed_at, %(now)s) - prompt.started_at) * 1000), 0)
        FROM hooktrace.sessions AS session
        JOIN execution_traces AS prompt
          ON prompt.root_id = session.root_id AND prompt.session_id = session.session_id AND prompt.kind = 'prompt'
        WHERE session.session_id = ANY (%(session_ids)s)
          AND NOT EXISTS (SELECT FROM execution_traces AS outer_call
                          WHERE outer_call.root_id = session.root_id AND outer_call.correlation_id = session.parent_id
                            AND outer_call.session_id = ANY (%(session_ids)s)))::double precision AS worked_ms
