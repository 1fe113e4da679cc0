-- analyze_tables: lets the planner know what the tables hold now; nothing does for the parent of partitions.
ANALYZE {tables}
