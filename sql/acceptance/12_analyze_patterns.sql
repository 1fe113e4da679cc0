-- 12_analyze_patterns: analyze tables for the query planner.
ANALYZE success_patterns;
