"""The recorded transcripts, and lines like theirs."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from tests.replay import RECORDINGS
from tracing.transcriptfile import START, Position, Reading, read_transcript, transcripts

SESSION = "463965a0-a02c-490d-8927-3f7f722984ae"
OTHER = "0974a6f6-e1ee-46ae-a7bb-cdd9c916e4fb"
PROMPT = "cca888e5-0e48-4ec4-8123-1f7ad8fea322"
BEGIN = datetime(2026, 11, 22, 18, 10, tzinfo=UTC)


def recorded() -> list[Path]:
    """Return the transcript of every recorded session; those of its subagents lie beside it."""
    return sorted(RECORDINGS.glob("*/transcripts/*/*/*.jsonl"))


def latest(name: str) -> list[Path]:
    """Return the transcripts of the sessions of the newest client's recording *name*."""
    return sorted((RECORDINGS / "2.1.330" / "transcripts" / name).glob("*/*.jsonl"))


def whole(transcript: Path) -> list[Reading]:
    """Read the session of *transcript* and its subagents from their beginnings."""
    return [read_transcript(file, transcript.stem) for file in transcripts(transcript)]


def after(seconds: float) -> str:
    """Return a time as the client writes it."""
    return (BEGIN + timedelta(seconds=seconds)).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def user(prompt_id: str = PROMPT, **more: Any) -> dict[str, Any]:
    """Return a record of what a user, or a tool, said."""
    return {"type": "user", "promptId": prompt_id, "timestamp": after(0), "sessionId": SESSION, **more}


def sent(number: int, at: float, **more: Any) -> dict[str, Any]:
    """Return the record of a request that is sent."""
    return {"type": "api-request", "id": f"ref-{number}", "timestamp": after(at), "sessionId": SESSION, **more}


def answered(number: int, at: float, *blocks: Any, usage: Any = None, message: Any = None, **more: Any) -> Any:
    """Return one line of the answer to request *number*."""
    told = {
        "id": f"msg_{number}",
        "model": "claude-opus-5-5",
        "content": list(blocks),
        "stop_reason": "end_turn",
        "usage": {"input_tokens": 100, "output_tokens": 20} if usage is None else usage,
        **(message or {}),
    }
    line = {"type": "assistant", "timestamp": after(at), "sessionId": SESSION, "requestRef": f"ref-{number}"}
    return {**line, "requestId": f"req_{number}", "isSidechain": False, "message": told, **more}


def asked(tool_use_id: str, name: str = "Bash") -> dict[str, Any]:
    """Return a block in which the model asks for a tool."""
    return {"type": "tool_use", "id": tool_use_id, "name": name, "input": {}}


def text(*records: Any) -> bytes:
    """Return *records* as a transcript."""
    return b"".join(json.dumps(record).encode() + b"\n" for record in records)


def read(file: Path, data: bytes | None = None, position: Position = START, **more: Any) -> Reading:
    """Read *file*, which is made to hold *data* first, from *position* on."""
    if data is not None:
        file.write_bytes(data)
    return read_transcript(file, SESSION, position, **more)


def retime(projects: Path, first: datetime) -> datetime:
    """Move the times in the transcripts below *projects*, so that the first becomes *first*; return the last."""
    files = sorted(projects.rglob("*.jsonl"))
    stamp = re.compile(r'(?<="timestamp":")[^"]+|(?<="timestamp": ")[^"]+')
    times = [datetime.fromisoformat(told) for file in files for told in stamp.findall(file.read_text())]
    moved = first - min(times)

    def later(match: re.Match[str]) -> str:
        at = datetime.fromisoformat(match.group()) + moved
        return at.isoformat(timespec="milliseconds").replace("+00:00", "Z")

    for file in files:
        file.write_text(stamp.sub(later, file.read_text()))
    return max(times) + moved
