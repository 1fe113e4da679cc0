"""What an id means that somebody gives: a root, a session or an execution, or the beginning of one's id."""

from __future__ import annotations

import re
from collections.abc import Sequence
from uuid import UUID

from tracing.database.connection import Row
from tracing.database.reader import Reader


class NothingMeant(Exception):
    """Nothing has this id."""


class SeveralMeant(Exception):
    """The ids of several things begin so."""

    def __init__(self, candidates: Sequence[UUID]) -> None:
        """Take the *candidates*, in order."""
        super().__init__(", ".join(map(str, candidates[:5])))
        self.candidates = candidates


def meant_by(reader: Reader, id_: str) -> Row:
    """Return what *id_* means: ``root_id``, ``correlation_id`` and whether it is ``meant`` as a root.

    A whole id may name a root, a session and an execution at once (an outermost session is
    all three): as a root it means the most.

    Raises:
        NothingMeant: nothing has this id.
        SeveralMeant: several things do.
    """
    low, high = bounds(id_)
    found = reader.rows("find_execution", beginning=id_, low=low, high=high)
    if not found:
        raise NothingMeant(id_)
    roots = {row["root_id"] for row in found if row["meant"] == "root"}
    executions = {row["correlation_id"] for row in found if row["meant"] != "root"}
    others = executions - {row["correlation_id"] for row in found if row["meant"] == "root"}
    if len(roots) == 1 and not others:
        return next(row for row in found if row["meant"] == "root")
    if not roots and len(executions) == 1:
        return found[0]
    raise SeveralMeant(sorted(roots | others))


def bounds(beginning: str) -> tuple[UUID, UUID] | tuple[None, None]:
    """Return the first and the last UUID whose text begins with *beginning*; None if none can."""
    digits = beginning.replace("-", "").lower()
    if not re.fullmatch(r"[0-9a-f]{1,32}", digits):
        return None, None
    low = UUID(digits.ljust(32, "0"))
    return (low, UUID(digits.ljust(32, "f"))) if str(low).startswith(beginning.lower()) else (None, None)
