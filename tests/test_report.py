"""`hooktrace report`, run as a user runs it."""

from __future__ import annotations

import csv
import io
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psycopg
import pytest

from tests import replay as replayer
from tests.conftest import Installation
from tests.servers import Cluster
from tracing.database.reports import EXAMPLES, SUBJECTS, moment, reports

SUBAGENTS = replayer.RECORDINGS / "2.1.330" / "subagents_parallel.jsonl"

CALL = """
INSERT INTO execution_traces (correlation_id, root_id, session_id, source, kind, name, started_at, duration_ms,
                              status, project, error_message)
VALUES (gen_random_uuid(), gen_random_uuid(), 's', 'test', 'tool', %s, %s, %s, 'failed', %s, %s)
"""

HOSTILE = "\x1b]0;owned\x07\x1b[2J\x9b2J [red]red[/red] \u202e\r\n=1+1 evil"
OBEYED = {"\x1b", "\x07", "\x9b", "\r", "\u202e"}


@pytest.fixture(scope="module")
def recorded(module_home: Installation) -> Installation:
    """Give an installation that holds one session with subagents, and a call that failed long ago."""
    module_home.replay(SUBAGENTS)
    module_home.flush()
    module_home.query(CALL, "Forge", datetime.now(UTC) - timedelta(days=30), 83_000, "smithy", "no more coal")
    return module_home


# What there is to ask


def test_without_a_name_the_reports_are_listed_by_subject(recorded: Installation) -> None:
    """Each stands once, under its subject, with what it must be told, and with its sentence where lines are long."""
    listed = recorded.run("report", env={"COLUMNS": "200"}).stdout
    sections = dict(re.findall(r"^(\S.*):\n((?:  .*\n)+)", listed, re.MULTILINE))
    assert tuple(sections) == SUBJECTS
    for report in reports().values():
        call = "".join((report.name, *(f" {parameter}=…" for parameter in report.needed)))
        assert re.search(
            rf"^  {re.escape(call)} +{re.escape(report.sentence)}$", sections[report.subject], re.MULTILINE
        )
    assert sum(section.count("\n") for section in sections.values()) == len(reports())


def test_the_list_is_there_for_scripts_too(recorded: Installation) -> None:
    """`report --json` tells each report's name, sentence and parameters."""
    listed = {entry["name"]: entry for entry in recorded.json("report")}
    assert listed.keys() == reports().keys()
    assert listed["calls_of_tool"]["needs"] == ["tool"]
    assert listed["calls_of_tool"]["takes"] == ["tool", "since", "until", "limit"]


def test_a_report_of_each_subject_answers(recorded: Installation) -> None:
    """Told what its own example tells it, each ends well; tests/database/test_indexes.py asks all of them."""
    with psycopg.connect(recorded.url) as connection:
        (pattern,) = connection.execute(
            "INSERT INTO success_patterns (pattern_hash, intent) VALUES ('x', 'y') RETURNING id"
        ).fetchone() or ("",)
        (session,) = connection.execute("SELECT session_id FROM hooktrace.sessions").fetchone() or ("",)
    ids = {"pattern": pattern, "session": session, "execution": session}
    for report in {report.subject: report for report in reports().values()}.values():
        told = [f"{parameter}={ids.get(parameter, EXAMPLES[parameter])}" for parameter in report.needed]
        assert isinstance(recorded.json("report", report.name, *told), list)


# How an answer looks


def test_a_table_says_times_durations_and_outcomes_as_people_do(recorded: Installation) -> None:
    """83,000 ms are 1 min 23 s, a time is local, and nothing is cut where no terminal has a width."""
    process = recorded.run("report", "calls_of_tool", "tool=Forge", env={"TZ": "UTC"})
    heading, _, line = process.stdout.splitlines()
    assert heading.split()[:3] == ["started", "status", "duration"]
    ((began,),) = recorded.query("SELECT started_at FROM execution_traces WHERE name = 'Forge'")
    assert f"{began.astimezone(UTC):%d %b %H:%M}" in line
    assert "✗ failed  1 min 23 s  smithy" in line
    assert "no more coal" in line


def test_a_narrow_terminal_gets_fewer_columns_and_is_told_so(recorded: Installation) -> None:
    """No line is broken or wider than the terminal; the id, which other commands take, is kept."""
    printed = recorded.run("report", "failures", env={"COLUMNS": "60"}).stdout
    table, _, left_out = printed.partition("too narrow for: ")
    assert all(len(line) <= 60 for line in printed.splitlines())
    assert table.splitlines()[0].split()[-1] == "execution"
    assert "error message" in left_out


def test_json_has_every_row_and_column(recorded: Installation) -> None:
    """Ids are whole, times are ISO 8601, numbers are numbers."""
    (call,) = recorded.json("report", "calls_of_tool", "tool=Forge")
    assert (call["status"], call["duration_ms"], call["project"]) == ("failed", 83_000, "smithy")
    assert datetime.fromisoformat(call["started_at"]).tzinfo
    assert re.fullmatch(r"[0-9a-f-]{36}", call["execution_id"])
    assert len(recorded.json("report", "calls_of_tool", "tool=Agent")) == 3
    assert len(recorded.json("report", "calls_of_tool", "tool=Agent", "--limit", "2")) == 2


def test_csv_has_the_same(recorded: Installation) -> None:
    """The first line names the columns, and what is not known is empty."""
    rows = list(csv.DictReader(io.StringIO(recorded.done("report", "calls_of_tool", "tool=Agent", "--csv"))))
    assert [row["execution_id"] for row in rows] == [
        call["execution_id"] for call in recorded.json("report", "calls_of_tool", "tool=Agent")
    ]
    assert {row["error_message"] for row in rows} == {""}


def test_what_sums_up_everything_is_printed_line_by_line(recorded: Installation) -> None:
    """The one row of `summary` is a list of headings and values."""
    printed = recorded.done("report", "summary")
    for heading, value in (("total sessions", "1"), ("total traces", "1"), ("overall success", "100.0 %")):
        assert re.search(rf"^{heading}  +{value} *$", printed, re.MULTILINE)


@pytest.mark.parametrize("form", [[], ["--csv"], ["--json"]])
def test_hostile_text_cannot_command_the_terminal(home: Installation, form: list[str]) -> None:
    """Whatever stands in a row, nothing of it is obeyed, by the terminal or by the library that draws the table."""
    home.query(CALL, "Bash", datetime.now(UTC), 1, HOSTILE, HOSTILE)
    for told in (["failures"], ["calls_of_tool", "tool=Bash"], ["failures_by_tool"]):
        printed = home.done("report", *told, *form)
        assert not OBEYED & set(printed)
        assert "[red]red[/red]" in printed


def test_nothing_recorded_is_said_and_is_no_failure(home: Installation) -> None:
    """A person reads a sentence, a script an empty list or the headings alone."""
    assert home.done("report", "failures") == "nothing recorded yet\n"
    assert home.done("report", "calls_of_tool", "tool=Bash") == "nothing recorded yet, tool=Bash\n"
    assert home.json("report", "failures") == []
    assert home.done("report", "cost_by_day", "--csv").startswith("day,requests,")
    assert home.json("report", "summary")[0]["total_traces"] == 0


# What is asked wrongly


@pytest.mark.parametrize(
    ("told", "answer"),
    [
        (["call_of_tool"], "no report 'call_of_tool'; did you mean `hooktrace report calls_of_tool tool=Bash`"),
        (["cost"], "`hooktrace report cost_by_day`"),
        (["xyzzy"], "no report 'xyzzy'; `hooktrace report` lists them"),
        (["calls_of_tool"], "report calls_of_tool needs tool=...\nhint: `hooktrace report calls_of_tool tool=Bash`"),
        (["calls_of_tool", "tool="], "report calls_of_tool needs tool="),
        (["calls_of_tool", "Read"], "is not KEY=VALUE\nhint: `hooktrace report calls_of_tool tool=Read`"),
        (["patterns_for_intent"], "hint: `hooktrace report patterns_for_intent 'intent=fix the parser'`"),
        (["failures", "tool=Bash"], "report failures takes since, until, limit, not 'tool'"),
        (["summary", "--limit", "3"], "report summary takes nothing, not 'limit'"),
        (["failures", "--since", "yesterday"], "since takes a time such as 30m, 24h, 7d or 4w ago, 2026-11-01, "),
        (["failures", "--until", "999999w"], "not '999999w'"),
        (["failures", "--limit", "many"], "limit takes a number from 1 to 1000000, not 'many'"),
        (["failures", "--limit", "0"], "limit takes a number"),
        (["calls_of_tool", "tool=\udcff"], "tool takes readable text"),
    ],
    ids=lambda value: " ".join(value)[:30] if isinstance(value, list) else "",
)
def test_what_cannot_be_asked_is_answered_with_the_cure(recorded: Installation, told: list[str], answer: str) -> None:
    """A wrong usage exits 2, prints nothing on stdout, and says what would be right."""
    process = recorded.run("report", *told)
    assert (process.returncode, process.stdout) == (2, "")
    assert answer in process.stderr


# Times and ids


def test_a_time_is_so_long_ago_or_a_date() -> None:
    """Minutes, hours, days and weeks count from now; a date begins at midnight here; anything else is no time."""
    now = datetime(2026, 11, 23, 12, tzinfo=UTC)
    for text, hours in (("30m", 0.5), ("24h", 24), ("7d", 7 * 24), ("4w", 4 * 7 * 24)):
        assert moment(text, now) == now - timedelta(hours=hours)
    assert moment("2026-11-01", now) == datetime(2026, 11, 1).astimezone()
    assert moment("2026-11-01T14:30+02:00", now) == datetime(2026, 11, 1, 12, 30, tzinfo=UTC)
    for text in ("", "7", "d", "-7d", "7 d", "7y", "999999w", "0001-01-01T00:00+23:00", "2026-13-01", "ago"):
        assert moment(text, now) is None


def test_since_and_until_bound_what_is_told(recorded: Installation) -> None:
    """From *since* on, up to but without *until*; options and KEY=VALUE say the same."""

    def names(*told: str) -> set[str]:
        return {row["name"] for row in recorded.json("report", "failures", *told)}

    assert names("--since", "7d") == set()
    assert names("--since", "5w") == names("since=5w") == names("--until", "7d") == {"Forge"}
    assert names("--until", "5w") == set()
    began = recorded.json("report", "failures")[0]["started_at"]
    assert (names("--since", began), names("--until", began)) == ({"Forge"}, set())


def test_a_report_may_have_a_period_of_its_own(recorded: Installation) -> None:
    """`activity` tells of a week unless it is told otherwise, in days of this machine's time zone."""
    assert sum(day["failed"] for day in recorded.json("report", "activity")) == 0
    assert sum(day["failed"] for day in recorded.json("report", "activity", "--since", "all")) == 1
    ((began,),) = recorded.query("SELECT max(started_at) FROM execution_traces WHERE kind = 'session'")
    for zone, offset in (("UTC-14", 14), ("UTC+12", -12)):  # POSIX counts westward
        process = recorded.run("report", "activity", "--csv", env={"TZ": zone})
        (day, sessions) = next(csv.reader(process.stdout.splitlines()[1:]))[:2]
        assert (day, sessions) == (f"{began.astimezone(UTC) + timedelta(hours=offset):%Y-%m-%d}", "1")


def test_the_beginning_of_an_id_is_enough(recorded: Installation) -> None:
    """What a table shows of an id can be asked for; so can an id that is whole, whatever it names."""
    ((session,),) = recorded.query("SELECT session_id FROM hooktrace.sessions")
    events = recorded.json("report", "events_of_session", f"session={session[:8]}")
    assert len(events) == 24
    tool = next(event["execution_id"] for event in events if event["tool"])
    assert [event["event"] for event in recorded.json("report", "events_of_execution", f"execution={tool[:8]}")][
        :: len(recorded.json("report", "events_of_execution", f"execution={tool}")) - 1
    ] == ["PreToolUse", "PostToolUse"]
    unknown = "00000000-0000-4000-8000-000000000000"
    assert recorded.json("report", "events_of_execution", f"execution={unknown}") == []
    assert recorded.json("report", "events_of_session", "session=gone") == []


def test_an_id_that_names_nothing_or_several_is_said_so(home: Installation) -> None:
    """The message holds the ids that may be meant; exit is 1, as with `show`."""
    ids = ["1b1b1b1b-0000-4000-8000-000000000001", "1b1b1b1b-0000-4000-8000-000000000002"]
    for id_ in ids:
        home.query(
            "INSERT INTO execution_traces (correlation_id, root_id, session_id, source, kind)"
            " VALUES (%s, %s, %s, 'test', 'session')",
            id_, id_, id_,
        )  # fmt: skip
    for told in ("events_of_execution", "execution=1b1b"), ("events_of_session", "session=1b1b"):
        process = home.run("report", *told)
        assert (process.returncode, process.stdout) == (1, "")
        assert f"'1b1b' begins the ids of several {told[1].partition('=')[0]}s: {', '.join(ids)}" in process.stderr
    for given in ("2c2c", "no-id"):
        process = home.run("report", "usage_of_pattern", f"pattern={given}")
        assert (process.returncode, f"no pattern has an id that begins with '{given}'" in process.stderr) == (1, True)


def test_a_file_is_asked_for_as_it_is_seen_from_here(home: Installation, checkout: Path) -> None:
    """Agents name files by whole paths; a relative one is one of this directory."""
    path = checkout / "src" / "main.py"
    session = "1b1b1b1b-0000-4000-8000-000000000001"
    call = {"tool_use_id": "toolu_1", "tool_name": "Edit", "tool_input": {"file_path": str(path)}}
    about = {"session_id": session, **call}
    home.fire({"hook_event_name": "PreToolUse", **about})
    home.fire({"hook_event_name": "PostToolUse", "tool_response": {}, **about})
    home.flush()
    for given in ("src/main.py", "./src/main.py", str(path)):
        (touch,) = home.json("report", "file_history", f"file={given}")
        assert (touch["tool"], touch["status"]) == ("Edit", "completed")


def test_reports_read_the_schema_that_the_settings_name(own_home: Installation, embedded18: Cluster) -> None:
    """With database.schema the tables are elsewhere, and every view and function finds them."""
    with embedded18.database() as url:
        own_home.done("init", "--yes", "--no-agent", "--db", url, "--schema", "traces")
        own_home.replay(SUBAGENTS)
        own_home.flush()
        with psycopg.connect(url) as connection:
            assert connection.execute("SELECT to_regclass('public.execution_traces')").fetchone() == (None,)
        assert own_home.json("report", "summary")[0]["total_sessions"] == 1
        assert own_home.json("report", "latest_traces")[0]["tools"] == 7
        assert {tool["tool"] for tool in own_home.json("report", "slowest_tools")} >= {"Agent"}
        own_home.stop_collector()
