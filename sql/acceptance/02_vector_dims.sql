-- 02_vector_dims: verify the vector extension, should return 3 (needs vector).
SELECT vector_dims('[1,2,3]'::vector);
