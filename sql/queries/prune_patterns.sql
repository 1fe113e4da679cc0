-- prune_patterns: removes patterns that were not used since a time and did not prove themselves: gone once, or failing more often than not.
DELETE FROM success_patterns WHERE id IN (
    SELECT id FROM success_patterns
    WHERE coalesce(last_used_at, created_at) < %(before)s AND (success_rate < 0.5 OR usage_count < 2)
    LIMIT %(batch)s)
