-- record_offer: notes that advice was offered for a prompt, or withheld by chance; no row if that was noted before.
INSERT INTO pattern_usage_log (pattern_id, root_id, trace_id, user_id, match_score, used, expected_duration_ms, metadata, used_at)
SELECT %(pattern_id)s, %(root_id)s, %(trace_id)s, %(user_id)s, %(match_score)s, false, %(expected_duration_ms)s, %(metadata)s, %(at)s
WHERE NOT EXISTS (SELECT FROM pattern_usage_log WHERE trace_id = %(trace_id)s AND metadata ? 'offered')
ON CONFLICT DO NOTHING
RETURNING id
