"""One agent: its runs, how it was chosen, and the chains in which it takes part."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tracing.dashboard.asked import Asked
from tracing.dashboard.keyset import Paging, time
from tracing.dashboard.page import NotThere, Page, Sources
from tracing.dashboard.period import filters, narrowed
from tracing.wording import one_line

CHOICES = 20
CHAINS = 10


def read(sources: Sources, asked: Asked) -> Mapping[str, Any]:
    """Return a page of the runs of an agent, the newest choices of it, and its chains.

    Raises:
        NotThere: no agent of that name ever ran or was chosen.
    """
    name, asked_for, reader = asked.path["name"], narrowed(asked), sources.reader
    paging = Paging.of(asked, time)
    found = reader.page("runs_of_agent", **asked_for, **paging.values, agent=name)
    rows, next_ = paging.page(found, "started_at", "execution_id")
    choices = reader.page("choices_of_agent", **asked_for, agent=name, limit=CHOICES)
    if not rows and not choices and not reader.page("agent_is_known", agent=name)[0]["known"]:
        raise NotThere(f"no agent {one_line(name, 80)!r} is recorded")
    return {
        "filters": filters(sources, asked, "project", "user"),
        "agent": name,
        "figures": next(iter(reader.page("agents", **asked_for, agent=name)), None),
        "runs": rows,
        "next": next_,
        "choices": choices,
        "chains": reader.page("chains", agent=name, after=None, after_id=None, limit=CHAINS),
    }


PAGE = Page("agent", "/agents/{name:path}", "/api/agents/runs/{name:path}", read, "Agent", in_menu=False)
