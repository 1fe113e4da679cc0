"""A tree of executions as lines under one another: which of them are shown, and what each says and draws.

A tree of some hundred executions is shown whole.  Of a larger one each prompt is one line with what is beneath it
counted, and a prompt that is asked for is shown alone; what is still too much goes on another page of lines.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import NamedTuple
from uuid import UUID

from tracing.dashboard.timescale import WIDTH, Timescale
from tracing.outline import LEAST_WAIT_MS, title
from tracing.timesplit import Span, parts_of_call
from tracing.tree import Node, Row
from tracing.wording import duration

MOST_LINES = 300
"""On one page; a line is about a kilobyte."""

LEAST_WIDTH = 3
"""Units of the narrowest bar: what was quick can still be seen."""

Requests = Mapping[UUID, Sequence[tuple[float, float]]]
"""Requests to the model by the execution that made them: from when to when, in Unix seconds."""


class Mark(NamedTuple):
    """A part of a bar, in whole units."""

    part: str
    left: int
    width: int


@dataclass
class Line:
    """One execution."""

    row: Row
    marks: Sequence[Mark]
    requests: int
    """To the model, made by it itself."""
    cost_usd: Decimal | None
    """Of it and all beneath it; None of a tool, and where no price is known."""
    beneath: int
    """Executions beneath it, shown or not."""
    failed_beneath: int
    took_ms: float | None
    """How long it took, or runs up to now."""
    folded: bool
    """What is beneath it is not shown."""
    children: list[Line] = field(default_factory=list)

    @property
    def title(self) -> str:
        """What it is, in a few words."""
        return title(self.row, self.row["prompted_by"])

    @property
    def failure(self) -> str:
        """How it ended, if not well."""
        row = self.row
        if row["status"] in ("completed", "in_progress"):
            return ""
        message = row["error_message"] or row["error_type"] or ""
        return f"{row['status']}: {message}" if message else str(row["status"])

    @property
    def notes(self) -> list[str]:
        """What a reader must know of how it came about, and of how that is known."""
        row = self.row
        waited = row["permission_ms"] or 0
        told = {
            f"waited {duration(waited)} for permission": waited >= LEAST_WAIT_MS,
            "parent not certain": bool(row["parent_id"]) and not row["parent_certain"],
            "imported" if row["kind"] == "session" else "healed": bool(row["told_by"]),
            "resumed": bool(row["resumed"]),
            "forked": bool(row["forked"]),
            f"judged a {row['verdict']}": bool(row["verdict"]),
            str(row["capture"]): bool(row["capture"]),
        }
        return [note for note, holds in told.items() if holds]


@dataclass(frozen=True)
class Waterfall:
    """The lines of one page, and the line of time that they are drawn on."""

    lines: Sequence[Line]
    """The outermost ones."""
    scale: Timescale
    total: int
    """Executions of the tree."""
    folds: bool
    """It is too large to be shown whole."""
    prompt: UUID | None
    """The prompt of it that is shown alone."""
    first: int
    """Which of all lines the page begins with, from 1."""
    last: int
    of: int
    """Lines in all, on this page and others."""
    last_id: UUID | None
    """The line after which the next page begins; None on the last one."""


class _Tree:
    """Who stands above whom, and what is shown."""

    def __init__(self, roots: Sequence[Node], prompt: UUID | None, selected: UUID | None) -> None:
        self.roots = roots
        self.nodes = [node for root in roots for node in root.walk()]
        self.above = {id(child): node for node in self.nodes for child in node.children}
        self.folds = len(self.nodes) > MOST_LINES
        by_id = {node.row["correlation_id"]: node for node in self.nodes}
        around = prompt or (selected if self.folds else None)
        self.prompt = self._prompt_around(by_id.get(around)) if around else None
        """The prompt that is shown alone."""

    def _prompt_around(self, node: Node | None) -> Node | None:
        while node and node.row["kind"] != "prompt":
            node = self.above.get(id(node))
        return node

    def is_folded(self, node: Node) -> bool:
        """Tell whether what is beneath *node* is left out."""
        return self.folds and node.row["kind"] == "prompt" and bool(node.children) and node is not self.prompt

    def visible(self) -> list[Node]:
        """Return what is shown, in order, whatever page it is on."""
        found: list[Node] = []
        pending = [self.prompt] if self.prompt else list(reversed(self.roots))
        while pending:
            node = pending.pop()
            found.append(node)
            if not self.is_folded(node):
                pending.extend(reversed(node.children))
        return found

    def ancestors(self, node: Node) -> list[Node]:
        """Return what stands above *node*, the outermost first."""
        found = []
        while above := self.above.get(id(node)):
            found.append(above)
            node = above
        return found[::-1]


def draw_waterfall(
    roots: Sequence[Node],
    requests: Requests,
    now: float,
    *,
    prompt: UUID | None = None,
    selected: UUID | None = None,
    after: UUID | None = None,
) -> Waterfall:
    """Return *roots* as lines: those after the line *after*, else those among which *selected* is.

    *prompt* is shown alone and whole; of a large tree also the prompt in which *selected* is.
    """
    tree = _Tree(roots, prompt, selected)
    visible = tree.visible()
    places = {node.row["correlation_id"]: place for place, node in enumerate(visible)}
    begin = places[after] + 1 if after in places else places.get(selected or prompt, 0) // MOST_LINES * MOST_LINES
    window = visible[begin : begin + MOST_LINES]
    around = tree.ancestors(window[0]) if window else []
    scale = _scale(window or tree.nodes, now)
    more = begin + len(window) < len(visible)
    return Waterfall(
        lines=_nested([*around, *window], tree, scale, requests, now),
        scale=scale,
        total=len(tree.nodes),
        folds=tree.folds,
        prompt=tree.prompt.row["correlation_id"] if tree.prompt else None,
        first=begin + 1,
        last=begin + len(window),
        of=len(visible),
        last_id=window[-1].row["correlation_id"] if more else None,
    )


def _scale(window: Sequence[Node], now: float) -> Timescale:
    """Return the line of time of what is shown; a session is open also while nothing happens."""
    working = [node.row for node in window if node.row["kind"] != "session"] or [node.row for node in window]
    return Timescale.of((row["began"], max(row["began"], row["ended"] or now)) for row in working)


def _nested(shown: Sequence[Node], tree: _Tree, scale: Timescale, requests: Requests, now: float) -> list[Line]:
    lines: dict[int, Line] = {}
    outermost: list[Line] = []
    for node in shown:
        made = requests.get(node.row["correlation_id"], ())
        line = lines[id(node)] = _line(node, tree.is_folded(node), made, scale, now)
        above = tree.above.get(id(node))
        (lines[id(above)].children if above and id(above) in lines else outermost).append(line)
    return outermost


def _line(node: Node, folded: bool, requests: Sequence[tuple[float, float]], scale: Timescale, now: float) -> Line:
    beneath = [one.row for one in node.walk()][1:] if folded else ()
    return Line(
        row=node.row,
        marks=_marks(node, requests, scale, now),
        requests=len(requests),
        cost_usd=None if node.row["kind"] == "tool" else node.usage.cost_usd,
        beneath=len(beneath) if folded else len(node.children),
        took_ms=(now - node.row["began"]) * 1000 if node.row["status"] == "in_progress" else node.row["duration_ms"],
        failed_beneath=sum(row["status"] not in ("completed", "in_progress") for row in beneath),
        folded=folded,
    )


def _marks(node: Node, requests: Sequence[tuple[float, float]], scale: Timescale, now: float) -> list[Mark]:
    """Return what a bar is made of: of a tool its time apart, else the whole with the requests to the model in it."""
    row = node.row
    if row["kind"] == "tool":
        whole = "within" if node.children else "tools"
        spans = parts_of_call(row, now) or [Span("tools", row["began"], row["began"])]
        return [_mark(whole if part == "tools" else part, begin, end, scale) for part, begin, end in spans]
    kind = "session" if row["kind"] == "session" else "within"
    return [_mark(kind, row["began"], row["ended"] or now, scale), *_model_marks(requests, scale)]


def _mark(part: str, begin: float, end: float, scale: Timescale) -> Mark:
    left, right = scale.at(begin), scale.at(end)
    width = max(round(right - left), LEAST_WIDTH)
    return Mark(part, min(round(left), WIDTH - width), width)


def _model_marks(requests: Iterable[tuple[float, float]], scale: Timescale) -> list[Mark]:
    """Return a mark for each request to the model; those that cannot be told apart share one."""
    joined: list[list[int]] = []
    for left, right in sorted((round(scale.at(begin)), round(scale.at(end))) for begin, end in requests):
        left = min(left, WIDTH - LEAST_WIDTH)
        right = max(right, left + LEAST_WIDTH)
        if joined and left <= joined[-1][1] + 1:
            joined[-1][1] = max(joined[-1][1], right)
        else:
            joined.append([left, right])
    return [Mark("model", left, right - left) for left, right in joined]
