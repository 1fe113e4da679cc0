"""What programs borrow is lent in time, or refused in time."""

from __future__ import annotations

import os
import signal
import socket
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from tracing.database import lending
from tracing.database.lending import lend
from tracing.database.reader import Unreachable

NOBODY = "postgresql://u@127.0.0.1:1/x"


@pytest.fixture
def silent() -> Iterator[str]:
    """Give the URL of a host that accepts, and never says a word."""
    with socket.create_server(("127.0.0.1", 0), backlog=64) as listening:
        yield f"postgresql://u@127.0.0.1:{listening.getsockname()[1]}/x"


def refused(url: str) -> float:
    """Ask for a connection, and return how long the refusal took."""
    began = time.monotonic()
    with pytest.raises(Unreachable, match="does not answer"), lend(url, "public", read_only=True, timeout_s=1):
        pass
    return time.monotonic() - began


def test_a_silent_host_keeps_each_thread_waiting_for_its_own_limit_alone(silent: str) -> None:
    """None waits for what another one waits for; a limit of the driver's makes it two seconds at least."""
    with ThreadPoolExecutor(10) as threads:
        assert max(threads.map(refused, [silent] * 10)) < 10


def test_a_process_that_is_forked_meanwhile_can_borrow() -> None:
    """Whoever makes a pool in the parent does not exist in the child."""
    with lending._making:
        if (child := os.fork()) == 0:
            signal.alarm(30)
            try:
                refused(NOBODY)
                os._exit(0)
            finally:
                os._exit(1)
    assert os.waitpid(child, 0)[1] == 0
