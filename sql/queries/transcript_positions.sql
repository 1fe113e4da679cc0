-- transcript_positions: how far the transcripts of some sessions were read.
SELECT session_id, path, position_bytes, fingerprint, prompt_id, copied_at
FROM hooktrace.transcripts
WHERE session_id = ANY (%(session_ids)s)
