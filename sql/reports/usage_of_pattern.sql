-- usage_of_pattern: when one pattern was used or offered, whether the offer was followed, and how it went, the newest first.
-- Subject: patterns
SELECT use.used_at, use.used, (use.metadata ->> 'offered')::boolean AS offered,
       (use.metadata ->> 'followed')::boolean AS followed, use.outcome, use.match_score, use.expected_duration_ms,
       use.actual_duration_ms, use.trace_id AS execution_id
FROM pattern_usage_log AS use
WHERE use.pattern_id = %(pattern)s AND use.used_at >= %(since)s AND use.used_at < %(until)s
ORDER BY use.used_at DESC
LIMIT %(limit)s
