-- vacuum_table: makes the room of dead rows usable again, and lets the planner know what the table holds; not where somebody else does.
VACUUM (ANALYZE, SKIP_LOCKED) {}
