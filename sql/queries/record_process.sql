-- record_process: remembers which process of the agent runs a session.
INSERT INTO hooktrace.processes (session_id, host, pid, birth, seen_at)
VALUES (%(session_id)s, %(host)s, %(pid)s, %(birth)s, %(at)s)
ON CONFLICT DO NOTHING
