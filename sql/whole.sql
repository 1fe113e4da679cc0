-- The whole schema of hooktrace for schema @schema@, as `hooktrace schema sql` prints it.
--
--   psql -v ON_ERROR_STOP=1 -1 -f THIS_FILE DATABASE
--
-- Afterwards the database is what `hooktrace schema apply` would have made of it, its books included.

SET client_min_messages = warning;
SELECT set_config('search_path', @path@, false);

CREATE SCHEMA IF NOT EXISTS @schema@;
CREATE SCHEMA IF NOT EXISTS hooktrace;

CREATE TEMPORARY TABLE hooktrace_found AS
@catalogue@;

@books@

@files@

-- ---------------------------------------------------------------------------------------------
-- What depends on the server, and the notes about what it cannot give

SELECT hooktrace.complete_schema(@dimensions@) AS note;

-- ---------------------------------------------------------------------------------------------
-- The books: what was applied, and what stands now that did not before

@marks@

SELECT set_config('search_path', @path@, false);
INSERT INTO hooktrace.objects AS known (kind, name, definition)
SELECT kind, name, definition FROM (
@catalogue@
) AS made
WHERE NOT EXISTS (SELECT FROM hooktrace_found AS found
                  WHERE (found.kind, found.name, found.definition) = (made.kind, made.name, made.definition))
ON CONFLICT (kind, name) DO UPDATE
SET definition = excluded.definition, server_major = excluded.server_major, recorded_at = excluded.recorded_at;

DROP TABLE hooktrace_found;
RESET search_path;
RESET client_min_messages;
