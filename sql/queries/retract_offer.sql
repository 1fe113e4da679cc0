-- retract_offer: takes back the note of advice that came too late to be said.
DELETE FROM pattern_usage_log WHERE id = %(id)s AND NOT used
