"""``hooktrace db env``: the database, for other programs."""

from __future__ import annotations

import sys

import click

from tracing.database.variables import Address, for_env_file, for_shell, variables
from tracing.installation import CommandError, Installation

CONTAINER_HOST = "host.docker.internal"
"""What Docker calls the machine that it runs on."""


@click.command("env")
@click.option(
    "--docker",
    "container_host",
    is_flag=False,
    flag_value="",
    metavar="[HOST[:PORT]]",
    help=f"Print a file for Docker's env_file; a container knows the database as HOST (default: {CONTAINER_HOST}).",
)
def command(container_host: str | None) -> None:
    r"""Print POSTGRES_* and TRACEABILITY_DB_* variables for other programs, THE PASSWORD INCLUDED.

    \b
    eval "$(hooktrace db env)"            sets and exports them in a shell
    hooktrace db env --docker >traces.env makes a file for `env_file:` in docker-compose.yml

    In the latter TRACEABILITY_DB_URL is the database as containers see it, TRACEABILITY_DB_URL_EXTERNAL as the
    host does.  The embedded server needs a TCP port for containers: `hooktrace config set embedded.port N`.
    """
    installation = Installation.here()
    here = Address.of(_url(installation))
    if container_host is None:
        click.echo("\n".join(for_shell(name, value) for name, value in variables(here, here).items()))
    else:
        _print_env_file(variables(here, _there(installation, here, container_host)))


def _url(installation: Installation) -> str:
    """Return the database's URL: by TCP if the embedded server has a port, else by its socket."""
    url = installation.url()
    server = installation.server
    if server and server.port:
        if server.open_port() == server.port:
            return server.tcp_url
        click.echo(f"# {server.tcp_problem()}".replace("\n", "\n# "), err=True)
    return url


def _there(installation: Installation, here: Address, container_host: str) -> Address:
    """Return *here* as a container sees it; CommandError when none can."""
    embedded = installation.server is not None
    if here.is_socket and (embedded or not container_host):
        cure = "`hooktrace config set embedded.port 5436`" if embedded else "--docker HOST:PORT names it there"
        raise CommandError(f"a container does not see the database's socket in {here.host}\nhint: {cure}")
    if embedded and sys.platform == "linux" and not container_host:
        click.echo(
            "# Docker Engine on Linux: a container reaches the host's 127.0.0.1 only with `network_mode: host`;\n"
            "# there use `hooktrace db env --docker 127.0.0.1`",
            err=True,
        )
    return here.seen_from_container(container_host or CONTAINER_HOST, explicit=bool(container_host))


def _print_env_file(values: dict[str, str]) -> None:
    for name, value in values.items():
        if line := for_env_file(name, value):
            click.echo(line)
        else:
            click.echo(
                f"# {name} is left out: readers of env files disagree about quotes, backslashes and ${{ in a value;\n"
                "# the URLs hold it, percent-encoded",
                err=True,
            )
