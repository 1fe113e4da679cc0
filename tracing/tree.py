"""Executions as trees: who stands under whom, in the order in which they began."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from functools import cached_property
from typing import Any
from uuid import UUID

from tracing.usage import Usage, with_account

Row = Mapping[str, Any]

JSON_FIELDS = (
    "correlation_id", "parent_id", "root_id", "session_id", "kind", "name", "status",
    "started_at", "completed_at", "duration_ms", "error_type", "error_message", "prompt_text", "time", "capture",
)  # fmt: skip


@dataclass
class Node:
    """An execution and what is beneath it."""

    row: Row
    children: list[Node] = field(default_factory=list)

    def walk(self) -> Iterator[Node]:
        """Yield this node and everything beneath it, parents first."""
        pending = [self]
        while pending:
            node = pending.pop()
            yield node
            pending.extend(reversed(node.children))

    @cached_property
    def usage(self) -> Usage:
        """What it and everything beneath it has used.

        Of a session it is the agent's own account where there is one; the agents that were started from its shell
        have their own.
        """
        own, others = Usage(), Usage()
        pending = [self]
        while pending:
            node = pending.pop()
            if node.row["session_id"] != self.row["session_id"]:
                others += node.usage
                continue
            if node.row.get("requests"):
                own += Usage.of_row(node.row)
            pending.extend(node.children)
        if self.row["kind"] == "session":
            own = with_account(own, self.row.get("account_usd"))
        return own + others

    def to_json(self) -> dict[str, Any]:
        """Return the node as JSON values."""
        values = {name: plain(self.row[name]) for name in JSON_FIELDS}
        usage = self.usage.as_json() if self.usage.requests else None
        return {**values, "usage": usage, "children": [child.to_json() for child in self.children]}


def trees(rows: Iterable[Row]) -> list[Node]:
    """Return the roots among *rows*: those whose parent is none of them.

    A row that is its own ancestor, which no agent should send, becomes a root as well.
    """
    nodes = {row["correlation_id"]: Node(row) for row in rows}
    roots = []
    for node in nodes.values():
        parent = nodes.get(node.row["parent_id"])
        if parent is None or _is_beneath(parent, node, nodes):
            roots.append(node)
        else:
            parent.children.append(node)
    return roots


def find(roots: Iterable[Node], correlation_id: UUID) -> Node | None:
    """Return the node of an execution."""
    return next((node for root in roots for node in root.walk() if node.row["correlation_id"] == correlation_id), None)


def _is_beneath(node: Node | None, ancestor: Node, nodes: Mapping[UUID, Node]) -> bool:
    """Tell whether going up from *node* leads to *ancestor*: a circle."""
    for _ in range(len(nodes)):
        if node is None or node is ancestor:
            return node is ancestor
        node = nodes.get(node.row["parent_id"])
    return False


def plain(value: Any) -> Any:
    """Return a column's value as JSON has it: ids and times as text, amounts as numbers."""
    if isinstance(value, UUID):
        return str(value)
    if isinstance(value, Decimal):
        return float(value)
    return value.isoformat() if hasattr(value, "isoformat") else value
