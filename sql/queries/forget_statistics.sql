-- forget_statistics: clears what the planner knows of a table; false where that stays until the table has rows again.
SELECT hooktrace.forget_statistics(%(name)s::regclass) AS forgotten
