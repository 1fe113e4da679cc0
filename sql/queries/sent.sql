-- sent: how many spans of this login were sent, and when the last was.
SELECT count(*) AS spans, max(exported_at) AS last_at FROM hooktrace.exports WHERE user_id = session_user
