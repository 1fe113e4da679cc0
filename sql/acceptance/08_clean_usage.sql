-- 08_clean_usage: clean up old pattern usage.
DELETE FROM pattern_usage_log
WHERE used_at < NOW() - INTERVAL '180 days';
