-- trap_here: the commonest kind of failure of some tools that was only ever seen in one project, and that was cured there.
SELECT known.id, known.tool_name, known.error_category, known.occurrence_count, known.resolution_count, known.resolution_pattern
FROM error_patterns AS known
WHERE known.tool_name = ANY (%(tools)s) AND known.user_id = %(user_id)s AND known.affected_projects = ARRAY[%(project)s::text]
  AND known.resolution_count > 0 AND known.resolution_pattern IS NOT NULL AND known.occurrence_count >= %(times)s
  -- Projects of one name may be two: somebody else's names must not come in by that door.
  AND NOT EXISTS (SELECT FROM execution_traces AS call
                  JOIN hooktrace.sessions AS session USING (session_id)
                  WHERE call.correlation_id = ANY (known.sample_trace_ids)
                    AND session.context ->> 'repository' IS DISTINCT FROM %(repository)s)
  AND EXISTS (SELECT FROM execution_traces AS call
              WHERE call.correlation_id = ANY (known.sample_trace_ids) AND call.user_id = %(user_id)s)
ORDER BY known.occurrence_count DESC, known.last_seen_at DESC, known.id
LIMIT 1
