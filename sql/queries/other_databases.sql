-- other_databases: databases of the embedded server that somebody else made.
SELECT datname::text AS name FROM pg_database WHERE NOT datistemplate AND datname NOT IN ('postgres', current_database()) ORDER BY 1
