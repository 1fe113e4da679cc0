"""How a prompt went, from structured results only: one definition for everything that asks.

What speaks, each part from -1 to 1:

    finished     1: it came to its end
    stopped     -1: an API error ended it; -0.2: nothing was heard of it any more
    interrupted -1: the user broke it off
    work         1: it finished, something was changed or run, and holds: no failure, failing check or undoing is left
    unresolved  -1 .. 0: calls failed, and the same thing did not succeed afterwards; looking in vain weighs little
    refused     -1 .. 0: calls were refused, the more the nearer to the end
    checks       1: the last run of each test or build passed; -1: one did not
    undone      -1 .. 0: the square of the share of its edited files that it set back, and left so
    correction  -1: the next prompt clearly says that it was wrong (correction.py)
    rating      1, -1: what the user said with `hooktrace rate`; it decides alone

The words of a result are never read: a file may be about errors, and a test may print "failed" and pass.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Literal

from tracing.learning.command import checked, steps_of
from tracing.learning.correction import corrects
from tracing.learning.fingerprint import AGENT_TOOLS, EDITING_TOOLS, subject_of
from tracing.learning.resolution import occurrences, only_looks
from tracing.learning.sequence import BOOKKEEPING
from tracing.learning.story import Call, Story

Verdict = Literal["success", "failure"]

WEIGHTS: Mapping[str, float] = {
    "finished": 0.5,
    "stopped": 3.0,
    "interrupted": 3.0,
    "work": 1.0,
    "unresolved": 2.5,
    "refused": 3.0,
    "checks": 3.5,
    "undone": 5.0,
    "correction": 6.0,
}
"""In log-odds: the score is the logistic function of their sum."""

SUCCESS_FROM = 0.7
FAILURE_UP_TO = 0.3
LEFT_UNRESOLVED, PASSED_OVER, LOOKED_IN_VAIN = 0.6, 0.2, 0.1
"""What an unresolved failure weighs: at the end, where the work went on behind it, of a call that only looks."""
WENT_ON = 2
"""Calls that changed or ran something behind a failure: the work found another way."""
CORRECTED_WITHIN = timedelta(hours=2)
"""A later prompt speaks of something else."""
ALONE_SAYS_NOTHING = frozenset({"finished"})
"""Every answered prompt finishes."""


@dataclass(frozen=True)
class Outcome:
    """A prompt judged."""

    score: float | None
    """0 to 1; None when nothing speaks for or against it."""
    verdict: Verdict | None
    """What the score amounts to; None in between, too."""
    parts: Mapping[str, float]
    """What spoke, each from -1 to 1."""


def judge(story: Story) -> Outcome:
    """Return how *story* went."""
    parts = {name: value for name, value in _parts(story).items() if value}
    if story.rating:
        rating = 1.0 if story.rating > 0 else -1.0
        return Outcome((rating + 1) / 2, "success" if rating > 0 else "failure", {**parts, "rating": rating})
    if parts.keys() <= ALONE_SAYS_NOTHING:
        return Outcome(None, None, parts)
    score = 1 / (1 + math.exp(-sum(WEIGHTS[name] * value for name, value in parts.items())))
    verdict: Verdict | None = "success" if score >= SUCCESS_FROM else "failure" if score <= FAILURE_UP_TO else None
    return Outcome(score, verdict, parts)


def _parts(story: Story) -> dict[str, float]:
    unresolved, checks, undone = _unresolved(story), _checks(story.calls), _undone(story.calls)
    holds = unresolved > -0.5 and checks >= 0 and undone > -1
    return {
        "finished": 1.0 if story.status == "completed" else 0.0,
        "stopped": {"failed": -1.0, "timeout": -0.2}.get(story.status, 0.0),
        "interrupted": -1.0 if story.status == "cancelled" else 0.0,
        "work": 1.0 if holds and story.status == "completed" and _worked(story.calls) else 0.0,
        "unresolved": unresolved,
        "refused": _refused(story.calls),
        "checks": checks,
        "undone": undone,
        "correction": -1.0 if _corrected(story) else 0.0,
    }


def _worked(calls: Sequence[Call]) -> bool:
    """Tell whether something was changed or run."""
    return any(_changes(call) for call in calls)


def _changes(call: Call) -> bool:
    organises = call.name in BOOKKEEPING or call.name in AGENT_TOOLS  # what an agent did within stands beside it
    return call.succeeded and not organises and not only_looks(call)


def _unresolved(story: Story) -> float:
    left = [one.call for one in occurrences(story) if not one.resolved]
    calls = list(story.calls)
    return -min(1.0, sum(_weight(call, calls) for call in left if not _is_check(call)))  # checks have their own part


def _weight(failed: Call, calls: Sequence[Call]) -> float:
    if only_looks(failed):
        return LOOKED_IN_VAIN
    behind = calls[calls.index(failed) + 1 :]
    return PASSED_OVER if sum(map(_changes, behind)) >= WENT_ON else LEFT_UNRESOLVED


def _refused(calls: Sequence[Call]) -> float:
    """Return how much was refused: -1 where it was the last word, little where the work went on without it."""
    done = [call for call in calls if call.name not in BOOKKEEPING]
    refused = [at for at, call in enumerate(done) if call.status == "denied"]
    if not refused:
        return 0.0
    went_on = _worked(done[refused[-1] + 1 :])
    return -min(0.5, 0.1 * len(refused)) if went_on else -1.0


def _checks(calls: Sequence[Call]) -> float:
    last: dict[str, bool] = {}
    for call in calls:
        command = (call.input or {}).get("command")
        if call.name == "Bash" and isinstance(command, str) and (call.succeeded or call.failed):
            last.update(checked(command, call.succeeded))
    return 0.0 if not last else 1.0 if all(last.values()) else -1.0


def _is_check(call: Call) -> bool:
    command = (call.input or {}).get("command")
    return call.name == "Bash" and isinstance(command, str) and bool(checked(command, succeeded=False))


def _undone(calls: Sequence[Call]) -> float:
    """Return the share of the edited files whose last edits were set back."""
    edited: dict[str, list[tuple[str, str]]] = {}
    for call in calls:
        if call.status != "completed":
            continue
        if call.name in EDITING_TOOLS:
            _edit(edited.setdefault(subject_of(call), []), call)
        elif call.name == "Bash":
            for path in _set_back(call, edited):
                edited[path] = []
    return -((sum(not edits for edits in edited.values()) / len(edited)) ** 2) if edited else 0.0


def _edit(edits: list[tuple[str, str]], call: Call) -> None:
    given = call.input or {}
    old, new = str(given.get("old_string", "")), str(given.get("new_string", given.get("content", "")))
    if edits and call.name == "Edit" and edits[-1] == (new, old):
        edits.pop()
    else:
        edits.append((old, new))


def _set_back(call: Call, edited: Mapping[str, object]) -> list[str]:
    """Return which of *edited* a command of git sets back."""
    command = (call.input or {}).get("command")
    found: list[str] = []
    for step in steps_of(command) if isinstance(command, str) else ():
        if (step.name == "git reset" and "--hard" in step.words) or (step.name == "git stash" and len(step.words) == 2):
            return list(edited)
        restores = step.name == "git restore" and "--staged" not in step.words
        if restores or (step.name == "git checkout" and ("--" in step.words or "." in step.words)):
            named = [word for word in step.words[2:] if not word.startswith("-")]
            everything = "." in named
            found += [path for path in edited if everything or any(_ends(path, word) for word in named)]
    return found


def _ends(path: str, named: str) -> bool:
    return path == named or path.endswith("/" + named.removeprefix("./"))


def _corrected(story: Story) -> bool:
    if story.next_text is None:
        return False
    end = story.ended_at or story.started_at
    soon = story.next_at is None or story.next_at - end <= CORRECTED_WITHIN
    return soon and corrects(story.next_text)
