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


CREATE OR REPLACE FUNCTION hooktrace.forget_sessions(forgotten text[])
RETURNS TABLE (table_name text, removed bigint, cleared bigint)
LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
DECLARE
    traces  uuid[] := ARRAY(SELECT correlation_id FROM execution_traces WHERE session_id = ANY (forgotten));
    users   text[] := ARRAY(SELECT user_id FROM execution_traces WHERE session_id = ANY (forgotten)
                            UNION SELECT user_id FROM hooktrace.sessions WHERE session_id = ANY (forgotten));
    learned record;
    owner   text;
BEGIN
    cleared := 0;
    table_name := 'pattern_usage_log';
    DELETE FROM pattern_usage_log AS use
    WHERE trace_id = ANY (traces)
       OR EXISTS (SELECT FROM success_patterns AS going  -- as below: its uses go with it
                  WHERE going.id = use.pattern_id AND going.user_id = ANY (users)
                    AND NOT EXISTS (SELECT FROM unnest(going.example_trace_ids) AS example WHERE example <> ALL (traces)));
    GET DIAGNOSTICS removed = ROW_COUNT;
    RETURN NEXT;

    -- A learned row all of whose examples are forgotten goes, and so does one that names none: it may come from
    -- anywhere.  Of another the texts are cleared, for nobody can tell from which example they are; the hash stays,
    -- by which it is known again, and gets its texts from what it is then seen in.
    FOR learned IN SELECT * FROM (VALUES
        ('success_patterns', 'example_trace_ids',
         'intent = '''', keywords = ''{}'', prompt_text = NULL, prompt_embedding = NULL, embedding_model = NULL, metadata = ''{}'''),
        ('agent_chaining_patterns', 'example_trace_ids', 'metadata = ''{}'''),
        ('error_patterns', 'sample_trace_ids',
         'message_template = '''', resolution_pattern = NULL, affected_agents = ''{}'', affected_projects = ''{}'', metadata = ''{}''')
    ) AS known (table_name, examples, texts) LOOP
        table_name := learned.table_name;
        -- `= ANY` and no join: of a long list the server makes one hash table for the whole statement.
        EXECUTE format('DELETE FROM %I AS learned
                        WHERE user_id = ANY ($2)
                          AND NOT EXISTS (SELECT FROM unnest(learned.%I) AS example WHERE example <> ALL ($1))',
                       learned.table_name, learned.examples) USING traces, users;
        GET DIAGNOSTICS removed = ROW_COUNT;
        EXECUTE format('UPDATE %1$I AS learned
                        SET %3$s, %2$I = ARRAY(SELECT example FROM unnest(learned.%2$I) AS example WHERE example <> ALL ($1))
                        WHERE EXISTS (SELECT FROM unnest(learned.%2$I) AS example WHERE example = ANY ($1))',
                       learned.table_name, learned.examples, learned.texts) USING traces;
        GET DIAGNOSTICS cleared = ROW_COUNT;
        RETURN NEXT;
    END LOOP;

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
END
$$;
COMMENT ON FUNCTION hooktrace.forget_sessions(text[]) IS
    'Removes everything of some sessions, and what was learned from them; returns how many rows went from each table, and of how many the texts were cleared. It sets no tombstone.';


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
