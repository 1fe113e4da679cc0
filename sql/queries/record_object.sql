-- record_object: notes an object that a migration made or changed.
INSERT INTO hooktrace.objects AS known (kind, name, definition) VALUES (%(kind)s, %(name)s, %(definition)s)
ON CONFLICT (kind, name) DO UPDATE
SET definition = excluded.definition, server_major = excluded.server_major, recorded_at = excluded.recorded_at
