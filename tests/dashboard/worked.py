"""Work whose figures are known by heart: commits, failures with their cures, advice, prices; and hostile names."""

from __future__ import annotations

import json
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

from tests.conftest import Installation
from tests.repositories import Told
from tests.story import SESSION, Story
from tracing.identity import prompt_uuid, session_uuid

EVIL = "<script>alert('x')</script><img src=x onerror=alert(1)>\"'&amp;{{7*7}}"
"""A text that runs wherever it is not escaped."""

EVIL_TOOL = "mcp__evil__<img src=x onerror=alert(1)>/../x?y#z"
NAMES = ("cured", "again", "open", "evil", "yesterday")
SESSIONS = {name: str(UUID(int=number, version=4)) for number, name in enumerate(NAMES, 77)}
PROMPTS = {name: str(UUID(int=number, version=4)) for number, name in enumerate(SESSIONS, 770)}

FAILURE = "Exit code 1\nModuleNotFoundError: No module named 'tills'"
OFFERS = 25
"""Of either arm; enough to tell a difference."""


class Worked(Told):
    """An installation in which such work was done."""

    def __init__(self, home: Installation, directory: Path) -> None:
        super().__init__(home, directory)
        with home.without_collector():
            fails(self.told("cured"), "cured", "pip install tills")
            fails(self.told("again"), "again", "pip install tills")
            fails(self.told("open"), "open", None)
            self._evil()
            self._yesterday()
        home.flush()
        self._prices()
        self._advice()

    def told(self, name: str) -> Story:
        """Return the story of one of SESSIONS, in a project of its name."""
        return Story(self.home, SESSIONS[name], CLAUDE_PROJECT_DIR=f"/srv/{name}")

    def _evil(self) -> None:
        """Let an agent be given nothing but hostile texts."""
        story, prompt = (
            Story(self.home, SESSIONS["evil"], CLAUDE_PROJECT_DIR=f"/srv/{EVIL.replace('/', '')}"),
            PROMPTS["evil"],
        )
        story.starts(50)
        story.prompts(51, prompt, text=EVIL)
        for use, tool in (("evil-1", EVIL_TOOL), ("evil-2", "Bash")):
            about: dict[str, Any] = {"tool_input": {"command": EVIL}}
            story.calls(use, 52, prompt, tool=tool, **about)
            failed: dict[str, Any] = {"prompt_id": prompt, "tool_name": tool, "tool_use_id": use, "error": EVIL}
            story.tell("PostToolUseFailure", 53, **failed, **about)
        agent: dict[str, Any] = {"tool": "Agent", "tool_input": {"subagent_type": EVIL, "prompt": EVIL}}
        story.calls("evil-3", 54, prompt, **agent)
        story.tell("SubagentStart", 54.2, agent_id="e1", agent_type=EVIL, prompt_id=prompt)
        story.tell("SubagentStop", 54.8, agent_id="e1", agent_type=EVIL, prompt_id=prompt)
        story.returns("evil-3", 55, prompt, **agent, tool_response={"agentId": "e1", "status": "completed"})
        story.tell("Stop", 56, prompt_id=prompt)

    def _yesterday(self) -> None:
        """Let two calls have been made at noon of yesterday, the first of them the slower one."""
        story, prompt = self.told("yesterday"), PROMPTS["yesterday"]
        noon = datetime.combine(date.today() - timedelta(days=1), time(12))
        story.begin = noon.timestamp()
        story.starts(0)
        story.prompts(1, prompt)
        for number, took_ms in enumerate((40_000, 5_000)):
            story.calls(f"yesterday-{number}", 2 + 60 * number, prompt)
            story.returns(f"yesterday-{number}", 50 + 60 * number, prompt, duration_ms=took_ms)
        story.tell("Stop", 120, prompt_id=prompt)
        story.tell("SessionEnd", 121, reason="other")

    def _prices(self) -> None:
        """Give a session requests of two models, one of them without a price, and an account of its own."""
        prompt, session = prompt_uuid(SESSIONS["cured"], PROMPTS["cured"]), SESSIONS["cured"]
        for model, tokens, amount in (("priced", 100, "0.75"), ("priced", 200, "0.5"), (EVIL, 40, None)):
            self.home.query(
                "INSERT INTO endpoint_calls (root_id, trace_id, session_id, project, service, endpoint, model,"
                " input_tokens, output_tokens, cache_read_tokens, cache_write_tokens, cost_usd)"
                " VALUES (%s, %s, %s, 'cured', 'anthropic', '/v1/messages', %s, %s, 10, 1000, 5, %s::numeric)",
                *(session_uuid(session), prompt, session, model, tokens, amount),
            )
        for whose, amount in ((session, "1.5"), (SESSION, None)):
            self.home.query(
                "INSERT INTO hooktrace.accounts (session_id, started_at, cost_usd, api_ms)"
                " VALUES (%s, now(), %s::numeric, 1)",
                *(whose, amount),
            )

    def _advice(self) -> None:
        """Let advice have been offered and withheld, each so often that a difference can be told."""
        pattern = self.home.query("SELECT id FROM success_patterns ORDER BY id LIMIT 1")[0][0]
        for number in range(2 * OFFERS):
            offered = number < OFFERS
            outcome = "success" if number % 5 or (offered and number % 10) else "failure"
            told = {"offered": offered, "followed": number % 3 > 0, "cost_usd": 0.01 * (number % 7)}
            self.home.query(
                "INSERT INTO pattern_usage_log (pattern_id, match_score, used, outcome, actual_duration_ms, metadata)"
                " VALUES (%s, 0.8, %s, %s, %s, %s)",
                *(pattern, offered and told["followed"], outcome, 1000 + 10 * number, json.dumps(told)),
            )


def fails(story: Story, name: str, cure: str | None) -> None:
    """Tell of a prompt in which the tests fail for want of a module; *cure* is what helps, None: nothing does.

    The cure waits 3 s for a permission.
    """
    prompt = PROMPTS[name]
    story.starts(50, cwd=f"/srv/{name}")
    story.prompts(51, prompt, text=f"Run the tests of {name}")
    tests: dict[str, Any] = {"tool_input": {"command": "pytest -q"}}
    story.calls(f"{name}-1", 52, prompt, **tests)
    failed: dict[str, Any] = {"prompt_id": prompt, "tool_name": "Bash", "tool_use_id": f"{name}-1", "error": FAILURE}
    story.tell("PostToolUseFailure", 53, **failed, **tests)
    if cure:
        helps: dict[str, Any] = {"tool_input": {"command": cure}}
        story.calls(f"{name}-2", 54, prompt, **helps)
        story.tell("PermissionRequest", 54.05, prompt_id=prompt, tool_name="Bash", **helps)
        story.returns(f"{name}-2", 57.3, prompt, **helps, duration_ms=200)
        story.calls(f"{name}-3", 58, prompt, **tests)
        story.returns(f"{name}-3", 59, prompt, **tests, duration_ms=900)
    story.tell("Stop", 60, prompt_id=prompt)
