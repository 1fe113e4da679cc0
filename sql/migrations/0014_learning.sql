-- Learning: how finished prompts went, and what they taught.
--
-- What a prompt contributes to the learned tables stands in its outcome (learned), so that it can be taken back
-- exactly: when the prompt is judged anew, and when its session is forgotten.  Retention takes the outcome with
-- the prompt, and nothing back: what was learned stays.

CREATE TABLE IF NOT EXISTS hooktrace.outcomes (
    root_id        uuid        NOT NULL,
    correlation_id uuid        NOT NULL,
    session_id     text        NOT NULL,
    user_id        text        NOT NULL DEFAULT session_user,
    score          double precision,
    verdict        text,
    parts          jsonb       NOT NULL DEFAULT '{}',
    rated          smallint,
    rated_at       timestamptz,
    way            text,
    pattern_id     uuid,
    learned        jsonb       NOT NULL DEFAULT '{}',
    learned_at     timestamptz,
    version        integer     NOT NULL DEFAULT 0,

    CONSTRAINT outcomes_pkey PRIMARY KEY (root_id, correlation_id),
    CONSTRAINT outcomes_score_is_between_0_and_1
        CHECK (score BETWEEN 0 AND 1),
    CONSTRAINT outcomes_verdict_is_known
        CHECK (verdict IN ('success', 'failure')),
    CONSTRAINT outcomes_rated_is_good_or_bad
        CHECK (rated IN (-1, 1))
);

COMMENT ON TABLE hooktrace.outcomes IS
    'One row per finished prompt that was judged or rated: how it went, and what it contributed to what is learned. It goes with its prompt.';
COMMENT ON COLUMN hooktrace.outcomes.user_id    IS 'The database user whose prompt it is; row-level security stands on it.';
COMMENT ON COLUMN hooktrace.outcomes.score      IS '0 to 1: how well it went; NULL where nothing speaks for or against it.';
COMMENT ON COLUMN hooktrace.outcomes.verdict    IS 'success or failure: what the score amounts to; NULL in between, too.';
COMMENT ON COLUMN hooktrace.outcomes.parts      IS 'What spoke for and against it, each from -1 to 1.';
COMMENT ON COLUMN hooktrace.outcomes.rated      IS 'What `hooktrace rate` said: 1 good, -1 bad.';
COMMENT ON COLUMN hooktrace.outcomes.way        IS 'Hash of its intent, agents and tools: its own pattern_hash, also where a similar pattern took it in.';
COMMENT ON COLUMN hooktrace.outcomes.pattern_id IS 'The success_patterns row that it counts for; NULL if no such way ever succeeded.';
COMMENT ON COLUMN hooktrace.outcomes.learned    IS 'What it contributed: {"pattern": {...}, "errors": {fingerprint: {...}}, "chains": {chain: {...}}}; hooktrace.contribute takes exactly that back.';
COMMENT ON COLUMN hooktrace.outcomes.learned_at IS 'When it was learned; NULL while that is still, or again, to be done.';
COMMENT ON COLUMN hooktrace.outcomes.version    IS 'Of the learner that judged it.';

-- After a loss of execution_traces: outcomes of prompts that did not come back belong to nothing.
DELETE FROM hooktrace.outcomes AS outcome WHERE NOT EXISTS
    (SELECT FROM execution_traces AS known WHERE known.root_id = outcome.root_id AND known.correlation_id = outcome.correlation_id);
SELECT hooktrace.add_constraint('hooktrace.outcomes', 'outcomes_belongs_to_a_prompt',
    'FOREIGN KEY (root_id, correlation_id) REFERENCES execution_traces (root_id, correlation_id) ON DELETE CASCADE');
-- A pattern that is pruned takes no prompt along: they wait, like those whose way never succeeded.
UPDATE hooktrace.outcomes AS outcome SET pattern_id = NULL WHERE pattern_id IS NOT NULL AND NOT EXISTS
    (SELECT FROM success_patterns AS known WHERE known.id = outcome.pattern_id);
SELECT hooktrace.add_constraint('hooktrace.outcomes', 'outcomes_counts_for_a_pattern',
    'FOREIGN KEY (pattern_id) REFERENCES success_patterns (id) ON DELETE SET NULL');

CREATE INDEX IF NOT EXISTS outcomes_of_session ON hooktrace.outcomes (session_id, learned_at);
CREATE INDEX IF NOT EXISTS outcomes_due        ON hooktrace.outcomes (session_id) WHERE learned_at IS NULL;
CREATE INDEX IF NOT EXISTS outcomes_waiting    ON hooktrace.outcomes (user_id, way) WHERE pattern_id IS NULL;
CREATE INDEX IF NOT EXISTS outcomes_of_pattern ON hooktrace.outcomes (pattern_id) WHERE pattern_id IS NOT NULL;
COMMENT ON INDEX hooktrace.outcomes_of_session IS 'Serves query due_prompts: what of a session is learned.';
COMMENT ON INDEX hooktrace.outcomes_due        IS 'Serves query due_sessions: what is to be learned again.';
COMMENT ON INDEX hooktrace.outcomes_waiting    IS 'Serves query found_pattern: the prompts that went a way which only now succeeds.';
COMMENT ON INDEX hooktrace.outcomes_of_pattern IS 'Serves function hooktrace.contribute: the prompts that count for a pattern; and its end.';


-- ---------------------------------------------------------------------------------------------
-- Counting

CREATE OR REPLACE FUNCTION hooktrace.plus(known jsonb, told jsonb, sign integer) RETURNS jsonb
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT coalesce(jsonb_object_agg(key, trim_scale(total)), '{}')
    FROM (SELECT key, sum(amount) AS total
          FROM (SELECT key, value::numeric AS amount FROM jsonb_each_text(coalesce(known, '{}'))
                UNION ALL
                SELECT key, sign * value::numeric FROM jsonb_each_text(coalesce(told, '{}'))) AS amounts
          GROUP BY key
          HAVING sum(amount) > 0) AS sums
$$;
COMMENT ON FUNCTION hooktrace.plus(jsonb, jsonb, integer) IS
    'Adds (sign 1) or takes back (-1) an object of numbers from another, name by name; what comes to nothing is left out.';

CREATE OR REPLACE FUNCTION hooktrace.keys(object jsonb) RETURNS text[]
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT coalesce(array_agg(key ORDER BY key COLLATE "C"), '{}') FROM jsonb_object_keys(coalesce(object, '{}')) AS key
$$;
COMMENT ON FUNCTION hooktrace.keys(jsonb) IS 'The names in an object, in order.';

CREATE OR REPLACE FUNCTION hooktrace.examples(known uuid[], gone uuid[], come uuid[]) RETURNS uuid[]
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    -- The oldest stay, so that the one whose texts stand in the row is among them.
    SELECT (array_agg(id ORDER BY place))[:20]
    FROM (SELECT id, min(place) AS place
          FROM unnest(ARRAY(SELECT one FROM unnest(known) WITH ORDINALITY AS kept (one, nr)
                            WHERE one <> ALL (gone) OR one = ANY (come) ORDER BY nr) || come) WITH ORDINALITY AS all_of_them (id, place)
          GROUP BY id) AS each_once
$$;
COMMENT ON FUNCTION hooktrace.examples(uuid[], uuid[], uuid[]) IS
    'The first 20 of some examples once others are gone and more have come; those that go and come stay where they are. NULL: none is left.';


-- ---------------------------------------------------------------------------------------------
-- What a prompt contributes

CREATE OR REPLACE FUNCTION hooktrace.contribute_to_patterns(
    owner text, root uuid, trace uuid, old jsonb, new jsonb, used_at timestamptz
) RETURNS void
LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
DECLARE
    before  uuid := (old ->> 'id')::uuid;
    after   uuid := (new ->> 'id')::uuid;
    same    boolean := before IS NOT DISTINCT FROM after;
    touched uuid;
    logged  boolean;
    founder boolean;
BEGIN
    IF before IS NOT NULL THEN
        -- The log's trigger counts; a line of the log that has had its time is counted here.
        UPDATE pattern_usage_log AS use
        SET used = same, outcome = CASE WHEN same THEN new ->> 'outcome' ELSE use.outcome END,
            actual_duration_ms = CASE WHEN same THEN (new ->> 'duration_ms')::double precision ELSE use.actual_duration_ms END
        WHERE use.pattern_id = before AND use.root_id = root AND use.trace_id = trace AND use.used;
        logged := FOUND;
        SELECT metadata ->> 'founder' = trace::text INTO founder FROM success_patterns WHERE id = before;
        UPDATE success_patterns SET
            usage_count   = usage_count - (NOT logged AND NOT same)::integer,
            success_count = success_count - (NOT logged AND old ->> 'outcome' IS NOT DISTINCT FROM 'success')::integer
                                          + (NOT logged AND same AND new ->> 'outcome' IS NOT DISTINCT FROM 'success')::integer,
            failure_count = failure_count - (NOT logged AND old ->> 'outcome' IS NOT DISTINCT FROM 'failure')::integer
                                          + (NOT logged AND same AND new ->> 'outcome' IS NOT DISTINCT FROM 'failure')::integer,
            metadata      = jsonb_set(metadata, '{sums}', hooktrace.plus(metadata -> 'sums', old -> 'sums', -1)),
            example_trace_ids = CASE WHEN same THEN example_trace_ids ELSE array_remove(example_trace_ids, trace) END
        WHERE id = before;
        IF NOT same THEN
            UPDATE success_patterns AS known SET last_used_at = left_over.at
            FROM (SELECT max(use.used_at) AS at FROM pattern_usage_log AS use WHERE use.pattern_id = before AND use.used) AS left_over
            WHERE known.id = before AND known.last_used_at <= contribute_to_patterns.used_at AND left_over.at IS NOT NULL;
            DELETE FROM pattern_usage_log AS use
            WHERE use.pattern_id = before AND use.root_id = root AND use.trace_id = trace AND NOT use.metadata ? 'offered';
        END IF;
        IF founder AND NOT same THEN
            -- Its texts were this prompt's.  It gets others from what it is then seen in; who was like it may not be any more.
            UPDATE success_patterns
            SET intent = '', keywords = '{}', prompt_text = NULL, prompt_embedding = NULL, embedding_model = NULL,
                metadata = metadata - 'founder'
            WHERE id = before;
            UPDATE hooktrace.outcomes SET learned_at = NULL WHERE pattern_id = before AND (root_id, correlation_id) <> (root, trace);
        END IF;
    END IF;
    IF after IS NOT NULL THEN
        IF NOT same THEN
            INSERT INTO pattern_usage_log AS use (pattern_id, root_id, trace_id, user_id, match_score, used, outcome,
                                                  expected_duration_ms, actual_duration_ms, used_at)
            VALUES (after, root, trace, owner, (new ->> 'match_score')::double precision, true, new ->> 'outcome',
                    (SELECT known.avg_duration_ms FROM success_patterns AS known WHERE known.id = after),  -- without this use
                    (new ->> 'duration_ms')::double precision, used_at)
            ON CONFLICT (pattern_id, root_id, trace_id) DO UPDATE
            SET used = true, outcome = excluded.outcome, actual_duration_ms = excluded.actual_duration_ms;
        END IF;
        UPDATE success_patterns SET
            metadata          = jsonb_set(metadata, '{sums}', hooktrace.plus(metadata -> 'sums', new -> 'sums', 1)),
            example_trace_ids = coalesce(hooktrace.examples(example_trace_ids, '{}', ARRAY[trace]), '{}')
        WHERE id = after;
    END IF;
    FOREACH touched IN ARRAY ARRAY[before, after] LOOP
        UPDATE success_patterns
        SET avg_duration_ms = coalesce((metadata #>> '{sums,success_ms}')::double precision, 0) / (metadata #>> '{sums,timed}')::double precision
        WHERE id = touched;
        -- What never succeeded is no pattern; its prompts wait until one does.
        IF EXISTS (SELECT FROM success_patterns WHERE id = touched AND success_count <= 0) THEN
            UPDATE hooktrace.outcomes SET learned_at = NULL
            WHERE pattern_id = touched AND (root_id, correlation_id) <> (root, trace);
            DELETE FROM success_patterns WHERE id = touched;
        END IF;
    END LOOP;
    -- Whatever else was offered: how it went without.
    UPDATE pattern_usage_log AS use SET outcome = new ->> 'outcome'
    WHERE use.trace_id = trace AND use.root_id = root AND NOT use.used AND use.outcome IS DISTINCT FROM new ->> 'outcome';
END
$$;
COMMENT ON FUNCTION hooktrace.contribute_to_patterns(text, uuid, uuid, jsonb, jsonb, timestamptz) IS
    'Takes a prompt''s use of a pattern back, and counts another one, or the same anew; see hooktrace.contribute.';

CREATE OR REPLACE FUNCTION hooktrace.contribute_to_errors(owner text, trace uuid, old jsonb, new jsonb) RETURNS void
LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
DECLARE
    kind text;
    was  jsonb;
    fresh jsonb;
BEGIN
    FOREACH kind IN ARRAY hooktrace.keys(coalesce(old, '{}') || coalesce(new, '{}')) LOOP
        was := coalesce(old -> kind, '{}');
        fresh := coalesce(new -> kind, '{}');
        CONTINUE WHEN was = fresh;
        INSERT INTO error_patterns AS known (fingerprint, user_id, error_type, error_category, severity, message_template, tool_name,
                                             occurrence_count, first_seen_at, last_seen_at)
        SELECT kind, owner, fresh ->> 'error_type', fresh ->> 'category', fresh ->> 'severity', fresh ->> 'template', fresh ->> 'tool',
               0, (fresh ->> 'first_at')::timestamptz, (fresh ->> 'last_at')::timestamptz
        WHERE fresh <> '{}'
        ON CONFLICT (user_id, fingerprint) DO UPDATE SET
            message_template = CASE WHEN known.message_template = '' THEN excluded.message_template ELSE known.message_template END,
            first_seen_at    = least(known.first_seen_at, excluded.first_seen_at),
            last_seen_at     = greatest(known.last_seen_at, excluded.last_seen_at);
        UPDATE error_patterns AS known SET
            occurrence_count   = greatest(0, known.occurrence_count + coalesce((fresh ->> 'count')::bigint, 0) - coalesce((was ->> 'count')::bigint, 0)),
            resolution_count   = greatest(0, known.resolution_count + coalesce((fresh ->> 'resolved')::bigint, 0) - coalesce((was ->> 'resolved')::bigint, 0)),
            resolution_pattern = nullif(hooktrace.plus(hooktrace.plus(known.resolution_pattern, was -> 'cures', -1), fresh -> 'cures', 1), '{}'),
            metadata           = known.metadata || counted.names,
            affected_agents    = hooktrace.keys(counted.names -> 'agents'),
            affected_projects  = hooktrace.keys(counted.names -> 'projects'),
            sample_trace_ids   = coalesce(hooktrace.examples(known.sample_trace_ids,
                ARRAY(SELECT jsonb_array_elements_text(was -> 'samples')::uuid),
                ARRAY(SELECT jsonb_array_elements_text(fresh -> 'samples')::uuid)), '{}')
        FROM error_patterns AS before, LATERAL (SELECT jsonb_build_object(
                'agents', hooktrace.plus(hooktrace.plus(before.metadata -> 'agents', was -> 'agents', -1), fresh -> 'agents', 1),
                'projects', hooktrace.plus(hooktrace.plus(before.metadata -> 'projects', was -> 'projects', -1), fresh -> 'projects', 1))
            AS names) AS counted
        WHERE before.user_id = owner AND before.fingerprint = kind AND known.id = before.id;
        DELETE FROM error_patterns WHERE user_id = owner AND fingerprint = kind AND occurrence_count = 0;
        -- If the first or the last occurrence was this prompt's: who is it now?  Seldom, so it may read all outcomes.
        UPDATE error_patterns AS known
        SET first_seen_at = CASE WHEN known.first_seen_at = (was ->> 'first_at')::timestamptz THEN seen.first_at ELSE known.first_seen_at END,
            last_seen_at  = CASE WHEN known.last_seen_at = (was ->> 'last_at')::timestamptz THEN seen.last_at ELSE known.last_seen_at END
        FROM (SELECT min((other.learned #>> ARRAY['errors', kind, 'first_at'])::timestamptz) AS first_at,
                     max((other.learned #>> ARRAY['errors', kind, 'last_at'])::timestamptz) AS last_at
              FROM hooktrace.outcomes AS other
              WHERE other.user_id = owner AND other.correlation_id <> trace AND other.learned -> 'errors' ? kind) AS seen
        WHERE fresh = '{}' AND known.user_id = owner AND known.fingerprint = kind AND seen.first_at IS NOT NULL
          AND (known.first_seen_at = (was ->> 'first_at')::timestamptz OR known.last_seen_at = (was ->> 'last_at')::timestamptz);
    END LOOP;
END
$$;
COMMENT ON FUNCTION hooktrace.contribute_to_errors(text, uuid, jsonb, jsonb) IS
    'Takes back the failures that a prompt was counted with, and counts those that it is seen to have now; see hooktrace.contribute.';

CREATE OR REPLACE FUNCTION hooktrace.contribute_to_chains(owner text, trace uuid, old jsonb, new jsonb, used_at timestamptz) RETURNS void
LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
DECLARE
    named  text;
    agents text[];
    was    jsonb;
    fresh   jsonb;
BEGIN
    FOREACH named IN ARRAY hooktrace.keys(coalesce(old, '{}') || coalesce(new, '{}')) LOOP
        was := coalesce(old -> named, '{}');
        fresh := coalesce(new -> named, '{}');
        agents := ARRAY(SELECT jsonb_array_elements_text(named::jsonb));
        CONTINUE WHEN was = fresh;
        INSERT INTO agent_chaining_patterns (user_id, chain) SELECT owner, agents WHERE fresh <> '{}' ON CONFLICT DO NOTHING;
        UPDATE agent_chaining_patterns AS known SET
            occurrence_count  = greatest(0, known.occurrence_count + coalesce((fresh ->> 'count')::bigint, 0) - coalesce((was ->> 'count')::bigint, 0)),
            success_count     = greatest(0, known.success_count + coalesce((fresh ->> 'successes')::bigint, 0) - coalesce((was ->> 'successes')::bigint, 0)),
            failure_count     = greatest(0, known.failure_count + coalesce((fresh ->> 'failures')::bigint, 0) - coalesce((was ->> 'failures')::bigint, 0)),
            metadata          = jsonb_set(known.metadata, '{sums}', sums),
            avg_total_duration_ms        = coalesce((sums ->> 'duration_ms')::double precision, 0) / (sums ->> 'timed')::double precision,
            avg_coordination_overhead_ms = coalesce((sums ->> 'overhead_ms')::double precision, 0) / (sums ->> 'timed_overhead')::double precision,
            example_trace_ids = coalesce(hooktrace.examples(known.example_trace_ids, ARRAY[trace],
                                                            CASE WHEN fresh <> '{}' THEN ARRAY[trace] ELSE '{}' END), '{}'),
            last_used_at      = CASE WHEN fresh <> '{}' THEN greatest(known.last_used_at, used_at) ELSE known.last_used_at END
        FROM agent_chaining_patterns AS before, LATERAL (SELECT
            hooktrace.plus(hooktrace.plus(before.metadata -> 'sums', was -> 'sums', -1), fresh -> 'sums', 1) AS sums) AS counted
        WHERE before.user_id = owner AND before.chain = agents AND known.id = before.id;
        DELETE FROM agent_chaining_patterns WHERE user_id = owner AND chain = agents AND occurrence_count = 0;
        UPDATE agent_chaining_patterns AS known SET last_used_at = seen.last_at
        FROM (SELECT max((other.learned #>> ARRAY['chains', named, 'at'])::timestamptz) AS last_at FROM hooktrace.outcomes AS other
              WHERE other.user_id = owner AND other.correlation_id <> trace AND other.learned -> 'chains' ? named) AS seen
        WHERE fresh = '{}' AND known.user_id = owner AND known.chain = agents AND seen.last_at IS NOT NULL
          AND known.last_used_at = (was ->> 'at')::timestamptz;
    END LOOP;
END
$$;
COMMENT ON FUNCTION hooktrace.contribute_to_chains(text, uuid, jsonb, jsonb, timestamptz) IS
    'Takes back the chains of agents that a prompt was counted with, and counts those that it is seen to have now; see hooktrace.contribute.';

CREATE OR REPLACE FUNCTION hooktrace.contribute(
    owner text, root uuid, trace uuid, old jsonb, new jsonb, used_at timestamptz
) RETURNS void
LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
BEGIN
    PERFORM hooktrace.contribute_to_patterns(owner, root, trace, old -> 'pattern', new -> 'pattern', used_at);
    PERFORM hooktrace.contribute_to_errors(owner, trace, old -> 'errors', new -> 'errors');
    PERFORM hooktrace.contribute_to_chains(owner, trace, old -> 'chains', new -> 'chains', used_at);
END
$$;
COMMENT ON FUNCTION hooktrace.contribute(text, uuid, uuid, jsonb, jsonb, timestamptz) IS
    'Carries what a prompt teaches into the learned tables: what it contributed before is taken back exactly, and what it teaches now is counted. An empty object teaches nothing.';

CREATE OR REPLACE FUNCTION hooktrace.contribution(outcome hooktrace.outcomes) RETURNS jsonb
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT CASE WHEN outcome.pattern_id IS NULL THEN outcome.learned - 'pattern' ELSE outcome.learned END
$$;
COMMENT ON FUNCTION hooktrace.contribution(hooktrace.outcomes) IS
    'What a prompt contributes: what was learned from it, but for a pattern that is gone.';

CREATE OR REPLACE FUNCTION hooktrace.unlearn(sessions text[]) RETURNS bigint
LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
DECLARE
    one   hooktrace.outcomes;
    taken bigint := 0;
BEGIN
    FOR one IN SELECT * FROM hooktrace.outcomes WHERE session_id = ANY (sessions) ORDER BY root_id, correlation_id LOOP
        PERFORM hooktrace.contribute(one.user_id, one.root_id, one.correlation_id, hooktrace.contribution(one), '{}',
            (SELECT coalesce(completed_at, started_at) FROM execution_traces WHERE root_id = one.root_id AND correlation_id = one.correlation_id));
        taken := taken + 1;
    END LOOP;
    DELETE FROM hooktrace.outcomes WHERE session_id = ANY (sessions);
    RETURN taken;
END
$$;
COMMENT ON FUNCTION hooktrace.unlearn(text[]) IS
    'Takes back exactly what the prompts of some sessions taught, and their outcomes and ratings with it; returns how many they were. hooktrace.forget_sessions does what else there is to do.';

CREATE OR REPLACE FUNCTION hooktrace.take_back(before timestamptz, batch integer) RETURNS bigint
LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
DECLARE
    one   hooktrace.outcomes;
    taken bigint := 0;
BEGIN
    FOR one IN
        SELECT outcome.* FROM hooktrace.outcomes AS outcome
        WHERE outcome.learned <> '{}' AND (outcome.learned_at IS NULL OR outcome.learned_at < before)
          AND NOT EXISTS (SELECT FROM hook_executions AS event
                          WHERE event.root_id = outcome.root_id AND event.trace_id = outcome.correlation_id AND event.metadata ? 'aged')
        LIMIT batch
    LOOP
        PERFORM hooktrace.contribute(one.user_id, one.root_id, one.correlation_id, hooktrace.contribution(one), '{}',
            (SELECT coalesce(completed_at, started_at) FROM execution_traces WHERE root_id = one.root_id AND correlation_id = one.correlation_id));
        UPDATE hooktrace.outcomes SET learned = '{}', learned_at = NULL, pattern_id = NULL, way = NULL
        WHERE root_id = one.root_id AND correlation_id = one.correlation_id;
        taken := taken + 1;
    END LOOP;
    RETURN taken;
END
$$;
COMMENT ON FUNCTION hooktrace.take_back(timestamptz, integer) IS
    'Takes back what at most so many prompts taught that were learned before a time, so that it is learned again; none whose content has aged since, for it would teach less. Returns how many they were.';


-- ---------------------------------------------------------------------------------------------
-- Ways that are like one another

CREATE OR REPLACE FUNCTION hooktrace.similar_way(
    owner text, agents text[], tools text[], embedding real[], model text, at_least double precision
) RETURNS TABLE (id uuid, similarity double precision)
LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
DECLARE
    vector_type regtype := to_regtype('vector');
BEGIN
    RETURN QUERY EXECUTE format(
        'SELECT near.id, near.similarity
         FROM (SELECT known.id, %s AS similarity FROM success_patterns AS known
               WHERE known.tool_sequence = $3 AND known.agent_sequence = $2 AND known.user_id = $1
                 AND known.embedding_model = $5 AND cardinality(known.prompt_embedding) = cardinality($4)) AS near
         WHERE near.similarity >= $6
         ORDER BY near.similarity DESC, near.id LIMIT 1',
        CASE WHEN vector_type IS NULL THEN 'hooktrace.cosine_similarity(known.prompt_embedding, $4)'
             ELSE format('nullif(1 - (known.prompt_embedding::%1$s <=> $4::%1$s), ''NaN'')', vector_type) END)
        USING owner, agents, tools, embedding, model, at_least;
END
$$;
COMMENT ON FUNCTION hooktrace.similar_way(text, text[], text[], real[], text, double precision) IS
    'The pattern with the same agents and tools whose example prompt is most similar to an embedding, if it is similar enough. Exact, with and without pgvector: few patterns share all their agents and tools.';
