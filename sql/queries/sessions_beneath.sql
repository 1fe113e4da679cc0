-- sessions_beneath: these sessions, and those that were started from their shells or by their programs, at any depth.
WITH RECURSIVE beneath AS (
    SELECT given.session_id FROM unnest(%(session_ids)s::text[]) AS given (session_id)
    UNION
    SELECT nested.session_id
    FROM beneath
    JOIN execution_traces AS starter ON starter.session_id = beneath.session_id
    JOIN execution_traces AS nested ON nested.root_id = starter.root_id AND nested.parent_id = starter.correlation_id
     AND nested.kind IN ('session', 'task')
)
SELECT session_id FROM beneath
