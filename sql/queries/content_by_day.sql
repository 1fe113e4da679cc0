-- content_by_day: how much content the events before a time still have, day by day (UTC), oldest first.
SELECT (date_trunc('day', started_at AT TIME ZONE 'UTC') + interval '1 day') AT TIME ZONE 'UTC' AS day_ends,
       count(*) AS rows,
       sum(coalesce(pg_column_size(input_data), 0) + coalesce(pg_column_size(output_data), 0)
           + pg_column_size(metadata) - pg_column_size(hooktrace.without_content(metadata)))::bigint AS bytes
FROM hook_executions
WHERE started_at < %(before)s AND (input_data IS NOT NULL OR output_data IS NOT NULL OR NOT metadata ? 'aged')
GROUP BY 1
ORDER BY 1
