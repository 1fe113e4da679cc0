"""Reading transcripts: what was added since the last time, whatever happened to the file."""

from __future__ import annotations

import json
import os
import shutil
import tracemalloc
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import pytest

from tests.transcripts import SESSION, answered, asked, latest, read, recorded, sent, text, user, whole
from tracing.modelrequest import ModelRequest, fold
from tracing.transcriptfile import (
    LINE_LIMIT,
    REWIND_LIMIT,
    START,
    Position,
    Reading,
    read_transcript,
    transcripts,
)

TWO_TURNS = text(
    user(),
    sent(1, 1),
    {"type": "system", "subtype": "api_error", "uuid": "e1", "retryAttempt": 1},
    sent(1, 2),
    answered(1, 3, {"type": "text", "text": "ünïcödé 🐍"}, parentUuid="e1", message={"stop_reason": None}),
    answered(1, 4, asked("toolu_1")),
    user(),
    answered(1, 5, asked("toolu_2")),
    user("another"),
    sent(2, 6),
    {"type": "last-prompt", "sessionId": SESSION},
    answered(2, 7),
)
"""A small transcript with all that one reading may have to leave to the next."""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """Give the path of a transcript that is not there yet."""
    return tmp_path / f"{SESSION}.jsonl"


def told(readings: Iterable[Reading]) -> tuple[list[ModelRequest], set[str]]:
    """Return what *readings* tell together."""
    found = list(readings)
    requests = fold(request for reading in found for request in reading.requests)
    return requests, {use.id for reading in found for use in reading.tool_uses}


# --------------------------------------------------------------------------
# In pieces


def test_a_transcript_cut_anywhere_is_read_as_if_it_were_whole(file: Path) -> None:
    """At every byte: what the first reading leaves, the second has, and together they tell neither less nor more."""
    expected = told([read(file, TWO_TURNS)])
    assert [request.retry_count for request in expected[0]] == [1, 0]
    assert all(request.started_at and request.prompt_id for request in expected[0])
    with file.open("r+b") as out:
        for cut in range(len(TWO_TURNS) + 1):
            os.truncate(file, cut)
            first = read(file)
            os.pwrite(out.fileno(), TWO_TURNS[cut:], cut)
            second = read(file, None, first.position)
            assert (first.unreadable, second.unreadable, second.anew) == (0, 0, False)
            assert told([first, second]) == expected, cut


@pytest.mark.parametrize("transcript", recorded(), ids=lambda path: f"{path.parts[-3]}-{path.stem[:8]}")
def test_recorded_transcripts_read_line_by_line_tell_the_same(transcript: Path, tmp_path: Path) -> None:
    """As the collector reads them: a little more after each event."""
    for number, original in enumerate(transcripts(transcript)):
        growing, position, readings = tmp_path / f"{number}.jsonl", START, []
        with growing.open("wb") as out:
            for line in original.read_bytes().splitlines(keepends=True):
                out.write(line[:20])
                out.flush()
                readings.append(read_transcript(growing, transcript.stem, position))
                out.write(line[20:])
                out.flush()
                readings.append(read_transcript(growing, transcript.stem, readings[-1].position))
                position = readings[-1].position
        assert told(readings) == told([read_transcript(original, transcript.stem)])
        assert not any(reading.anew or reading.unreadable for reading in readings)


def test_reading_twice_tells_the_same(file: Path) -> None:
    """A reading whose result was not stored is repeated, with the same ids."""
    assert read(file, TWO_TURNS) == read(file)


def test_nothing_new_tells_nothing(file: Path) -> None:
    """A transcript that did not grow costs a look at its two edges."""
    position = read(file, TWO_TURNS).position
    assert position.offset == len(TWO_TURNS)
    assert read(file, None, position) == Reading(position)


def test_a_limit_ends_a_reading_and_the_next_goes_on(file: Path) -> None:
    """However small it is: each reading comes further by a line at least."""
    file.write_bytes(TWO_TURNS)
    for limit in (1, 100, 500, 1000, 5000):
        readings = [read(file, None, limit=limit)]
        while readings[-1].more:
            readings.append(read(file, None, readings[-1].position, limit=limit))
            assert len(readings) <= 2 * len(TWO_TURNS.splitlines())
        requests, uses = told(readings)
        expected, all_uses = told([read(file)])
        assert uses == all_uses
        assert [(one.id, one.tokens, one.tool_use_ids, one.prompt_id) for one in requests] == [
            (one.id, one.tokens, one.tool_use_ids, one.prompt_id) for one in expected
        ]


def test_a_request_that_nobody_answers_is_not_waited_for_for_ever(file: Path) -> None:
    """The position stays before it as long as that is near."""
    waiting = text(user(), sent(1, 1))
    assert read(file, waiting).position.offset == len(text(user()))
    filled = waiting + text({"type": "attachment", "content": "x" * REWIND_LIMIT})
    assert read(file, filled).position.offset == len(filled)


# --------------------------------------------------------------------------
# Another file


def shortened(file: Path) -> None:
    file.write_bytes(TWO_TURNS[: len(text(user(), sent(1, 1)))] + text(answered(9, 9)))


def replaced(file: Path) -> None:
    other = file.with_name("staged")
    other.write_bytes(TWO_TURNS + text(answered(9, 9)))
    other.replace(file)


def rewritten(file: Path) -> None:
    with file.open("r+b") as out:  # the same inode, and longer than before
        out.write(text(user("x" * 400), *(answered(number, number) for number in range(1, 20))))


def changed_in_the_middle(file: Path) -> None:
    data = file.read_bytes()
    with file.open("r+b") as out:
        out.write(data.replace(b"msg_2", b"msg_9").replace(b"ref-2", b"ref-9"))


@pytest.mark.parametrize("happens", [shortened, replaced, rewritten, changed_in_the_middle])
def test_a_transcript_that_is_another_is_read_from_its_beginning(file: Path, happens: Callable[[Path], None]) -> None:
    """The client rewrites a long transcript without what is no longer needed, and renames it over the old one."""
    before = read(file, TWO_TURNS)
    happens(file)
    after = read(file, None, before.position)
    assert after.anew
    assert told([after]) == told([read(file)])
    assert "msg_9" in {request.message_id for request in after.requests}


def test_a_transcript_that_became_shorter_and_is_short_for_now_is_read_anew(file: Path) -> None:
    """Also while it is shorter than what was read, and when it has grown past it."""
    position = read(file, TWO_TURNS).position
    short = read(file, text(user()), position)
    assert short.anew
    assert read(file, text(user(), answered(1, 1)), short.position).requests


def test_a_transcript_that_is_missing_tells_nothing(file: Path) -> None:
    """Neither before it is written nor after it was deleted; the position is kept."""
    assert read(file) == Reading(START)
    position = read(file, TWO_TURNS).position
    file.unlink()
    assert read(file, None, position) == Reading(position)
    assert read_transcript(file / "beneath.jsonl", SESSION, position) == Reading(position)


def test_only_a_regular_file_is_read(tmp_path: Path, file: Path) -> None:
    """The path comes from a payload: a link is not followed, a FIFO not waited for."""
    file.write_bytes(TWO_TURNS)
    (tmp_path / "link").symlink_to(file)
    os.mkfifo(tmp_path / "fifo")
    for name in ("link", "fifo", "."):
        with pytest.raises(OSError, match=name.replace(".", "no regular file")):
            read_transcript(tmp_path / name, SESSION)


# --------------------------------------------------------------------------
# Lines that cannot be read


def test_lines_that_are_no_records_are_passed_over_and_counted(file: Path) -> None:
    """A torn line costs itself, and the certainty which prompt runs, until the next record of that prompt."""
    junk = b'{"type":"assistant","mess\n[1]\n\n  \nnull\n\xff\xfe\n' + b"[" * 5000 + b"\n"
    reading = read(file, text(user(), answered(1, 1)) + junk + text(answered(2, 2), user(), answered(3, 3)))
    assert reading.unreadable == 5
    assert [bool(request.prompt_id) for request in reading.requests] == [True, False, True]


def test_what_a_crash_left_before_a_line_is_passed_over(file: Path) -> None:
    """A file system may leave zeros where the last line was not written; the client appends behind them."""
    reading = read(file, text(user()) + b"\0" * 700 + text(answered(1, 1)))
    assert (len(reading.requests), reading.unreadable) == (1, 0)


def test_half_an_emoji_and_a_nul_are_no_obstacle(file: Path) -> None:
    """What jsonb refuses is replaced, as it is in events."""
    line = json.dumps(answered(1, 1, asked("toolu\0\ud83d"), message={"model": "m\0"})).encode() + b"\n"
    (request,) = read(file, line).requests
    assert (request.model, sorted(request.tool_use_ids)) == ("m\ufffd", ["toolu\ufffd\ufffd"])


def test_a_line_of_50_megabytes_costs_no_memory(file: Path) -> None:
    """It is passed over in pieces and counted, whether or not it has its end; what comes after it is read."""
    with file.open("wb") as out:
        out.write(text(user(), answered(1, 1)) + b'{"type":"user","message":"')
        for _ in range(50):
            out.write(b"x" * 1024 * 1024)
    tracemalloc.start()
    unfinished = read(file)
    with file.open("ab") as out:
        out.write(b'"}\n' + text(user(), answered(2, 2)))
    finished = read(file, None, unfinished.position)
    last = read(file, None, finished.position)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 3 * LINE_LIMIT
    assert [request.message_id for request in unfinished.requests] == ["msg_1"]
    assert (unfinished.unreadable, finished.unreadable, last.unreadable) == (0, 1, 0)
    assert finished.more
    assert [request.message_id for request in last.requests] == ["msg_2"]


@pytest.mark.parametrize("more", [-1, 0, 1])
def test_a_line_as_long_as_may_be_is_read(file: Path, more: int) -> None:
    """The limit counts the line with its end."""
    empty = len(text(answered(1, 1, {"type": "text", "text": ""})))
    line = text(answered(1, 1, {"type": "text", "text": "x" * (LINE_LIMIT - empty + more)}))
    assert len(line) == LINE_LIMIT + more
    reading = read(file, line + text(answered(2, 2)))
    assert (len(reading.requests), reading.unreadable) == ((2, 0) if more <= 0 else (1, 1))


# --------------------------------------------------------------------------
# Where transcripts lie


def test_the_transcripts_of_a_session_are_its_own_and_its_subagents(tmp_path: Path) -> None:
    """Of all depths, in a fixed order; what else lies there is none, and what is missing is left out."""
    (original,) = latest("subagents_parallel")
    shutil.copytree(original.parent, tmp_path / "project")
    transcript = tmp_path / "project" / original.name
    assert len(transcripts(transcript)) == 4
    deeper = transcript.with_suffix("") / "subagents" / "workflows" / "run"
    deeper.mkdir(parents=True)
    (deeper / "agent-a1.jsonl").touch()
    (deeper / "agent-a2.jsonl").symlink_to(transcript)
    (deeper / "agent-a3.jsonl").mkdir()
    found = transcripts(transcript)
    assert [file.name for file in found[:1]] == [transcript.name]
    assert len(found) == 5
    assert found == transcripts(transcript)
    transcript.unlink()
    assert len(transcripts(transcript)) == 4
    assert transcripts(tmp_path / "nowhere.jsonl") == []


def test_a_position_can_be_stored_as_plain_values() -> None:
    """An offset, a text, and what the lines before it say: nothing in it belongs to a process."""
    (transcript,) = latest("simple")
    (reading,) = whole(transcript)
    position = reading.position
    plain: tuple[Any, ...] = (position.offset, position.fingerprint, position.so_far)
    assert position == Position(*plain)
    assert position.offset == transcript.stat().st_size
    assert len(position.fingerprint) == 32
