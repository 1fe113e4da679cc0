-- note_instructions: remembers which instructions a session has loaded: the hash of all that it is known to have.
UPDATE hooktrace.sessions SET context = context || jsonb_build_object('instructions', %(instructions)s::text)
WHERE session_id = %(session_id)s AND context ->> 'instructions' IS DISTINCT FROM %(instructions)s::text
