-- rewrite_table: gives back the room that removed rows of a table or a partition have left.
SELECT hooktrace.rewrite(quote_ident(%(name)s)::regclass) AS freed
