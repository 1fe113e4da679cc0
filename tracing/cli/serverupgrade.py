"""Brings the embedded server to this version's PostgreSQL, and tells so."""

from __future__ import annotations

import click

from tracing.cli.db.backup import dated
from tracing.cli.progress import shown
from tracing.cli.standstill import paused
from tracing.database.embedded import MAJOR, EmbeddedServer
from tracing.database.upgrade import upgrade
from tracing.installation import Installation


def upgrade_server(installation: Installation, server: EmbeddedServer) -> None:
    """Upgrade the cluster of *server*, which is due; events wait in the spool.

    Raises:
        CommandError: the collector does not end.
        ServerError: it cannot be done; the old cluster is what it was.
    """
    before = server.version()
    click.echo(f"upgrade   the embedded server goes from PostgreSQL {before} to {MAJOR}; events wait meanwhile")
    with paused(installation), shown() as progress:
        done = upgrade(server, dated(installation.places, f"postgresql-{before}"), progress)
    click.echo(f"dump      {done.dump} holds all that was in the old cluster, which is removed")
    for line in done.tuning:
        click.echo(f"note      set by ALTER SYSTEM before, and not now: {line}")
