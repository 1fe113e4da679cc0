-- rewrite_table: gives back the room that removed rows of a table or a partition have left.
SELECT hooktrace.rewrite(to_regclass(quote_ident(%(name)s))) AS freed
