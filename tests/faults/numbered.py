"""Three lists that must agree: which numbered events were fired, which are stored, and what became of the others."""

from __future__ import annotations

import os
import re
from collections import Counter
from dataclasses import dataclass

from tests.conftest import Installation

_NUMBER = re.compile(rb"number (\d+)")


@dataclass(frozen=True)
class Balance:
    """What was fired, and where it is now."""

    fired: frozenset[int]
    stored: Counter[int]
    bad: frozenset[int]
    """In ``bad/``, with a reason."""
    dropped: int
    """By our own count."""

    @property
    def twice(self) -> list[int]:
        """The numbers that more than one row holds, and those that nobody fired."""
        return sorted(n for n, rows in self.stored.items() if rows > 1 or n not in self.fired)

    @property
    def missing(self) -> list[int]:
        """The numbers that are neither stored nor set aside."""
        return sorted(self.fired - self.stored.keys() - self.bad)


class Numbered:
    """Fires numbered events of one session at an installation, and at the end strikes the balance."""

    def __init__(self, home: Installation, session: str = "numbered") -> None:
        self.home = home
        self.session = session
        self._fired: list[int] = []

    def payload(self, number: int, **more: object) -> dict[str, object]:
        """Return the event *number*, and count it as fired."""
        self._fired.append(number)
        return {"hook_event_name": "Notification", "session_id": self.session, "message": f"number {number}", **more}

    @property
    def next(self) -> int:
        """The number that was not fired yet."""
        return len(self._fired)

    def fire(self, count: int = 1, **more: object) -> None:
        """Run the hook for each of *count* events, which say *more*, one after the other."""
        for _ in range(count):
            done = self.home.fire(self.payload(self.next, **more))
            assert (done.returncode, done.stdout, done.stderr) == (0, b"", b"")

    def leave(self, count: int, begin: float, every_s: float = 0.01) -> None:
        """Leave *count* events in the spool, copies of one that the hook wrote; the first is of Unix time *begin*.

        No hook runs for each: for counts that would take too long.
        """
        with self.home.without_collector():
            before = set(self.home.spooled())
            self.home.fire(self.payload(self.next))
            (written,) = set(self.home.spooled()) - before
            event = written.read_bytes()
            original = self._fired[-1]
            os.utime(written, (begin, begin))
            for index in range(1, count):
                number = self.next
                self.payload(number)
                copy = written.with_name(f"{number}.00-4194301")
                copy.write_bytes(event.replace(b"number %d" % original, b"number %d" % number))
                os.utime(copy, (begin + index * every_s,) * 2)

    def balance(self) -> Balance:
        """Compare, after everything that can be stored is stored."""
        rows = self.home.query(
            "SELECT metadata ->> 'message' FROM hook_executions WHERE session_id = %s AND hook_type = 'Notification'",
            self.session,
        )
        return Balance(
            fired=frozenset(self._fired),
            stored=Counter(int(row[0].split()[1]) for row in rows),
            bad=frozenset(self._in_bad()),
            dropped=self.home.status()["spool"]["dropped"],
        )

    def check(self, *, dropped: int = 0, bad: int = 0) -> None:
        """Flush, and see that every number is stored once, set aside, or counted as dropped; and nothing waits."""
        self.home.flush()
        balance = self.balance()
        waiting = self.home.status()["spool"]["waiting"]
        assert (balance.twice, waiting, len(balance.bad)) == ([], 0, bad)
        assert (len(balance.missing), balance.dropped) == (dropped, dropped), balance.missing[:20]

    def _in_bad(self) -> set[int]:
        texts = (file.read_bytes() for file in self.home.places.bad.iterdir())
        return {int(found[1]) for text in texts for found in _NUMBER.finditer(text)}
