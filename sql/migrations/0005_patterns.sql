-- What was learned: ways of working that succeeded, their use, chains of agents, kinds of failure.
-- These rows outlive the traces that they were learned from: no foreign key leads there.

CREATE OR REPLACE FUNCTION rate_lower_bound(successes bigint, failures bigint) RETURNS double precision
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    -- E. B. Wilson, JASA 22 (1927); z = 1.96.  With p = s/n: (p + z²/2n - z √(p(1-p)/n + z²/4n²)) / (1 + z²/n)
    SELECT CASE WHEN successes + failures > 0 THEN
        greatest(0, (successes + 1.9208 - 1.96 * sqrt(successes::double precision * failures / (successes + failures) + 0.9604))
                    / (successes + failures + 3.8416)) END
$$;
COMMENT ON FUNCTION rate_lower_bound(bigint, bigint) IS
    'Lower end of the 95 % confidence interval (Wilson) of a success rate: 3 of 3 is 0.44, 300 of 300 is 0.99. For ranking; NULL without a case.';


CREATE TABLE IF NOT EXISTS success_patterns (
    id                uuid        NOT NULL DEFAULT hooktrace.new_id(),
    pattern_hash      text        NOT NULL,
    user_id           text        NOT NULL DEFAULT session_user,
    intent            text        NOT NULL,
    keywords          text[]      NOT NULL DEFAULT '{}',
    prompt_text       text,
    prompt_embedding  real[],
    embedding_model   text,
    agent_sequence    text[]      NOT NULL DEFAULT '{}',
    tool_sequence     text[]      NOT NULL DEFAULT '{}',
    success_count     bigint      NOT NULL DEFAULT 0,
    failure_count     bigint      NOT NULL DEFAULT 0,
    usage_count       bigint      NOT NULL DEFAULT 0,
    success_rate      double precision GENERATED ALWAYS AS
        (success_count::double precision / nullif(success_count + failure_count, 0)) STORED,
    confidence_score  double precision GENERATED ALWAYS AS (rate_lower_bound(success_count, failure_count)) STORED,
    avg_duration_ms   double precision,
    example_trace_ids uuid[]      NOT NULL DEFAULT '{}',
    last_used_at      timestamptz,
    metadata          jsonb       NOT NULL DEFAULT '{}',
    created_at        timestamptz NOT NULL DEFAULT now(),
    updated_at        timestamptz NOT NULL DEFAULT now(),

    CONSTRAINT success_patterns_pkey PRIMARY KEY (id),
    CONSTRAINT success_patterns_content_is_there_once UNIQUE (user_id, pattern_hash),
    CONSTRAINT success_patterns_counts_add_up
        CHECK (success_count >= 0 AND failure_count >= 0 AND usage_count >= success_count + failure_count),
    CONSTRAINT success_patterns_embedding_names_its_model
        CHECK ((prompt_embedding IS NULL) = (embedding_model IS NULL))
);
ALTER TABLE success_patterns ALTER COLUMN prompt_embedding SET STORAGE EXTERNAL;

COMMENT ON TABLE success_patterns IS
    'One row per way of working that succeeded at least once: an intent, with the agents and tools in their order.';
COMMENT ON COLUMN success_patterns.pattern_hash      IS 'Hash of its content (intent, agents, tools): the same way of working in two sessions is one pattern.';
COMMENT ON COLUMN success_patterns.user_id           IS 'The database user from whose traces it was learned; row-level security stands on it.';
COMMENT ON COLUMN success_patterns.intent            IS 'What the prompts wanted, normalised.';
COMMENT ON COLUMN success_patterns.prompt_text       IS 'An example of such a prompt, redacted.';
COMMENT ON COLUMN success_patterns.prompt_embedding  IS 'Its embedding: an array, so that the column is the same with and without pgvector; idx_pattern_embedding casts it.';
COMMENT ON COLUMN success_patterns.embedding_model   IS 'The model that made the embedding; vectors of two models are never compared.';
COMMENT ON COLUMN success_patterns.tool_sequence     IS 'The tools in their order, repeats folded.';
COMMENT ON COLUMN success_patterns.success_count     IS 'Uses that succeeded; counted by a trigger from pattern_usage_log, as the two below.';
COMMENT ON COLUMN success_patterns.failure_count     IS 'Uses that failed.';
COMMENT ON COLUMN success_patterns.usage_count       IS 'All uses, those of unknown outcome included.';
COMMENT ON COLUMN success_patterns.success_rate      IS 'Of the uses whose outcome is known; NULL without one.';
COMMENT ON COLUMN success_patterns.confidence_score  IS 'rate_lower_bound of the counts: for ranking, since 1 of 1 is no better than 99 of 100.';
COMMENT ON COLUMN success_patterns.avg_duration_ms   IS 'Mean duration of the uses that succeeded.';
COMMENT ON COLUMN success_patterns.example_trace_ids IS 'correlation_ids of prompts that it was learned from; they may be gone. All texts of the row are from these: so it is known what goes when one is forgotten.';

CREATE INDEX IF NOT EXISTS idx_pattern_intent     ON success_patterns (intent, confidence_score DESC NULLS LAST);
CREATE INDEX IF NOT EXISTS idx_pattern_confidence ON success_patterns (confidence_score DESC NULLS LAST);
CREATE INDEX IF NOT EXISTS idx_pattern_usage      ON success_patterns (usage_count DESC);
CREATE INDEX IF NOT EXISTS idx_pattern_recent     ON success_patterns (last_used_at DESC NULLS LAST);
CREATE INDEX IF NOT EXISTS idx_pattern_slow       ON success_patterns (avg_duration_ms DESC NULLS LAST);
CREATE INDEX IF NOT EXISTS idx_pattern_keywords   ON success_patterns USING gin (keywords);
CREATE INDEX IF NOT EXISTS idx_pattern_agents     ON success_patterns USING gin (agent_sequence);
CREATE INDEX IF NOT EXISTS idx_pattern_tools      ON success_patterns USING gin (tool_sequence);
CREATE INDEX IF NOT EXISTS idx_pattern_weak       ON success_patterns (last_used_at) WHERE success_rate < 0.5;
CREATE INDEX IF NOT EXISTS idx_pattern_unembedded ON success_patterns (created_at) WHERE prompt_embedding IS NULL;

COMMENT ON INDEX idx_pattern_intent     IS 'Serves report patterns_for_intent: the surest ways to do one thing.';
COMMENT ON INDEX idx_pattern_confidence IS 'Serves report best_patterns: the surest ways of all.';
COMMENT ON INDEX idx_pattern_usage      IS 'Serves report most_used_patterns: the commonest ways.';
COMMENT ON INDEX idx_pattern_recent     IS 'Serves report recent_patterns: the ways used last.';
COMMENT ON INDEX idx_pattern_slow       IS 'Serves report slowest_patterns: the ways that take longest.';
COMMENT ON INDEX idx_pattern_keywords   IS 'Serves report patterns_with_keyword: the ways for prompts that hold a word.';
COMMENT ON INDEX idx_pattern_agents     IS 'Serves report patterns_with_agent: the ways in which an agent takes part.';
COMMENT ON INDEX idx_pattern_tools      IS 'Serves report patterns_with_tool: the ways in which a tool takes part.';
COMMENT ON INDEX idx_pattern_weak       IS 'Serves report weak_patterns: what fails more often than not, longest unused first; what pruning looks at.';
COMMENT ON INDEX idx_pattern_unembedded IS 'Serves report unembedded_patterns: what has no embedding yet.';

CREATE OR REPLACE TRIGGER success_patterns_touch
    BEFORE UPDATE ON success_patterns
    FOR EACH ROW EXECUTE FUNCTION hooktrace.touch();
COMMENT ON TRIGGER success_patterns_touch ON success_patterns IS 'updated_at says when a pattern last learned something.';


CREATE TABLE IF NOT EXISTS pattern_usage_log (
    id                   uuid        NOT NULL DEFAULT hooktrace.new_id(),
    pattern_id           uuid        NOT NULL,
    root_id              uuid,
    trace_id             uuid,
    user_id              text        NOT NULL DEFAULT session_user,
    match_score          double precision,
    used                 boolean     NOT NULL DEFAULT true,
    outcome              text,
    expected_duration_ms double precision,
    actual_duration_ms   double precision,
    metadata             jsonb       NOT NULL DEFAULT '{}',
    used_at              timestamptz NOT NULL DEFAULT now(),
    updated_at           timestamptz NOT NULL DEFAULT now(),

    CONSTRAINT pattern_usage_log_pkey PRIMARY KEY (id),
    CONSTRAINT pattern_usage_log_is_there_once_a_trace UNIQUE (pattern_id, root_id, trace_id),
    CONSTRAINT pattern_usage_log_score_is_a_probability
        CHECK (match_score BETWEEN 0 AND 1),
    CONSTRAINT pattern_usage_log_outcome_is_known
        CHECK (outcome IN ('success', 'failure'))
);

COMMENT ON TABLE pattern_usage_log IS
    'One row per time that a pattern was offered or followed. It has its own retention, and no foreign key to traces, which may go before it.';
COMMENT ON COLUMN pattern_usage_log.trace_id    IS 'correlation_id of the prompt; NULL for advice asked outside a session.';
COMMENT ON COLUMN pattern_usage_log.user_id     IS 'The database user whose prompt it was; row-level security stands on it.';
COMMENT ON COLUMN pattern_usage_log.match_score IS '0 to 1: how well the pattern fitted the prompt.';
COMMENT ON COLUMN pattern_usage_log.used        IS 'False: offered, and not followed.';
COMMENT ON COLUMN pattern_usage_log.outcome     IS 'success or failure; NULL until it is known.';

-- After a loss of success_patterns: uses of patterns that are gone teach nothing any more.
DELETE FROM pattern_usage_log AS use WHERE NOT EXISTS (SELECT FROM success_patterns AS known WHERE known.id = use.pattern_id);
SELECT hooktrace.add_constraint('pattern_usage_log', 'pattern_usage_log_is_about_a_pattern',
    'FOREIGN KEY (pattern_id) REFERENCES success_patterns (id) ON DELETE CASCADE');

CREATE INDEX IF NOT EXISTS idx_usage_pattern  ON pattern_usage_log (pattern_id, used_at DESC);
CREATE INDEX IF NOT EXISTS idx_usage_trace    ON pattern_usage_log (trace_id);
CREATE INDEX IF NOT EXISTS idx_usage_recent   ON pattern_usage_log (used_at DESC);
CREATE INDEX IF NOT EXISTS idx_usage_unjudged ON pattern_usage_log (used_at) WHERE used AND outcome IS NULL;
CREATE INDEX IF NOT EXISTS idx_usage_declined ON pattern_usage_log (used_at DESC) WHERE metadata @> '{"offered": true, "followed": false}';

COMMENT ON INDEX idx_usage_pattern  IS 'Serves report usage_of_pattern: when a pattern was used, and how it went.';
COMMENT ON INDEX idx_usage_trace    IS 'Serves report patterns_of_execution: the patterns that a prompt followed.';
COMMENT ON INDEX idx_usage_recent   IS 'Serves report latest_pattern_uses: the newest uses; and the log''s retention.';
COMMENT ON INDEX idx_usage_unjudged IS 'Serves report unjudged_pattern_uses: uses whose outcome is still to be found, oldest first.';
COMMENT ON INDEX idx_usage_declined IS 'Serves report declined_advice: what was offered and not followed.';

CREATE OR REPLACE FUNCTION hooktrace.count_use() RETURNS trigger
LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
DECLARE
    known  boolean := TG_OP = 'UPDATE' AND OLD.used;
    before text := CASE WHEN known THEN OLD.outcome END;
    after  text := CASE WHEN NEW.used THEN NEW.outcome END;
BEGIN
    UPDATE success_patterns SET
        usage_count   = usage_count + NEW.used::integer - known::integer,
        success_count = success_count + (after IS NOT DISTINCT FROM 'success')::integer - (before IS NOT DISTINCT FROM 'success')::integer,
        failure_count = failure_count + (after IS NOT DISTINCT FROM 'failure')::integer - (before IS NOT DISTINCT FROM 'failure')::integer,
        last_used_at  = CASE WHEN NEW.used THEN greatest(last_used_at, NEW.used_at) ELSE last_used_at END
    WHERE id = NEW.pattern_id AND (NEW.used OR known);
    RETURN NULL;
END
$$;
COMMENT ON FUNCTION hooktrace.count_use() IS 'Carries a use, or what became known of it, into the counters of its pattern.';

CREATE OR REPLACE TRIGGER pattern_usage_log_count_use
    AFTER INSERT OR UPDATE OF used, outcome ON pattern_usage_log
    FOR EACH ROW EXECUTE FUNCTION hooktrace.count_use();
COMMENT ON TRIGGER pattern_usage_log_count_use ON pattern_usage_log IS
    'Counters cannot drift from the log. Not on DELETE: the log ages, what it taught stays.';

CREATE OR REPLACE TRIGGER pattern_usage_log_touch
    BEFORE UPDATE ON pattern_usage_log
    FOR EACH ROW EXECUTE FUNCTION hooktrace.touch();
COMMENT ON TRIGGER pattern_usage_log_touch ON pattern_usage_log IS 'updated_at says when the outcome became known.';


CREATE TABLE IF NOT EXISTS agent_chaining_patterns (
    id                           uuid        NOT NULL DEFAULT hooktrace.new_id(),
    user_id                      text        NOT NULL DEFAULT session_user,
    chain                        text[]      NOT NULL,
    primary_agent                text GENERATED ALWAYS AS (chain[1]) STORED,
    occurrence_count             bigint      NOT NULL DEFAULT 0,
    success_count                bigint      NOT NULL DEFAULT 0,
    failure_count                bigint      NOT NULL DEFAULT 0,
    success_rate                 double precision GENERATED ALWAYS AS
        (success_count::double precision / nullif(success_count + failure_count, 0)) STORED,
    confidence_score             double precision GENERATED ALWAYS AS (rate_lower_bound(success_count, failure_count)) STORED,
    avg_total_duration_ms        double precision,
    avg_coordination_overhead_ms double precision,
    example_trace_ids            uuid[]      NOT NULL DEFAULT '{}',
    last_used_at                 timestamptz,
    metadata                     jsonb       NOT NULL DEFAULT '{}',
    created_at                   timestamptz NOT NULL DEFAULT now(),
    updated_at                   timestamptz NOT NULL DEFAULT now(),

    CONSTRAINT agent_chaining_patterns_pkey PRIMARY KEY (id),
    CONSTRAINT agent_chaining_patterns_chain_is_there_once UNIQUE (user_id, chain),
    CONSTRAINT agent_chaining_patterns_chain_has_agents CHECK (cardinality(chain) > 0),
    CONSTRAINT agent_chaining_patterns_counts_add_up
        CHECK (success_count >= 0 AND failure_count >= 0 AND occurrence_count >= success_count + failure_count)
);

COMMENT ON TABLE agent_chaining_patterns IS 'One row per sequence of agents that was seen in traces.';
COMMENT ON COLUMN agent_chaining_patterns.user_id                      IS 'The database user from whose traces it was learned; row-level security stands on it.';
COMMENT ON COLUMN agent_chaining_patterns.chain                        IS 'The agents in their order, the first one first.';
COMMENT ON COLUMN agent_chaining_patterns.success_rate                 IS 'Of the occurrences whose outcome is known; NULL without one.';
COMMENT ON COLUMN agent_chaining_patterns.confidence_score             IS 'rate_lower_bound of the counts, for ranking.';
COMMENT ON COLUMN agent_chaining_patterns.avg_coordination_overhead_ms IS 'Mean time of the whole that no agent of the chain was running.';
COMMENT ON COLUMN agent_chaining_patterns.example_trace_ids            IS 'correlation_ids of prompts in which it occurred; they may be gone. All texts of the row are from these: so it is known what goes when one is forgotten.';

CREATE INDEX IF NOT EXISTS idx_chaining_primary    ON agent_chaining_patterns (primary_agent, occurrence_count DESC);
CREATE INDEX IF NOT EXISTS idx_chaining_occurrence ON agent_chaining_patterns (occurrence_count DESC);
CREATE INDEX IF NOT EXISTS idx_chaining_confidence ON agent_chaining_patterns (confidence_score DESC NULLS LAST);
CREATE INDEX IF NOT EXISTS idx_chaining_agents     ON agent_chaining_patterns USING gin (chain);

COMMENT ON INDEX idx_chaining_primary    IS 'Serves report chains_from_agent: what an agent hands on to.';
COMMENT ON INDEX idx_chaining_occurrence IS 'Serves report most_frequent_chains: the commonest sequences.';
COMMENT ON INDEX idx_chaining_confidence IS 'Serves report best_chains: the surest sequences.';
COMMENT ON INDEX idx_chaining_agents     IS 'Serves report chains_with_agent: the sequences in which an agent takes part.';

CREATE OR REPLACE TRIGGER agent_chaining_patterns_touch
    BEFORE UPDATE ON agent_chaining_patterns
    FOR EACH ROW EXECUTE FUNCTION hooktrace.touch();
COMMENT ON TRIGGER agent_chaining_patterns_touch ON agent_chaining_patterns IS 'updated_at says when a sequence was last counted.';


CREATE TABLE IF NOT EXISTS error_patterns (
    id                 uuid        NOT NULL DEFAULT hooktrace.new_id(),
    fingerprint        text        NOT NULL,
    user_id            text        NOT NULL DEFAULT session_user,
    error_type         text        NOT NULL,
    error_category     text,
    severity           text,
    message_template   text        NOT NULL DEFAULT '',
    tool_name          text,
    affected_agents    text[]      NOT NULL DEFAULT '{}',
    affected_projects  text[]      NOT NULL DEFAULT '{}',
    occurrence_count   bigint      NOT NULL DEFAULT 1,
    first_seen_at      timestamptz NOT NULL DEFAULT now(),
    last_seen_at       timestamptz NOT NULL DEFAULT now(),
    resolution_pattern jsonb,
    resolution_count   bigint      NOT NULL DEFAULT 0,
    sample_trace_ids   uuid[]      NOT NULL DEFAULT '{}',
    metadata           jsonb       NOT NULL DEFAULT '{}',
    created_at         timestamptz NOT NULL DEFAULT now(),
    updated_at         timestamptz NOT NULL DEFAULT now(),

    CONSTRAINT error_patterns_pkey PRIMARY KEY (id),
    CONSTRAINT error_patterns_fingerprint_is_there_once UNIQUE (user_id, fingerprint),
    CONSTRAINT error_patterns_severity_is_known CHECK (severity IN ('critical', 'high', 'medium', 'low')),
    CONSTRAINT error_patterns_is_first_seen_first CHECK (first_seen_at <= last_seen_at),
    CONSTRAINT error_patterns_counts_add_up CHECK (resolution_count BETWEEN 0 AND occurrence_count)
);

COMMENT ON TABLE error_patterns IS 'One row per kind of failure, known by its fingerprint, with what cured it.';
COMMENT ON COLUMN error_patterns.fingerprint        IS 'Hash of tool, error type and message template: the same failure in two sessions is one kind.';
COMMENT ON COLUMN error_patterns.user_id            IS 'The database user from whose traces it was learned; row-level security stands on it.';
COMMENT ON COLUMN error_patterns.message_template   IS 'The message, with paths, numbers, ids and hashes folded.';
COMMENT ON COLUMN error_patterns.resolution_pattern IS 'What was done between the failure and the next success of the same thing: tools and their subjects, by how often.';
COMMENT ON COLUMN error_patterns.resolution_count   IS 'Occurrences after which the same thing succeeded within the same prompt.';
COMMENT ON COLUMN error_patterns.sample_trace_ids   IS 'correlation_ids of tool calls that failed so; they may be gone. All texts of the row are from these: so it is known what goes when one is forgotten.';

CREATE INDEX IF NOT EXISTS idx_error_recent     ON error_patterns (last_seen_at DESC);
CREATE INDEX IF NOT EXISTS idx_error_type       ON error_patterns (error_type, last_seen_at DESC);
CREATE INDEX IF NOT EXISTS idx_error_occurrence ON error_patterns (occurrence_count DESC);
CREATE INDEX IF NOT EXISTS idx_error_tool       ON error_patterns (tool_name, occurrence_count DESC);
CREATE INDEX IF NOT EXISTS idx_error_unresolved ON error_patterns (occurrence_count DESC) WHERE resolution_count = 0;

COMMENT ON INDEX idx_error_recent     IS 'Serves report recent_error_patterns: the kinds of failure seen last.';
COMMENT ON INDEX idx_error_type       IS 'Serves report errors_of_type: the kinds of one error type.';
COMMENT ON INDEX idx_error_occurrence IS 'Serves report most_frequent_errors: the commonest kinds.';
COMMENT ON INDEX idx_error_tool       IS 'Serves report errors_of_tool: how a tool fails.';
COMMENT ON INDEX idx_error_unresolved IS 'Serves report unresolved_errors: what nothing has cured yet.';

CREATE OR REPLACE TRIGGER error_patterns_touch
    BEFORE UPDATE ON error_patterns
    FOR EACH ROW EXECUTE FUNCTION hooktrace.touch();
COMMENT ON TRIGGER error_patterns_touch ON error_patterns IS 'updated_at says when a kind of failure was last counted.';
