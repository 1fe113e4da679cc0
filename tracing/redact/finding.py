"""Where secrets stand in a text, and the text with a mark in the place of each."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace


@dataclass(frozen=True)
class Finding:
    """A piece of a text that is a secret."""

    start: int
    end: int
    kind: str = ""
    """What it is known by; empty: by the name that it is given to."""

    @property
    def mark(self) -> str:
        """What stands in its place."""
        return f"[redacted:{self.kind}]" if self.kind else "[redacted]"


def joined(findings: Iterable[Finding]) -> list[Finding]:
    """Return *findings* in their order; of those that overlap the first and longest names the whole."""
    whole: list[Finding] = []
    for one in sorted(findings, key=lambda one: (one.start, -one.end)):
        if whole and one.start < whole[-1].end:
            whole[-1] = replace(whole[-1], end=max(one.end, whole[-1].end))
        else:
            whole.append(one)
    return whole


def marked(text: str, findings: Iterable[Finding]) -> str:
    """Return *text* with a mark for each of *findings*, which are in their order and do not overlap."""
    pieces: list[str] = []
    kept = 0
    for one in findings:
        pieces += text[kept : one.start], one.mark
        kept = one.end
    return "".join([*pieces, text[kept:]])


def unmarked(findings: Iterable[Finding], before: Sequence[Finding]) -> Iterable[Finding]:
    """Yield *findings* of a text in which those *before* were marked, as places of the text itself.

    What reaches into a mark reaches over all that the mark stands for.
    """
    shift, marks, shifts = 0, [], [0]
    for one in before:
        marks.append(one.start + shift)
        shift += len(one.mark) - (one.end - one.start)
        shifts.append(shift)
    for one in findings:
        last = bisect_right(marks, one.start)
        start = one.start - shifts[last]
        if last and start < before[last - 1].end:
            start = before[last - 1].start
        last = bisect_right(marks, one.end - 1)
        end = max(one.end - shifts[last], before[last - 1].end) if last else one.end
        yield replace(one, start=start, end=end)
