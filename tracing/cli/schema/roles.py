"""``hooktrace schema roles``: who may do what in a database that several people use."""

from __future__ import annotations

from collections.abc import Iterator

import click

from tracing.cli.consent import confirm
from tracing.cli.schema.target import Target
from tracing.database.roles import Changes, script, set_up
from tracing.installation import Installation

TOLD_RIGHTS = 12
"""Up to so many rights are told one by one."""

NEXT = """\
next      a colleague's collector:  GRANT hooktrace_writer TO a login of theirs; there: hooktrace init --db URL
          who reads only:           hooktrace_reader sees what its login stored, hooktrace_auditor everything
          partitions, migrations, retention and learning take a member of hooktrace_owner.  A collector that is only
          a writer leaves them to others and logs that; `hooktrace config set database.care_url URL` gives it a
          second login for them."""


@click.command("roles")
@click.option("--dry-run", is_flag=True, help="Change nothing; tell what would change.")
@click.option("--sql", "as_sql", is_flag=True, help="Change nothing; print what an administrator can run instead.")
@click.option("--yes", is_flag=True, help="Ask nothing.")
def command(dry_run: bool, as_sql: bool, yes: bool) -> None:
    """Keep users apart: each sees the rows that were stored under his login. Safe to repeat.

    Makes the roles hooktrace_owner, _writer, _reader and _auditor, gives the tables to the first, and sets row-level
    security and grants. The login in use becomes owner and writer. Migrations keep all this up from then on.
    """
    installation = Installation.here()
    target = Target.of(installation)
    collector_url = installation.settings.text("database.url")
    if as_sql:
        click.echo(script(target.url, target.schema, collector_url), nl=False)
        return
    if not dry_run and not installation.server:
        loss = f"roles would be made, and the tables in {target.named} given to hooktrace_owner"
        confirm(f"Make the roles, and give the tables in {target.named} to hooktrace_owner?", loss, yes)
    changes = set_up(target.url, target.schema, collector_url, dry_run)
    for line in _told(changes, "would" if dry_run else "done"):
        click.echo(line)
    for advice in changes.advice:
        click.echo(f"note      {advice}")
    done = "would be changed" if dry_run else "set up"
    click.echo(f"database  {target.named}: roles {done if changes else 'are as they should be'}")
    if not dry_run:
        click.echo(NEXT)


def _told(changes: Changes, word: str) -> Iterator[str]:
    for change in changes.made:
        yield f"{word:10}{change}"
    for title, rights in (("grant", changes.granted), ("revoke", changes.revoked)):
        if len(rights) > TOLD_RIGHTS:
            yield f"{title:10}{len(rights)} rights"
        else:
            yield from (f"{title:10}{right}" for right in rights)
