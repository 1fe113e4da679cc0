"""One pattern: what it is, how it went, and when it was used."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tracing.dashboard.asked import Asked
from tracing.dashboard.keyset import Paging, time
from tracing.dashboard.page import NotThere, Page, Sources
from tracing.dashboard.pages.error import uuid_or_none
from tracing.dashboard.pages.patterns import with_interval
from tracing.dashboard.period import every_week, zone
from tracing.database.connection import Row
from tracing.wording import one_line

USES = 20


def read(sources: Sources, asked: Asked) -> Mapping[str, Any]:
    """Return a pattern, its uses by week, the newest of them, and the prompts that it was learned from.

    Raises:
        NotThere: no pattern has the id.
    """
    reader, pattern = sources.reader, _known(sources, asked)
    examples = pattern.pop("example_trace_ids")
    uses = reader.page("pattern_uses", pattern=pattern["pattern_id"], after=None, after_id=None, limit=USES)
    return {
        "pattern": with_interval(pattern),
        "by_week": every_week(reader.page("uses_by_week", pattern=pattern["pattern_id"], zone=zone(asked))),
        "uses": uses,
        "examples": reader.page("prompts_by_id", ids=examples),
    }


def read_usage(sources: Sources, asked: Asked) -> Mapping[str, Any]:
    """Return a page of the uses and offers of a pattern.

    Raises:
        NotThere: no pattern has the id.
    """
    pattern, paging = _known(sources, asked), Paging.of(asked, time)
    found = sources.reader.page("pattern_uses", pattern=pattern["pattern_id"], **paging.values)
    uses, next_ = paging.page(found, "used_at", "id")
    return {"pattern_id": pattern["pattern_id"], "intent": pattern["intent"], "uses": uses, "next": next_}


def _known(sources: Sources, asked: Asked) -> Row:
    id_ = asked.path["id"]
    found = sources.reader.page("pattern", id=uuid_or_none(id_))
    if not found:
        raise NotThere(f"no pattern has the id {one_line(id_, 80)!r}\nhint: patterns that went badly are pruned")
    return found[0]


PAGE = Page("pattern", "/patterns/{id}", "/api/patterns/{id}", read, "Pattern", in_menu=False)
USAGE = Page(
    "usage", "/patterns/{id}/usage", "/api/patterns/{id}/usage", read_usage, "Uses of a pattern", in_menu=False
)
