-- cost_by_session: tokens and cost of each session in a period, the dearest first; a page of them.
-- Beside it what the whole session cost: at list prices, and by the agent's own account where it has a whole one.
SELECT spent.session_id, begun.project, begun.started_at, begun.prompt, spent.requests, spent.input_tokens,
       spent.cache_read_tokens, spent.cache_write_tokens, spent.output_tokens, spent.cost_usd, spent.unpriced,
       whole.list_usd, account.account_usd
FROM (
    SELECT call.session_id,
       count(*) AS requests, sum(call.input_tokens)::bigint AS input_tokens,
       sum(call.cache_read_tokens)::bigint AS cache_read_tokens, sum(call.cache_write_tokens)::bigint AS cache_write_tokens,
       sum(call.output_tokens)::bigint AS output_tokens, sum(call.cost_usd) AS cost_usd,
       count(*) FILTER (WHERE call.cost_usd IS NULL) AS unpriced
    FROM endpoint_calls AS call
    WHERE call.model IS NOT NULL AND call.started_at >= %(since)s AND call.started_at < %(until)s
  AND (%(project)s::text IS NULL OR call.project = %(project)s) AND (%(user)s::text IS NULL OR call.user_id = %(user)s)
  AND (%(model)s::text IS NULL OR call.model = %(model)s)
    GROUP BY call.session_id
    HAVING %(after)s::numeric IS NULL OR (coalesce(sum(call.cost_usd), -1), call.session_id) < (%(after)s::numeric, %(after_id)s::text)
    ORDER BY coalesce(sum(call.cost_usd), -1) DESC, call.session_id DESC
    LIMIT %(limit)s
) AS spent
CROSS JOIN LATERAL (
    SELECT sum(request.cost_usd) AS list_usd FROM endpoint_calls AS request WHERE request.session_id = spent.session_id
) AS whole
CROSS JOIN LATERAL (
    SELECT CASE WHEN bool_and(run.cost_usd IS NOT NULL AND NOT run.includes_copies) THEN sum(run.cost_usd) END AS account_usd
    FROM hooktrace.accounts AS run WHERE run.session_id = spent.session_id
) AS account
CROSS JOIN LATERAL (
    SELECT min(one.project) AS project, min(one.started_at) AS started_at,
           left((array_agg(one.prompt_text ORDER BY one.started_at) FILTER (WHERE one.prompt_text IS NOT NULL))[1], 300) AS prompt
    FROM execution_traces AS one WHERE one.session_id = spent.session_id AND one.kind IN ('session', 'prompt')
) AS begun
ORDER BY coalesce(spent.cost_usd, -1) DESC, spent.session_id DESC
