-- pattern_figures: how many ways of working are known, how many were put to the test, and how many of them are sure.
SELECT count(*) AS patterns, count(success_rate) AS rated, count(*) FILTER (WHERE confidence_score >= %(sure)s) AS sure,
       sum(usage_count)::bigint AS uses, sum(success_count)::bigint AS succeeded, sum(failure_count)::bigint AS failed
FROM success_patterns
