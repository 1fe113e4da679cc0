-- Keeping it healthy for years: what retention removes, and what only some servers offer.

-- ---------------------------------------------------------------------------------------------
-- Retention of traces

CREATE OR REPLACE FUNCTION hooktrace.expired_executions(before timestamptz)
RETURNS TABLE (root_id uuid, correlation_id uuid, started_at timestamptz)
LANGUAGE plpgsql STABLE SET search_path FROM CURRENT AS $$
BEGIN
    RETURN QUERY
    WITH RECURSIVE old AS MATERIALIZED (
        SELECT execution.root_id, execution.correlation_id, execution.started_at
        FROM execution_traces AS execution
        WHERE execution.started_at < before
          AND execution.status <> 'in_progress'
          AND coalesce(execution.completed_at, execution.started_at) < before
          AND coalesce(execution.last_started_at, execution.started_at) < before
    ), kept_above AS (
        SELECT kept.root_id, kept.parent_id
        FROM (SELECT DISTINCT old.root_id FROM old) AS root
        JOIN execution_traces AS kept ON kept.root_id = root.root_id
        WHERE kept.parent_id IS NOT NULL
          AND NOT EXISTS (SELECT FROM old WHERE old.root_id = kept.root_id AND old.correlation_id = kept.correlation_id)
        UNION
        SELECT above.root_id, above.parent_id
        FROM kept_above
        CROSS JOIN LATERAL (  -- the row of a key, of which there is one: LIMIT keeps the planner from reading the whole table
            SELECT execution.root_id, execution.parent_id
            FROM execution_traces AS execution
            WHERE execution.root_id = kept_above.root_id AND execution.correlation_id = kept_above.parent_id
            LIMIT 1
        ) AS above
        WHERE above.parent_id IS NOT NULL
    )
    SELECT old.root_id, old.correlation_id, old.started_at
    FROM old
    WHERE NOT EXISTS (SELECT FROM kept_above
                      WHERE kept_above.root_id = old.root_id AND kept_above.parent_id = old.correlation_id)
    ORDER BY old.started_at, old.correlation_id;
END
$$;
COMMENT ON FUNCTION hooktrace.expired_executions(timestamptz) IS
    'The executions that began and ended before a time and are no ancestor of one that is kept, oldest first.';

CREATE OR REPLACE FUNCTION purge_traces(before timestamptz, dry_run boolean DEFAULT true, batch_size integer DEFAULT NULL)
RETURNS TABLE (table_name text, row_count bigint)
LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
DECLARE
    roots  uuid[];
    ids    uuid[];
    since  timestamptz;
    child  text;
    within text;
BEGIN
    -- Oldest first, as they lie in the tables: what the foreign keys look at for one is then at hand for the next.
    SELECT array_agg(expired.root_id), array_agg(expired.correlation_id), min(expired.started_at) INTO roots, ids, since
    FROM (SELECT * FROM hooktrace.expired_executions(before) LIMIT batch_size) AS expired;
    FOREACH child IN ARRAY ARRAY['hook_executions', 'agent_routing_decisions', 'endpoint_calls'] LOOP
        -- Only partitions of that time are read.  An event that came more than a day before its execution began or
        -- after it ended, which no agent sends, goes with it by the foreign key, uncounted.
        within := CASE child WHEN 'hook_executions'
                             THEN 'AND child.started_at BETWEEN $3 - interval ''1 day'' AND $4 + interval ''1 day''' ELSE '' END;
        IF dry_run THEN
            EXECUTE format('SELECT count(*) FROM unnest($1, $2) AS gone (root_id, correlation_id)
                            JOIN %I AS child ON child.root_id = gone.root_id AND child.trace_id = gone.correlation_id %s',
                           child, within)
            INTO row_count USING roots, ids, since, before;
        ELSE
            EXECUTE format('DELETE FROM %I AS child USING unnest($1, $2) AS gone (root_id, correlation_id)
                            WHERE child.root_id = gone.root_id AND child.trace_id = gone.correlation_id %s', child, within)
            USING roots, ids, since, before;
            GET DIAGNOSTICS row_count = ROW_COUNT;
        END IF;
        table_name := child;
        RETURN NEXT;
    END LOOP;
    table_name := 'execution_traces';
    row_count := coalesce(cardinality(ids), 0);
    IF NOT dry_run THEN
        DELETE FROM execution_traces AS execution USING unnest(roots, ids) AS gone (root_id, correlation_id)
        WHERE execution.root_id = gone.root_id AND execution.correlation_id = gone.correlation_id;
        GET DIAGNOSTICS row_count = ROW_COUNT;
    END IF;
    RETURN NEXT;
END
$$;
COMMENT ON FUNCTION purge_traces(timestamptz, boolean, integer) IS
    'Retention: removes executions that ended before a time, with what belongs to them, at most batch_size at once (NULL: all). Running ones, ancestors of kept ones and what was learned stay. By default only counts.';


-- ---------------------------------------------------------------------------------------------
-- What depends on the server: extensions and the vector indexes.  Called by `schema apply` after
-- all files, and again whenever it runs, so that pgvector may come later.

CREATE OR REPLACE FUNCTION hooktrace.add_extension(wanted text) RETURNS text
LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT FROM pg_extension WHERE extname = wanted) THEN
        RETURN NULL;
    ELSIF NOT EXISTS (SELECT FROM pg_available_extensions WHERE name = wanted) THEN
        RETURN format('extension %s: not offered by this server', wanted);
    END IF;
    EXECUTE format('CREATE EXTENSION IF NOT EXISTS %I SCHEMA public', wanted);
    RETURN NULL;
EXCEPTION WHEN insufficient_privilege THEN
    RETURN format('extension %s: %s may not create it; as a superuser: CREATE EXTENSION "%s"', wanted, current_user, wanted);
END
$$;
COMMENT ON FUNCTION hooktrace.add_extension(text) IS
    'Creates an extension where the server offers it and the login may; else says what stands in the way.';

CREATE OR REPLACE FUNCTION hooktrace.complete_schema(dimensions integer) RETURNS SETOF text
LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
DECLARE
    note        text;
    target      record;
    vector_type regtype;
    home        text := (SELECT n.nspname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
                         WHERE c.oid = 'execution_traces'::regclass);
BEGIN
    PERFORM hooktrace.create_partitions(now());
    FOR note IN SELECT hooktrace.add_extension(wanted) FROM unnest(ARRAY['vector', 'uuid-ossp']) AS wanted LOOP
        IF note IS NOT NULL THEN
            RETURN NEXT note;
        END IF;
    END LOOP;
    vector_type := to_regtype('vector');
    IF vector_type IS NULL THEN
        RETURN NEXT 'without vector: no idx_pattern_embedding and no idx_routing_embedding; searches by meaning are exact and slower';
        RETURN;
    END IF;
    -- hnsw and not ivfflat: an ivfflat index finds its centres in the rows that are there when it is
    -- built, and one that was built on an empty table overlooks most of what it should find
    -- (measured: 1 of 6); hnsw grows with its rows.  An expression and not a column of type vector:
    -- DROP EXTENSION vector CASCADE then takes an index away, which this function makes again, and no data.
    FOR target IN SELECT * FROM (VALUES
        ('idx_pattern_embedding', 'success_patterns', 'prompt_embedding',
         'Serves function similar_patterns: the nearest patterns by cosine; hnsw, since ivfflat on an empty table finds little.'),
        ('idx_routing_embedding', 'agent_routing_decisions', 'query_embedding',
         'Serves function similar_routing_decisions: the nearest earlier choices by cosine; hnsw, since ivfflat on an empty table finds little.')
    ) AS wanted(index_name, table_name, vectors, comment) LOOP
        -- Vectors of another length than the setting's are searched exactly.
        CONTINUE WHEN EXISTS (
            SELECT FROM pg_index
            WHERE indexrelid = to_regclass(format('%I.%I', home, target.index_name)) AND indisvalid
              AND pg_get_indexdef(indexrelid) LIKE format('%%vector(%s)%%', dimensions));
        EXECUTE format('DROP INDEX IF EXISTS %I.%I', home, target.index_name);
        EXECUTE format('CREATE INDEX %I ON %I.%I USING hnsw ((%I::%s(%s)) vector_cosine_ops) WHERE cardinality(%I) = %s',
                       target.index_name, home, target.table_name, target.vectors, vector_type, dimensions,
                       target.vectors, dimensions);
        EXECUTE format('COMMENT ON INDEX %I.%I IS %L', home, target.index_name, target.comment);
    END LOOP;
END
$$;
COMMENT ON FUNCTION hooktrace.complete_schema(integer) IS
    'Makes what only some servers can hold, and the months'' partitions: extensions, and vector indexes for embeddings of the given length. Returns what was not possible.';
