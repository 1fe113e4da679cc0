-- accounts: of the sessions of a period whose cost is known both ways: the agent's own account and the list price of what was recorded.
SELECT count(*) AS sessions, sum(both_ways.account_usd) AS account_usd, sum(both_ways.list_usd) AS list_usd,
       coalesce(sum(both_ways.unpriced), 0)::bigint AS unpriced
FROM (
    SELECT account.account_usd, listed.list_usd, listed.unpriced
    FROM (
        SELECT run.session_id,
               CASE WHEN bool_and(run.cost_usd IS NOT NULL AND NOT run.includes_copies) THEN sum(run.cost_usd) END AS account_usd
        FROM hooktrace.accounts AS run
        WHERE %(user)s::text IS NULL OR run.user_id = %(user)s
        GROUP BY run.session_id
        HAVING max(run.started_at) >= %(since)s AND min(run.started_at) < %(until)s
    ) AS account
    CROSS JOIN LATERAL (
        SELECT sum(request.cost_usd) AS list_usd,
               count(*) FILTER (WHERE request.model IS NOT NULL AND request.cost_usd IS NULL) AS unpriced
        FROM endpoint_calls AS request
        WHERE request.session_id = account.session_id AND (%(project)s::text IS NULL OR request.project = %(project)s)
    ) AS listed
    WHERE account.account_usd IS NOT NULL AND listed.list_usd IS NOT NULL
) AS both_ways
