"""`hooktrace report SESSION`: one file for others, safe to attach, whose figures are those of the database."""

from __future__ import annotations

import html
import re
from datetime import timedelta
from decimal import Decimal
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from markdown_it import MarkdownIt

from tests.conftest import Installation
from tests.recordedruns import relive
from tests.replay import RECORDINGS
from tests.story import PROMPT, SESSION, Story
from tests.terminals import ESCAPE

PLACE = "/home/dev/website"
SECRET = "acme-" + "123456"
"""Of a form that only the user's own rules know, which came after it was stored."""

HOSTILE = (
    "``` ```` | a | b |\n\n# heading @octocat #12 <script>alert(1)</script> <img src=x onerror=alert(1)> "
    f"[link](https://evil.example) **bold** \x1b[2J\x9b2J \u202e &amp; {{{{ 7 * 7 }}}} {SECRET}"
)
SILENT = "5b5b5b5b-0000-4000-8000-000000000001"
UNSEEN = "unseen-word"
HALF = "5b5b5b5b-0000-4000-8000-000000000002"
LATER = "5b5b5b5b-0000-4000-8000-000000000003"

ASKED = "UPDATE execution_traces SET prompt_text = %s WHERE session_id = %s AND kind = 'prompt'"
REQUEST = """
INSERT INTO endpoint_calls (root_id, trace_id, session_id, service, endpoint, model, input_tokens, output_tokens,
                            cost_usd)
SELECT root_id, correlation_id, session_id, 'anthropic', '/v1/messages', %s, 100, 20, %s
FROM execution_traces WHERE session_id = %s AND kind = 'prompt'
"""
EXECUTIONS = """
INSERT INTO execution_traces (correlation_id, root_id, session_id, parent_id, source, kind, name, prompt_text,
                              error_message, status, started_at)
SELECT CASE WHEN %s = 'session' THEN %s::uuid ELSE gen_random_uuid() END, %s, %s,
       CASE WHEN %s <> 'session' THEN %s::uuid END, 'test', %s, 'Bash', repeat('long ', 5000), repeat('why ', 5000),
       CASE WHEN %s = 'tool' THEN 'failed' ELSE 'completed' END, now() - n * interval '1 s'
FROM generate_series(1, %s) AS n
"""


@pytest.fixture(scope="module")
def told(module_home: Installation) -> Installation:
    """Give an installation with a hostile session in which something failed and was cured, and a silent one."""
    with module_home.without_collector():
        story = Story(module_home)
        story.starts(0, cwd=PLACE)
        story.prompts(1, text=HOSTILE)
        _call(story, "e1", 2, 3, "Edit", {"file_path": f"{PLACE}/src/|x`y.py", "old_string": "a", "new_string": "b"})
        _call(story, "t1", 4, 6, "Bash", {"command": "pytest -q"}, error=f"Exit code 1\n{HOSTILE}")
        _call(story, "e2", 7, 8, "Edit", {"file_path": f"{PLACE}/src/|x`y.py", "old_string": "b", "new_string": "c"})
        _call(story, "t2", 9, 12, "Bash", {"command": "pytest -q"})
        _call(story, "m1", 10, 13, "mcp__<b>@x|</b>", {})
        _call(story, "e3", 14, 15, "Write", {"file_path": "/etc/elsewhere"}, error="denied by the system")
        story.tell("Stop", 20, prompt_id=PROMPT)
        story.tell("SessionEnd", 21, reason="other")
        silent = Story(module_home, session=SILENT, HOOKTRACE_CAPTURE="no-content")
        silent.starts(30)
        silent.prompts(31, text=UNSEEN)
        _call(silent, "s1", 32, 33, "Bash", {"command": f"echo {UNSEEN}"}, error=UNSEEN)
        half = Story(module_home, session=HALF)
        half.starts(40)
        half.prompts(41)
        _call(half, "h1", 42, 43, "Bash", {"command": "pytest -q"}, error="Exit code 1")
        _call(half, "h2", 44, 45, "Edit", {"file_path": f"{PLACE}/{UNSEEN}.py", "old_string": "a", "new_string": "b"})
        _call(half, "h3", 46, 47, "Bash", {"command": "pytest -q"})
        half.tell("Stop", 48, prompt_id=PROMPT)
    module_home.flush()
    half.tell("UserPromptSubmit", prompt="go on", prompt_id=LATER, env={"HOOKTRACE_CAPTURE": "no-content"})
    module_home.flush()
    # What was kept before the session was silenced, or by a version that knew less.
    module_home.query(ASKED, UNSEEN, SILENT)
    for model, cost in (("m-<i>`1`", "0.25"), ("m-<i>`1`", "0.5"), ("m-2", None)):
        module_home.query(REQUEST, model, cost, SESSION)
    module_home.done("config", "set", "redact.patterns", "acme-[0-9]{6}")
    return module_home


def _call(story: Story, use: str, start: int, stop: int, tool: str, given: Any, error: str | None = None) -> None:
    story.calls(use, start, tool=tool, tool_input=given)
    if error is None:
        story.returns(use, stop, tool=tool, tool_input=given, duration_ms=1000 * (stop - start))
    else:
        about = {"prompt_id": PROMPT, "tool_name": tool, "tool_use_id": use, "tool_input": given}
        story.tell("PostToolUseFailure", stop, error=error, duration_ms=1000 * (stop - start), **about)


@pytest.fixture(scope="module")
def markdown(told: Installation) -> str:
    """Give the report of the hostile session in Markdown."""
    return told.done("report", SESSION[:8])


@pytest.fixture(scope="module")
def page(told: Installation, tmp_path_factory: pytest.TempPathFactory) -> str:
    """Give the report of the hostile session as a page."""
    file = tmp_path_factory.mktemp("report") / "session.html"
    assert told.done("report", SESSION, "--output", str(file)) == f"wrote     {file}\n"
    return file.read_text(encoding="utf-8")


# Safe to attach


class Tags(HTMLParser):
    """Collects what a browser would make of a page."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.attributes: list[tuple[str, str | None]] = []
        self.words = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        """Note a tag."""
        self.tags.add(tag)
        self.attributes += attributes

    def handle_data(self, data: str) -> None:
        """Note what is read."""
        self.words += data


def test_a_page_is_one_file_that_runs_and_loads_nothing(page: str) -> None:
    """Hostile text is text; no script, no address, nothing but elements of ours; light, dark and printable."""
    seen = Tags(page)
    ours = "html head meta title style body h1 h2 p span b i div table tr th td ul li code footer"
    assert seen.tags <= set(ours.split())
    assert {name for name, _ in seen.attributes} <= {
        *("lang", "charset", "name", "content", "http-equiv", "class", "style", "title")
    }
    assert "<script>alert(1)</script>" in seen.words and "{{ 7 * 7 }}" in seen.words
    assert "default-src 'none'" in page
    assert "prefers-color-scheme: dark" in page and "@media print" in page
    assert not {ESCAPE, "\x9b", "\u202e"} & set(page)


def test_markdown_holds_what_was_said_in_code_alone(markdown: str) -> None:
    """Rendered, it has headings, tables, lists and code of ours; outside code nothing is there for GitHub to see."""
    rendered = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"]).render(markdown)
    seen = Tags(rendered)
    assert seen.tags == {"h2", "h3", "p", "pre", "code", "table", "thead", "tbody", "tr", "th", "td", "ul", "li"}
    prose = "".join(re.split(r"<code[^>]*>.*?</code>", rendered, flags=re.DOTALL))
    left = Tags(prose).words
    assert not set("`<>@[]*{}\\|") & set(left)
    assert not re.search(r"#\d|https?:|octocat|evil|bold", left)
    assert [Tags(cells).words.count("\n") for cells in re.findall(r"<tr>(.*?)</tr>", rendered, re.DOTALL)] == [
        *[4] * 4, *[8] * 4,
    ]  # fmt: skip
    titles = ("What ran", "Where the time went", "What it cost", "What failed, and what cured it", "Files edited")
    assert re.findall("<h3>(.*)</h3>", rendered) == list(titles)
    assert rendered.count("<pre>") == 1
    assert not {ESCAPE, "\x9b", "\u202e"} & set(markdown)
    assert "<script>alert(1)</script>" in markdown


@pytest.mark.parametrize("form", ["--md", "--html"])
def test_what_is_a_secret_by_now_is_taken_out(told: Installation, form: str) -> None:
    """The rules of the day it is written hold, also for what was stored before there were such rules."""
    assert SECRET in str(told.query("SELECT prompt_text FROM execution_traces WHERE session_id = %s", SESSION))
    written = told.done("report", SESSION, form)
    assert SECRET not in written
    assert "[redacted" in written


@pytest.mark.parametrize("form", ["--md", "--html"])
def test_a_session_without_content_has_none(told: Installation, form: str) -> None:
    """Names, times and outcomes stand there, and that no more was to be kept; nothing that was said."""
    written = told.done("report", SILENT, form)
    assert UNSEEN not in written
    assert "no-content" in written and "Bash" in written and "failed" in written


@pytest.mark.parametrize("form", ["--md", "--html"])
def test_a_session_that_was_silenced_midway_has_none_either(told: Installation, form: str) -> None:
    """What cured a failure names files and commands: that goes, too."""
    ((kept,),) = told.query("SELECT count(*) FROM hook_executions WHERE file_path LIKE %s", f"%{UNSEEN}.py")
    assert kept
    written = told.done("report", HALF, form)
    assert "failed" in written
    assert UNSEEN not in written


def test_what_is_long_is_cut(told: Installation) -> None:
    """A session of thousands of calls with long texts goes into a comment on GitHub: 65,536 characters."""
    session = uuid4()
    for kind, count in (("session", 1), ("prompt", 200), ("tool", 3000)):
        told.query(EXECUTIONS, kind, session, session, str(session), kind, session, kind, kind, count)
    written = told.done("report", str(session))
    assert len(written) < 65_536
    assert "and 2,951 lines more." in written and "- and 2,950 more" in written
    assert len(told.done("report", str(session), "--html").encode()) < 5_000_000


# Right


def test_the_tree_has_each_execution_once(told: Installation, markdown: str, page: str) -> None:
    """What `show` prints stands in both forms."""
    ((count,),) = told.query("SELECT count(*) FROM execution_traces WHERE session_id = %s", SESSION)
    block = re.search(r"(`{3,})text\n(.*?)\n\1", markdown, re.DOTALL)
    assert block and len(block[2].splitlines()) == count == page.count('<td class="title">')
    assert "█" in block[2]
    assert "├─ ✗ Bash" in block[2]


def test_the_time_is_split_as_the_rows_say(told: Installation, markdown: str) -> None:
    """Looked at every 10 ms: a moment in which a tool ran is its, whatever else ran; the parts are the whole."""
    calls = told.query(
        "SELECT started_at, completed_at, (context #>> '{time,execution_ms}')::int FROM execution_traces"
        " WHERE session_id = %s AND kind = 'tool'",
        SESSION,
    )
    ((start, stop),) = told.query(
        "SELECT started_at, completed_at FROM execution_traces WHERE session_id = %s AND kind = 'prompt'", SESSION
    )
    step = timedelta(milliseconds=10)
    moments = [start + step * n for n in range(int((stop - start) / step))]
    working = [(end - timedelta(milliseconds=took), end) for _, end, took in calls]
    tools_ms = 10 * sum(any(begin <= at < end for begin, end in working) for at in moments)
    rows = dict(re.findall(r"^\| (.+?) \| (.+? .+?) \| .+ % \|$", markdown, re.MULTILINE))
    assert rows.keys() == {"tools", "waiting for permission", "model and other"}
    assert float(rows["tools"].removesuffix(" s")) == pytest.approx(tools_ms / 1000, abs=0.06)
    whole = (stop - start).total_seconds()
    assert float(rows["model and other"].removesuffix(" s")) == pytest.approx(whole - tools_ms / 1000, abs=0.06)
    assert f"| of {whole:.1f} s |" in markdown


def test_the_wait_for_a_permission_is_told_apart(told: Installation) -> None:
    """Of the recorded session in which a call was asked for, the wait is that of the database."""
    relive(told, RECORDINGS / "2.1.330" / "denied.jsonl")
    ((session, waited),) = told.query(
        "SELECT session_id, sum((context #>> '{time,permission_ms}')::int) FROM execution_traces"
        " WHERE kind = 'tool' AND (context #>> '{time,permission_ms}')::int > 0 GROUP BY 1"
    )
    assert f"| waiting for permission | {waited} ms |" in told.done("report", session)


def test_the_cost_is_that_of_the_requests(told: Installation, markdown: str, page: str) -> None:
    """By model and in all, with what has no known price counted."""
    ((cost, requests),) = told.query(
        "SELECT sum(cost_usd), count(*) FROM endpoint_calls WHERE session_id = %s AND model IS NOT NULL", SESSION
    )
    assert (cost, requests) == (Decimal("0.75"), 3)
    for written in (markdown, html.unescape(re.sub(r"</t[dh]><t[dh][^>]*>", " | ", page))):
        assert re.search(r"m-<i>`1`.* 2 \| 200 \| 0 \| 0 \| 40 \| \$0\.750", written)
        assert re.search(r"all \| 3 \| 300 \| 0 \| 0 \| 60 \| \$0\.750", written)
        assert "Of 1 request the price is not known." in written


def test_a_failure_stands_beside_what_cured_it(markdown: str, page: str) -> None:
    """The tests failed, a file was edited, they passed: that edit is the cure.  What stayed so has none."""
    failed = re.findall(r"^- ✗ .*$", markdown, re.MULTILINE)
    assert len(failed) == 2 == page.count("<li><span")
    assert "Exit code 1" in failed[0] and re.search(r"; cured by `+ ?Edit .x`y\.py", failed[0].replace("¦", "."))
    assert failed[1].startswith("- ✗ `Write` failed") and failed[1].endswith("; no cure seen")


def test_the_files_are_those_that_were_edited(markdown: str) -> None:
    """Each once, from where the session works on, with how often, and how often in vain."""
    assert markdown.partition("### Files edited\n\n")[2].splitlines()[:2] == [
        "- `/etc/elsewhere`, 0 edits, 1 failed attempt",
        "- ``src/¦x`y.py``, 2 edits",
    ]


def test_the_trust_line_is_that_of_show(told: Installation, markdown: str, page: str) -> None:
    """How far all this can be believed stands at the head."""
    trust = told.done("show", SESSION).splitlines()[0]
    assert f"Recorded: {trust}\n" in markdown
    assert f"Recorded: {html.escape(trust)}<" in page


# Asked for


@pytest.mark.parametrize(
    ("asked", "code", "answer"),
    [
        (["ffff0000"], 1, "no session has an id that begins with 'ffff0000'\nhint: `hooktrace sessions` lists"),
        (["no-such", "--html"], 1, "no session has an id that begins with 'no-such'"),
        ([SESSION, "--csv"], 2, "a session is written with --md, --html and --output, not with --csv"),
        ([SESSION, "--since", "1d"], 2, "not with --since"),
        (["failures", "--html"], 2, "report failures is printed, as a table, --json or --csv"),
        ([SESSION, "-o", "/nowhere/at/all.md"], 1, "/nowhere/at/all.md cannot be written: No such file or directory"),
    ],
)
def test_what_cannot_be_done_is_said(told: Installation, asked: list[str], code: int, answer: str) -> None:
    """An argument is a report's name, or the beginning of an id; anything else is told what would be right."""
    process = told.run("report", *asked)
    assert (process.returncode, process.stdout) == (code, "")
    assert answer in process.stderr


def test_the_form_follows_the_files_name_unless_it_is_told(told: Installation, tmp_path: Path) -> None:
    """.html is a page, anything else Markdown."""
    for name, form, begin in (("a.html", [], "<!doctype"), ("a.md", [], "## "), ("a.txt", ["--html"], "<!doctype")):
        told.done("report", SESSION, *form, "-o", str(tmp_path / name))
        assert (tmp_path / name).read_text(encoding="utf-8").startswith(begin)
