-- Which tables, views and functions each role may use.  Exactly this: what was granted to the three
-- beside it is taken back.  Nothing may be deleted but by the owner.

SET LOCAL ROLE hooktrace_owner;

-- ---------------------------------------------------------------------------------------------
-- Tables and views

DO $$
DECLARE
    ours regclass;
BEGIN
    FOR ours IN SELECT oid FROM pg_class WHERE relowner = 'hooktrace_owner'::regrole AND relkind IN ('r', 'p', 'v', 'm') LOOP
        EXECUTE format('REVOKE ALL ON %s FROM PUBLIC, hooktrace_writer, hooktrace_reader, hooktrace_auditor', ours);
    END LOOP;
END
$$;

GRANT SELECT ON execution_traces, hook_executions, agent_routing_decisions, endpoint_calls, hooktrace.sessions,
                hooktrace.processes, hooktrace.transcripts, hooktrace.transcribed, hooktrace.accounts, hooktrace.tombstones,
                hooktrace.exports, hooktrace.outcomes, success_patterns, pattern_usage_log, agent_chaining_patterns, error_patterns,
                trace_summary, agent_performance, error_analysis, pattern_effectiveness, dashboard_summary
    TO hooktrace_writer, hooktrace_reader, hooktrace_auditor;

-- To see that the tables are there, up to date and cared for; nothing of anybody's work stands there.
GRANT SELECT ON hooktrace._yoyo_migration, hooktrace.objects, hooktrace.chores
    TO hooktrace_writer, hooktrace_reader, hooktrace_auditor;

-- What was learned is written by the owner alone: its counters must be true.
GRANT INSERT ON execution_traces, hook_executions, agent_routing_decisions, endpoint_calls, hooktrace.sessions,
                hooktrace.processes, hooktrace.transcripts, hooktrace.transcribed, hooktrace.accounts, hooktrace.tombstones,
                hooktrace.exports
    TO hooktrace_writer;

-- What query record_execution merges, and no more: source, kind and session of a row are told once, and
-- what a trigger derives from these is derived.
GRANT UPDATE (name, parent_id, parent_certain, started_at, start_observed, last_started_at, observed_end, inferred_end,
              measured_ms, permission_asked_at, prompt_text, project, context, updated_at)
    ON execution_traces TO hooktrace_writer;

-- What is told in pieces, or known only later.
GRANT UPDATE (context, applied_until) ON hooktrace.sessions TO hooktrace_writer;
GRANT UPDATE (outcome, updated_at) ON agent_routing_decisions TO hooktrace_writer;
GRANT UPDATE (started_at, completed_at, duration_ms, success, error_type, error_message, status_code, retry_count, model,
              input_tokens, output_tokens, cache_read_tokens, cache_write_tokens, cost_usd, metadata)
    ON endpoint_calls TO hooktrace_writer;
GRANT UPDATE (position_bytes, fingerprint, prompt_id, copied_at, unreadable, read_at) ON hooktrace.transcripts TO hooktrace_writer;
GRANT UPDATE (name, parent_id, asked_at, unannounced, answered_at, ended_at, status, error_type, error_message,
              prompt_text, redactions, context)
    ON hooktrace.transcribed TO hooktrace_writer;
GRANT UPDATE (cost_usd, api_ms, includes_copies, models) ON hooktrace.accounts TO hooktrace_writer;


-- ---------------------------------------------------------------------------------------------
-- Functions: all run with the rights of whoever calls them, so the others could do no harm either;
-- purge_traces and the helpers of the migrations are simply not theirs.

DO $$
DECLARE
    everybodys CONSTANT name[] := ARRAY['trace_tree', 'tool_performance', 'rate_lower_bound',
                                        'similar_patterns', 'similar_routing_decisions', 'nearest', 'cosine_similarity',
                                        'coverage', 'gaps', 'time_apart', 'subject_of'];
    ours       record;
BEGIN
    FOR ours IN SELECT oid::regprocedure AS id, proname AS name FROM pg_proc WHERE proowner = 'hooktrace_owner'::regrole LOOP
        EXECUTE format('REVOKE ALL ON ROUTINE %s FROM PUBLIC, hooktrace_writer, hooktrace_reader, hooktrace_auditor', ours.id);
        IF ours.name = ANY (everybodys) THEN
            EXECUTE format('GRANT EXECUTE ON ROUTINE %s TO hooktrace_writer, hooktrace_reader, hooktrace_auditor', ours.id);
        END IF;
    END LOOP;
END
$$;
GRANT EXECUTE ON FUNCTION hooktrace.settle(uuid[], uuid[], timestamptz), hooktrace.apply_transcripts(text, timestamptz, timestamptz),
                          hooktrace.heal(text, timestamptz, timestamptz, timestamptz)
    TO hooktrace_writer;
GRANT EXECUTE ON FUNCTION hooktrace.new_id() TO hooktrace_writer;  -- the default of two tables' keys
GRANT USAGE ON TYPE hooktrace.ending TO hooktrace_writer, hooktrace_reader, hooktrace_auditor;


-- ---------------------------------------------------------------------------------------------
-- Partitions: a right to one goes round the policies of hook_executions.

DO $$
DECLARE
    held record;
BEGIN
    FOR held IN
        SELECT DISTINCT part.relid, coalesce(quote_ident(role.rolname), 'PUBLIC') AS grantee
        FROM pg_partition_tree('hook_executions') AS part
        JOIN pg_class c ON c.oid = part.relid
        CROSS JOIN LATERAL aclexplode(c.relacl) AS acl
        LEFT JOIN pg_roles AS role ON role.oid = acl.grantee
        WHERE part.level > 0 AND acl.grantee <> c.relowner
    LOOP
        EXECUTE format('REVOKE ALL ON %s FROM %s', held.relid, held.grantee);
    END LOOP;
END
$$;
