-- months: the partitions of hook_executions with the time that each is for, oldest first; the DEFAULT one is for all times.
SELECT name, CASE WHEN isfinite(begins) THEN begins END AS begins, CASE WHEN isfinite(ends) THEN ends END AS ends, aged
FROM hooktrace.months()
ORDER BY begins NULLS FIRST, name
