-- count_content: how many of a partition's events that began before a time still have their content.
SELECT count(*) AS rows
FROM {} AS event
WHERE started_at < %(before)s
  AND (input_data IS NOT NULL OR output_data IS NOT NULL OR NOT metadata ? 'aged')
