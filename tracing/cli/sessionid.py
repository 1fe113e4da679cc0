"""A session named by the beginning of its id."""

from __future__ import annotations

from tracing.database.reader import Reader
from tracing.installation import CommandError
from tracing.wording import one_line


def known_session(reader: Reader, beginning: str) -> str:
    """Return the whole id of the one session whose id has this *beginning*.

    Raises:
        CommandError: no session's id has, or those of several have.
    """
    found = _beginning_with(reader, beginning) or _beginning_with(reader, beginning.lower())  # a UUID in capitals
    if beginning in found:
        return beginning
    if not found:
        raise CommandError(
            f"no session has an id that begins with {beginning!r}\nhint: `hooktrace sessions` lists what there is"
        )
    if len(found) > 1:
        candidates = ", ".join(one_line(one, 40) for one in found[:5])
        raise CommandError(f"{beginning!r} begins the ids of several sessions: {candidates}\nhint: give more of it")
    return found[0]


def _beginning_with(reader: Reader, beginning: str) -> list[str]:
    rows = reader.rows("whole_ids", what="session", beginning=beginning, low=None, high=None)
    return sorted(row["id"] for row in rows)
