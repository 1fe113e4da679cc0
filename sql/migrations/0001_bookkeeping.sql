-- What hooktrace must remember to work, in a schema of its own, beside the eight tables that are
-- there to be read.
--
-- Of all files here: names without a schema are created in the schema that the settings name
-- (`public` unless said otherwise).  Each file may run again on a database that has some or all
-- of its objects, and then adds what is missing: that is how a lost table comes back.

CREATE SCHEMA IF NOT EXISTS hooktrace;
COMMENT ON SCHEMA hooktrace IS 'Bookkeeping and helpers of hooktrace: what it must remember to work, nothing a report needs.';

DO $$
BEGIN
    IF to_regtype('hooktrace.ending') IS NULL THEN
        CREATE TYPE hooktrace.ending AS (
            at            timestamptz,  -- compared first: of two endings the later one holds
            status        text COLLATE "C",  -- a tie is settled the same way everywhere
            error_type    text COLLATE "C",
            error_message text COLLATE "C"
        );
    END IF;
END
$$;
COMMENT ON TYPE hooktrace.ending IS 'How and when an execution ended, as one event told it; the greater of two holds.';

CREATE TABLE IF NOT EXISTS hooktrace.sessions (
    session_id     text        NOT NULL,
    root_id        uuid        NOT NULL,
    parent_id      uuid,
    parent_certain boolean     NOT NULL DEFAULT true,
    context        jsonb       NOT NULL DEFAULT '{}',
    applied_until  timestamptz,
    user_id        text        NOT NULL DEFAULT session_user,
    created_at     timestamptz NOT NULL DEFAULT now(),

    CONSTRAINT sessions_pkey PRIMARY KEY (session_id)
);
COMMENT ON TABLE hooktrace.sessions IS
    'To which tree a session belongs: decided once, at its first event, and read by every later event, replay and import.';
COMMENT ON COLUMN hooktrace.sessions.applied_until IS 'Until when what its transcripts tell is applied to its executions; a session that ended later is still to be looked after.';
COMMENT ON COLUMN hooktrace.sessions.context IS 'How the parent was found, which inherited ids were ignored and why, where it runs; capture where no content of it is kept.';


-- ---------------------------------------------------------------------------------------------
-- Helpers that the other files build with

CREATE OR REPLACE FUNCTION hooktrace.new_id() RETURNS uuid
LANGUAGE sql VOLATILE PARALLEL SAFE AS $$
    -- The first 48 bits of a random UUID become the time, and its version 4 becomes 7.
    SELECT encode(set_bit(set_bit(
               overlay(uuid_send(gen_random_uuid())
                       PLACING substring(int8send((extract(epoch FROM clock_timestamp()) * 1000)::bigint) FROM 3)
                       FROM 1 FOR 6),
               52, 1), 53, 1), 'hex')::uuid
$$;
COMMENT ON FUNCTION hooktrace.new_id() IS
    'A time-ordered UUID (version 7): new rows lie side by side in their index.  PostgreSQL has uuidv7() from 18 on.';

CREATE OR REPLACE FUNCTION hooktrace.add_constraint(owner regclass, name text, definition text) RETURNS boolean
LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT FROM pg_constraint WHERE conrelid = owner AND conname = name) THEN
        RETURN false;
    END IF;
    EXECUTE format('ALTER TABLE %s ADD CONSTRAINT %I %s', owner, name, definition);
    RETURN true;
END
$$;
COMMENT ON FUNCTION hooktrace.add_constraint(regclass, text, text) IS
    'Adds a constraint that a table does not have yet: a DROP ... CASCADE of the table it refers to takes it away.';

CREATE OR REPLACE FUNCTION hooktrace.touch() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.updated_at = OLD.updated_at THEN
        NEW.updated_at := now();
    END IF;
    RETURN NEW;
END
$$;
COMMENT ON FUNCTION hooktrace.touch() IS 'Keeps updated_at true, unless the statement sets it itself.';
