-- Ends that no event tells.  Esc fires no hook, a killed agent fires none, a lost event is not told
-- again: what is still in progress beneath something that is over, is over too.
--
-- Two functions, both safe to call again and in any order: what they conclude is an inferred end, and
-- an event that comes late after all corrects it.  What they take from a transcript is observed: it is
-- the agent's own record.

CREATE OR REPLACE FUNCTION hooktrace.settle(roots uuid[], sessions uuid[], moment timestamptz) RETURNS bigint
LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
DECLARE
    closed bigint := 0;
    more   bigint;
BEGIN
    LOOP  -- a level of the tree at a time: what is closed closes what is beneath it
        UPDATE execution_traces AS execution
        SET inferred_end = greatest(execution.inferred_end,
                                    ROW(greatest(over.at, execution.last_started_at, execution.started_at),
                                        over.status, over.error_type, over.message)::hooktrace.ending),
            updated_at = moment
        FROM unnest(roots, sessions) AS settled (root_id, session)
        JOIN execution_traces AS session ON session.root_id = settled.root_id AND session.correlation_id = settled.session
        JOIN execution_traces AS open
          ON open.root_id = session.root_id AND open.session_id = session.session_id
         AND open.status = 'in_progress' AND open.kind IN ('prompt', 'agent', 'tool')
        LEFT JOIN execution_traces AS parent ON parent.root_id = open.root_id AND parent.correlation_id = open.parent_id
        CROSS JOIN LATERAL (
            -- What was cut off takes along what it had begun.
            SELECT 1 AS rank, parent.completed_at AS at, parent.status, coalesce(parent.error_type, '') AS error_type,
                   coalesce(parent.error_message, '') AS message
            WHERE parent.status IN ('cancelled', 'timeout') AND parent.kind <> 'session'
            UNION ALL
            -- The next turn has begun: Esc before the first word leaves no trace but this.
            SELECT 2, min(next.started_at), 'cancelled', 'superseded', 'the next prompt came before an answer'
            FROM execution_traces AS next
            WHERE open.kind = 'prompt' AND next.root_id = open.root_id AND next.parent_id = open.parent_id
              AND next.kind = 'prompt' AND next.started_at > coalesce(open.last_started_at, open.started_at)
            HAVING count(*) > 0
            UNION ALL
            SELECT 3, session.completed_at,
                   CASE WHEN session.status IN ('cancelled', 'timeout') THEN session.status ELSE 'cancelled' END,
                   CASE WHEN session.status IN ('cancelled', 'timeout') THEN coalesce(session.error_type, '') ELSE 'session_end' END,
                   CASE WHEN session.status IN ('cancelled', 'timeout') THEN coalesce(session.error_message, '')
                        ELSE 'the session ended before this did' END
            -- From above: a call is told why its prompt ended.
            WHERE session.status <> 'in_progress' AND (open.kind = 'prompt' OR parent.status IS DISTINCT FROM 'in_progress')
            UNION ALL
            -- A turn that was answered waits for no call; a subagent in the background may outlive it.
            SELECT 4, parent.completed_at, 'cancelled', 'no_end', 'nothing told of its end, and what it was part of is over'
            WHERE parent.completed_at >= open.started_at
              AND (open.kind = 'tool' AND parent.kind IN ('prompt', 'agent') AND parent.status IN ('completed', 'failed')
                   OR open.kind = 'agent' AND parent.kind = 'tool' AND parent.status IN ('failed', 'denied'))
            ORDER BY rank
            LIMIT 1
        ) AS over
        WHERE execution.root_id = open.root_id AND execution.correlation_id = open.correlation_id;
        GET DIAGNOSTICS more = ROW_COUNT;
        EXIT WHEN more = 0;
        closed := closed + more;
    END LOOP;
    RETURN closed;
END
$$;
COMMENT ON FUNCTION hooktrace.settle(uuid[], uuid[], timestamptz) IS
    'Closes what is in progress in the given sessions (root_id and correlation_id of each) beneath something that is over; returns how much that was.';


CREATE OR REPLACE FUNCTION hooktrace.apply_transcripts(session text, since timestamptz, moment timestamptz) RETURNS bigint
LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
DECLARE
    changed bigint;
    begun   bigint;
BEGIN
    -- A prompt that was typed while another ran begins without an event of its own.
    UPDATE execution_traces AS prompt
    SET start_observed  = true,
        started_at      = told.asked_at,
        last_started_at = told.asked_at,
        prompt_text     = coalesce(prompt.prompt_text, told.prompt_text),
        updated_at      = moment
    FROM hooktrace.transcribed AS told
    WHERE told.session_id = session AND told.unannounced
      AND greatest(told.asked_at, told.answered_at, told.ended_at) >= since
      AND prompt.root_id = told.root_id AND prompt.correlation_id = told.correlation_id AND NOT prompt.start_observed;
    GET DIAGNOSTICS begun = ROW_COUNT;

    -- What an older agent leaves open (failed, or denied?) is a guess, which a later event may better: of a call that
    -- an event began, and that failed, another would have told.
    UPDATE execution_traces AS execution
    SET inferred_end = ROW(greatest(told.ended_at, execution.last_started_at), guess.status, guess.error_type,
                           coalesce(told.error_message, ''))::hooktrace.ending,
        updated_at   = moment
    FROM hooktrace.transcribed AS told
    CROSS JOIN LATERAL (
        SELECT CASE WHEN count(*) > 0 THEN 'refused' ELSE 'failed' END AS status,
               CASE WHEN count(*) > 0 THEN 'refused' ELSE 'tool_error' END AS error_type
        FROM hook_executions AS begun
        WHERE begun.root_id = told.root_id AND begun.trace_id = told.correlation_id AND begun.hook_type = 'PreToolUse'
          AND begun.started_at >= told.ended_at - interval '30 days'
    ) AS guess
    WHERE told.session_id = session AND told.ended_at >= since AND told.error_type = 'unsure'
      AND execution.root_id = told.root_id AND execution.correlation_id = told.correlation_id
      AND (execution.status = 'in_progress'
           OR execution.error_type IN ('no_end', 'superseded', 'session_end', 'process_gone', 'silent'))
      AND execution.last_started_at <= told.ended_at + interval '1 second';

    UPDATE execution_traces AS execution
    SET observed_end = ROW(greatest(told.ended_at, execution.last_started_at), outcome.status, outcome.error_type,
                           coalesce(told.error_message, ''))::hooktrace.ending,
        updated_at   = moment
    FROM hooktrace.transcribed AS told
    JOIN execution_traces AS known ON known.root_id = told.root_id AND known.correlation_id = told.correlation_id
    CROSS JOIN LATERAL (
        -- Who was asked for no permission did not refuse it.
        SELECT CASE WHEN told.error_type <> 'rejected' OR told.error_type IS NULL THEN told.status
                    WHEN known.permission_asked_at IS NULL THEN 'cancelled' ELSE 'denied' END AS status,
               CASE WHEN told.error_type = 'not_run' THEN 'refused'
                    WHEN told.error_type <> 'rejected' OR told.error_type IS NULL THEN coalesce(told.error_type, '')
                    WHEN known.permission_asked_at IS NULL THEN 'interrupt' ELSE 'permission' END AS error_type
    ) AS outcome
    WHERE told.session_id = session AND told.ended_at >= since AND told.error_type IS DISTINCT FROM 'unsure'
      AND execution.root_id = told.root_id AND execution.correlation_id = told.correlation_id
      AND execution.observed_end IS NULL
      -- A forked session's transcript begins with another's turns, under its own ids: they ended before it began.
      AND told.ended_at >= coalesce(execution.last_started_at, execution.started_at) - interval '1 second'
      -- What was concluded from elsewhere stands, unless this knows better.
      AND (execution.status = 'in_progress'
           OR execution.error_type IN ('no_end', 'superseded', 'session_end', 'process_gone', 'silent')
           OR told.status = 'completed' OR told.error_type = 'tool_error');
    GET DIAGNOSTICS changed = ROW_COUNT;
    RETURN begun + changed;
END
$$;
COMMENT ON FUNCTION hooktrace.apply_transcripts(text, timestamptz, timestamptz) IS
    'Gives the executions of a session the beginnings and ends that its transcripts have told since a time and no event did; returns how many changed.';
