"""The pages, in the order of their questions: what happens now, where time and money go, what fails, what works."""

from tracing.dashboard.page import Page
from tracing.dashboard.pages import (
    agent,
    agents,
    chains,
    cost,
    error,
    errors,
    execution,
    health,
    now,
    pattern,
    patterns,
    sessions,
    tool,
    tools,
    trace,
)

PAGES: tuple[Page, ...] = (
    now.PAGE,
    sessions.PAGE,
    trace.PAGE,
    execution.PAGE,
    tools.PAGE,
    tool.PAGE,
    agents.PAGE,
    chains.PAGE,
    agent.PAGE,
    errors.PAGE,
    error.PAGE,
    patterns.PAGE,
    pattern.PAGE,
    pattern.USAGE,
    cost.PAGE,
    health.PAGE,
)
"""In the order of the menu; the first is where a reader arrives."""
