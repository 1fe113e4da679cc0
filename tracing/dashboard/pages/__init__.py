"""The pages, in the order of their questions: what happens now, where time and money go, what fails, what works."""

from tracing.dashboard.page import Page
from tracing.dashboard.pages import now

PAGES: tuple[Page, ...] = (now.PAGE,)
"""In the order of the menu; the first is where a reader arrives."""
