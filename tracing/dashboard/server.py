"""The server: one process on one address, until it is told to stop."""

from __future__ import annotations

import socket
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from ipaddress import IPv6Address, ip_address

import uvicorn

from tracing.dashboard.access import PARAMETER, Access, Hosts
from tracing.dashboard.app import Dashboard
from tracing.database.readers import Readers
from tracing.installation import Installation

LOOPBACK = "127.0.0.1"
STATEMENT_TIMEOUT_MS = 5_000
"""A page that takes longer is no page; the reader is told to ask for less."""

GOODBYE_S = 3
"""How long who is being answered may keep the server when it is told to stop."""


@dataclass(frozen=True)
class Address:
    """Where the dashboard is: a socket that listens already."""

    listening: socket.socket
    token: str

    @property
    def port(self) -> int:
        """Its port."""
        return int(self.listening.getsockname()[1])

    @property
    def exposed(self) -> bool:
        """Whether other machines reach it."""
        return not ip_address(self.listening.getsockname()[0]).is_loopback

    @property
    def hosts(self) -> Hosts:
        """What it is called."""
        address = ip_address(self.listening.getsockname()[0])
        own = {socket.gethostname().lower(), socket.getfqdn().lower()} if self.exposed else set()
        return Hosts(self.port, frozenset({_written(address), "localhost", *own}), address.is_unspecified)

    @property
    def url(self) -> str:
        """What a browser is given; it holds the token."""
        address = ip_address(self.listening.getsockname()[0])
        host = socket.gethostname().lower() if address.is_unspecified else _written(address)
        return f"http://{host}:{self.port}/?{PARAMETER}={self.token}"


def _written(address: object) -> str:
    return f"[{address}]" if isinstance(address, IPv6Address) else str(address)


def listen(host: str, port: int) -> socket.socket:
    """Return a socket that listens at *host*, an address or a name; *port* 0 takes any that is free.

    Raises:
        OSError: the port is taken, or the address is not one of this machine.
        OverflowError: there is no such port.
    """
    family, _, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
    return socket.create_server(address[:2], family=family)


def serve(installation: Installation, address: Address, started: Callable[[], None] = lambda: None) -> None:
    """Answer requests until a signal ends it; *started* is called once it does.

    Raises:
        CommandError: there is no database yet.
        ServerError: the embedded one does not start.
    """
    url, schema = installation.url(), installation.settings.text("database.schema")
    with Readers(url, schema, STATEMENT_TIMEOUT_MS) as readers:
        application = Access(Dashboard(installation, readers).application(), address.token, address.hosts)
        config = uvicorn.Config(
            application,
            log_level="error",  # what strangers send is not worth a line
            lifespan="off",
            server_header=False,
            proxy_headers=False,  # nobody stands between, who could say who asks
            timeout_graceful_shutdown=GOODBYE_S,
        )
        with suppress(KeyboardInterrupt):  # which the server hands on once it has ended in order
            _Server(config, started).run(sockets=[address.listening])


class _Server(uvicorn.Server):
    """Tells when it answers: from then on it also ends in order."""

    def __init__(self, config: uvicorn.Config, started: Callable[[], None]) -> None:
        super().__init__(config)
        self._tell = started

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self._tell()
