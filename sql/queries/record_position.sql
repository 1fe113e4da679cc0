-- record_position: remembers how far a transcript was read, in the transaction that stores what was read.
INSERT INTO hooktrace.transcripts AS known (session_id, path, position_bytes, fingerprint, prompt_id, copied_at, unreadable, read_at)
VALUES (%(session_id)s, %(path)s, %(position_bytes)s, %(fingerprint)s, %(prompt_id)s, %(copied_at)s, %(unreadable)s, %(now)s)
ON CONFLICT (session_id, path) DO UPDATE SET
    position_bytes = excluded.position_bytes,
    fingerprint    = excluded.fingerprint,
    prompt_id      = excluded.prompt_id,
    copied_at      = excluded.copied_at,
    unreadable     = excluded.unreadable + CASE WHEN %(anew)s THEN 0 ELSE known.unreadable END,
    read_at        = excluded.read_at
