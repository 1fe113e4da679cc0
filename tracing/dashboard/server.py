"""The server: one process on one address of this machine, until it is told to stop."""

from __future__ import annotations

import socket
from collections.abc import Callable
from dataclasses import dataclass

import uvicorn

from tracing.dashboard.access import PARAMETER, Access
from tracing.dashboard.app import Dashboard
from tracing.database.readers import Readers
from tracing.installation import Installation

LOOPBACK = "127.0.0.1"
STATEMENT_TIMEOUT_MS = 5_000
"""A page that takes longer is no page; the reader is told to ask for less."""


@dataclass(frozen=True)
class Address:
    """Where the dashboard is: a socket that listens already."""

    listening: socket.socket
    token: str

    @property
    def host(self) -> str:
        """Its address with the port, as a Host header says it."""
        host, port = self.listening.getsockname()[:2]
        return f"{host}:{port}"

    @property
    def url(self) -> str:
        """What a browser is given; it holds the token."""
        return f"http://{self.host}/?{PARAMETER}={self.token}"


def listen(host: str, port: int) -> socket.socket:
    """Return a socket that listens at *host*; *port* 0 takes any that is free.

    Raises:
        OSError: the port is taken, or the address is not one of this machine.
    """
    return socket.create_server((host, port))


def serve(installation: Installation, address: Address, started: Callable[[], None] = lambda: None) -> None:
    """Answer requests until a signal ends it; *started* is called once it does.

    Raises:
        Unreachable: there is no database.
    """
    port = address.host.rpartition(":")[2]
    hosts = {address.host, f"localhost:{port}"}
    url, schema = installation.url(), installation.settings.text("database.schema")
    with Readers(url, schema, STATEMENT_TIMEOUT_MS) as readers:
        application = Access(Dashboard(installation, readers).application(), address.token, hosts)
        server = uvicorn.Server(uvicorn.Config(application, log_level="warning", lifespan="off", server_header=False))
        started()
        server.run(sockets=[address.listening])
