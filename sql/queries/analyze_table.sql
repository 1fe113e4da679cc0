-- analyze_table: lets the planner know what a table holds now; nothing else does for one that has partitions.
ANALYZE {}
