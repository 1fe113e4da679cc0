-- record_outcome: stores how a prompt went and what it contributed; what was said of it by `hooktrace rate` stays.
INSERT INTO hooktrace.outcomes (root_id, correlation_id, session_id, user_id, score, verdict, parts, way, pattern_id, learned, learned_at, version)
VALUES (%(root_id)s, %(correlation_id)s, %(session_id)s, %(user_id)s, %(score)s, %(verdict)s, %(parts)s, %(way)s, %(pattern_id)s,
        %(new)s, %(now)s, %(version)s)
ON CONFLICT (root_id, correlation_id) DO UPDATE
SET score = excluded.score, verdict = excluded.verdict, parts = excluded.parts, way = excluded.way, pattern_id = excluded.pattern_id,
    learned = excluded.learned, learned_at = excluded.learned_at, version = excluded.version
