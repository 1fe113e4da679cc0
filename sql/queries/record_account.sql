-- record_account: stores the agent's own account of a session; told again, later, it goes on.
INSERT INTO hooktrace.accounts AS known (session_id, started_at, cost_usd, api_ms, includes_copies, models)
VALUES (%(session_id)s, %(started_at)s, %(cost_usd)s, %(api_ms)s, %(includes_copies)s, %(models)s)
ON CONFLICT (session_id, started_at) DO UPDATE SET
    cost_usd        = excluded.cost_usd,
    api_ms          = excluded.api_ms,
    includes_copies = excluded.includes_copies,
    models          = excluded.models
WHERE excluded.api_ms >= known.api_ms
