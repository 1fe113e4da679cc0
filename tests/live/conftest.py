from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conftest import new_installation
from tests.live.performance import NEWEST, OLDEST, Performance
from tracing.database.embedded import EmbeddedServer

FIXTURES = {NEWEST: "claude", OLDEST: "oldest_claude"}


@pytest.fixture
def executable(request: pytest.FixtureRequest, version: str) -> Path:
    """Give the client of *version*."""
    found: Path = request.getfixturevalue(FIXTURES[version])
    return found


@pytest.fixture(scope="session")
def performance(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, fresh_cluster: EmbeddedServer
) -> Iterator[Performance]:
    """Give the live tests that were asked for as they go on, recorded by one installation."""
    executables: dict[str, Path] = {}
    for version, fixture in FIXTURES.items():
        with contextlib.suppress(pytest.skip.Exception):  # ``executable`` says it where it matters
            executables[version] = request.getfixturevalue(fixture)
    tests = [
        (item.function.live_test, str(item.callspec.params["version"]))
        for item in request.session.items
        if isinstance(item, pytest.Function) and hasattr(item.function, "live_test")
    ]
    with new_installation(cluster=fresh_cluster) as home:
        directory = tmp_path_factory.mktemp("live")
        with contextlib.closing(Performance(tests, executables, directory, home)) as performance:
            yield performance
        home.flush()
        spool = home.json("status")["spool"]
        assert (spool["waiting"], spool["bad"], spool["dropped"]) == (0, 0, 0)


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put what looks back on all live tests behind them."""
    items.sort(key=lambda item: item.get_closest_marker("looks_back") is not None)
