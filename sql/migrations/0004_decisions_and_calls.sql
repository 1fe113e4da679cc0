-- What an agent chose, and what it called outside: two tables whose rows belong to an execution
-- and go with it.

CREATE TABLE IF NOT EXISTS agent_routing_decisions (
    id                   uuid        NOT NULL DEFAULT hooktrace.new_id(),
    root_id              uuid        NOT NULL,
    trace_id             uuid        NOT NULL,
    session_id           text        NOT NULL,
    user_id              text        NOT NULL DEFAULT session_user,
    project              text,
    query_text           text,
    query_embedding      real[],
    embedding_model      text,
    agent_selected       text        NOT NULL,
    confidence_score     double precision,
    routing_strategy     text        NOT NULL,
    alternatives         jsonb       NOT NULL DEFAULT '[]',
    pattern_id           uuid,
    decision_duration_ms bigint,
    outcome              text,
    metadata             jsonb       NOT NULL DEFAULT '{}',
    created_at           timestamptz NOT NULL DEFAULT now(),
    updated_at           timestamptz NOT NULL DEFAULT now(),

    CONSTRAINT agent_routing_decisions_pkey PRIMARY KEY (root_id, id),
    CONSTRAINT agent_routing_decisions_confidence_is_a_probability
        CHECK (confidence_score BETWEEN 0 AND 1),
    CONSTRAINT agent_routing_decisions_outcome_is_known
        CHECK (outcome IN ('success', 'failure')),
    CONSTRAINT agent_routing_decisions_embedding_names_its_model
        CHECK ((query_embedding IS NULL) = (embedding_model IS NULL))
);
-- An embedding is read only by searches: kept out of the row, and not squeezed in vain.
ALTER TABLE agent_routing_decisions ALTER COLUMN query_embedding SET STORAGE EXTERNAL;

COMMENT ON TABLE agent_routing_decisions IS
    'One row per choice of an agent, skill or command: for which request, by which strategy, how sure, and how it went.';
COMMENT ON COLUMN agent_routing_decisions.trace_id         IS 'correlation_id of the prompt or agent in which the choice was made.';
COMMENT ON COLUMN agent_routing_decisions.user_id          IS 'The database user who stored the row; row-level security stands on it.';
COMMENT ON COLUMN agent_routing_decisions.query_text       IS 'The request that was to be routed, redacted.';
COMMENT ON COLUMN agent_routing_decisions.query_embedding  IS 'Its embedding: an array, so that the column is the same with and without pgvector; idx_routing_embedding casts it.';
COMMENT ON COLUMN agent_routing_decisions.embedding_model  IS 'The model that made the embedding; vectors of two models are never compared.';
COMMENT ON COLUMN agent_routing_decisions.agent_selected   IS 'The agent, skill or command that was chosen.';
COMMENT ON COLUMN agent_routing_decisions.confidence_score IS '0 to 1, as the strategy judged it; NULL where it does not judge.';
COMMENT ON COLUMN agent_routing_decisions.routing_strategy IS 'Who chose and how: model, explicit, pattern, ...';
COMMENT ON COLUMN agent_routing_decisions.alternatives     IS 'What else was considered, best first: [{"agent": ..., "score": ...}].';
COMMENT ON COLUMN agent_routing_decisions.pattern_id       IS 'The success_patterns row that the choice followed; no foreign key, a pattern may be pruned.';
COMMENT ON COLUMN agent_routing_decisions.outcome          IS 'success or failure of what was chosen; NULL until it is known.';

-- After a loss of execution_traces: rows of executions that did not come back have nothing to belong to.
DELETE FROM agent_routing_decisions AS decision WHERE NOT EXISTS
    (SELECT FROM execution_traces AS known WHERE known.root_id = decision.root_id AND known.correlation_id = decision.trace_id);
SELECT hooktrace.add_constraint('agent_routing_decisions', 'agent_routing_decisions_belongs_to_an_execution',
    'FOREIGN KEY (root_id, trace_id) REFERENCES execution_traces (root_id, correlation_id) ON DELETE CASCADE');

CREATE INDEX IF NOT EXISTS idx_routing_trace    ON agent_routing_decisions (trace_id);
CREATE INDEX IF NOT EXISTS idx_routing_session  ON agent_routing_decisions (session_id, created_at);
CREATE INDEX IF NOT EXISTS idx_routing_recent   ON agent_routing_decisions (created_at DESC);
CREATE INDEX IF NOT EXISTS idx_routing_agent    ON agent_routing_decisions (agent_selected, created_at DESC);
CREATE INDEX IF NOT EXISTS idx_routing_strategy ON agent_routing_decisions (routing_strategy, created_at DESC);
CREATE INDEX IF NOT EXISTS idx_routing_pattern  ON agent_routing_decisions (pattern_id, created_at DESC) WHERE pattern_id IS NOT NULL;
CREATE INDEX IF NOT EXISTS idx_routing_unjudged ON agent_routing_decisions (created_at) WHERE outcome IS NULL;
CREATE INDEX IF NOT EXISTS idx_routing_failed   ON agent_routing_decisions (created_at DESC) WHERE outcome = 'failure';
CREATE INDEX IF NOT EXISTS idx_routing_unsure   ON agent_routing_decisions (created_at DESC) WHERE confidence_score < 0.5;

COMMENT ON INDEX idx_routing_trace    IS 'Serves report decisions_of_execution: the choices made in an execution; and the cascade from execution_traces.';
COMMENT ON INDEX idx_routing_session  IS 'Serves report decisions_of_session: the choices of a session in their order.';
COMMENT ON INDEX idx_routing_recent   IS 'Serves report latest_decisions: the newest choices.';
COMMENT ON INDEX idx_routing_agent    IS 'Serves report decisions_for_agent: when an agent was chosen.';
COMMENT ON INDEX idx_routing_strategy IS 'Serves report decisions_by_strategy: the choices of a strategy.';
COMMENT ON INDEX idx_routing_pattern  IS 'Serves report decisions_from_pattern: the choices that followed a pattern.';
COMMENT ON INDEX idx_routing_unjudged IS 'Serves report unjudged_decisions: choices whose outcome is still to be found, oldest first.';
COMMENT ON INDEX idx_routing_failed   IS 'Serves report failed_decisions: choices that went wrong.';
COMMENT ON INDEX idx_routing_unsure   IS 'Serves report unsure_decisions: choices made with a confidence below 0.5.';

CREATE OR REPLACE TRIGGER agent_routing_decisions_touch
    BEFORE UPDATE ON agent_routing_decisions
    FOR EACH ROW EXECUTE FUNCTION hooktrace.touch();
COMMENT ON TRIGGER agent_routing_decisions_touch ON agent_routing_decisions IS
    'A decision is updated when its outcome becomes known; updated_at says when that was.';


CREATE TABLE IF NOT EXISTS endpoint_calls (
    id                 uuid        NOT NULL DEFAULT hooktrace.new_id(),
    root_id            uuid        NOT NULL,
    trace_id           uuid        NOT NULL,
    session_id         text        NOT NULL,
    user_id            text        NOT NULL DEFAULT session_user,
    project            text,
    service            text        NOT NULL,
    endpoint           text        NOT NULL,
    method             text,
    status_code        integer,
    started_at         timestamptz NOT NULL DEFAULT now(),
    completed_at       timestamptz,
    duration_ms        bigint,
    success            boolean,
    error_type         text,
    error_message      text,
    retry_count        integer     NOT NULL DEFAULT 0,
    model              text,
    input_tokens       bigint,
    output_tokens      bigint,
    cache_read_tokens  bigint,
    cache_write_tokens bigint,
    cost_usd           numeric(14, 6),
    metadata           jsonb       NOT NULL DEFAULT '{}',
    created_at         timestamptz NOT NULL DEFAULT now(),

    CONSTRAINT endpoint_calls_pkey PRIMARY KEY (root_id, id),
    CONSTRAINT endpoint_calls_ends_after_it_starts
        CHECK (completed_at >= started_at),
    CONSTRAINT endpoint_calls_counts_are_not_negative
        CHECK (least(retry_count, input_tokens, output_tokens, cache_read_tokens, cache_write_tokens) >= 0 AND cost_usd >= 0)
);

COMMENT ON TABLE endpoint_calls IS
    'One row per call to something outside the agent: an MCP tool, a web fetch or search, a request to the model.';
COMMENT ON COLUMN endpoint_calls.trace_id           IS 'correlation_id of the execution that made the call.';
COMMENT ON COLUMN endpoint_calls.user_id            IS 'The database user who stored the row; row-level security stands on it.';
COMMENT ON COLUMN endpoint_calls.service            IS 'Who was called: anthropic, an MCP server''s name, web.';
COMMENT ON COLUMN endpoint_calls.endpoint           IS 'What was called there: a tool''s name, a host, /v1/messages; without query and credentials.';
COMMENT ON COLUMN endpoint_calls.duration_ms        IS 'As measured by the caller, else completed_at - started_at.';
COMMENT ON COLUMN endpoint_calls.success            IS 'As told, else by error_type and status_code; NULL when neither tells.';
COMMENT ON COLUMN endpoint_calls.input_tokens       IS 'Of a model request: tokens that were neither read from nor written to the cache.';
COMMENT ON COLUMN endpoint_calls.cache_read_tokens  IS 'Tokens of the prompt that the provider had in its cache.';
COMMENT ON COLUMN endpoint_calls.cache_write_tokens IS 'Tokens of the prompt that the provider put into its cache.';
COMMENT ON COLUMN endpoint_calls.cost_usd           IS 'US dollars at the list price of the day; NULL when the price is not known.';

-- After a loss of execution_traces: rows of executions that did not come back have nothing to belong to.
DELETE FROM endpoint_calls AS call WHERE NOT EXISTS
    (SELECT FROM execution_traces AS known WHERE known.root_id = call.root_id AND known.correlation_id = call.trace_id);
SELECT hooktrace.add_constraint('endpoint_calls', 'endpoint_calls_belongs_to_an_execution',
    'FOREIGN KEY (root_id, trace_id) REFERENCES execution_traces (root_id, correlation_id) ON DELETE CASCADE');

CREATE INDEX IF NOT EXISTS idx_endpoint_trace    ON endpoint_calls (trace_id);
CREATE INDEX IF NOT EXISTS idx_endpoint_session  ON endpoint_calls (session_id, started_at);
CREATE INDEX IF NOT EXISTS idx_endpoint_recent   ON endpoint_calls (started_at DESC);
CREATE INDEX IF NOT EXISTS idx_endpoint_service  ON endpoint_calls (service, started_at DESC);
CREATE INDEX IF NOT EXISTS idx_endpoint_endpoint ON endpoint_calls (endpoint, started_at DESC);
CREATE INDEX IF NOT EXISTS idx_endpoint_model    ON endpoint_calls (model, started_at DESC) WHERE model IS NOT NULL;
CREATE INDEX IF NOT EXISTS idx_endpoint_slow     ON endpoint_calls (duration_ms DESC NULLS LAST);
CREATE INDEX IF NOT EXISTS idx_endpoint_cost     ON endpoint_calls (cost_usd DESC) WHERE cost_usd IS NOT NULL;
CREATE INDEX IF NOT EXISTS idx_endpoint_failed   ON endpoint_calls (started_at DESC) WHERE NOT success;
CREATE INDEX IF NOT EXISTS idx_endpoint_retried  ON endpoint_calls (started_at DESC) WHERE retry_count > 0;

COMMENT ON INDEX idx_endpoint_trace    IS 'Serves report endpoint_calls_of_execution: the calls made in an execution; and the cascade from execution_traces.';
COMMENT ON INDEX idx_endpoint_session  IS 'Serves report endpoint_calls_of_session: the calls of a session in their order.';
COMMENT ON INDEX idx_endpoint_recent   IS 'Serves report latest_endpoint_calls: the newest calls.';
COMMENT ON INDEX idx_endpoint_service  IS 'Serves report calls_of_service: the calls to a service.';
COMMENT ON INDEX idx_endpoint_endpoint IS 'Serves report calls_of_endpoint: the calls to one endpoint.';
COMMENT ON INDEX idx_endpoint_model    IS 'Serves report requests_of_model: the requests to a model, with tokens and cost.';
COMMENT ON INDEX idx_endpoint_slow     IS 'Serves report slowest_endpoint_calls: the calls that took longest.';
COMMENT ON INDEX idx_endpoint_cost     IS 'Serves report dearest_requests: the requests that cost most.';
COMMENT ON INDEX idx_endpoint_failed   IS 'Serves report failed_endpoint_calls: the newest calls that failed.';
COMMENT ON INDEX idx_endpoint_retried  IS 'Serves report retried_endpoint_calls: the newest calls that took more than one try.';

CREATE OR REPLACE FUNCTION hooktrace.derive_endpoint_call() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
    NEW.duration_ms := coalesce(NEW.duration_ms, extract(epoch FROM NEW.completed_at - NEW.started_at) * 1000);
    NEW.success := coalesce(NEW.success, CASE WHEN NEW.error_type IS NOT NULL THEN false
                                              WHEN NEW.status_code IS NOT NULL THEN NEW.status_code < 400 END);
    RETURN NEW;
END
$$;
COMMENT ON FUNCTION hooktrace.derive_endpoint_call() IS
    'Fills duration_ms and success of a call from its times, error and status code where they were not told.';

CREATE OR REPLACE TRIGGER endpoint_calls_derive_outcome
    BEFORE INSERT OR UPDATE ON endpoint_calls
    FOR EACH ROW EXECUTE FUNCTION hooktrace.derive_endpoint_call();
COMMENT ON TRIGGER endpoint_calls_derive_outcome ON endpoint_calls IS
    'Callers tell what they know; a missing duration or success follows from it in one way.';
