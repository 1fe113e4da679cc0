"""To which tree a session belongs: what it claims through its environment, and how a claim is weighed.

An agent started from another agent's shell inherits four variables (hooks/session-start).  What
they claim is believed only as far as it proves true, because a shell that was left open still
exports the ids of a session that is long over.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from tracing.event import Event
from tracing.identity import parse_uuid

_QUOTING = re.compile(r"[\s'\"\\]+")


CERTAIN = "command line"
"""How the one way of finding a call is called that leaves no doubt."""


@dataclass(frozen=True)
class Claim:
    """What a session's environment says of where the session comes from."""

    root: UUID | None
    """The tree to join; without ``outer_session`` it belongs to a caller, such as a CI job."""
    outer_session: str | None
    """The session from whose shell this one was started."""
    parent: UUID | None
    """The outer session's running prompt (a hint), or the caller's own execution."""
    ignored: Mapping[str, str]
    """Variables that say nothing usable, and why."""


@dataclass(frozen=True)
class ShellCall:
    """A Bash call of the outer session."""

    correlation_id: UUID
    command: str
    open: bool


def claim(event: Event) -> Claim:
    """Read what *event*'s environment claims for its session."""
    values: dict[str, UUID | None] = {}
    ignored: dict[str, str] = {}
    for name in ("HOOKTRACE_ROOT_ID", "HOOKTRACE_SESSION_ID", "HOOKTRACE_CORRELATION_ID"):
        text = event.header.get(name)
        values[name] = parse_uuid(text)
        if text and not values[name]:
            ignored[name] = "not a UUID"
    outer = values["HOOKTRACE_SESSION_ID"]
    if outer and str(outer) == event.session_id.lower():  # resumed from a shell of its own
        return Claim(None, None, None, {**ignored, "HOOKTRACE_SESSION_ID": "the session itself"})
    if "HOOKTRACE_SESSION_ID" in ignored:  # inherited from nobody who can be asked
        return Claim(None, None, None, ignored)
    return Claim(
        values["HOOKTRACE_ROOT_ID"],
        str(outer) if outer else None,
        values["HOOKTRACE_CORRELATION_ID"],
        ignored,
    )


def find_call(command_line: str, calls: Sequence[ShellCall]) -> tuple[UUID, str] | None:
    """Return the call out of whose shell *command_line* is, and how that was found out; None if undecided.

    The client runs a command as ``... eval '<command>' ...`` in a shell whose command line is
    known here without its NULs; quoting is taken away on both sides before they are compared.
    """
    line = _bare(command_line)
    for pattern in ("eval{}", "{}") if line else ():
        found = [call for call in calls if (bare := _bare(call.command)) and pattern.format(bare) in line]
        longest = max((len(_bare(call.command)) for call in found), default=0)
        best = [call for call in found if len(_bare(call.command)) == longest]
        best = [call for call in best if call.open] or best
        if len(best) == 1:
            return best[0].correlation_id, CERTAIN
        if best:
            return None  # the same command twice at once
    if line:
        return None  # a shell of something else, such as a terminal that was left open
    running = [call for call in calls if call.open]
    return (running[0].correlation_id, "only open call") if len(running) == 1 else None


def _bare(text: str) -> str:
    return _QUOTING.sub("", text)
