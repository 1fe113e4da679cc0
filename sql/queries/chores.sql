-- chores: when each daily chore was done last, and how that went.
SELECT name, began_at, ended_at, succeeded, report FROM hooktrace.chores ORDER BY name
