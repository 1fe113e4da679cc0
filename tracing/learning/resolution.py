"""Cures: what was done between a failure and the next success of the same thing, within one prompt."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from tracing.learning.command import steps_of
from tracing.learning.fingerprint import EDITING_TOOLS, FILE_TOOLS, Failure, failure_of, subject_of
from tracing.learning.sequence import BOOKKEEPING, folded
from tracing.learning.story import Call, Story
from tracing.learning.vocabulary import one_by_one

MOST_STEPS = 8
"""Of a cure; the last ones, which stand nearest to the success."""

_LOOKING_TOOLS = frozenset({"Read", "Grep", "Glob", "LS", "WebSearch", "WebFetch", "NotebookRead"})
_LOOKING_PROGRAMS = one_by_one(
    """ls cat head tail grep rg find which wc file stat pwd tree less sed awk test echo cd du"""
)


@dataclass(frozen=True)
class Occurrence:
    """One failure, and what became of it."""

    failure: Failure
    call: Call
    resolved: bool
    steps: tuple[str, ...] = ()
    """What cured it: tools with their subjects, without arguments; none where the same again was enough."""


def occurrences(story: Story) -> Sequence[Occurrence]:
    """Return the failures of *story* in their order."""
    return [_occurrence(story.calls, at) for at, call in enumerate(story.calls) if call.failed]


def only_looks(call: Call) -> bool:
    """Tell whether *call* changes nothing: it only looks.  What a shell ran unknown to us is taken for no change."""
    if call.name != "Bash":
        return call.name in _LOOKING_TOOLS
    command = (call.input or {}).get("command")
    if not isinstance(command, str):
        return True
    if re.search(r"(?<![0-9&])>(?!&|\s*/dev/null)|\bsed\b.* -i", command):
        return False
    steps = steps_of(command)
    return bool(steps) and all(step.name in _LOOKING_PROGRAMS for step in steps)


def _occurrence(calls: Sequence[Call], at: int) -> Occurrence:
    failed = calls[at]
    failure = failure_of(failed)
    for later in range(at + 1, len(calls)):
        if calls[later].succeeded and _same(failed, calls[later]):
            between = [call for call in calls[at + 1 : later] if call.agent == failed.agent]
            return Occurrence(failure, failed, True, _steps(between))
    return Occurrence(failure, failed, False)


def _same(failed: Call, other: Call) -> bool:
    """Tell whether *other* does what *failed* attempted: the same program and subcommand, or the same file."""
    if failed.name == other.name == "Bash":
        if not _known(failed) or not _known(other):
            return False
        mine, theirs = subject_of(failed), subject_of(other)
        return mine == theirs or mine in _names(other)
    if failed.name in EDITING_TOOLS and other.name in EDITING_TOOLS:
        return subject_of(failed) == subject_of(other)
    if failed.name in FILE_TOOLS:  # the file that was looked for may be elsewhere
        return other.name == failed.name and _base(subject_of(failed)) == _base(subject_of(other))
    return failed.name == other.name and subject_of(failed) == subject_of(other)


def _known(call: Call) -> bool:
    """Tell whether a shell command's text is kept: not without content, of an import, or once it has aged."""
    return isinstance((call.input or {}).get("command"), str)


def _names(call: Call) -> set[str]:
    command = (call.input or {}).get("command")
    return {step.name for step in steps_of(command)} if isinstance(command, str) else set()


def _steps(between: Sequence[Call]) -> tuple[str, ...]:
    done = [call for call in between if call.status == "completed" and call.name not in BOOKKEEPING]
    changing = [call for call in done if not only_looks(call)]
    return folded([_told(call) for call in changing or done])[-MOST_STEPS:]


def _told(call: Call) -> str:
    subject = subject_of(call)
    if subject == call.name:
        return call.name
    return f"{call.name} {_base(subject) if call.name in FILE_TOOLS else subject}"


def _base(path: str) -> str:
    return re.split(r"[\\/]", path.rstrip("\\/"))[-1]
