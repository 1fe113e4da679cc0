"""Whatever was recorded is text on every page: it runs nothing, loads nothing and leads nowhere."""

from __future__ import annotations

import json
import time
import uuid
from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from tests.conftest import Installation, new_installation
from tests.dashboard.board import Board, open_board
from tests.dashboard.conftest import NewPage
from tests.dashboard.crawl import crawled
from tracing.database.embedded import EmbeddedServer
from tracing.deadletters import DeadLetters

SCRIPTS = (
    "<script>alert(1)</script>",
    "\"><img src=x onerror=alert(2)>'><svg onload=alert(3)>",
    "</code></td></table></script><script src=//evil.example/x.js></script>",
    "{{ 7 * 7 }}{% include 'base.html' %}${alert(4)}",
    "javascript:alert(5)//<a href='javascript:alert(6)'>",
    "<div hx-get=/static/evil hx-trigger=load hx-on::load=alert(7)></div><base href=//evil.example>",
    "\u202e\u0000\ud800<style>*{display:none}</style><meta http-equiv=refresh content='0;url=//evil.example'>",
)

NOTES = """
window.wrong = [];
document.addEventListener("securitypolicyviolation", (event) => window.wrong.push(event.violatedDirective));
"""


HANDLERS = """
[...document.querySelectorAll("*")].filter((element) => !element.closest(".uplot")) // which places its parts by style
    .flatMap((element) => [...element.attributes]).map((attribute) => attribute.name)
    .filter((name) => /^on|^style$|^hx-on/.test(name))
"""

LEADING_AWAY = """
[...document.links].filter((link) => link.protocol !== "http:" || link.host !== location.host).map((link) => link.href)
"""


@pytest.fixture(scope="module")
def hostile(fresh_cluster: EmbeddedServer) -> Iterator[Board]:
    """Give a dashboard over sessions in which every text is an attack; one of them still runs."""
    with new_installation(cluster=fresh_cluster) as home:
        for number, script in enumerate(SCRIPTS):
            _attack(home, script, ends=number > 0)
        home.flush()
        DeadLetters(home.places.bad).put_text("x<img src=x onerror=alert(8)>", b"", f"{SCRIPTS[1]} is no event")
        with home.places.log.open("a") as log:
            log.write(f"{time.strftime('%Y-%m-%d %H:%M:%S')},000 ERROR {SCRIPTS[0]}\n")
        with open_board(home) as board:
            yield board


def _attack(home: Installation, script: str, ends: bool) -> None:
    """Fire a session whose prompt, project, tools, agents, skills, paths, outputs and errors are *script*."""
    directory = home.root / "p"
    common = {"session_id": str(uuid.uuid4()), "prompt_id": str(uuid.uuid4()), "cwd": f"{directory}/{script}"}
    tool = {"tool_name": script, "tool_use_id": f"toolu_{uuid.uuid4().hex}"}
    given = {"command": script, "file_path": f"/{script}", "url": script, "description": script}
    mcp = {
        "tool_name": f"mcp__{script}__{script}",
        "tool_use_id": f"toolu_{uuid.uuid4().hex}",
        "tool_input": {script: script},
    }
    open_call = {"tool_name": script, "tool_use_id": f"toolu_{uuid.uuid4().hex}", "tool_input": given}
    agent = {"agent_id": f"a{uuid.uuid4().hex[:16]}", "agent_type": script}

    def fire(event: str, **fields: Any) -> None:
        body: Mapping[str, Any] = {"hook_event_name": event, **common, **fields}
        home.fire(json.dumps(body).encode())

    fire("SessionStart", source="startup")
    fire("UserPromptSubmit", prompt=script)
    fire("PreToolUse", **tool, tool_input=given)
    fire("PostToolUseFailure", **tool, tool_input=given, error=script)
    fire("PreToolUse", **mcp)
    fire("PostToolUse", **mcp, tool_response=[{"type": "text", "text": script}])
    fire("SubagentStart", **agent)
    fire("SubagentStop", **agent, last_assistant_message=script)
    fire("PreToolUse", tool_name="Skill", tool_use_id=f"toolu_{uuid.uuid4().hex}", tool_input={"skill": script})
    if not ends:
        fire("PreToolUse", **open_call)
        fire("PermissionRequest", **{**open_call, "tool_use_id": None})
        return
    fire("Stop", last_assistant_message=script)
    fire("SessionEnd", reason="other")


def test_nothing_that_was_recorded_runs(hostile: Board, new_page: NewPage) -> None:
    """On no page that can be reached: no dialog, no script, no request, nothing that the policy had to stop."""
    visited = [
        link for _, link, answer in crawled(hostile) if answer.headers.get("content-type", "").startswith("text/html")
    ]
    assert len(visited) >= 2
    page = new_page(expected="the server responded with a status of")
    page.add_init_script(NOTES)
    for link in visited:
        page.goto(hostile.link(link))
        assert page.evaluate("window.wrong") == [], link
        assert page.locator("base, iframe, object, embed, body style, body script, main meta").count() == 0, link
        assert page.evaluate(HANDLERS) == [], link
        assert page.evaluate(LEADING_AWAY) == [], link


def test_what_was_recorded_is_there_to_read(hostile: Board) -> None:
    """It is shown as what it is."""
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in hostile.html("/now")
    assert (
        "49"
        not in hostile.html("/now").partition('id="running"')[2].partition("</section>")[0].partition("7 * 7")[2][:5]
    )
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in hostile.html("/health")


def test_addresses_are_answered_as_text(hostile: Board) -> None:
    """What an address says comes back as text, or not at all."""
    for path in ("/<script>alert(1)</script>", "/now?since=<script>alert(1)</script>", "/now?<script>=1"):
        answer = hostile.get(path.replace("<", "%3C").replace(">", "%3E"))
        assert answer.status in (400, 404)
        assert "<script>alert" not in answer.text and "<script>=" not in answer.text
