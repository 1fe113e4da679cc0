-- uses_by_week: how often patterns, or one of them, were used in each week of the log, and how that went.
SELECT date_trunc('week', use.used_at AT TIME ZONE %(zone)s::text)::date            AS week,
       count(*) FILTER (WHERE use.used)                                             AS used,
       count(*) FILTER (WHERE use.used AND use.outcome = 'success')                 AS succeeded,
       count(*) FILTER (WHERE use.used AND use.outcome = 'failure')                 AS failed,
       count(*) FILTER (WHERE use.used AND use.outcome IS NULL)                     AS unjudged
FROM pattern_usage_log AS use
WHERE (%(pattern)s::uuid IS NULL OR use.pattern_id = %(pattern)s)
GROUP BY week
ORDER BY week
