-- summary: the one row of figures over everything that is recorded.
SELECT * FROM dashboard_summary
