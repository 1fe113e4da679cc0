-- Forgetting: everything of some sessions goes, what was learned from them included, and what is left is a
-- tombstone, by which an event that comes late, an import and healing know what must not come back.
--
-- First the tombstones are committed, then the rows are removed: whoever stores looks the tombstones up in the
-- transaction that stores, and setting one waits for those that have looked already (query lock_tombstones).

CREATE TABLE IF NOT EXISTS hooktrace.tombstones (
    kind         text        NOT NULL,
    key          text        NOT NULL,
    forgotten_at timestamptz NOT NULL DEFAULT now(),
    user_id      text        NOT NULL DEFAULT session_user,

    CONSTRAINT tombstones_pkey PRIMARY KEY (kind, key, user_id),
    CONSTRAINT tombstones_kind_is_known
        CHECK (kind IN ('session', 'project'))
);
COMMENT ON TABLE hooktrace.tombstones IS
    'What was forgotten and must not come back: sessions for good, and of a project what began before it was forgotten. Nothing of their content; a row stays for ever, since nobody knows how long a transcript does.';
COMMENT ON COLUMN hooktrace.tombstones.kind         IS 'session or project.';
COMMENT ON COLUMN hooktrace.tombstones.key          IS 'Of a session its id; of a project the SHA-256 of its name or directory, for a name can itself be what is to be forgotten.';
COMMENT ON COLUMN hooktrace.tombstones.forgotten_at IS 'When it was forgotten, last.';
COMMENT ON COLUMN hooktrace.tombstones.user_id      IS 'The database user whose work it was: his collectors see it; row-level security stands on it.';


CREATE OR REPLACE FUNCTION hooktrace.recorded(executions uuid[]) RETURNS uuid[]
LANGUAGE sql STABLE SET search_path FROM CURRENT AS $$
    SELECT ARRAY(SELECT one FROM unnest(executions) WITH ORDINALITY AS listed (one, place)
                 WHERE EXISTS (SELECT FROM execution_traces WHERE correlation_id = one) ORDER BY place)
$$;
COMMENT ON FUNCTION hooktrace.recorded(uuid[]) IS 'Those of some executions that there still are, in their order.';

CREATE OR REPLACE FUNCTION hooktrace.forget_sessions(forgotten text[], errors uuid[], of_project boolean)
RETURNS TABLE (table_name text, removed bigint, cleared bigint)
LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
DECLARE
    traces  uuid[] := ARRAY(SELECT correlation_id FROM execution_traces WHERE session_id = ANY (forgotten));
    users   text[] := ARRAY(SELECT user_id FROM execution_traces WHERE session_id = ANY (forgotten)
                            UNION SELECT user_id FROM hooktrace.sessions WHERE session_id = ANY (forgotten)
                            UNION SELECT user_id FROM error_patterns WHERE id = ANY (errors));
    -- Whether more was recorded of them than there is: of a project's sessions nobody knows; another has lost nothing
    -- if it began after the oldest call that has not expired.
    expired boolean := of_project OR NOT coalesce(
                           (SELECT min(started_at) FROM execution_traces WHERE session_id = ANY (forgotten))
                           >= (SELECT min(started_at) FROM execution_traces WHERE kind = 'tool'), false)
                       OR EXISTS (SELECT FROM hooktrace.sessions AS known WHERE session_id = ANY (forgotten)
                                  AND NOT EXISTS (SELECT FROM execution_traces AS left_of_it
                                                  WHERE left_of_it.session_id = known.session_id));
    learned record;
    owner   text;
BEGIN
    cleared := 0;
    -- What hangs on others first, so that it is counted.
    FOREACH owner IN ARRAY ARRAY['hook_executions', 'agent_routing_decisions', 'endpoint_calls', 'execution_traces',
                                 'hooktrace.processes', 'hooktrace.transcripts', 'hooktrace.transcribed',
                                 'hooktrace.accounts', 'hooktrace.sessions'] LOOP
        table_name := owner;
        EXECUTE format('DELETE FROM %s WHERE session_id = ANY ($1)', owner::regclass) USING forgotten;
        GET DIAGNOSTICS removed = ROW_COUNT;
        RETURN NEXT;
    END LOOP;

    table_name := 'pattern_usage_log';
    DELETE FROM pattern_usage_log AS use
    WHERE trace_id = ANY (traces)
       OR EXISTS (SELECT FROM success_patterns AS going  -- as below: its uses go with it
                  WHERE going.id = use.pattern_id AND going.user_id = ANY (users)
                    AND going.usage_count <= cardinality(going.example_trace_ids)
                    AND NOT EXISTS (SELECT FROM unnest(going.example_trace_ids) AS example WHERE example <> ALL (traces)));
    GET DIAGNOSTICS removed = ROW_COUNT;
    RETURN NEXT;

    -- A learned row goes that counts nothing but what is forgotten.  Of another the texts are cleared if they may be
    -- from that: if an execution that it names is, or has expired as some of it may have, or if it names none.  The counts
    -- stay, and the hash, by which it is known again and gets its texts from what it is then seen in.
    FOR learned IN SELECT * FROM (VALUES
        ('success_patterns', 'usage_count', 'example_trace_ids',
         'CASE WHEN metadata ? ''founder'' THEN ARRAY[(metadata ->> ''founder'')::uuid] ELSE example_trace_ids END',
         ', intent, keywords, prompt_text, prompt_embedding, embedding_model', ', '''', ''{}'', NULL, NULL, NULL'),
        ('agent_chaining_patterns', 'occurrence_count', 'example_trace_ids', 'example_trace_ids', '', ''),
        ('error_patterns', 'occurrence_count', 'sample_trace_ids', 'sample_trace_ids',
         ', message_template, resolution_pattern, affected_agents, affected_projects', ', '''', NULL, ''{}'', ''{}''')
    ) AS known (table_name, counted, examples, sources, texts, blank) LOOP
        table_name := learned.table_name;
        -- `= ANY` and no join: of a long list the server makes one hash table for the whole statement.
        EXECUTE format('DELETE FROM %1$I AS learned
                        WHERE user_id = ANY ($2) AND %2$I <= cardinality(%3$I)
                          AND NOT EXISTS (SELECT FROM unnest(learned.%3$I) AS example WHERE example <> ALL ($1))',
                       learned.table_name, learned.counted, learned.examples) USING traces, users;
        GET DIAGNOSTICS removed = ROW_COUNT;
        EXECUTE format('UPDATE %1$I SET (%2$s) = ROW(%3$s)
                        WHERE (id = ANY ($2) OR user_id = ANY ($1)
                               AND (%4$s = ''{}'' OR %4$s && $3 OR $4 AND %4$s <> hooktrace.recorded(%4$s)))
                          AND (%2$s) IS DISTINCT FROM ROW(%3$s)',
                       learned.table_name, format('%I, metadata', learned.examples) || learned.texts,
                       format('hooktrace.recorded(%I), jsonb_strip_nulls(jsonb_build_object(''sums'', metadata -> ''sums''))',
                              learned.examples) || learned.blank,
                       learned.sources) USING users, errors, traces, expired;
        GET DIAGNOSTICS cleared = ROW_COUNT;
        RETURN NEXT;
    END LOOP;
END
$$;
COMMENT ON FUNCTION hooktrace.forget_sessions(text[], uuid[], boolean) IS
    'Removes everything of some sessions, and what was learned from them, as some kinds of failure may be; returns how many rows went from each table, and of how many the texts were cleared. It sets no tombstone.';


CREATE OR REPLACE FUNCTION hooktrace.forget_statistics(target regclass) RETURNS boolean
LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
DECLARE
    known   record;
    settled boolean;
BEGIN
    IF current_setting('server_version_num')::integer >= 180000 THEN
        FOR known IN SELECT schemaname, tablename, attname, inherited FROM pg_stats
                     WHERE format('%I.%I', schemaname, tablename)::regclass = target LOOP
            PERFORM pg_clear_attribute_stats(known.schemaname, known.tablename, known.attname, known.inherited);
        END LOOP;
        RETURN true;
    END IF;
    -- Statistics are values from the rows.  ANALYZE replaces them, but leaves those of an empty table as they are.
    EXECUTE format('SELECT EXISTS (SELECT FROM %s)', target) INTO settled;
    RETURN settled OR NOT EXISTS (SELECT FROM pg_stats WHERE format('%I.%I', schemaname, tablename)::regclass = target);
END
$$;
COMMENT ON FUNCTION hooktrace.forget_statistics(regclass) IS
    'Clears what the planner knows of a table, which is values of its rows; to be followed by ANALYZE. False: the table is empty, and the server, older than 18, keeps the old ones until it has rows again.';
