-- 05_pattern_effectiveness: pattern effectiveness.
SELECT * FROM pattern_effectiveness LIMIT 5;
