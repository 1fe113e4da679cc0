-- age_content: takes the content out of a partition's events that began before a time, in some of its pages.
-- The skeleton stays: times, outcome, names, ids, counts, and of an error as much as execution_traces keeps.
UPDATE {} AS event
SET input_data = NULL,
    output_data = NULL,
    error_message = left(error_message, %(error_limit)s),
    metadata = hooktrace.without_content(metadata)
WHERE ctid >= format('(%%s,0)', %(first)s::bigint)::tid AND ctid < format('(%%s,0)', %(last)s::bigint)::tid
  AND started_at < %(before)s
  AND (input_data IS NOT NULL OR output_data IS NOT NULL OR NOT metadata ? 'aged')
