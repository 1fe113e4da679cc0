"""Packs: what is read from one is what would have been read from the raw files."""

from __future__ import annotations

import errno
import json
import os
import stat
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.replay import read, recordings
from tracing.capturerule import CaptureRule
from tracing.collector.backlog import Backlog
from tracing.collector.delivery import Delivery
from tracing.collector.intake import Intake
from tracing.database.store import Store
from tracing.database.writer import Writer
from tracing.deadletters import DeadLetters
from tracing.item import Item
from tracing.packs import Contents, Pack, Packs
from tracing.places import Places
from tracing.propagation import Propagation
from tracing.queue import Queue
from tracing.settings import Settings
from tracing.spool import Spool

PLANTED = "hunter2hunter2"

NOWHERE = "postgresql://nobody@127.0.0.1:1/none"

AT_NS = 1_700_000_000_123_456_789


@pytest.fixture
def places(tmp_path: Path) -> Places:
    """Give an installation without a collector."""
    places = Places(tmp_path, tmp_path, tmp_path)
    places.create()
    return places


@pytest.fixture
def packs(places: Places) -> Packs:
    """Give its packs: none."""
    return Packs(places.packed)


def spool(places: Places, number: int, payload: Mapping[str, Any], env: Mapping[str, str] | None = None) -> None:
    """Leave an event as a hook does, a millisecond after the one before."""
    members = "".join(f"{name}={value}\0" for name, value in {"hook": "record", **(env or {})}.items())
    file = places.spool / f"{number / 100:.2f}-4194301"
    file.write_bytes(f"{members}\0{json.dumps(payload)}\0end 4194301".encode())
    os.utime(file, ns=(AT_NS + number * 1_000_000,) * 2)


def opened(places: Places) -> list[Item]:
    """Return what the raw files of the spool hold."""
    spool = Spool(places)
    intake = Intake(spool, DeadLetters(places.bad), Propagation(places.sessions))
    return intake.open(spool.scan()).items


def notification(message: object) -> dict[str, Any]:
    """Return the payload of an event that holds *message*."""
    return {"hook_event_name": "Notification", "session_id": "s", "message": message}


@pytest.mark.parametrize("recording", recordings(), ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_a_pack_gives_back_what_the_raw_files_held(places: Places, packs: Packs, recording: Path) -> None:
    """Of every recorded event id, time, header, payload, counts and surroundings are the same, and so is the order."""
    events = read(recording)
    for event in events:
        spool(places, event.number, event.payload, event.env)
    items = opened(places)
    assert len(items) == len(events)
    (pack,) = [packs.write(items[::-1])]
    contents = packs.read(pack)
    assert (contents.items, contents.damages) == (items, [])
    assert (pack.events, packs.scan()) == (len(events), [pack])


@pytest.mark.parametrize(
    "message",
    [
        pytest.param(f"PASSWORD={PLANTED}", id="a secret"),
        pytest.param({"password": PLANTED, "n": [1.5e300, -0.0, 10**900, True, None]}, id="numbers"),
        pytest.param("a\0b \ud800 \u2028\r\n\x85 é 😀", id="odd characters"),
        pytest.param("x" * 100_000, id="cut"),
    ],
)
def test_what_was_made_safe_stays_so(places: Places, packs: Packs, message: object) -> None:
    """Marks, counts and values come back as they were, and no secret is in the file, which only its owner reads."""
    spool(places, 0, notification(message))
    items = opened(places)
    pack = packs.write(items)
    assert packs.read(pack).items == items
    file = places.packed / pack.name
    assert PLANTED.encode() not in file.read_bytes()
    assert (file.stat().st_size, stat.S_IMODE(file.stat().st_mode)) == (pack.size, 0o600)


def test_a_damaged_line_costs_one_event(places: Places, packs: Packs) -> None:
    """Cut in the middle, or with a member missing, a line is told apart; the others are events."""
    for number in range(4):
        spool(places, number, notification(number))
    items = opened(places)
    pack = packs.write(items)
    file = places.packed / pack.name
    lines = file.read_bytes().splitlines()
    broken = [lines[0], lines[1].replace(b'"around"', b'"afar"'), lines[2], lines[3][:40]]
    file.write_bytes(b"\n".join(broken))
    contents = packs.read(pack)
    assert contents.items == [items[0], items[2]]
    assert [(damage.name, damage.line) for damage in contents.damages] == [
        (f"{pack.name}.2", broken[1]),
        (f"{pack.name}.4", broken[3]),
    ]


def test_a_pack_that_cannot_be_written_leaves_nothing(places: Places, packs: Packs) -> None:
    """What was begun is removed; what a killed writer began is no pack, and goes when the next one starts."""
    spool(places, 0, notification("x"))
    items = opened(places)
    (places.packed / f"{AT_NS}-1-{'0' * 32}.jsonl.new").write_text("{")
    assert packs.scan() == []
    packs.remove_unfinished()
    assert list(places.packed.iterdir()) == []
    places.packed.rmdir()
    places.packed.write_text("in the way")
    with pytest.raises(OSError, match="exists"):
        packs.write(items)


def test_packs_come_in_the_order_of_their_time(places: Places, packs: Packs) -> None:
    """Whatever was packed first; and two packs with the same oldest event are two."""
    spool(places, 0, notification("early"))
    spool(places, 1, notification("late"))
    early, late = opened(places)
    later, first, again = (packs.write(items) for items in ([late], [early], [early, late]))
    assert packs.scan() == [*sorted([first, again]), later]
    packs.remove(first)
    packs.remove(first)
    assert packs.scan() == [again, later]


def test_the_queue_is_the_spool_and_the_packs(places: Places, packs: Packs) -> None:
    """All that waits is counted, and the oldest of it decides how long it has waited."""
    assert Queue.of(places) == Queue(0, 0, 0, None)
    for number in range(3):
        spool(places, number, notification(number))
    items = opened(places)
    pack = packs.write(items[:2])
    Spool(places).remove(item.entry for item in items[:2])
    queue = Queue.of(places)
    assert (queue.events, queue.packed) == (3, 2)
    assert queue.size == pack.size + items[2].entry.size
    assert queue.oldest_at == items[0].event.at


def test_a_pack_that_goes_meanwhile_hides_no_other(
    places: Places, packs: Packs, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another thread unlinks packs as they are stored: who looks finds the others, the oldest event first."""
    made = []
    for number in range(3):
        spool(places, number, notification(number))
        made.append(packs.write(opened(places)[-1:]))
    listed = os.listdir
    monkeypatch.setattr(os, "listdir", lambda directory: sorted(listed(directory), reverse=True))
    look = os.lstat

    def looked_at(file: Path) -> os.stat_result:
        if file.name == made[1].name:
            file.unlink(missing_ok=True)
        return look(file)

    monkeypatch.setattr(os, "lstat", looked_at)
    assert packs.scan() == [made[0], made[2]]


def test_a_pack_that_cannot_be_read_is_set_aside(places: Places, monkeypatch: pytest.MonkeyPatch) -> None:
    """As it is, with the number of its events, which nobody redacts or cuts: nothing waits for it any longer."""
    spool(places, 0, notification("go"))
    packs = Packs(places.packed)
    pack = packs.write(opened(places))
    data = packs.path(pack).read_bytes()

    def unreadable(_pack: Pack) -> Contents:
        raise OSError(errno.EIO, "Input/output error")

    monkeypatch.setattr(packs, "read", unreadable)
    dead_letters = DeadLetters(places.bad)
    writer = Writer(Store(NOWHERE), CaptureRule.of(Settings.load(places.config_file)))
    delivery = Delivery(writer, dead_letters, Propagation(places.sessions), [])
    backlog = Backlog(packs, delivery, dead_letters, lambda _: None)
    backlog._next()
    assert (packs.scan(), backlog.busy) == ([], False)
    assert dead_letters.tend() is None
    (letter,) = dead_letters.latest(9)
    assert letter.reason == "1 events in a pack that cannot be read: Input/output error"
    assert (places.bad / letter.name).read_bytes() == data
