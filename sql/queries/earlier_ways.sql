-- earlier_ways: the patterns with an agent whose prompts were like one, with how often they went well, nearest first.
SELECT near.similarity, pattern.agent_sequence, pattern.success_count, pattern.failure_count, pattern.last_used_at
-- With a limit, for the planner expects a thousand rows of the function, and would read all patterns for them.
FROM (SELECT * FROM similar_patterns(%(embedding)s::real[], %(model)s, %(wanted)s, %(at_least)s) LIMIT %(wanted)s) AS near
JOIN success_patterns AS pattern ON pattern.id = near.pattern_id
WHERE cardinality(pattern.agent_sequence) > 0
