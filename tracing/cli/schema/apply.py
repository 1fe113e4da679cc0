"""``hooktrace schema apply``: bring the database's schema up to date, and make what was lost again."""

from __future__ import annotations

import click

from tracing.cli.consent import confirm
from tracing.cli.schema.target import Target, outcome, report
from tracing.database.migration import migrate, to_set_aside
from tracing.database.stranger import ASIDE, Stranger
from tracing.installation import Installation
from tracing.wording import listed


@click.command("apply")
@click.option("--set-aside", is_flag=True, help=f"Move tables of our names that are not ours to schema {ASIDE}.")
@click.option("--yes", is_flag=True, help="Ask nothing.")
def command(set_aside: bool, yes: bool) -> None:
    """Apply the migrations that the database lacks, and make again what it lost. Safe to repeat."""
    target = Target.of(Installation.here())
    found = to_set_aside(target.url, target.schema) if set_aside else []
    if found:
        _ask(found, target, yes)
    done = migrate(
        target.url,
        target.schema,
        dimensions=target.dimensions,
        set_aside=bool(found),
        tell=lambda id_: click.echo(f"apply     {id_}"),
    )
    for line in report(done):
        click.echo(line)
    for note in done.notes:
        click.echo(f"note      {note}")
    click.echo(f"database  {target.named}: {outcome(done)}")


def _ask(found: list[Stranger], target: Target, yes: bool) -> None:
    """Name what would be moved, and ask.

    Raises: as :func:`tracing.cli.schema.target.confirm`.
    """
    named = listed((_told(one) for one in found), limit=len(found))
    click.echo(f"found     {named}")
    move = f"in {target.named} would be moved to schema {ASIDE}"
    confirm(f"Move that from {target.named} to schema {ASIDE}?", f"{len(found)} objects {move}", yes)


def _told(one: Stranger) -> str:
    return f"{one.kind.lower()} {one.name}" + ("" if one.rows is None else f" ({one.rows} rows)")
