-- 07_archive_traces: archive old traces (>90 days).
DELETE FROM execution_traces
WHERE started_at < NOW() - INTERVAL '90 days';
