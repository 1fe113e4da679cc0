-- analyze_database: lets the planner know what all tables hold.
ANALYZE
