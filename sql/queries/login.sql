-- login: the database user that a collector of this installation stores as.
SELECT session_user::text AS user_id
