"""The trust line: in one sentence, how far what is shown can be believed."""

from __future__ import annotations

from tracing.database.ledger import Ledger
from tracing.wording import duration

IMPORTED = "known from the agent's transcript alone: it was imported"


def trust_of_sessions(ledger: Ledger, *, hook_ms: float | None) -> str:
    """Return the sentence about chosen sessions; of those that were imported the ledger knows nothing."""
    return trust_line(ledger, hook_ms=hook_ms) if ledger.sessions else IMPORTED


def trust_line(ledger: Ledger, *, hook_ms: float | None, dropped: int | None = None) -> str:
    """Return the sentence, such as "100 % of 412 calls (checked against the transcript), hooks 0.6 s of 14 min".

    *hook_ms* is what one hook costs here, in milliseconds, as it was last measured; *dropped* the events that
    the spool had no room for.
    """
    parts = [_coverage(ledger)]
    if hook_ms is not None and ledger.worked_ms:
        parts.append(f"hooks {duration(ledger.events * hook_ms)} of {duration(ledger.worked_ms)}")
    if lost := len(ledger.lost):
        parts.append(f"{lost} {'event' if lost == 1 else 'events'} lost")
    if healed := ledger.healed_executions:
        parts.append(f"{healed} healed from {'the transcript' if ledger.sessions == 1 else 'transcripts'}")
    if ledger.unhooked:
        many = len(ledger.unhooked)
        parts.append(f"{many} {'session' if many == 1 else 'sessions'} whose hooks never fired")
    if dropped is not None:
        parts.append(f"{dropped} dropped")
    return ", ".join(parts)


def _coverage(ledger: Ledger) -> str:
    checked = ledger.sessions - ledger.unchecked + len(ledger.unhooked)
    if not checked:
        return "no transcript to check against" if ledger.sessions else "no sessions"
    transcripts = "the transcript" if checked == 1 else "the transcripts"
    if ledger.coverage is None:
        return f"no tool calls (checked against {transcripts})"
    permille = int(ledger.coverage * 1000)  # rounded down: what is not all is not 100 %
    share = f"{permille / 10:.1f}" if permille % 10 else f"{permille // 10}"
    calls = "call" if ledger.shown == 1 else "calls"
    left = f", {ledger.unchecked} without one" if ledger.unchecked else ""
    return f"{share} % of {ledger.shown} {calls} (checked against {transcripts}{left})"
