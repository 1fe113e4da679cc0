"""Tools of MCP servers, and what a server asks the user."""

from __future__ import annotations

import json
import sys

from tests.conftest import CHECKOUT
from tests.live.client import Client
from tests.live.performance import live
from tests.live.script import Turn, call
from tests.live.terminal import ENTER

SERVER = {"command": sys.executable, "args": [str(CHECKOUT / "tests/client/mcp_demo.py")]}
CONFIG = ["--mcp-config", json.dumps({"mcpServers": {"demo": SERVER}})]

CALLS: list[Turn] = [call("mcp__demo__add", a=1, b=2), call("mcp__demo__fail"), call("mcp__demo__ask"), "Done."]


@live
def test_tools_of_a_server(client: Client) -> None:
    """They are calls like others; a question that nobody can answer is cancelled, and the call completed."""
    client.answers(*CALLS)
    client.ask("Please start", *CONFIG)
    client.becomes("""
        session
          prompt
            tool mcp__demo__add
            tool mcp__demo__ask
            tool mcp__demo__fail: failed tool_error
    """)
    client.saw("ElicitationResult", metadata={"action": "cancel"})


@live
def test_a_question_of_a_server(client: Client) -> None:
    """While the user thinks the call is in progress; accepted, it is completed."""
    client.answers(*CALLS)
    terminal = client.open(*CONFIG)
    terminal.enter("Please start")
    terminal.see("Your name?")
    client.saw("Elicitation")
    terminal.press("Bob")
    terminal.see("name: Bob")
    terminal.insist(ENTER, lambda shown: "requests your input" not in shown)
    client.saw("ElicitationResult", metadata={"action": "accept"})
    client.saw("Notification", metadata={"notification_type": "elicitation_response"})
    client.becomes("""
        session: in_progress
          prompt
            tool mcp__demo__add
            tool mcp__demo__ask
            tool mcp__demo__fail: failed tool_error
    """)
