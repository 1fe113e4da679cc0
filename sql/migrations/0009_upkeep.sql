-- What the daily upkeep remembers, and what it does to whole partitions: `hooktrace retention` and
-- `hooktrace maintain` call it, in transactions that give up soon where somebody else is in the way.

CREATE TABLE IF NOT EXISTS hooktrace.chores (
    name      text        NOT NULL,
    began_at  timestamptz NOT NULL,
    ended_at  timestamptz,
    succeeded boolean,
    report    jsonb       NOT NULL DEFAULT '{}',

    CONSTRAINT chores_pkey PRIMARY KEY (name)
);
COMMENT ON TABLE hooktrace.chores IS
    'What is done once a day, by whichever collector comes first: when it was done last, and how that went.';
COMMENT ON COLUMN hooktrace.chores.name      IS 'retention or maintenance.';
COMMENT ON COLUMN hooktrace.chores.began_at  IS 'When somebody last began; nobody else does before it is due again.';
COMMENT ON COLUMN hooktrace.chores.ended_at  IS 'When that ended; NULL while it runs, and after it was cut off.';
COMMENT ON COLUMN hooktrace.chores.succeeded IS 'False: report says why not; NULL as ended_at.';
COMMENT ON COLUMN hooktrace.chores.report    IS 'What was done, as `hooktrace retention --json` and `hooktrace maintain --json` print it.';

CREATE TABLE IF NOT EXISTS hooktrace.aged_months (
    name         text        NOT NULL,
    aged_at      timestamptz NOT NULL DEFAULT now(),
    bytes_before bigint      NOT NULL,
    bytes_after  bigint      NOT NULL,

    CONSTRAINT aged_months_pkey PRIMARY KEY (name)
);
COMMENT ON TABLE hooktrace.aged_months IS
    'The partitions of hook_executions whose content has aged as a whole, and whose room was then given back: that is done once.';
COMMENT ON COLUMN hooktrace.aged_months.name         IS 'The partition.';
COMMENT ON COLUMN hooktrace.aged_months.bytes_before IS 'Its size with indexes and long values, before it was rewritten.';


-- ---------------------------------------------------------------------------------------------
-- Content

CREATE OR REPLACE FUNCTION hooktrace.without_content(metadata jsonb) RETURNS jsonb
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    -- Numbers and switches tell nobody's words.  Of texts stay those that are one of a few words or an id:
    -- by name, and only while they are short, since another agent may mean something else by the name.
    SELECT coalesce(jsonb_object_agg(key, value), '{}') || '{"aged": true}'
    FROM jsonb_each(metadata)
    WHERE jsonb_typeof(value) IN ('number', 'boolean')
       OR key IN ('action', 'agent_type', 'effort', 'mcp_server', 'mcp_server_name', 'message_id', 'mode', 'model',
                  'notification_type', 'permission_mode', 'prompt_id', 'reason', 'source', 'stop_reason', 'timestamp',
                  'trigger', 'turn_id')
      AND length(value::text) <= 64
$$;
COMMENT ON FUNCTION hooktrace.without_content(jsonb) IS
    'What stays of an event''s metadata once its content has aged: counts, switches, ids and words of a fixed meaning; no message, no path. It is marked as aged.';


-- ---------------------------------------------------------------------------------------------
-- Partitions

CREATE OR REPLACE FUNCTION hooktrace.months()
RETURNS TABLE (name text, begins timestamptz, ends timestamptz, aged boolean)
LANGUAGE plpgsql STABLE SET search_path FROM CURRENT SET datestyle = 'ISO' AS $$
BEGIN
    RETURN QUERY
    SELECT part.relname::text, coalesce(bounds[1]::timestamptz, '-infinity'), coalesce(bounds[2]::timestamptz, 'infinity'),
           EXISTS (SELECT FROM hooktrace.aged_months AS known WHERE known.name = part.relname)
    FROM pg_inherits
    JOIN pg_class AS part ON part.oid = inhrelid
    LEFT JOIN LATERAL regexp_match(pg_get_expr(part.relpartbound, part.oid), 'FROM \(''(.+)''\) TO \(''(.+)''\)') AS bounds ON true
    WHERE inhparent = 'hook_executions'::regclass
    ORDER BY 2, 1;
END
$$;
COMMENT ON FUNCTION hooktrace.months() IS
    'The partitions of hook_executions with the time that each is for, oldest first; the DEFAULT one, for all times, is among them.';

CREATE OR REPLACE FUNCTION hooktrace.drop_month(month text) RETURNS boolean
LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM hooktrace.months() WHERE months.name = month AND isfinite(months.ends)) THEN
        RETURN false;
    END IF;
    DELETE FROM hooktrace.aged_months AS known WHERE known.name = month;
    EXECUTE format('DROP TABLE %I', month);
    RETURN true;
END
$$;
COMMENT ON FUNCTION hooktrace.drop_month(text) IS
    'Drops a month''s partition of hook_executions with all its events: nothing is read, so it takes no time, but for a moment nobody else may use the table. False: there is none.';

CREATE OR REPLACE FUNCTION hooktrace.rewrite(target regclass) RETURNS bigint
LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
DECLARE
    before bigint := pg_total_relation_size(target);
    key    text := (SELECT quote_ident(c.relname) FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid
                    WHERE i.indrelid = target AND i.indisprimary);
BEGIN
    -- Not VACUUM FULL, which a transaction may not hold, and so could not be made to give up soon by a pooler's client.
    EXECUTE format('CLUSTER %s USING %s', target, key);
    EXECUTE format('ALTER TABLE %s SET WITHOUT CLUSTER', target);
    RETURN before - pg_total_relation_size(target);
END
$$;
COMMENT ON FUNCTION hooktrace.rewrite(regclass) IS
    'Writes a table or a partition anew in the order of its primary key and returns how many bytes that gave back; meanwhile nobody else may use it.';

CREATE OR REPLACE FUNCTION hooktrace.settle_month(moment timestamptz) RETURNS bigint
LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
DECLARE
    begins  timestamptz := date_trunc('month', moment AT TIME ZONE 'UTC') AT TIME ZONE 'UTC';
    ends    timestamptz := (date_trunc('month', moment AT TIME ZONE 'UTC') + interval '1 month') AT TIME ZONE 'UTC';
    name    text := to_char(begins AT TIME ZONE 'UTC', '"hook_executions_y"YYYY"m"MM');
    home    text := (SELECT n.nspname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
                     WHERE c.oid = 'hook_executions'::regclass);
    settled bigint;
BEGIN
    -- Attaching a filled table, and not creating a partition: that would keep everybody else out of hook_executions.
    LOCK TABLE hook_executions_default IN ACCESS EXCLUSIVE MODE;
    EXECUTE format('CREATE TABLE %I.%I (LIKE hook_executions INCLUDING DEFAULTS INCLUDING CONSTRAINTS)', home, name);
    EXECUTE format('WITH moved AS (DELETE FROM hook_executions_default WHERE started_at >= $1 AND started_at < $2 RETURNING *)
                    INSERT INTO %I.%I SELECT * FROM moved', home, name) USING begins, ends;
    GET DIAGNOSTICS settled = ROW_COUNT;
    EXECUTE format('ALTER TABLE hook_executions ATTACH PARTITION %I.%I FOR VALUES FROM (%L) TO (%L)', home, name, begins, ends);
    EXECUTE format('COMMENT ON TABLE %I.%I IS %L', home, name, 'Events of one month (UTC).');
    IF (SELECT relrowsecurity FROM pg_class WHERE oid = 'hook_executions'::regclass) THEN  -- as create_partitions does
        EXECUTE format('ALTER TABLE %I.%I ENABLE ROW LEVEL SECURITY', home, name);
    END IF;
    RETURN settled;
END
$$;
COMMENT ON FUNCTION hooktrace.settle_month(timestamptz) IS
    'Gives the events of a month that lie in the DEFAULT partition a partition of their own; returns how many. Others go on writing to the other months meanwhile.';
