-- record_executions: merges the facts that a batch of events tells about executions, each once, into their rows.
-- The same rule as tracing.facts.merge.  The description (project, context) travels with the first observed
-- start, the prompt's text with the first that has one: the agent may have begun the turn by itself.  A row to
-- which the facts add nothing is not written again.  One statement a batch, in the order of the keys: two writers
-- cannot deadlock, and a row costs the server a third of what a statement for it would.
INSERT INTO execution_traces AS known (
    root_id, correlation_id, session_id, source, kind, name, parent_id, parent_certain,
    started_at, start_observed, last_started_at, observed_end, inferred_end, measured_ms, permission_asked_at,
    prompt_text, project, context, created_at, updated_at
)
SELECT root_id, correlation_id, session_id, source, kind, name, parent_id, parent_certain,
       started_at, start_observed, last_started_at,
       CASE WHEN observed_at IS NOT NULL
            THEN ROW(observed_at, observed_status, observed_error_type, observed_error_message)::hooktrace.ending END,
       CASE WHEN inferred_at IS NOT NULL
            THEN ROW(inferred_at, inferred_status, inferred_error_type, inferred_error_message)::hooktrace.ending END,
       measured_ms, permission_asked_at, prompt_text, project, context, %(now)s, %(now)s
FROM json_to_recordset(%(told)s) AS told (
    root_id uuid, correlation_id uuid, session_id text, source text, kind text, name text, parent_id uuid,
    parent_certain boolean, started_at timestamptz, start_observed boolean, last_started_at timestamptz,
    observed_at timestamptz, observed_status text, observed_error_type text, observed_error_message text,
    inferred_at timestamptz, inferred_status text, inferred_error_type text, inferred_error_message text,
    measured_ms double precision, permission_asked_at timestamptz, prompt_text text, project text, context jsonb
)
ORDER BY root_id, correlation_id
ON CONFLICT (root_id, correlation_id) DO UPDATE SET
    name            = coalesce(known.name, excluded.name),
    parent_id       = CASE WHEN excluded.parent_id IS NULL THEN known.parent_id
                           WHEN known.parent_id IS NULL    THEN excluded.parent_id
                           WHEN known.parent_certain = excluded.parent_certain THEN least(known.parent_id, excluded.parent_id)
                           WHEN known.parent_certain THEN known.parent_id ELSE excluded.parent_id END,
    parent_certain  = CASE WHEN excluded.parent_id IS NULL THEN known.parent_certain
                           WHEN known.parent_id IS NULL    THEN excluded.parent_certain
                           ELSE known.parent_certain OR excluded.parent_certain END,
    started_at      = CASE WHEN known.start_observed = excluded.start_observed
                           THEN least(known.started_at, excluded.started_at)
                           WHEN known.start_observed THEN known.started_at ELSE excluded.started_at END,
    start_observed  = known.start_observed OR excluded.start_observed,
    -- A session that was concluded to be over and speaks again is not over.
    last_started_at = greatest(known.last_started_at, excluded.last_started_at,
                               CASE WHEN known.kind = 'session' AND excluded.observed_end IS NULL
                                     AND excluded.started_at > (known.inferred_end).at THEN excluded.started_at END),
    observed_end    = greatest(known.observed_end, excluded.observed_end),
    inferred_end    = greatest(known.inferred_end, excluded.inferred_end),
    measured_ms     = greatest(known.measured_ms, excluded.measured_ms),
    permission_asked_at = greatest(known.permission_asked_at, excluded.permission_asked_at),
    prompt_text     = CASE WHEN excluded.start_observed AND NOT (known.start_observed AND known.started_at <= excluded.started_at)
                           THEN coalesce(excluded.prompt_text, known.prompt_text)
                           ELSE coalesce(known.prompt_text, excluded.prompt_text) END,
    project         = CASE WHEN excluded.start_observed AND NOT (known.start_observed AND known.started_at <= excluded.started_at)
                           THEN excluded.project
                           WHEN known.start_observed THEN known.project
                           ELSE least(known.project COLLATE "C", excluded.project COLLATE "C") END,
    -- An event tells of it now: it is no longer known from a transcript alone.
    context         = CASE WHEN excluded.start_observed AND NOT (known.start_observed AND known.started_at <= excluded.started_at)
                           THEN excluded.context ELSE known.context - 'told_by' END,
    updated_at      = excluded.updated_at
WHERE (excluded.start_observed AND NOT known.start_observed)
   OR (excluded.started_at < known.started_at AND excluded.start_observed = known.start_observed)
   OR excluded.last_started_at > coalesce(known.last_started_at, '-infinity')
   OR (excluded.observed_end).at >= coalesce((known.observed_end).at, '-infinity')
      AND excluded.observed_end IS DISTINCT FROM known.observed_end
   OR (excluded.inferred_end).at >= coalesce((known.inferred_end).at, '-infinity')
      AND excluded.inferred_end IS DISTINCT FROM known.inferred_end
   OR excluded.measured_ms > coalesce(known.measured_ms, '-infinity')
   OR excluded.permission_asked_at > coalesce(known.permission_asked_at, '-infinity')
   OR (known.kind = 'session' AND excluded.started_at > (known.inferred_end).at
       AND excluded.started_at > coalesce(known.last_started_at, '-infinity'))
   OR (known.prompt_text IS NULL AND excluded.prompt_text IS NOT NULL)
   OR (excluded.parent_id IS NOT NULL AND (known.parent_id IS NULL OR (excluded.parent_certain AND NOT known.parent_certain)))
   OR (excluded.parent_id < known.parent_id AND excluded.parent_certain = known.parent_certain)
   OR (known.name IS NULL AND excluded.name IS NOT NULL)
   OR (excluded.project IS DISTINCT FROM known.project AND NOT known.start_observed AND NOT excluded.start_observed)
   OR known.context ? 'told_by'
