"""``hooktrace forget``: take a session, or a project, out of everything that is ours, for good."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from datetime import UTC, datetime

import click

from tracing.cli.care import caring
from tracing.cli.consent import confirm
from tracing.cli.oblivion import Oblivion, chosen
from tracing.cli.standstill import paused
from tracing.cli.table import print_table
from tracing.database.forgetting import Forgetting, Gone
from tracing.database.reader import Reader
from tracing.database.tombstones import Project
from tracing.database.upkeep import Upkeep
from tracing.footprint import Footprint, Remains
from tracing.installation import Installation
from tracing.wording import harmless, listed


@click.command("forget")
@click.argument("what", metavar="SESSION|PROJECT")
@click.option("--dry-run", is_flag=True, help="Say what would go, and change nothing.")
@click.option("--yes", is_flag=True, help="Ask nothing.")
def command(what: str, dry_run: bool, yes: bool) -> None:
    """Delete everything of a session, or of all sessions of a project, and let nothing of it come back.

    SESSION is an id, or the beginning of one; PROJECT a name as `hooktrace sessions` prints it, or a directory with
    all below it. Sessions that were started from the shell of one of these go as well, and so does what was learned
    from them: of a project, or of a session of which something has expired, also the texts that were learned from
    expired sessions, for nobody knows any more whose they are. A session that still runs is not recorded any more; of
    a project, sessions that begin later are.
    """
    installation = Installation.here()
    footprint = Footprint(installation.places)
    with installation.reader() as reader:
        oblivion = chosen(reader, footprint, what)
        staying = list(_staying(reader, footprint, oblivion.session_ids))
    click.echo(f"forgets   {harmless(oblivion.described)}")
    with caring(installation) as (upkeep, _):
        foreseen = _forgetting(upkeep, oblivion).preview()
    _print(foreseen, footprint.of(oblivion.session_ids, oblivion.project))
    for line in staying:
        click.echo(f"stays     {harmless(line)}")
    if dry_run:
        click.echo("nothing was changed")
        return
    confirm("Forget all that?", f"{oblivion.described} would be forgotten for good", yes)
    _forget(installation, footprint, what)


def _forget(installation: Installation, footprint: Footprint, what: str) -> None:
    """Forget *what*, as it stands once no collector works on it any more; tell what went."""
    with paused(installation):
        with installation.reader() as reader:
            oblivion = chosen(reader, footprint, what)
            login = reader.row("login")["user_id"]
        project = Project(oblivion.project, datetime.now(UTC)) if oblivion.project else None
        with caring(installation) as (upkeep, _):
            forgetting = _forgetting(upkeep, oblivion)
            forgetting.bury(project, login)
            remains = footprint.of(oblivion.session_ids, oblivion.project)
            footprint.remove(remains)
            gone = forgetting.run()  # last: as long as there are rows, whoever was cut off can begin again
            staying = forgetting.overwrite(gone)
    rows, events = sum(one.removed for one in gone), len(remains.events) + remains.packed + len(remains.rejected)
    click.echo(f"forgotten {rows} rows and {events} events that were not stored; nothing of it is recorded again")
    for sentence in staying:
        click.echo(f"stays     in the database server for now: {sentence}")


def _forgetting(upkeep: Upkeep, oblivion: Oblivion) -> Forgetting:
    return Forgetting(upkeep, oblivion.session_ids, of_project=oblivion.project is not None, errors=oblivion.errors)


def _print(gone: Sequence[Gone], remains: Remains) -> None:
    lines = [(one.table, one.removed, one.cleared) for one in gone]
    lines += [
        ("events in spool/", len(remains.events), 0),
        ("events in packed/", remains.packed, 0),
        ("events in bad/", len(remains.rejected), 0),
        ("files named by a session", len(remains.notes), 0),
        ("lines of the log", remains.log_lines, 0),
    ]
    columns = ("what", "go", "lose_their_texts")
    rows = [dict(zip(columns, line, strict=True)) for line in lines if any(line[1:])]
    if rows:
        print_table(columns, rows)


def _staying(reader: Reader, footprint: Footprint, session_ids: Collection[str]) -> Iterator[str]:
    """Yield what is out of reach, a sentence each."""
    ids = list(session_ids)
    for row in reader.rows("sessions_around", session_ids=ids):
        yield f"session {row['session_id']}, from whose shell one was started: it holds the command, and what came back"
    if transcripts := _paths(row["path"] for row in reader.rows("transcripts_of_sessions", session_ids=ids)):
        yield f"the agent's own transcripts: {transcripts}"
    if dumps := _paths(footprint.dumps()):
        yield f"what dumps hold, and `hooktrace db restore` would bring back: {dumps}"
    yield "what left for elsewhere: exported spans, dumps in other places, backups and replicas of the database server"


def _paths(paths: Iterable[object]) -> str:
    return listed(map(str, paths))
