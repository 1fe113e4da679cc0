-- adopt_offers: gives the offers made for a prompt its tree, which was not known yet when they were made.
UPDATE pattern_usage_log SET root_id = %(root_id)s
WHERE trace_id = %(trace_id)s AND user_id = %(user_id)s AND metadata ? 'offered' AND root_id IS DISTINCT FROM %(root_id)s
