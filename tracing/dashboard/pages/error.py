"""One kind of failure: where it occurred, and in which prompts it was cured, and how."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from tracing.dashboard.asked import Asked
from tracing.dashboard.page import NotThere, Page, Sources
from tracing.dashboard.pages.errors import with_cures
from tracing.dashboard.period import every_day, zone
from tracing.wording import one_line

PROMPTS = 20


def read(sources: Sources, asked: Asked) -> Mapping[str, Any]:
    """Return the kind of failure that an id or a fingerprint means, or of which a failed call is one.

    Of a call from which nothing was learned, or nothing yet, there is the call alone.

    Raises:
        NotThere: neither a kind nor a failed call has the id.
    """
    reader, id_ = sources.reader, asked.path["id"]
    kind = next(iter(reader.page("error_kind", id=uuid_or_none(id_), fingerprint=id_)), None)
    if kind is None:
        if call := reader.page("failed_calls", ids=[uuid_or_none(id_)]):
            return {"kind": None, "by_day": [], "cured": [], "open": [], "samples": call}
        raise NotThere(f"neither a kind of failure nor a failed call is known by {one_line(id_, 80)!r}")
    whose = {"fingerprint": kind["fingerprint"], "user": kind.pop("user_id")}
    samples = kind.pop("sample_trace_ids")
    return {
        "kind": with_cures(kind),
        "by_day": every_day(reader.page("failure_of_kind_by_day", **whose, zone=zone(asked))),
        "cured": [with_cures(row) for row in reader.page("prompts_with_failure", **whose, cured=True, limit=PROMPTS)],
        "open": reader.page("prompts_with_failure", **whose, cured=False, limit=PROMPTS),
        "samples": reader.page("failed_calls", ids=samples),
    }


def uuid_or_none(text: str) -> UUID | None:
    """Return the id that *text* is; None: it is none, and nothing has it."""
    try:
        return UUID(text)
    except ValueError:
        return None


PAGE = Page("error", "/errors/{id}", "/api/errors/{id}", read, "Kind of failure", in_menu=False)
