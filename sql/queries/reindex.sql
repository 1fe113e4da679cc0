-- reindex: builds an index anew beside the old one, which serves meanwhile.
REINDEX INDEX CONCURRENTLY {}
