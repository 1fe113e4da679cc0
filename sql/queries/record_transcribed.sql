-- record_transcribed: stores what a transcript tells of a prompt, subagent or call; told in pieces, or again, it is merged.
INSERT INTO hooktrace.transcribed AS known (
    session_id, correlation_id, root_id, kind, name, parent_id, asked_at, unannounced, answered_at,
    ended_at, status, error_type, error_message, prompt_text, context
) VALUES (
    %(session_id)s, %(correlation_id)s, %(root_id)s, %(kind)s, %(name)s, %(parent_id)s, %(asked_at)s, %(unannounced)s,
    %(answered_at)s, %(ended_at)s, %(status)s, %(error_type)s, %(error_message)s, %(prompt_text)s, %(context)s
)
ON CONFLICT (session_id, correlation_id) DO UPDATE SET
    name          = coalesce(excluded.name, known.name),
    parent_id     = coalesce(excluded.parent_id, known.parent_id),
    asked_at      = coalesce(excluded.asked_at, known.asked_at),
    unannounced   = known.unannounced OR excluded.unannounced,
    answered_at   = greatest(known.answered_at, excluded.answered_at),
    context       = known.context || excluded.context,
    prompt_text   = coalesce(excluded.prompt_text, known.prompt_text),
    -- Of two ends the later one holds, with all that belongs to it.
    ended_at      = greatest(known.ended_at, excluded.ended_at),
    status        = CASE WHEN excluded.ended_at >= coalesce(known.ended_at, '-infinity') THEN excluded.status ELSE known.status END,
    error_type    = CASE WHEN excluded.ended_at >= coalesce(known.ended_at, '-infinity') THEN excluded.error_type ELSE known.error_type END,
    error_message = CASE WHEN excluded.ended_at >= coalesce(known.ended_at, '-infinity') THEN excluded.error_message ELSE known.error_message END
