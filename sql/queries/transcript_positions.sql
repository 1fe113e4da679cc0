-- transcript_positions: how far the transcripts of a session were read.
SELECT path, position_bytes, fingerprint, prompt_id, copied_at FROM hooktrace.transcripts WHERE session_id = %(session_id)s
