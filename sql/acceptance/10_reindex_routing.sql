-- 10_reindex_routing: rebuild the vector index of routing decisions (needs vector).
REINDEX INDEX idx_routing_embedding;
