-- What no event told: a hook that is broken, or was not there yet, leaves gaps that only the agent's own
-- record fills.  It names executions by the ids that their events would have given them, so an event that
-- comes late after all finds its row.
--
-- What is made here is marked in its context, `told_by: transcript`; a session that is marked so was
-- imported, and has no events at all.

CREATE OR REPLACE FUNCTION hooktrace.heal(session text, since timestamptz, until timestamptz, moment timestamptz) RETURNS bigint
LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
DECLARE
    healed bigint;
BEGIN
    WITH above AS (
        SELECT known.* FROM execution_traces AS known WHERE known.session_id = session AND known.kind = 'session' LIMIT 1
    ), missing AS (
        SELECT told.*, above.source, above.project, above.correlation_id AS session_correlation
        FROM above
        JOIN hooktrace.transcribed AS told ON told.session_id = session AND told.root_id = above.root_id
        WHERE told.asked_at <= until AND greatest(told.asked_at, told.answered_at, told.ended_at) >= since
          AND NOT EXISTS (SELECT FROM execution_traces AS known
                          WHERE known.root_id = told.root_id AND known.correlation_id = told.correlation_id)
          AND CASE told.kind
              -- Of what the agent deals with by itself (/exit, /model) nothing follows.
              WHEN 'prompt' THEN told.ended_at IS NOT NULL OR told.answered_at IS NOT NULL
                                 OR EXISTS (SELECT FROM hooktrace.transcribed AS beneath
                                            WHERE beneath.session_id = session AND beneath.parent_id = told.correlation_id)
              -- Others than those that a call started are the agent's own devices.
              WHEN 'agent' THEN told.parent_id IS NOT NULL
              -- Of calls that are asked for at once one may wait for the other, and its event come late.
              ELSE told.ended_at <= until OR above.status <> 'in_progress'
              END
    )
    INSERT INTO execution_traces (root_id, correlation_id, session_id, source, kind, name, parent_id, parent_certain,
                                  started_at, start_observed, last_started_at, prompt_text, project, context,
                                  created_at, updated_at)
    SELECT missing.root_id, missing.correlation_id, session, missing.source, missing.kind, missing.name,
           CASE WHEN linked.known THEN missing.parent_id ELSE missing.session_correlation END,
           linked.known OR missing.kind = 'prompt',
           missing.asked_at, begun.observed, CASE WHEN begun.observed THEN missing.asked_at END,
           missing.prompt_text, missing.project, missing.context || '{"told_by": "transcript"}', moment, moment
    FROM missing
    CROSS JOIN LATERAL (SELECT missing.error_type IS DISTINCT FROM 'not_run' AS observed) AS begun
    CROSS JOIN LATERAL (
        SELECT EXISTS (SELECT FROM execution_traces AS known
                       WHERE known.root_id = missing.root_id AND known.correlation_id = missing.parent_id)
            OR EXISTS (SELECT FROM missing AS other WHERE other.correlation_id = missing.parent_id) AS known
    ) AS linked
    ORDER BY missing.root_id, missing.correlation_id
    ON CONFLICT DO NOTHING;
    GET DIAGNOSTICS healed = ROW_COUNT;

    -- Of what some event told, the beginning may be missing still.
    UPDATE execution_traces AS execution
    SET start_observed  = true,
        started_at      = told.asked_at,
        last_started_at = coalesce(execution.last_started_at, told.asked_at),
        prompt_text     = coalesce(execution.prompt_text, told.prompt_text),
        updated_at      = moment
    FROM hooktrace.transcribed AS told
    WHERE told.session_id = session AND told.asked_at >= since AND told.asked_at <= until
      AND execution.root_id = told.root_id AND execution.correlation_id = told.correlation_id
      AND NOT execution.start_observed AND told.error_type IS DISTINCT FROM 'not_run';

    -- The last word of a turn is its end, where no hook told of a later one and nothing came after it.
    UPDATE execution_traces AS execution
    SET observed_end = ROW(told.answered_at, 'completed', '', '')::hooktrace.ending,
        updated_at   = moment
    FROM hooktrace.transcribed AS told
    WHERE told.session_id = session AND told.answered_at >= since AND told.answered_at <= until
      AND execution.root_id = told.root_id AND execution.correlation_id = told.correlation_id
      AND told.answered_at > coalesce((execution.observed_end).at, '-infinity')
      AND told.answered_at >= coalesce(execution.last_started_at, execution.started_at) - interval '1 second'
      AND (execution.status IN ('in_progress', 'completed')
           OR execution.error_type IN ('no_end', 'superseded', 'session_end', 'process_gone', 'silent'))
      AND NOT EXISTS (SELECT FROM execution_traces AS beneath
                      WHERE beneath.root_id = execution.root_id AND beneath.parent_id = execution.correlation_id
                        AND beneath.started_at > told.answered_at);

    -- What an execution has by now need not be kept twice.
    UPDATE hooktrace.transcribed AS told
    SET prompt_text = NULL
    FROM execution_traces AS execution
    WHERE told.session_id = session AND told.prompt_text IS NOT NULL
      AND execution.root_id = told.root_id AND execution.correlation_id = told.correlation_id
      AND execution.prompt_text IS NOT NULL;
    RETURN healed;
END
$$;
COMMENT ON FUNCTION hooktrace.heal(text, timestamptz, timestamptz, timestamptz) IS
    'Makes the executions of a session that its transcripts have told of since a time, and until one by which all events are stored, and no event did; returns how many.';
