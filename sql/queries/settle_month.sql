-- settle_month: gives the events of a month that lie in the DEFAULT partition a partition of their own.
SELECT hooktrace.settle_month(%(month)s) AS rows
