-- 04_dashboard_summary: dashboard summary (should work immediately).
SELECT * FROM dashboard_summary;
