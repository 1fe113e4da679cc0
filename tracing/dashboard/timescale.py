"""A line of time: where a moment lies on it, with long pauses cut short so that work can be seen."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from tracing.timesplit import merged
from tracing.wording import duration

WIDTH = 1000
"""Units that a line is long."""

LEAST_PAUSE_S, LEAST_PAUSE_SHARE = 5.0, 0.08
"""A pause is cut short if it is longer than both: so many seconds, and this share of all that is not pause."""

CUT_WIDTH, ALL_CUTS_WIDTH = 24, 200
"""Units that a pause is drawn in, and that all together may take."""

STEPS_S = (
    *(0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30),
    *(60, 120, 300, 600, 900, 1800, 3600, 7200, 21600, 43200, 86400, 604800, 2592000),
)
MOST_TICKS = 6
TICK_ROOM = 130
"""Units that the words of a tick need."""


@dataclass(frozen=True)
class Piece:
    """A stretch without a long pause: seconds, and the units between which it lies."""

    begin: float
    end: float
    left: float
    right: float


@dataclass(frozen=True)
class Tick:
    """A mark on the line: where, and how long after the beginning that is."""

    at: float
    label: str


@dataclass(frozen=True)
class Timescale:
    """A line of WIDTH units."""

    pieces: Sequence[Piece]

    @classmethod
    def of(cls, spans: Iterable[tuple[float, float]]) -> Timescale:
        """Return the line on which *spans* (begin and end in Unix time) fit."""
        stretches = _without_long_pauses(merged(spans))
        cut = min(CUT_WIDTH, ALL_CUTS_WIDTH / max(len(stretches) - 1, 1))
        lengths = [max(end - begin, 0.001) for begin, end in stretches]
        units = (WIDTH - cut * (len(stretches) - 1)) / sum(lengths)
        pieces, left = [], 0.0
        for (begin, _), length in zip(stretches, lengths, strict=True):
            pieces.append(Piece(begin, begin + length, left, left + length * units))
            left += length * units + cut
        return cls(pieces)

    def at(self, moment: float) -> float:
        """Return where *moment* lies, in units; what is outside lies at the end."""
        index = bisect_right(self.pieces, moment, key=lambda piece: piece.begin) - 1
        if index < 0:
            return 0.0
        piece = self.pieces[index]
        if moment <= piece.end:
            return piece.left + (moment - piece.begin) / (piece.end - piece.begin) * (piece.right - piece.left)
        if index + 1 == len(self.pieces):
            return piece.right
        after = self.pieces[index + 1]
        return piece.right + (moment - piece.end) / (after.begin - piece.end) * (after.left - piece.right)

    @property
    def cuts(self) -> list[tuple[float, float]]:
        """Where pauses are cut short: from which unit to which."""
        return [(one.right, other.left) for one, other in zip(self.pieces, self.pieces[1:], strict=False)]

    @property
    def ticks(self) -> list[Tick]:
        """Marks at round times, and where work goes on after a pause; far enough apart to be read."""
        length = sum(piece.end - piece.begin for piece in self.pieces)
        step = next((step for step in STEPS_S if length / step <= MOST_TICKS), STEPS_S[-1])
        origin = self.pieces[0].begin
        found: list[Tick] = []
        for piece in self.pieces:
            first = int((piece.begin - origin) // step) + 1
            moments = [piece.begin - origin, *(step * number for number in range(first, first + MOST_TICKS + 1))]
            for elapsed in moments:
                at = self.at(origin + elapsed)
                fits = at <= WIDTH - TICK_ROOM / 2 and (not found or at - found[-1].at >= TICK_ROOM)
                if fits and elapsed <= piece.end - origin:
                    found.append(Tick(at, duration(elapsed * 1000) if elapsed else "0"))
        return found


def _without_long_pauses(busy: Sequence[tuple[float, float]]) -> list[tuple[float, float]]:
    """Return the stretches between long pauses."""
    long = max(LEAST_PAUSE_S, LEAST_PAUSE_SHARE * sum(end - begin for begin, end in busy))
    stretches: list[tuple[float, float]] = []
    for begin, end in busy:
        if stretches and begin - stretches[-1][1] <= long:
            stretches[-1] = (stretches[-1][0], end)
        else:
            stretches.append((begin, end))
    return stretches
