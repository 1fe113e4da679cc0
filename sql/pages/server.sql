-- server: which server the database is on, since when it runs, how large the database is, and as whom we read it.
SELECT current_setting('server_version') AS version, pg_postmaster_start_time() AS started_at,
       current_database() AS database, pg_database_size(current_database()) AS bytes,
       session_user AS login, current_user AS acting_as
