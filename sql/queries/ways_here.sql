-- ways_here: the patterns nearest to a prompt, each with how it went in one project; only this user's prompts count.
SELECT pattern.id, pattern.similarity, pattern.agent_sequence, pattern.tool_sequence, here.successes, here.failures,
       here.last_used_at, here.duration_ms
-- With a limit, for the planner expects a thousand rows of the function, and would read all patterns for them.
FROM (
    SELECT own.*, near.similarity
    FROM (SELECT * FROM similar_patterns(%(embedding)s::real[], %(model)s, %(searched)s, %(at_least)s) LIMIT %(searched)s) AS near
    JOIN success_patterns AS own ON own.id = near.pattern_id AND own.user_id = %(user_id)s
    ORDER BY near.similarity DESC
    LIMIT %(wanted)s
) AS pattern
CROSS JOIN LATERAL (
    SELECT count(*) FILTER (WHERE use.outcome = 'success') AS successes,
           count(*) FILTER (WHERE use.outcome = 'failure') AS failures,
           max(use.used_at) AS last_used_at,
           avg(use.actual_duration_ms) FILTER (WHERE use.outcome = 'success') AS duration_ms
    FROM (SELECT * FROM pattern_usage_log AS log
          WHERE log.pattern_id = pattern.id AND log.user_id = %(user_id)s AND log.used
          ORDER BY log.used_at DESC LIMIT 200) AS use
    JOIN execution_traces AS prompt
      ON prompt.root_id = use.root_id AND prompt.correlation_id = use.trace_id AND prompt.project = %(project)s
     AND prompt.user_id = %(user_id)s
    JOIN hooktrace.sessions AS session
      ON session.session_id = prompt.session_id AND session.context ->> 'repository' IS NOT DISTINCT FROM %(repository)s
) AS here
WHERE here.successes > 0
