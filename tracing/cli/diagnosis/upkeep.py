"""What is done once a day: retention and maintenance."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from tracing.cli.diagnosis.finding import Finding, NotApplicable, note
from tracing.cli.diagnosis.situation import Situation
from tracing.database.embedded import ServerError
from tracing.database.reader import Row, Unreachable
from tracing.database.rota import MAINTENANCE, RETENTION
from tracing.installation import CommandError

COMMANDS = {RETENTION: "hooktrace retention", MAINTENANCE: "hooktrace maintain"}


def chores_done(situation: Situation) -> Iterator[Finding]:
    """Look how the daily chores went when they were done last."""
    for chore in _chores(situation):
        name, report, command = chore["name"], chore["report"], COMMANDS.get(chore["name"], "hooktrace")
        if chore["succeeded"] is False:
            cure = f"`{command}` does it now and says the same if it fails again"
            yield note("chore-failed", f"{name} failed at {_at(chore)}: {report.get('failed')}", cure)
        elif chore["succeeded"]:
            yield from _told(name, report, command)


def _told(name: str, report: dict[str, Any], command: str) -> Iterator[Finding]:
    if early := report.get("early"):
        cure = "`hooktrace config set retention.max_mb N` gives it more room, 0 any; shorter retention.*_days need less"
        yield note("size-cap-reached", "; ".join(early), cure)
    if postponed := report.get("postponed"):
        cure = f"it is tried again every day; `{command}` does it now"
        yield note("chore-postponed", f"{name}: {'; '.join(postponed)}", cure)


def _at(chore: Row) -> str:
    return str(chore["ended_at"].astimezone().isoformat(timespec="seconds"))


def _chores(situation: Situation) -> list[Row]:
    if not situation.installation.initialised:
        raise NotApplicable
    try:
        with situation.installation.reader() as reader:
            return reader.rows("chores")
    except (CommandError, ServerError, Unreachable):
        raise NotApplicable from None  # said already, or a login that may not see them
