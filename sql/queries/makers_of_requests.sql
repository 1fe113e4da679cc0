-- makers_of_requests: which of these executions there are, with their project: one of them made a request to the model.
SELECT correlation_id, project FROM execution_traces
WHERE root_id = %(root_id)s AND correlation_id = ANY (%(correlation_ids)s)
