-- clear_books: forgets which migrations were applied and what they made; the log stays.
WITH forgotten AS (DELETE FROM hooktrace._yoyo_migration)
DELETE FROM hooktrace.objects
