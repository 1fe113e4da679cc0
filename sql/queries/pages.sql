-- pages: of how many pages a partition is made, long values apart.
SELECT pg_relation_size(quote_ident(%(name)s)::regclass) / current_setting('block_size')::integer AS pages
