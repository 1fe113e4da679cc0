-- recorded_objects: what the migrations made, as it stood right after the last of them that touched it.
SELECT kind, name, definition, server_major FROM hooktrace.objects ORDER BY kind, name
