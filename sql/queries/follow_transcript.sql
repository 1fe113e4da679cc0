-- follow_transcript: remembers where a session's transcript lies, to be read from its beginning.
INSERT INTO hooktrace.transcripts (session_id, path) VALUES (%(session_id)s, %(path)s)
ON CONFLICT DO NOTHING
