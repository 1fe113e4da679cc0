-- summary: the state of everything recorded, in one row.
-- Subject: overview
SELECT total_traces, completed_traces, successful_traces, running_traces, overall_success_rate AS overall_success_pct,
       median_duration_ms, p95_duration_ms, last_trace_at, total_sessions, open_sessions, active_agents,
       most_used_agent, errors_24h, unique_error_types, total_patterns, rated_patterns, high_quality_patterns,
       avg_pattern_success_rate
FROM dashboard_summary
