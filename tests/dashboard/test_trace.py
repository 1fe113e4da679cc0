"""Trace: the tree as it is stored, its time apart, and each row a click or a link away."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any
from uuid import UUID

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.conftest import Installation
from tests.dashboard.board import Board, open_board
from tests.dashboard.conftest import NewPage
from tests.story import PROMPT, SESSION, Story
from tracing.identity import prompt_uuid, tool_uuid

SCRIPT = "<script>alert(1)</script><img src=x onerror=alert(2)>"
HUGE = UUID("aaaaaaaa-0000-4000-8000-000000000001")
LARGEST_BYTES = 500_000
LINE = ".tree .what > a:first-child"


@pytest.fixture(scope="module")
def told(module_home: Installation) -> Iterator[Board]:
    """Give a dashboard over sessions that were told here: one that is over, one that is huge."""
    with module_home.without_collector():
        tell_release(Story(module_home))
    module_home.flush()
    module_home.query(GROW, HUGE)
    with open_board(module_home) as board:
        yield board


def tell_release(story: Story) -> None:
    """Tell of a prompt whose calls wait, commit and fail; all texts are hostile."""
    story.starts(0)
    story.prompts(1, text=SCRIPT)
    given: dict[str, Any] = {"tool_input": {"command": f"make release {SCRIPT}"}}
    story.calls("waits", 2, **given)
    story.tell("PermissionRequest", 3, prompt_id=PROMPT, tool_name="Bash", tool_use_id="waits", **given)
    story.returns("waits", 13, duration_ms=2000, **given)
    given = {"tool_input": {"command": "git commit -qam Release"}}
    output = "[main 1a2b3c4] Release\n 1 file changed\n[main 5d6e7f8] Again\n"
    story.calls("commits", 14, **given)
    story.returns("commits", 15, tool_response={"stdout": output}, **given)
    story.calls("fails", 16, tool_input={"command": "exit 7"})
    failure: dict[str, Any] = {"tool_name": "Bash", "tool_use_id": "fails", "error": f"Exit code 7\n{SCRIPT}"}
    story.tell("PostToolUseFailure", 17, prompt_id=PROMPT, **failure)
    story.tell("Stop", 20, prompt_id=PROMPT, last_assistant_message="done")
    story.tell("SessionEnd", 21)


GROW = """
WITH given AS (
    SELECT %s::uuid AS root, now() - interval '2 days' AS begin
), stored AS (
    INSERT INTO execution_traces (correlation_id, root_id, parent_id, session_id, source, kind, name, prompt_text,
                                  started_at, start_observed, last_started_at, observed_end)
    SELECT id, root, parent, root::text, 'test', kind, name, prompt, began, true, began,
           ROW(began + took, status, '', '')::hooktrace.ending
    FROM (SELECT root, root AS id, NULL::uuid AS parent, 'session' AS kind, NULL AS name, NULL AS prompt,
                 begin AS began, interval '9 hours' AS took, 'completed' AS status
          FROM given
          UNION ALL
          SELECT root, md5('prompt' || p)::uuid, root, 'prompt', NULL, 'do part ' || p,
                 begin + p * interval '5 minutes', interval '4 minutes', 'completed'
          FROM given, generate_series(1, 100) AS p
          UNION ALL
          SELECT root, md5('call' || p || '-' || c)::uuid, md5('prompt' || p)::uuid, 'tool', 'Bash', NULL,
                 begin + p * interval '5 minutes' + c * interval '0.4 seconds', interval '0.3 seconds',
                 CASE WHEN c %% 23 = 0 THEN 'failed' ELSE 'completed' END
          FROM given, generate_series(1, 100) AS p, generate_series(1, CASE p WHEN 50 THEN 500 ELSE 45 END) AS c
    ) AS made
    RETURNING kind)
SELECT count(*) FROM stored
"""
"""5,056 executions: 100 prompts, one of them of 500 calls."""


def rows_of(board: Board, session: str) -> list[tuple[Any, ...]]:
    """Return id, parent, kind and status of the executions of the tree that *session* belongs to."""
    return board.home.query(
        "SELECT correlation_id::text, parent_id::text, kind, status FROM execution_traces"
        " WHERE root_id = (SELECT root_id FROM execution_traces WHERE kind = 'session' AND session_id = %s)"
        " ORDER BY started_at, kind, correlation_id",
        session,
    )


def shown(page: Page) -> dict[str, str | None]:
    """Return the executions on the page, each with the one under which it stands."""
    found: dict[str, str | None] = page.evaluate(
        """selector => Object.fromEntries([...document.querySelectorAll(selector)].map(line => {
            const above = line.closest("li").parentElement.closest("li");
            return [line.id, above ? above.querySelector(selector).id : null];
        }))""",
        LINE,
    )
    return {id_.removeprefix("e-"): above and above.removeprefix("e-") for id_, above in found.items()}


def line(page: Page, id_: UUID | str) -> Locator:
    """Return the line of an execution."""
    return page.locator(f"#e-{id_}")


# The tree


def test_the_json_is_what_show_prints(small: Board) -> None:
    """The same tree, to the last field: of a session with another one nested in it, and of a single call."""
    ((session, call),) = small.home.query(
        "SELECT root_id::text, parent_id::text FROM execution_traces WHERE kind = 'session' AND parent_id IS NOT NULL"
    )
    for id_ in (session, call):
        assert small.json(f"/api/traces/{id_}") == small.home.json("show", id_)


def test_every_execution_stands_under_its_parent(small: Board, page: Page) -> None:
    """Of each recording, the nested session and the subagents among them."""
    for (session,) in small.home.query("SELECT session_id FROM execution_traces WHERE kind = 'session'"):
        page.goto(small.link(f"/traces/{session}"))
        rows = rows_of(small, session)
        assert shown(page) == {row[0]: row[1] for row in rows}
        failed = sum(row[3] not in ("completed", "in_progress") for row in rows)
        assert page.locator(".row.bad").count() == failed


def test_the_figures_equal_those_of_the_rows(small: Board, page: Page) -> None:
    """Work and tools as the database's ranges add up; tokens and cost as its requests do."""
    for (session,) in small.home.query("SELECT session_id FROM execution_traces WHERE kind = 'session'"):
        ((work_ms, tools_ms, tokens, cost),) = small.home.query(FIGURES, session)
        page.goto(small.link(f"/traces/{session}"))
        figures = dict(
            zip(page.locator("#live dt").all_inner_texts(), page.locator("#live dd").all_inner_texts(), strict=True)
        )
        assert milliseconds(figures["At work"]) == pytest.approx(work_ms, rel=0.05, abs=1)
        assert figures["Tokens"].replace("\N{NARROW NO-BREAK SPACE}", "") == str(tokens or "—")
        assert float(figures["Cost"].strip("$—") or 0) == pytest.approx(float(cost or 0), abs=0.00006)
        tools = page.locator(".split li", has_text="tools").locator(".dim").inner_text()
        assert milliseconds(tools) == pytest.approx(tools_ms or 0, rel=0.05, abs=1)


FIGURES = """
WITH tree AS (
    SELECT *, coalesce((context #>> '{time,execution_ms}')::float,
                       extract(epoch FROM completed_at - started_at) * 1000) * interval '1 ms' AS ran
    FROM execution_traces
    WHERE root_id = (SELECT root_id FROM execution_traces WHERE kind = 'session' AND session_id = %s)
), work AS (
    SELECT range_agg(tstzrange(started_at, completed_at)) AS ranges FROM tree WHERE kind = 'prompt'
), tools AS (
    SELECT range_agg(tstzrange(greatest(started_at, completed_at - ran), completed_at)) AS ranges
    FROM tree
    WHERE kind = 'tool' AND NOT EXISTS (SELECT FROM tree AS child WHERE child.parent_id = tree.correlation_id)
), requests AS (
    SELECT sum(cost_usd) AS cost,
           sum(input_tokens + output_tokens + coalesce(cache_read_tokens, 0)
               + coalesce(cache_write_tokens, 0)) AS tokens
    FROM endpoint_calls WHERE model IS NOT NULL AND root_id = (SELECT root_id FROM tree LIMIT 1)
), account AS (
    SELECT sum(cost_usd) AS cost FROM hooktrace.accounts WHERE session_id IN (SELECT session_id FROM tree)
)
SELECT (SELECT sum(extract(epoch FROM upper(one) - lower(one)) * 1000)::float FROM unnest(work.ranges) AS one),
       (SELECT sum(extract(epoch FROM upper(one) - lower(one)) * 1000)::float
        FROM unnest(work.ranges * tools.ranges) AS one),
       tokens::bigint, greatest(requests.cost, account.cost)
FROM work, tools, requests, account
"""


def milliseconds(text: str) -> float:
    """Return what a duration on a page says."""
    units = {"ms": 1, "s": 1000, "min": 60_000, "h": 3_600_000}
    return sum(float(number) * units[unit] for number, unit in re.findall(r"([\d.]+) (ms|s|min|h)", text))


def test_waiting_is_told_apart_from_running(told: Board, page: Page) -> None:
    """In the bar, in words, and in the sum."""
    page.goto(told.link(f"/traces/{SESSION}"))
    call = page.locator("li", has=line(page, tool_uuid(SESSION, "waits"))).last
    expect(call.locator(".note")).to_contain_text("waited 8.0 s for permission")
    widths = call.locator(".bar rect").evaluate_all(
        "all => all.map(one => [one.className.baseVal, +one.attributes.width.value])"
    )
    parts = dict(widths)
    assert list(parts) == ["other", "permission", "tools"]
    assert parts["permission"] / parts["tools"] == pytest.approx(4, rel=0.05)
    waited = page.locator(".split li", has_text="waiting for permission").locator(".dim")
    assert milliseconds(waited.inner_text()) == pytest.approx(8000, abs=100)


# One of them


def test_a_row_is_a_link(told: Board, new_page: NewPage) -> None:
    """Its id opens the tree with it selected and all of it beside, also without JavaScript; so does a click."""
    page = new_page(java_script_enabled=False)
    failed, commits = tool_uuid(SESSION, "fails"), tool_uuid(SESSION, "commits")
    page.goto(told.link(f"/traces/{failed}"))
    expect(page.locator("[aria-current=true]")).to_have_id(f"e-{failed}")
    expect(page.locator("#panel")).to_contain_text("exit 7")
    expect(page.locator("#panel .failure").last).to_contain_text("Exit code 7")
    line(page, commits).click()
    expect(page.locator("[aria-current=true]")).to_have_id(f"e-{commits}")
    expect(page.locator("#panel")).to_contain_text("git commit -qam Release")
    assert page.url.endswith(f"?open={commits}#e-{commits}")
    page.get_by_role("link", name="Close").click()
    expect(page.locator("#panel")).to_have_count(0)


def test_the_keyboard_is_enough(told: Board, page: Page) -> None:
    """Arrows go from line to line and fold them, Enter opens one, Escape closes it; the address goes along."""
    page.goto(told.link(f"/traces/{SESSION}"))
    prompt, first = prompt_uuid(SESSION, PROMPT), tool_uuid(SESSION, "waits")
    line(page, SESSION).focus()
    page.keyboard.press("ArrowDown")
    expect(line(page, prompt)).to_be_focused()
    page.keyboard.press("ArrowLeft")
    expect(line(page, first)).to_be_hidden()
    page.keyboard.press("Enter")
    expect(page.locator("#panel h2")).to_contain_text("prompt")
    expect(line(page, prompt)).to_be_focused()
    expect(line(page, first)).to_be_hidden()
    assert page.url.endswith(f"?open={prompt}")
    page.keyboard.press("Escape")
    expect(page.locator("#panel")).to_have_count(0)


def test_the_beginning_of_an_id_is_enough(told: Board, page: Page) -> None:
    """If it begins several, they are listed; if none, that is said."""
    assert f'id="e-{SESSION}"' in told.html(f"/traces/{SESSION[:8]}")
    page.goto(told.link("/traces/aa"))
    ids = page.locator(".candidates a").all_inner_texts()
    assert str(HUGE) in ids and len(ids) > 1 and all(id_.startswith("aa") for id_ in ids)
    assert told.get("/api/traces/aa").status == 404
    for path in ("/traces/nothing", "/traces/00000000", f"/traces/{SESSION}?open=x", f"/traces/{SESSION}?after=x"):
        assert told.get(path).status in (400, 404), path


@pytest.mark.parametrize("kind", ["traces", "executions", "tools", "agents", "errors", "patterns"])
def test_nothing_has_a_name_that_no_text_can_be(told: Board, kind: str) -> None:
    """A NUL in an address is one of those: that is said, as a page and as JSON."""
    for path in (f"/{kind}/%00", f"/{kind}/a%00b", f"/api/{kind}/%00"):
        assert told.get(path).status == 404, path


def test_all_of_one_is_told(told: Board) -> None:
    """Input and output whole, its events, and the commits that it made."""
    call = tool_uuid(SESSION, "commits")
    known = told.json(f"/api/executions/{call}")
    assert known["given"] == {"command": "git commit -qam Release"}
    assert [event["hook_type"] for event in known["events"]] == ["PreToolUse", "PostToolUse"]
    assert [(one["sha"], one["subject"]) for one in known["commits"]] == [("1a2b3c4", "Release"), ("5d6e7f8", "Again")]
    assert "1a2b3c4" in told.html(f"/executions/{call}")
    first = told.json(f"/api/executions/{call}?limit=1")
    assert [event["hook_type"] for event in first["events"]] == ["PreToolUse"]
    assert [first[name] for name in ("given", "answered")] == [known[name] for name in ("given", "answered")]
    rest = told.json(f"/api/executions/{call}?events_after={first['events_after'].replace('+', '%2B')}")
    assert [event["hook_type"] for event in rest["events"]] == ["PostToolUse"]


def test_requests_to_the_model_stand_with_who_made_them(small: Board) -> None:
    """With their tokens and cost, as many as are stored."""
    stored = small.home.query(
        "SELECT trace_id::text, count(*), sum(output_tokens)::int FROM endpoint_calls"
        " WHERE model IS NOT NULL GROUP BY 1"
    )
    assert stored
    for maker, count, tokens in stored:
        requests = small.json(f"/api/executions/{maker}?limit=500")["requests"]
        assert (len(requests), sum(one["output_tokens"] or 0 for one in requests)) == (count, tokens or 0)


def test_a_failure_leads_to_its_kind(small: Board, page: Page) -> None:
    """The kind that it was counted as, and how its prompt was judged."""
    ((call, kind),) = small.home.query(
        "SELECT sample_trace_ids[1], id FROM error_patterns ORDER BY last_seen_at DESC LIMIT 1"
    )
    page.goto(small.link(f"/traces/{call}"))
    expect(page.locator(f'#panel a[href="/errors/{kind}"]')).to_be_visible()
    ((prompt, score),) = small.home.query(
        "SELECT correlation_id, score FROM hooktrace.outcomes WHERE verdict = 'failure' AND score IS NOT NULL LIMIT 1"
    )
    page.goto(small.link(f"/traces/{prompt}"))
    expect(page.locator("#panel")).to_contain_text(f"failure, score {score:.2f}")


def test_what_is_stored_runs_nothing(told: Board, page: Page) -> None:
    """Markup in prompts, inputs and errors is text, in the lines and beside them."""
    for id_ in (prompt_uuid(SESSION, PROMPT), tool_uuid(SESSION, "waits"), tool_uuid(SESSION, "fails")):
        page.goto(told.link(f"/traces/{id_}"))
        expect(page.locator("#panel pre", has_text=SCRIPT).first).to_be_visible()
        assert page.locator("#content script, #content img").count() == 0


# Large ones


def test_a_large_tree_is_folded_by_prompts(told: Board, page: Page) -> None:
    """Each prompt is a line that tells how much beneath it failed; nothing is left out of the sum."""
    ((total, failed),) = told.home.query(
        "SELECT count(*), count(*) FILTER (WHERE NOT success) FROM execution_traces WHERE root_id = %s", HUGE
    )
    assert total > 5000
    assert len(told.html(f"/traces/{HUGE}")) < LARGEST_BYTES
    page.goto(told.link(f"/traces/{HUGE}"))
    assert page.locator(LINE).count() == 101
    notes = page.locator(".what a.note").all_inner_texts()
    assert sum(int(note.split()[1]) for note in notes) == total - 101
    assert sum(int(found[1]) for note in notes if (found := re.search(r"(\d+) failed", note))) == failed
    expect(page.locator("#failures summary")).to_contain_text(str(failed))


def test_every_line_of_a_large_prompt_can_be_reached(told: Board, page: Page) -> None:
    """Page after page each is there once, and a link to one opens the page that it is on."""
    prompt = told.home.query("SELECT md5('prompt50')::uuid")[0][0]
    page.goto(told.link(f"/traces/{HUGE}?prompt={prompt}"))
    seen: list[str] = []
    while True:
        seen += [id_ for id_, above in shown(page).items() if above == str(prompt)]
        assert len(page.content()) < LARGEST_BYTES
        following = page.get_by_role("link", name="The next lines")
        if not following.count():
            break
        page.goto(told.base + f"/traces/{HUGE}" + (following.get_attribute("href") or ""))
    stored = told.home.query(
        "SELECT correlation_id::text FROM execution_traces WHERE root_id = %s AND parent_id = %s ORDER BY started_at",
        *(HUGE, prompt),
    )
    assert seen == [row[0] for row in stored]
    page.goto(f"{told.base}/traces/{stored[450][0]}")
    expect(page.locator("[aria-current=true]")).to_have_id(f"e-{stored[450][0]}")
    page.get_by_role("link", name="From the beginning").click()
    assert stored[0][0] in shown(page)


# While it runs


def test_a_running_trace_is_followed_until_it_ends(told: Board, page: Page) -> None:
    """What happens appears by itself, what is open stays open, and at the end nobody asks any more."""
    story = Story(told.home, "bbbbbbbb-0000-4000-8000-000000000002")
    story.starts()
    story.prompts(text="run for a while")
    story.calls("runs")
    told.home.flush()
    page.goto(told.link(f"/traces/{story.session}"))
    call = line(page, tool_uuid(story.session, "runs"))
    expect(call.get_by_role("img", name="in progress")).to_be_visible()
    call.click()
    expect(page.locator("#panel")).to_contain_text("echo runs")
    story.returns("runs")
    story.calls("more")
    told.home.flush()
    expect(call.get_by_role("img", name="completed")).to_be_visible(timeout=30_000)
    expect(line(page, tool_uuid(story.session, "more"))).to_be_visible()
    expect(page.locator("#panel")).to_contain_text("Output", timeout=30_000)
    story.returns("more")
    story.tell("Stop", prompt_id=PROMPT)
    story.tell("SessionEnd")
    told.home.flush()
    expect(page.locator("#live[hx-trigger]")).to_have_count(0, timeout=30_000)
    expect(page.locator(".sign.in_progress")).to_have_count(0)
    expect(page.locator("#panel h2")).to_contain_text("tool Bash")
