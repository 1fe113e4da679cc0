"""The end of the chain: whether what was stored is all that the agent did, by the agent's own record."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from tracing.cli.diagnosis.finding import Finding, NotApplicable, problem
from tracing.cli.diagnosis.situation import Situation
from tracing.database.ledger import Ledger
from tracing.installation.status import UNANSWERED, recent_ledger

MOST_NAMED = 5
"""So many sessions or events are named; the rest is counted."""


def sessions_hooked(situation: Situation) -> Iterator[Finding]:
    """Look for sessions that left a transcript and not one event."""
    unhooked = _ledger(situation).unhooked
    if not unhooked:
        return
    named = ", ".join(f"{session.session_id[:8]} ({session.calls} calls)" for session in unhooked[:MOST_NAMED])
    message = f"{len(unhooked)} sessions of the last 24 hours fired no hook: 0 % of them is recorded: {named}"
    cure = "restart sessions that were open before the installation; else look at what is said of the hooks above"
    yield problem("session-unhooked", message, cure)


def calls_recorded(situation: Situation) -> Iterator[Finding]:
    """Look for tool calls that a transcript shows and no hook told of."""
    ledger = _ledger(situation)
    if missing := ledger.calls - ledger.recorded:
        message = f"{missing} of {ledger.calls} tool calls of the last 24 hours are in a transcript, not in the record"
        cure = "`hooktrace show SESSION` tells of which session; was HOOKTRACE_ENABLED set, or the spool full?"
        yield problem("calls-missing", message, cure)


def events_arrived(situation: Situation) -> Iterator[Finding]:
    """Look for events that should have come and did not."""
    lost = _ledger(situation).lost
    if not lost:
        return
    counted = Counter(f"{gap.missing} of {gap.name or gap.kind}" for gap in lost).most_common(MOST_NAMED)
    named = ", ".join(f"{many} {what}" for what, many in counted)
    message = f"{len(lost)} events of the last 24 hours never came, and nothing explains it: {named}"
    cure = "was a hook ended by its time limit, or a file of the spool removed? `hooktrace status --json` lists them"
    yield problem("events-lost", message, cure)


def events_healed(situation: Situation) -> Iterator[Finding]:
    """Look for events that never came, and whose place the transcript took."""
    healed = _ledger(situation).healed
    if not healed:
        return
    sessions = ", ".join(sorted({gap.session_id[:8] for gap in healed})[:MOST_NAMED])
    message = (
        f"{len(healed)} events of the last 24 hours never came; transcripts told in their place (sessions {sessions})"
    )
    cure = "what only an event holds (inputs, results) is missing of them: look at what is said of the hooks above"
    yield problem("events-healed", message, cure)


def _ledger(situation: Situation) -> Ledger:
    installation, config = situation.installation, situation.user_settings.parent
    if not installation.initialised:
        raise NotApplicable
    try:
        with installation.reader() as reader:
            return recent_ledger(installation, config, reader)
    except UNANSWERED:
        raise NotApplicable from None
