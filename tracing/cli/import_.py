"""``hooktrace import``: bring in sessions from the agent's transcripts."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import zip_longest
from pathlib import Path

import click

from tracing.agentsettings import settings_file
from tracing.capturerule import VARIABLE, CaptureRule
from tracing.cli.consent import confirm
from tracing.cli.progress import shown
from tracing.database.historian import Historian
from tracing.database.store import RowRefused, Store, Unavailable
from tracing.database.tombstones import Forgotten
from tracing.history import Course, courses
from tracing.installation import CommandError, Installation
from tracing.readahead import ReadAhead
from tracing.refusals import Refusals
from tracing.wording import duration

RATE = 20 * 10**6
"""Bytes of transcripts a second; see tests/bench/import_rate."""

STORED_SHARE = 0.1
"""Bytes that the database grows by for one of the transcripts'; see tests/bench/import_rate."""

FREE_SHARE = 0.1
"""With less of the disk free the import stops."""

DEFAULT_DAYS = 30

_DAYS = re.compile(r"(\d{1,5})\s*d(?:ays?)?")


class Moment(click.ParamType[datetime]):
    """A day, a time, or a number of days ago."""

    name = "moment"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> datetime:
        """Read *value*."""
        if isinstance(value, datetime):
            return value
        text = str(value)
        if days := _DAYS.fullmatch(text):
            return datetime.now(UTC) - timedelta(days=int(days[1]))
        try:
            return datetime.fromisoformat(text).astimezone(UTC)
        except (ValueError, OverflowError):
            self.fail(f"{text!r} is neither a day (2026-11-01) nor a number of days (30d)", param, ctx)


@dataclass(frozen=True)
class Plan:
    """What an import would bring in."""

    courses: tuple[Course, ...]

    @property
    def size(self) -> int:
        """Bytes of all transcripts."""
        return sum(course.size for course in self.courses)

    def __str__(self) -> str:
        if not self.courses:
            return "no session to import"
        since = min(course.began_at for course in self.courses)
        sizes = f"{self.size / 1e9:.2f} GB of transcripts, about {duration(self.size / RATE * 1000)}"
        room = f"{self.size * STORED_SHARE / 1e6:.0f} MB of disk"
        return f"{_sessions(len(self.courses))} since {since.astimezone():%Y-%m-%d}: {sizes} and {room}"


@click.command("import")
@click.argument("path", type=click.Path(exists=True, path_type=Path), required=False)
@click.option("--since", type=Moment(), metavar="DAY", help="Not what ended before (2026-11-01, 90d). [default: 30d]")
@click.option("--project", metavar="NAME", help="Only sessions in a directory of this name, or this directory.")
@click.option("--dry-run", is_flag=True, help="Say what there is, and import nothing.")
@click.option("--yes", is_flag=True, help="Do not ask.")
def command(path: Path | None, since: datetime | None, project: str | None, dry_run: bool, yes: bool) -> None:
    """Bring in the sessions of transcripts (PATH: one, a project's, or all of the agent's).

    What was recorded by hooks stays as it is, what was switched off or forgotten stays away.  Broken off, it
    goes on where it was.
    """
    installation = Installation.here()
    refusals = Refusals(installation.places)
    limit = _since(installation, since)
    found = [course for course in courses(path or _projects()) if course.last_at >= limit and _is_of(course, project)]
    plan = Plan(tuple(course for course in found if not _refused_whole(course, refusals)))
    click.echo(str(plan))
    if dry_run or not plan.courses:
        return
    confirm("import them?", "nothing was imported", yes)
    os.nice(10)
    _carry_out(installation, plan, refusals)


def _projects() -> Path:
    return settings_file(os.environ).parent / "projects"


def _since(installation: Installation, asked: datetime | None) -> datetime:
    """Return before when nothing is imported: retention would remove it at once."""
    now = datetime.now(UTC)
    kept = installation.settings.number("retention.traces_days")
    asked = asked or now - timedelta(days=DEFAULT_DAYS)
    return max(asked, now - timedelta(days=kept)) if kept else asked


def _is_of(course: Course, project: str | None) -> bool:
    if project is None:
        return True
    directory = Path(course.cwd or "/")
    return (
        directory.name == project
        or str(directory) == project
        or Path(project).resolve() in (directory, *directory.parents)
    )


def _refused_whole(course: Course, refusals: Refusals) -> bool:
    return any(course.began_at in period and course.last_at in period for period in refusals.of(course.session_id))


def _carry_out(installation: Installation, plan: Plan, refusals: Refusals) -> None:
    done = brought = failed = forgotten = read = 0
    rule, asked = CaptureRule.of(installation.settings), os.environ.get(VARIABLE, "")
    with _store(installation) as store, _ahead(installation) as ahead, shown() as told:
        historian = Historian(store, refusals, lambda places: rule.reason(asked, places) is not None, ahead)

        def progress(size: int) -> None:
            nonlocal read
            read += size
            told("bytes read", read, plan.size)

        for course, following in zip_longest(plan.courses, plan.courses[1:]):
            if reason := _no_room(installation):
                break
            try:
                brought += historian.bring(course, following, progress)
                done += 1
            except Forgotten:
                forgotten += 1
            except (RowRefused, OSError) as error:
                failed += 1
                click.echo(f"session {course.session_id} is left out: {_told_by(error)}", err=True)
            except Unavailable as error:
                raise CommandError(
                    f"the database went away after {done} sessions: {error}\nhint: run it again: it goes on from there"
                ) from error
        else:
            reason = None
    kept_out = f", {forgotten} stay forgotten" if forgotten else ""
    known = f"{done - brought} known already, {failed} left out{kept_out}"
    click.echo(f"{_sessions(brought)} imported, {known}")
    if reason:
        raise CommandError(f"stopped after {done} of {len(plan.courses)} sessions: {reason}")


def _sessions(count: int) -> str:
    return f"{count} session" if count == 1 else f"{count} sessions"


def _told_by(error: Exception) -> str:
    return (error.strerror or type(error).__name__) if isinstance(error, OSError) else str(error)


@contextmanager
def _ahead(installation: Installation) -> Iterator[ReadAhead]:
    settings = installation.settings
    with closing(ReadAhead(settings.texts("redact.patterns"), settings.texts("redact.allow"))) as ahead:
        yield ahead


@contextmanager
def _store(installation: Installation) -> Iterator[Store]:
    store = Store(installation.url(), installation.settings.text("database.schema"))
    store.open()
    try:
        yield store
    finally:
        store.close()


def _no_room(installation: Installation) -> str | None:
    """Return why to stop, where the database's disk is ours to fill."""
    if not installation.server:
        return None
    disk = shutil.disk_usage(installation.places.data)
    if disk.free >= FREE_SHARE * disk.total:
        return None
    return (
        f"{disk.free / disk.total:.0%} of the disk is free, less than {FREE_SHARE:.0%}\n"
        "hint: make room and run it again: it goes on from there"
    )
