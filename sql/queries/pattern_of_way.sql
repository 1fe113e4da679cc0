-- pattern_of_way: the pattern that a way of working has of its own, if it has one.
SELECT id, intent, success_count, metadata ->> 'founder' AS founder FROM success_patterns WHERE user_id = %(user_id)s AND pattern_hash = %(way)s
