"""Three lists that must agree: which numbered events were fired, which are stored, and what became of the others."""

from __future__ import annotations

import os
import re
import tempfile
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from tests.conftest import Installation

_NUMBER = re.compile(rb"number (\d+)")


@dataclass(frozen=True)
class Balance:
    """What was fired, and where it is now."""

    fired: frozenset[int]
    stored: Counter[int]
    bad: frozenset[int]
    """In ``bad/``, with a reason, as far as the number was written before the event broke off."""
    set_aside: int
    """Files in ``bad/``, with or without a number."""
    dropped: int
    """By our own count."""

    @property
    def twice(self) -> list[int]:
        """The numbers that more than one row holds, or a row and ``bad/``, and those that nobody fired."""
        return sorted(n for n, rows in self.stored.items() if rows > 1 or n in self.bad or n not in self.fired)

    @property
    def missing(self) -> list[int]:
        """The numbers that are not stored."""
        return sorted(self.fired - self.stored.keys())


class Numbered:
    """Fires numbered events of one session at an installation, and at the end strikes the balance."""

    def __init__(self, home: Installation, session: str = "numbered") -> None:
        self.home = home
        self.session = session
        self._fired: list[int] = []
        self._template = b""

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

    def pour(self, count: int) -> None:
        """Put *count* events of this moment into the spool of a collector that runs, each whole at once."""
        self._template = self._template or self._as_a_hook_writes()
        for _ in range(count):
            number = self.next
            self.payload(number)
            made = self.home.path / "poured"
            made.write_bytes(self._template.replace(b"number 0", b"number %d" % number))
            made.rename(self.home.spool / f"{number}.00-4194302")

    def _as_a_hook_writes(self) -> bytes:
        """Return the file of an event 0 that nobody counts: the hook wrote it elsewhere."""
        with tempfile.TemporaryDirectory() as elsewhere:
            payload = {"hook_event_name": "Notification", "session_id": self.session, "message": "number 0"}
            self.home.fire(payload, env={"HOOKTRACE_HOME": elsewhere})
            (written,) = Path(elsewhere, "spool").iterdir()
            return written.read_bytes()

    def balance(self) -> Balance:
        """Compare, after everything that can be stored is stored."""
        rows = self.home.query(
            "SELECT metadata ->> 'message' FROM hook_executions WHERE session_id = %s AND hook_type = 'Notification'",
            self.session,
        )
        spool = self.home.status()["spool"]
        return Balance(
            fired=frozenset(self._fired),
            stored=Counter(int(row[0].split()[1]) for row in rows),
            bad=frozenset(self._in_bad()),
            set_aside=spool["bad"],
            dropped=spool["dropped"],
        )

    def check(self, *, dropped: int = 0, bad: int = 0, gone: int = 0, planted: int = 0) -> None:
        """Flush, and see that every number is stored once, set aside, or counted as dropped; and nothing waits.

        *gone* are those of which the caller knows that their hooks could write nothing at all; *planted*
        is what else he put into the spool, to be set aside too.
        """
        self.home.flush()
        balance = self.balance()
        waiting = self.home.status()["spool"]["waiting"]
        assert (balance.twice, waiting) == ([], 0), (balance.twice[:20], waiting)
        assert (balance.set_aside, balance.dropped) == (bad + planted, dropped), balance.missing[:20]
        assert len(balance.missing) == bad + dropped + gone, balance.missing[:20]

    def _in_bad(self) -> set[int]:
        texts = (
            file.read_bytes() for file in self.home.places.bad.iterdir() if file.is_file() and not file.is_symlink()
        )
        return {int(found[1]) for text in texts for found in _NUMBER.finditer(text)}
