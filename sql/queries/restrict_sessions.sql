-- restrict_sessions: remembers that no content of these sessions is kept from now on; the name of a branch is content.
UPDATE hooktrace.sessions
SET context = (context - 'branch') || jsonb_build_object('capture', %(level)s::text)
WHERE session_id = ANY (%(session_ids)s)
RETURNING session_id, root_id, parent_id, parent_certain, context
