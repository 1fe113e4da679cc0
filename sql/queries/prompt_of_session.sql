-- prompt_of_session: a prompt of a session by its id, if it is one; a hint that was inherited must prove itself.
SELECT correlation_id
FROM execution_traces
WHERE root_id = %(root_id)s AND correlation_id = %(correlation_id)s AND session_id = %(session_id)s AND kind = 'prompt'
