-- 09_reindex_patterns: rebuild the vector index of patterns (needs vector).
REINDEX INDEX idx_pattern_embedding;
