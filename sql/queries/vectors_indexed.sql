-- vectors_indexed: whether pgvector is there; without it a search compares with every row, and is exact.
SELECT to_regtype('vector') IS NOT NULL AS indexed
