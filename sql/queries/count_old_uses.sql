-- count_old_uses: how many lines of pattern_usage_log are older than a time.
SELECT count(*) AS rows FROM pattern_usage_log WHERE used_at < %(before)s
