-- What no event told: a hook that is broken, or was not there yet, leaves gaps that only the agent's own
-- record fills.  It names executions by the ids that their events would have given them, so an event that
-- comes late after all finds its row.
--
-- What is made here is marked in its context, `told_by: transcript`; a session that is marked so was
-- imported, and has no events at all.

CREATE OR REPLACE FUNCTION hooktrace.heal(session text, since timestamptz, until timestamptz, moment timestamptz) RETURNS bigint
LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
DECLARE
    healed bigint := 0;
    more   bigint;
BEGIN
    LOOP  -- a level of the tree at a time, the upper ones first
        INSERT INTO execution_traces (root_id, correlation_id, session_id, source, kind, name, parent_id, parent_certain,
                                      started_at, start_observed, last_started_at, observed_end, prompt_text, project,
                                      context, created_at, updated_at)
        SELECT told.root_id, told.correlation_id, session, above.source, told.kind, told.name,
               coalesce(parent.correlation_id, above.correlation_id), parent.correlation_id IS NOT NULL OR told.kind = 'prompt',
               told.asked_at, begun.observed, CASE WHEN begun.observed THEN told.asked_at END,
               -- Other ends than these are weighed by apply_transcripts.
               CASE WHEN told.ended_at >= told.asked_at AND coalesce(told.error_type, '') NOT IN ('unsure', 'rejected') THEN
                   ROW(told.ended_at, told.status,
                       CASE WHEN told.error_type = 'not_run' THEN 'refused' ELSE coalesce(told.error_type, '') END,
                       coalesce(told.error_message, ''))::hooktrace.ending END,
               told.prompt_text, above.project, told.context || '{"told_by": "transcript"}', moment, moment
        FROM execution_traces AS above
        JOIN hooktrace.transcribed AS told ON told.session_id = session AND told.root_id = above.root_id
        LEFT JOIN execution_traces AS parent
          ON parent.root_id = told.root_id AND parent.correlation_id = told.parent_id
        CROSS JOIN LATERAL (SELECT told.error_type IS DISTINCT FROM 'not_run' AS observed) AS begun
        WHERE above.session_id = session AND above.kind = 'session'
          AND told.asked_at <= until AND greatest(told.asked_at, told.answered_at, told.ended_at) >= since
          AND NOT EXISTS (SELECT FROM execution_traces AS known
                          WHERE known.root_id = told.root_id AND known.correlation_id = told.correlation_id)
          AND CASE told.kind
              -- Of what the agent deals with by itself (/exit, /model) nothing follows.
              WHEN 'prompt' THEN told.ended_at IS NOT NULL OR told.answered_at IS NOT NULL
                                 OR EXISTS (SELECT FROM hooktrace.transcribed AS beneath
                                            WHERE beneath.session_id = session AND beneath.parent_id = told.correlation_id)
              -- Others than those that a call started are the agent's own devices.
              WHEN 'agent' THEN parent.correlation_id IS NOT NULL
              -- Of calls that are asked for at once one may wait for the other, and its event come late.
              ELSE (told.parent_id IS NULL OR parent.correlation_id IS NOT NULL)
                   AND (told.ended_at <= until OR above.status <> 'in_progress'
                        OR EXISTS (SELECT FROM hooktrace.transcribed AS beneath
                                   WHERE beneath.session_id = session AND beneath.parent_id = told.correlation_id))
              END
        ORDER BY told.root_id, told.correlation_id
        ON CONFLICT DO NOTHING;
        GET DIAGNOSTICS more = ROW_COUNT;
        EXIT WHEN more = 0;
        healed := healed + more;
    END LOOP;

    -- Of what some event told, the beginning may be missing still.
    UPDATE execution_traces AS execution
    SET start_observed  = true,
        started_at      = told.asked_at,
        last_started_at = coalesce(execution.last_started_at, told.asked_at),
        prompt_text     = coalesce(execution.prompt_text, told.prompt_text),
        updated_at      = moment
    FROM hooktrace.transcribed AS told
    WHERE told.session_id = session
      AND told.asked_at <= until AND greatest(told.asked_at, told.answered_at, told.ended_at) >= since
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
