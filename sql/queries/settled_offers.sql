-- settled_offers: how the prompts ended for which advice was offered, and those for which it was withheld by chance.
SELECT (use.metadata ->> 'offered')::boolean AS offered, use.outcome, use.actual_duration_ms AS duration_ms,
       (use.metadata ->> 'cost_usd')::double precision AS cost_usd, (use.metadata ->> 'followed')::boolean AS followed
FROM pattern_usage_log AS use
WHERE use.metadata ? 'offered' AND (use.outcome IS NOT NULL OR use.actual_duration_ms IS NOT NULL)
ORDER BY use.used_at
