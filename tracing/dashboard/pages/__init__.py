"""The pages, in the order of their questions: what happens now, where time and money go, what fails, what works."""

from tracing.dashboard.page import Page
from tracing.dashboard.pages import execution, health, now, sessions, trace

PAGES: tuple[Page, ...] = (
    now.PAGE,
    sessions.PAGE,
    trace.PAGE,
    execution.PAGE,
    health.PAGE,
)
"""In the order of the menu; the first is where a reader arrives."""
