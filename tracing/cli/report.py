"""``hooktrace report``: the named questions about what was recorded, and a session as a file."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterable, Mapping
from difflib import get_close_matches
from itertools import groupby
from pathlib import Path
from typing import Any
from uuid import UUID

import click

from tracing.cli.completion import recent_sessions
from tracing.cli.sessionreport import WRITERS, looks_like_a_session, write_session
from tracing.cli.table import as_csv, as_json, print_one, print_table
from tracing.database.meaning import bounds
from tracing.database.reader import Reader
from tracing.database.reports import IDS, Report, ReportError, reports
from tracing.installation import CommandError, Installation
from tracing.wording import one_line

LONGEST_USAGE = 44
"""Characters of a report's name with what it needs, in the list of all."""


@click.command("report")
@click.argument("name", metavar="[NAME|SESSION]", required=False, shell_complete=recent_sessions)
@click.argument("arguments", nargs=-1, metavar="[KEY=VALUE]...")
@click.option(
    "--since", metavar="TIME", help="From when on: 30m, 24h, 7d, 4w ago, 2026-11-01, 2026-11-01T14:30 or all."
)
@click.option("--until", metavar="TIME", help="Until when; the time itself is left out.")
@click.option("-n", "--limit", metavar="N", help="How many rows at most.  [default: 50]")
@click.option("--json", "as_", flag_value="json", help="Print a JSON array.")
@click.option("--csv", "as_", flag_value="csv", help="Print comma-separated values.")
@click.option("--md", "as_", flag_value="md", help="Of a session: as Markdown.  [default]")
@click.option("--html", "as_", flag_value="html", help="Of a session: as a page.")
@click.option("-o", "--output", metavar="FILE", type=click.Path(path_type=Path), help="Of a session: write to FILE.")
def command(
    name: str | None, arguments: tuple[str, ...], as_: str | None, output: Path | None, **options: str | None
) -> None:
    r"""Answer a question about what was recorded; without NAME, list the questions.

    Of a SESSION, named by its id or the beginning of one, write one file for others, redacted once more: what ran,
    where the time went, what it cost, what failed and what cured it, and the files that were edited.

    \b
    hooktrace report failures --since 24h
    hooktrace report calls_of_tool tool=Bash
    hooktrace report cost_by_day --csv
    hooktrace report 3f5aba11 --html --output session.html
    """
    if name is None:
        _list(as_json_array=as_ == "json")
        return
    if name not in reports() and (as_ in WRITERS or output or looks_like_a_session(name)):
        _check_of_session(arguments, as_, options)
        write_session(name, as_, output)
        return
    asked = _named(name)
    if as_ in WRITERS or output:
        raise click.UsageError(f"report {name} is printed, as a table, --json or --csv\nhint: `{asked.usage()}`")
    given = {**_pairs(asked, arguments), **{option: text for option, text in options.items() if text is not None}}
    try:
        values = asked.values(given)
    except ReportError as error:
        raise click.UsageError(str(error)) from error
    with Installation.here().reader() as reader:
        for parameter in IDS & values.keys():
            values[parameter] = whole_id(reader, parameter, values[parameter])
        columns, rows = reader.report(name, **values)
    if as_ == "json":
        click.echo(as_json(rows))
    elif as_ == "csv":
        click.echo(as_csv(columns, rows), nl=False)
    elif not rows:
        click.echo("nothing recorded yet" + "".join(f", {key}={text}" for key, text in given.items()))
    elif "limit" in asked.parameters:
        print_table(columns, rows)
    else:  # one row that sums up everything
        print_one(columns, rows[0])


def _check_of_session(arguments: tuple[str, ...], as_: str | None, options: Mapping[str, str | None]) -> None:
    refused = [*arguments, *(f"--{name}" for name, text in options.items() if text is not None)]
    refused += [f"--{as_}"] if as_ in ("json", "csv") else []
    if refused:
        cure = "hint: `hooktrace show SESSION --json` is for programs"
        raise click.UsageError(f"a session is written with --md, --html and --output, not with {refused[0]}\n{cure}")


def whole_id(reader: Reader, what: str, beginning: str) -> UUID | str:
    """Return the id of the one execution, session or pattern (*what*) whose id has this *beginning*.

    An id that is whole need not be known: what it named may be gone, and what hung on it still there.

    Raises:
        CommandError: none begins so, or several do.
    """
    low, high = bounds(beginning)
    rows = reader.rows("whole_ids", what=what, beginning=beginning, low=low, high=high)
    found = [row["id"] for row in rows]
    if beginning in found or (what == "session" and not found) or (low is not None and low == high):
        return beginning if what == "session" else UUID(beginning)
    if not found:
        raise CommandError(f"no {what} has an id that begins with {beginning!r}\nhint: take it from another report")
    if len(found) > 1:
        candidates = ", ".join(one_line(one, 40) for one in sorted(found)[:5])
        raise CommandError(f"{beginning!r} begins the ids of several {what}s: {candidates}\nhint: give more of it")
    return str(found[0]) if what == "session" else UUID(found[0])


def _named(name: str) -> Report:
    """Return the report *name*; a typo, or a word out of a name, is answered with what may have been meant."""
    known = reports()
    if name in known:
        return known[name]
    close = get_close_matches(name, known, 3) or [one for one in known if name.lower() in one][:3]
    hint = f"did you mean {' or '.join(f'`{known[one].usage()}`' for one in close)}?" if close else ""
    raise click.UsageError(f"no report {name!r}; {hint or '`hooktrace report` lists them'}")


def _pairs(asked: Report, arguments: Iterable[str]) -> dict[str, str]:
    given = {}
    for argument in arguments:
        key, equals, value = argument.partition("=")
        if not equals:
            cure = asked.usage(**dict.fromkeys(asked.needed[:1], argument))
            raise click.UsageError(f"{argument!r} is not KEY=VALUE\nhint: `{cure}`")
        given[key] = value
    return given


def _list(as_json_array: bool) -> None:
    known = reports().values()
    if as_json_array:
        click.echo(json.dumps([_described(one) for one in known], indent=2))
        return
    formatter = click.HelpFormatter(width=shutil.get_terminal_size().columns)
    for subject, members in groupby(known, key=lambda one: one.subject):
        with formatter.section(subject):
            needs = ((one, "".join(f" {parameter}=…" for parameter in one.needed)) for one in members)
            formatter.write_dl([(one.name + told, one.sentence) for one, told in needs], col_max=LONGEST_USAGE)
    click.echo(formatter.getvalue().lstrip("\n"))
    click.echo("`hooktrace report NAME` answers one; see `hooktrace report --help` for --since, --limit, --json, --csv")


def _described(one: Report) -> dict[str, Any]:
    return {
        "name": one.name,
        "subject": one.subject,
        "sentence": one.sentence,
        "needs": list(one.needed),
        "takes": list(one.parameters),
    }
