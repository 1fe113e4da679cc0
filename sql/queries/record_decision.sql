-- record_decision: stores the choice of an agent, skill or command; one that is there already stays as it is.
INSERT INTO agent_routing_decisions (id, root_id, trace_id, session_id, project, query_text, agent_selected, routing_strategy,
                                     created_at, updated_at, metadata)
VALUES (%(id)s, %(root_id)s, %(trace_id)s, %(session_id)s, %(project)s, %(query_text)s, %(agent_selected)s,
        %(routing_strategy)s, %(created_at)s, %(created_at)s, %(metadata)s)
ON CONFLICT DO NOTHING
