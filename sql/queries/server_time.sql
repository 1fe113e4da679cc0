-- server_time: what time it is for the server.
SELECT now() AS now
