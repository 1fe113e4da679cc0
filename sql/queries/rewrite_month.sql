-- rewrite_month: gives back the room that a partition's aged content has left, and notes that this is done.
WITH written AS MATERIALIZED (
    SELECT pg_total_relation_size(quote_ident(%(name)s)::regclass) AS size_before,
           hooktrace.rewrite(quote_ident(%(name)s)::regclass) AS freed
)
INSERT INTO hooktrace.aged_months AS known (name, bytes_before, bytes_after)
SELECT %(name)s, size_before, size_before - freed FROM written
ON CONFLICT (name) DO UPDATE
SET aged_at = excluded.aged_at, bytes_before = excluded.bytes_before, bytes_after = excluded.bytes_after
RETURNING bytes_before - bytes_after AS freed
