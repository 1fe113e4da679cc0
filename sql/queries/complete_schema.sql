-- complete_schema: makes what depends on the server and the month; returns a note for each thing that it could not make.
SELECT hooktrace.complete_schema(%(dimensions)s::integer) AS note
