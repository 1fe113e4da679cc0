"""``hooktrace report SESSION``: a session as one file for others."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from pathlib import Path

import click

from tracing.cli.sessionid import known_session
from tracing.installation import CommandError, Installation
from tracing.report.session import read_session
from tracing.report.writing import as_markdown, as_page

_BEGINNING = re.compile(r"[0-9a-f-]{4,36}", re.IGNORECASE)

WRITERS = {"md": as_markdown, "html": as_page}


def looks_like_a_session(name: str) -> bool:
    """Tell whether *name* may be the beginning of a session's id; no report has such a name."""
    return bool(_BEGINNING.fullmatch(name)) and any(character.isdigit() for character in name)


def write_session(beginning: str, form: str | None, output: Path | None) -> None:
    """Write the session whose id has this *beginning* to *output*, else to stdout; Markdown unless told otherwise.

    Raises:
        CommandError: no session or several have it, or the file cannot be written.
    """
    form = form or ("html" if output and output.suffix.lower() in (".html", ".htm") else "md")
    installation = Installation.here()
    installation.obey_rules()
    with installation.reader() as reader:
        session_id = known_session(reader, beginning)
        text = WRITERS[form](read_session(reader, session_id, installation.hook_ms, datetime.now(UTC)))
    if output is None:
        click.echo(text, nl=False)
        return
    try:
        output.write_text(text, encoding="utf-8")
    except OSError as error:
        raise CommandError(f"{output} cannot be written: {error.strerror}\nhint: name another file") from None
    click.echo(f"wrote     {output}")
