-- count_pruned: how many patterns were not used since a time and did not prove themselves.
SELECT count(*) AS rows FROM success_patterns
WHERE coalesce(last_used_at, created_at) < %(before)s AND (success_rate < 0.5 OR usage_count < 2)
