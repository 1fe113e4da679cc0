"""The types of the public API, as a type checker sees them; nobody runs this file.

What must be refused stands with an ``ignore``: mypy warns of one that is not needed.
"""

from __future__ import annotations

import logging
from contextlib import AbstractContextManager
from typing import Any, assert_type

import psycopg

import tracing


def positions() -> None:
    """Name what a program names."""
    with tracing.execution("import", kind="task", rows=12, origin=object()) as running:
        assert_type(running, tracing.Execution)
        assert_type(running.correlation_id, str)
        assert_type(running.root_id, str)
        assert_type(running.session_id, str)
        assert_type(running.parent_id, str | None)
        assert_type(running.recorded, bool)
        assert_type(running.environment(), dict[str, str])
        running.fail("too_slow", "it took a week")
        with running.endpoint_call("anthropic", "/v1/messages", method="POST") as call:
            assert_type(call, tracing.EndpointCall)
            call.status_code = 200
            call.retry_count += 1
            call.model = "claude"
            call.input_tokens = call.output_tokens = 3
            call.cost_usd = 0.5
    assert_type(tracing.environment(), dict[str, str])
    assert_type(tracing.current(), tracing.Execution | None)
    logging.getLogger().addFilter(tracing.LogFilter())


async def asynchronous() -> None:
    """Likewise."""
    async with tracing.execution("import") as running:
        assert_type(running, tracing.Execution)
        async with running.endpoint_call("shop", "/orders") as call:
            assert_type(call, tracing.EndpointCall)


@tracing.execution("add")
def add(one: int, other: int) -> int:
    """Keep its type."""
    return one + other


@tracing.execution("wait")
async def wait(seconds: float) -> bool:
    """Likewise."""
    return seconds > 0


async def decorated() -> None:
    """Call them."""
    assert_type(add(1, 2), int)
    assert_type(await wait(1.5), bool)
    add("one", 2)  # type: ignore[arg-type]


def reading() -> None:
    """Read the database."""
    assert_type(tracing.connect(), AbstractContextManager[psycopg.Connection[Any]])  # type: ignore[assert-type]  # a subclass
    with tracing.connect(read_only=False, timeout_s=1.5) as connection:
        assert_type(connection, psycopg.Connection[Any])
    assert_type(tracing.database_url(), str)
    assert_type(tracing.database_url("sqlalchemy"), str)
    error: ConnectionError = tracing.NoDatabase("no")
    raise error


def refused() -> None:
    """Use it wrongly."""
    tracing.execution()  # type: ignore[call-arg]
    tracing.execution(name="import")  # type: ignore[call-arg]
    tracing.execution(7)  # type: ignore[arg-type]
    tracing.execution("import", kind="prompt")  # type: ignore[arg-type]
    with tracing.execution("import") as running:
        running.endpoint_call("shop")  # type: ignore[call-arg]
        running.endpoint_call("shop", "/orders", "GET")  # type: ignore[call-arg]
        running.fail()  # type: ignore[call-arg]
        with running.endpoint_call("shop", "/orders") as call:
            call.status_code = "200"  # type: ignore[assignment]
            call.retry_count = None  # type: ignore[assignment]
    tracing.database_url("oracle")  # type: ignore[arg-type]
    tracing.connect(True)  # type: ignore[call-arg]
    tracing.nothing  # type: ignore[attr-defined]  # noqa: B018
