-- tool_is_known: whether one call of a tool is recorded, at any time.
SELECT EXISTS (SELECT FROM execution_traces WHERE kind = 'tool' AND name = %(tool)s) AS known
