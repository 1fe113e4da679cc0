-- record_transcribed: stores what a transcript tells of prompts, subagents and calls, each once; told in pieces, or again,
-- it is merged.
INSERT INTO hooktrace.transcribed AS known (
    session_id, correlation_id, root_id, kind, name, parent_id, asked_at, unannounced, answered_at,
    ended_at, status, error_type, error_message, prompt_text, redactions, context
)
SELECT session_id, correlation_id, root_id, kind, name, parent_id, asked_at, unannounced, answered_at,
       ended_at, status, error_type, error_message, prompt_text, redactions, context
FROM json_to_recordset(%(told)s) AS told (
    session_id text, correlation_id uuid, root_id uuid, kind text, name text, parent_id uuid, asked_at timestamptz,
    unannounced boolean, answered_at timestamptz, ended_at timestamptz, status text, error_type text, error_message text,
    prompt_text text, redactions integer, context jsonb
)
ORDER BY session_id, correlation_id
ON CONFLICT (session_id, correlation_id) DO UPDATE SET
    name          = coalesce(excluded.name, known.name),
    parent_id     = coalesce(excluded.parent_id, known.parent_id),
    asked_at      = coalesce(excluded.asked_at, known.asked_at),
    unannounced   = known.unannounced OR excluded.unannounced,
    redactions    = greatest(known.redactions, excluded.redactions),
    answered_at   = greatest(known.answered_at, excluded.answered_at),
    context       = known.context || excluded.context,
    prompt_text   = coalesce(excluded.prompt_text, known.prompt_text),
    -- Of two ends the later one holds, with all that belongs to it.
    ended_at      = greatest(known.ended_at, excluded.ended_at),
    status        = CASE WHEN excluded.ended_at >= coalesce(known.ended_at, '-infinity') THEN excluded.status ELSE known.status END,
    error_type    = CASE WHEN excluded.ended_at >= coalesce(known.ended_at, '-infinity') THEN excluded.error_type ELSE known.error_type END,
    error_message = CASE WHEN excluded.ended_at >= coalesce(known.ended_at, '-infinity') THEN excluded.error_message ELSE known.error_message END
