"""The benches measure what they say, and say what they measured: each in a tiny form, its figures unjudged."""

from __future__ import annotations

import importlib
import json
import sys
from pathlib import Path

import pytest

from tests.bench import machine, peers
from tests.bench.__main__ import BENCHES, report
from tests.bench.how import How
from tests.bench.result import Figure, Limit
from tests.conftest import Installation

TINY = How("tiny", profile=sys.version_info < (3, 12))

FIELDS = {"name", "value", "unit", "ratio", "reference", "limits", "runs", "spread", "detail", "holds"}

PARTS = {
    "date", "command", "cpu", "cpus", "kernel", "filesystem", "sh", "python", "psycopg", "postgresql", "client",
    "peers", "commit",
}  # fmt: skip

WITHOUT_CLIENT = [name for name in BENCHES if name != "client"]


@pytest.fixture(autouse=True)
def no_peers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No peer is installed."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))


def run(name: str, home: Installation) -> list[Figure]:
    """Run a bench, and return its figures as others find them."""
    figures = list(importlib.import_module(f"tests.bench.{name}").measure(home, TINY))
    found = json.loads(json.dumps(report(machine.parts(home, [name]), {name: figures})))
    assert found["machine"].keys() == PARTS
    for figure in found["benches"][name]:
        assert figure.keys() == FIELDS
        assert figure["value"] >= 0
        assert figure["unit"]
        assert figure["reference"] or figure["ratio"] is None
    return figures


@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=[pytest.mark.long] if name == "growth" else []) for name in WITHOUT_CLIENT]
)
def test_each_bench_gives_figures_with_their_references(name: str, module_home: Installation) -> None:
    """It runs from its beginning to its end, and each figure that has a ratio names what it is a ratio to."""
    figures = run(name, module_home)
    assert len({figure.name for figure in figures}) == len(figures)
    assert any(figure.ratio is not None for figure in figures)


@pytest.mark.client
def test_the_bench_of_the_client_drives_the_real_one(
    module_home: Installation, claude: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its calls reach the database, or it would have measured something else."""
    monkeypatch.setenv("CLAUDE_BIN", str(claude))
    module_home.make_empty()
    assert len(run("client", module_home)) == 4
    module_home.flush()
    assert module_home.query("SELECT DISTINCT name FROM execution_traces WHERE kind = 'tool'") == [("Bash",)]


def test_a_peer_that_is_missing_is_skipped_by_name(
    tmp_path: Path, module_home: Installation, capsys: pytest.CaptureFixture[str]
) -> None:
    """Each is named with what to do about it; the others, and ours, are measured all the same."""
    with peers.ready(tmp_path, module_home.env, install=False) as found:
        assert found == {}
    said = capsys.readouterr().out.splitlines()
    assert [line.split(": ")[1] for line in said] == [peer.name for peer in peers.PEERS]
    assert all("not installed" in line and "--install-peers" in line for line in said)


@pytest.mark.parametrize(
    ("limit", "value", "ratio", "holds"),
    [
        (Limit("value", at_most=5), 5.0, None, True),
        (Limit("value", at_least=5), 4.9, None, False),
        (Limit("ratio", at_most=1.25), 9.0, 1.26, False),
        (Limit("ratio", at_least=1), 0.0, 1.0, True),
        (Limit("ratio", at_least=1), 9.0, None, False),
    ],
)
def test_a_figure_that_misses_its_limit_says_so(limit: Limit, value: float, ratio: float | None, holds: bool) -> None:
    """Of its value, or of its ratio; where there is no ratio its limit is not kept."""
    assert Figure("f", value, "ms", ratio, "r", (limit,)).holds is holds
