-- 11_analyze_traces: analyze tables for the query planner.
ANALYZE execution_traces;
