-- finish_chore: notes how a chore went.
UPDATE hooktrace.chores
SET ended_at = coalesce(%(now)s::timestamptz, now()), succeeded = %(succeeded)s, report = %(report)s::jsonb
WHERE name = %(chore)s
RETURNING ended_at
