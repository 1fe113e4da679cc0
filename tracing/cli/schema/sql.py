"""``hooktrace schema sql``: the whole schema as one file."""

from __future__ import annotations

import click

from tracing.database.script import script
from tracing.installation import Installation


@click.command("sql")
def command() -> None:
    r"""Print the whole schema, its books included; no database is needed for that.

    \b
    hooktrace schema sql >schema.sql
    psql -v ON_ERROR_STOP=1 -1 -f schema.sql DATABASE
    """
    settings = Installation.here().settings
    click.echo(script(settings.text("database.schema"), settings.number("embedding.dimensions")), nl=False)
