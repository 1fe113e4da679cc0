-- database_size: how many bytes the database takes.
SELECT pg_database_size(current_database()) AS bytes
