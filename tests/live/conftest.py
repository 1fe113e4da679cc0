"""The real clients with our hooks: ``play`` runs a scenario and gives the trees that became of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.conftest import OLDEST, Installation
from tests.scenarios import SCENARIOS
from tests.stage import Stage, missing_program
from tracing.hookconfig import settings_hooks

Play = Callable[..., str]


@pytest.fixture
def stage(home: Installation, client: Path, checkout: Path, tmp_path: Path) -> Stage:
    """Give a stage whose clients have our hooks."""
    hooks = settings_hooks(checkout / "hooks", home.places.state)
    return Stage(tmp_path, client, hooks, {"HOOKTRACE_HOME": str(home.path)})


@pytest.fixture
def play(home: Installation, stage: Stage) -> Iterator[Play]:
    """Give a function that plays a scenario and returns the full outlines of all its trees."""

    def run(name: str, *programs: str) -> str:
        if program := missing_program(*programs):
            pytest.skip(f"{program} is not installed")
        SCENARIOS[name](stage)
        home.flush()
        return home.forest()

    yield run
    spool = home.json("status")["spool"]
    assert (spool["waiting"], spool["bad"], spool["dropped"]) == (0, 0, 0)


@pytest.fixture
def newer(stage: Stage) -> bool:
    """Tell whether the client is newer than the oldest supported one."""
    return stage.version != OLDEST


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Leave to the long run what the oldest client does as the current one; ``differs`` marks the rest."""
    for item in items:
        params = getattr(getattr(item, "callspec", None), "params", {})
        if params.get("client") == "oldest" and item.get_closest_marker("differs") is None:
            item.add_marker(pytest.mark.long)
