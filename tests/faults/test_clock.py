"""The clock's faults: set back, set forward, across a change of DST and the end of a month.

An event's time is its file's, which the kernel writes; a test that sets it is the wrong clock itself.  To the
collector an event of the future is what a clock that was set back meanwhile makes of it.
"""

from __future__ import annotations

import os
import time
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from uuid import NAMESPACE_OID, uuid5

import pytest

from tests.conftest import Installation
from tests.faults.numbered import Numbered
from tests.story import PROMPT, SESSION, Story
from tests.waiting import eventually

HOUR = 3_600.0
DAY = 24 * HOUR

NESTED = "22222222-2222-4222-8222-222222222222"

NUMBER = "split_part(metadata ->> 'message', ' ', 2)::int"

TREE = "session\n  prompt\n    tool Bash\n    tool Bash\n    tool Bash\n"

JUMPS: Mapping[str, float] = {"set back an hour": -HOUR, "set forward a day": DAY}


def tell(story: Story, jump: float, before: int) -> None:
    """Tell a session of ten events, a second each; behind the first *before* the clock jumps."""
    times = [number + (jump if number >= before else 0) for number in range(10)]
    story.starts(times[0])
    story.prompts(times[1])
    for number, use in enumerate("abc"):
        story.calls(use, times[2 + 2 * number])
        story.returns(use, times[3 + 2 * number])
    story.tell("Stop", times[8], prompt_id=PROMPT)
    story.tell("SessionEnd", times[9], reason="other")


@pytest.mark.parametrize("jump", JUMPS)
def test_a_clock_that_jumps_amid_a_session_breaks_no_tree(home: Installation, jump: str) -> None:
    """Whatever it falls between: the tree is whole, nothing took less than no time, and in the end nothing is open.

    A call is made once.  A session or prompt that ends before it began counts as begun anew, as a resumed one is,
    until it was silent for a day.
    """
    sessions = {before: str(uuid5(NAMESPACE_OID, f"{before}")) for before in (1, 2, 3, 4, 5, 8, 9)}
    with home.without_collector():
        for before, session in sessions.items():
            story = Story(home, session)
            story.begin -= 3 * DAY
            tell(story, JUMPS[jump], before)
    home.flush()
    assert home.count("hook_executions") == 10 * len(sessions)
    assert {home.outline(session) for session in sessions.values()} == {TREE}
    assert home.query("SELECT DISTINCT status FROM execution_traces WHERE kind = 'tool'") == [("completed",)]
    if JUMPS[jump] > 0:
        assert {home.outline(session, endings=True) for session in sessions.values()} == {TREE}
    home.stop_collector()  # another one asks anew which are silent
    home.done("collector", "start")
    assert eventually(lambda: home.query("SELECT kind FROM execution_traces WHERE status = 'in_progress'") == [])
    assert home.query("SELECT kind, duration_ms FROM execution_traces WHERE duration_ms < 0") == []


@pytest.mark.parametrize("jump", JUMPS)
def test_a_clock_that_jumps_loses_no_event_and_keeps_their_order(home: Installation, jump: str) -> None:
    """Before and after it, from a spool that waits and from hooks that fire meanwhile; each side in its order."""
    numbered = Numbered(home)
    numbered.leave(300, time.time() - 60)
    numbered.leave(300, time.time() + JUMPS[jump])
    home.done("collector", "start")
    numbered.fire(20)
    numbered.check()
    order = [row[0] for row in home.query(f"SELECT {NUMBER} FROM hook_executions ORDER BY started_at, id")]
    for side in (range(300), range(300, 600), range(600, 620)):
        assert [number for number in order if number in side] == list(side)
    assert not home.places.full_flag.exists()


def test_a_nested_session_of_the_future_waits_for_its_start_no_longer_than_another(home: Installation) -> None:
    """After the clock was set back an hour its first event is not held until that hour is over."""
    numbered = Numbered(home, NESTED)
    with home.without_collector():
        env = {"HOOKTRACE_ROOT_ID": SESSION, "HOOKTRACE_SESSION_ID": SESSION}
        home.fire(numbered.payload(0), env=env)
        (file,) = home.spooled()
        os.utime(file, (time.time() + HOUR,) * 2)
    home.done("flush", "--timeout", "30")
    numbered.check()


def test_what_a_hook_left_unfinished_in_the_future_is_given_up(home: Installation) -> None:
    """The clock was set back after a hook was killed: its writer is gone, whatever its file's time says."""
    numbered = Numbered(home)
    with home.without_collector():
        numbered.fire(2)
        whole, half = home.spooled()
        half.write_bytes(half.read_bytes()[:-40])
        half = half.rename(half.with_name("1.00-4194303"))
        os.utime(half, (time.time() + HOUR,) * 2)
        os.utime(whole, (time.time() + HOUR,) * 2)
    home.done("flush", "--timeout", "30")
    numbered.check(bad=1)


CHANGES = {
    "hours that come twice": datetime(2026, 10, 25, 0, 30, tzinfo=UTC),
    "an hour that never was": datetime(2026, 3, 29, 0, 30, tzinfo=UTC),
}
"""In Berlin, from half an hour before the change on."""


@pytest.mark.parametrize("change", CHANGES)
def test_a_change_of_daylight_saving_time_moves_no_event(
    own_home: Installation, monkeypatch: pytest.MonkeyPatch, change: str
) -> None:
    """Hooks, commands and database in Berlin's time: order and distances are those of UTC, and so are durations."""
    home = own_home
    monkeypatch.setitem(home.env, "TZ", "Europe/Berlin")
    home.query("ALTER SYSTEM SET timezone = 'Europe/Berlin'")
    home.query("SELECT pg_reload_conf()")
    home.stop_collector()
    numbered = Numbered(home)
    begin = CHANGES[change]
    numbered.leave(120, begin.timestamp(), every_s=60)
    story = Story(home)
    story.begin = begin.timestamp()
    with home.without_collector():
        tell(story, HOUR, before=8)  # the prompt lasts over the change
    numbered.check()
    rows = home.query(f"SELECT started_at FROM hook_executions WHERE session_id = 'numbered' ORDER BY {NUMBER}")
    assert [row[0].astimezone(UTC) for row in rows] == [begin + timedelta(minutes=minute) for minute in range(120)]
    assert home.outline(SESSION, endings=True) == TREE
    assert home.query("SELECT duration_ms FROM execution_traces WHERE kind = 'prompt'") == [(int(HOUR + 7) * 1000,)]


def test_a_session_over_the_end_of_a_month_lies_in_two_partitions(home: Installation) -> None:
    """Each event in that of its UTC month, also where the clock shows another year, and upkeep moves none twice."""
    now = datetime.now(UTC)
    next_month = (now.replace(day=1, hour=0, minute=0, second=0, microsecond=0) + timedelta(days=32)).replace(day=1)
    far = next_month.replace(year=next_month.year + 2)
    numbered = Numbered(home)
    numbered.leave(20, next_month.timestamp() - 1, every_s=0.1)
    numbered.leave(20, far.timestamp() - 1, every_s=0.1)
    numbered.check()
    of_month = "hook_executions_y%Ym%m"
    sql = "SELECT tableoid::regclass::text, count(*) FROM hook_executions GROUP BY 1"
    months = {now.strftime(of_month): 10, next_month.strftime(of_month): 10}
    assert dict(home.query(sql)) == {**months, "hook_executions_default": 20}
    # The month comes, and is in the default partition already.
    assert home.query("SELECT hooktrace.create_partitions(%s, 1)", far) == [(0,)]
    try:
        assert home.query("SELECT hooktrace.settle_month(%s)", far) == [(10,)]
        assert dict(home.query(sql)) == {**months, far.strftime(of_month): 10, "hook_executions_default": 10}
        numbered.check()
    finally:
        home.query("SELECT hooktrace.drop_month(%s)", far.strftime(of_month))
