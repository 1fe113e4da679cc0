-- note_fork: remembers from which session another one was forked, as its transcript tells.
UPDATE hooktrace.sessions SET context = context || jsonb_build_object('forked_from', %(forked_from)s::text)
WHERE session_id = %(session_id)s AND context ->> 'forked_from' IS DISTINCT FROM %(forked_from)s::text
