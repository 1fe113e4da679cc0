-- remove_old_uses: removes the oldest lines of pattern_usage_log before a time, at most so many at once; what they taught stays.
DELETE FROM pattern_usage_log WHERE id IN (
    SELECT id FROM pattern_usage_log WHERE used_at < %(before)s ORDER BY used_at LIMIT %(batch)s)
