-- export_snapshot: lets another connection see what this transaction sees, and tells as whom this one looks.
SELECT pg_export_snapshot() AS snapshot, CASE WHEN current_user <> session_user THEN current_user END AS role
