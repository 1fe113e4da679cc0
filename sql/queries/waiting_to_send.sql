-- waiting_to_send: how many executions of this login ended in a period and were not sent, and when the first of them ended.
SELECT count(*) AS executions, min(completed_at) AS oldest_at
FROM execution_traces AS execution
WHERE execution.user_id = session_user AND execution.started_at >= %(begun_since)s
  AND execution.completed_at BETWEEN %(since)s AND %(settled_before)s AND execution.status <> 'in_progress'
  AND NOT EXISTS (SELECT FROM hooktrace.exports AS sent
                  WHERE sent.root_id = execution.root_id AND sent.id = execution.correlation_id
                    AND sent.ended_at >= coalesce(execution.last_started_at, '-infinity'))
