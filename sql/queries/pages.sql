-- pages: of how many pages a partition is made, long values apart.
SELECT pg_relation_size(to_regclass(quote_ident(%(name)s))) / current_setting('block_size')::integer AS pages
