-- settle_offers: fills in how a prompt ended for which advice was offered or withheld, and whether it went that way.
UPDATE pattern_usage_log
SET outcome = CASE WHEN used THEN outcome ELSE %(outcome)s END, actual_duration_ms = %(duration_ms)s, metadata = metadata || %(told)s
WHERE id = %(id)s
