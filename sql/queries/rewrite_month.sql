-- rewrite_month: gives back the room that a partition's aged content has left, and notes that this is done.
WITH written AS MATERIALIZED (
    SELECT pg_total_relation_size(to_regclass(quote_ident(%(name)s))) AS size_before,
           hooktrace.rewrite(to_regclass(quote_ident(%(name)s))) AS freed
)
INSERT INTO hooktrace.aged_months AS known (name, bytes_before, bytes_after)
SELECT %(name)s, size_before, size_before - freed FROM written
ON CONFLICT (name) DO UPDATE
SET aged_at = excluded.aged_at, bytes_before = excluded.bytes_before, bytes_after = excluded.bytes_after
RETURNING bytes_before - bytes_after AS freed
