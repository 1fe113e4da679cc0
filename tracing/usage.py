"""What requests to the model have used: of one execution, and of everything beneath it together."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from decimal import Decimal
from typing import Any


@dataclass(frozen=True)
class Usage:
    """Tokens and money."""

    requests: int = 0
    input_tokens: int = 0
    output_tokens: int = 0
    cache_read_tokens: int = 0
    cache_write_tokens: int = 0
    cost_usd: Decimal | None = None
    """US dollars of the requests whose price is known; None without one."""
    unpriced: int = 0
    """Requests that used something whose price is not known."""

    @classmethod
    def of_row(cls, row: Mapping[str, Any]) -> Usage:
        """Return the usage that the columns of *row* tell; a column that is missing or NULL tells nothing."""
        told: dict[str, Any] = {kind.name: row[kind.name] for kind in fields(cls) if row.get(kind.name)}
        counts: dict[str, Any] = {name: int(value) for name, value in told.items() if name != "cost_usd"}
        return cls(**counts, cost_usd=told.get("cost_usd"))

    def __add__(self, other: Usage) -> Usage:
        values: dict[str, Any] = {}
        for kind in fields(self):
            one, another = getattr(self, kind.name), getattr(other, kind.name)
            values[kind.name] = one + another if one is not None and another is not None else one or another
        return Usage(**values)

    @property
    def tokens(self) -> int:
        """Tokens of all four kinds."""
        return self.input_tokens + self.output_tokens + self.cache_read_tokens + self.cache_write_tokens

    def as_json(self) -> dict[str, Any]:
        """Return it as JSON values."""
        return {**vars(self), "cost_usd": None if self.cost_usd is None else float(self.cost_usd)}


def with_account(usage: Usage, account_usd: Decimal | None) -> Usage:
    """Return the *usage* of a session with the agent's own account of its cost, where that tells more.

    The account is written at the end of each run, and counts requests that no transcript shows.
    """
    if account_usd is None or (usage.cost_usd is not None and usage.cost_usd > account_usd):
        return usage
    return Usage(**{**vars(usage), "cost_usd": account_usd, "unpriced": 0})
