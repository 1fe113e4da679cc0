"""The reports: questions about what was recorded, each a file of ``sql/reports``.

A file says at its head what it answers, what it is about, and what holds unless the user says otherwise:

    -- activity: how much happened on each day, the last one first.
    -- Subject: overview
    -- Default: since=7d

What it must be told are the named parameters of its text, such as ``%(tool)s``.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

from tracing.database.queries import report
from tracing.localzone import local_zone
from tracing.resources import resource

SUBJECTS = (
    "overview",
    "sessions and prompts",
    "tools",
    "failures",
    "events",
    "agents and choices",
    "outside calls",
    "cost",
    "patterns",
    "chains of agents",
)
"""In the order in which they are listed."""

EXAMPLES = {
    "agent": "Explore",
    "endpoint": "/v1/messages",
    "execution": "3f5aba11",
    "file": "src/main.py",
    "intent": "fix the parser",
    "keyword": "parser",
    "model": "claude-sonnet-4-5",
    "pattern": "0199c0de",
    "project": "website",
    "service": "anthropic",
    "session": "3f5aba11",
    "strategy": "model",
    "tool": "Bash",
    "type": "tool_error",
    "user": "postgres",
}
"""What a report may need to be told, each with what one could say."""

DEFAULTS = {"since": "all", "until": "all", "limit": "50"}
"""What every report that takes it is told, unless the user or the report itself says otherwise."""

IDS = frozenset({"execution", "pattern", "session"})
"""Parameters that name one row; of its id the beginning is enough, once somebody has looked up the rest."""

MOST_ROWS = 1_000_000

_HEAD = re.compile(r"-- (\w+): (.+)\n-- Subject: (.+)\n(?:-- Default: (\w+)=(\S+)\n)?")
_AGO = re.compile(r"(\d{1,6})([mhdw])")
_UNITS = {"m": "minutes", "h": "hours", "d": "days", "w": "weeks"}


class ReportError(Exception):
    """A report is asked for wrongly; the message says what it takes."""


@dataclass(frozen=True)
class Report:
    """One question."""

    name: str
    subject: str
    sentence: str
    parameters: tuple[str, ...]
    """What a user may say, what must be said first."""
    defaults: Mapping[str, str]
    """What holds where the user says nothing."""

    @classmethod
    def of(cls, name: str) -> Report:
        """Read sql/reports/*name*.sql.

        Raises:
            ValueError: its head is not as it should be.
        """
        text = report(name).decode()
        head = _HEAD.match(text)
        if head is None or head[1] != name or head[3] not in SUBJECTS:
            raise ValueError(f"sql/reports/{name}.sql does not say at its head what it is")
        named = dict.fromkeys(re.findall(r"%\((\w+)\)s", text))
        optional = [parameter for parameter in DEFAULTS if parameter in named]
        needed = [parameter for parameter in named if parameter not in (*DEFAULTS, "zone")]
        defaults = {parameter: DEFAULTS[parameter] for parameter in optional}
        if head[4]:
            defaults[head[4]] = head[5]
        return cls(name, head[3], head[2], (*needed, *optional), defaults)

    @property
    def needed(self) -> tuple[str, ...]:
        """The parameters without a default."""
        return tuple(parameter for parameter in self.parameters if parameter not in self.defaults)

    def usage(self, **given: str) -> str:
        """Return a command that asks for this report, with examples of what is not *given*."""
        told = (f"{parameter}={given.get(parameter, EXAMPLES[parameter])}" for parameter in self.needed)
        return shlex.join(["hooktrace", "report", self.name, *told])

    def values(self, given: Mapping[str, str], now: datetime | None = None) -> dict[str, Any]:
        """Return what the text is to be run with when the user says *given*; ids stay as they are.

        Raises:
            ReportError: something is missing, is not asked for, or cannot be read.
        """
        for parameter in given:
            if parameter not in self.parameters:
                takes = ", ".join(self.parameters) or "nothing"
                raise ReportError(f"report {self.name} takes {takes}, not {parameter!r}")
        for parameter in self.needed:
            if not given.get(parameter):
                raise ReportError(f"report {self.name} needs {parameter}=...\nhint: `{self.usage(**given)}`")
        told = {**self.defaults, **given}
        now = (now or datetime.now()).astimezone()
        values = {parameter: _read(parameter, text, now) for parameter, text in told.items()}
        return {**values, "zone": local_zone(now)}


@cache
def reports() -> Mapping[str, Report]:
    """Return every report by its name, by subject and then in alphabetical order."""
    found = (Report.of(path.stem) for path in sorted((resource("sql") / "reports").glob("*.sql")))
    return {one.name: one for one in sorted(found, key=lambda one: SUBJECTS.index(one.subject))}


def moment(text: str, now: datetime) -> datetime | None:
    """Return the time that *text* means: so long before *now* (30m, 24h, 7d, 4w), or a date and time (ISO 8601).

    A time without a zone is one of this machine's.  None: none can be read.
    """
    try:
        if ago := _AGO.fullmatch(text):
            return now - timedelta(**{_UNITS[ago[2]]: int(ago[1])})
        return datetime.fromisoformat(text).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def _read(parameter: str, text: str, now: datetime) -> Any:
    reader = _READERS.get(parameter)
    value = reader(text, now) if reader else _text(text)
    if value is None:
        raise ReportError(f"{parameter} takes {_FORMS.get(parameter, 'readable text')}, not {text!r}")
    return value


def _since(text: str, now: datetime) -> datetime | str | None:
    return "-infinity" if text == "all" else moment(text, now)


def _until(text: str, now: datetime) -> datetime | str | None:
    return "infinity" if text == "all" else moment(text, now)


def _limit(text: str, _now: datetime) -> int | None:
    rows = int(text) if re.fullmatch(r"[0-9]{1,7}", text) else 0
    return rows if 1 <= rows <= MOST_ROWS else None


def _file(text: str, _now: datetime) -> str | None:
    """Return the whole path: agents name files by those."""
    with suppress(RuntimeError):  # ~ of a user who is none
        text = str(Path(text).expanduser())
    return _text(str(Path(text).absolute()))


def _text(text: str) -> str | None:
    """Return *text*, None if it holds bytes that are no UTF-8: the database could not be asked."""
    return text if text.encode(errors="replace").decode() == text else None


_READERS: Mapping[str, Callable[[str, datetime], Any]] = {
    "since": _since,
    "until": _until,
    "limit": _limit,
    "file": _file,
}

_TIME = "a time such as 30m, 24h, 7d or 4w ago, 2026-11-01, 2026-11-01T14:30 or all"
_FORMS = {"since": _TIME, "until": _TIME, "limit": f"a number from 1 to {MOST_ROWS}"}
