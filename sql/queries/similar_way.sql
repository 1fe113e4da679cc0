-- similar_way: the pattern with the same agents and tools that was learned from the most similar prompt, if one is similar enough.
SELECT near.id, near.similarity, known.intent, known.success_count, known.metadata ->> 'founder' AS founder
-- It is one row; the planner expects a thousand of the function, and would read all patterns for them.
FROM (SELECT * FROM hooktrace.similar_way(%(user_id)s, %(agents)s, %(tools)s, %(embedding)s::real[], %(model)s, %(at_least)s) LIMIT 1) AS near
JOIN success_patterns AS known ON known.id = near.id
