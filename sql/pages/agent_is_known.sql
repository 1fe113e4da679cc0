-- agent_is_known: whether an agent ever ran or was chosen; the main thread always did.
SELECT %(agent)s = 'main'
    OR EXISTS (SELECT FROM agent_routing_decisions WHERE agent_selected = %(agent)s)
    OR EXISTS (SELECT FROM execution_traces WHERE kind = 'agent' AND coalesce(name, 'unknown') = %(agent)s) AS known
