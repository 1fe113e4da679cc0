"""Measures what hooktrace costs, each figure beside a reference in the same run.

    python -m tests.bench                     all of it, about an hour on a quiet machine
    python -m tests.bench hook ingest         some of it
    python -m tests.bench --quick             to see that it runs: its figures say little
    python -m tests.bench --json FILE         also for other programs

Exits 1 if a figure misses its limit.  More figures, by commands of their own: python -m
tests.bench.schema_cost (views, searches, purging), .import_rate (transcripts), .redact_cost.
"""

from __future__ import annotations

import argparse
import importlib
import json
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from tests.bench import machine
from tests.bench.how import How
from tests.bench.result import Figure, show
from tests.conftest import new_installation

BENCHES = ("hook", "program", "client", "ingest", "latency", "share", "idle", "growth", "outage", "dashboard")


def main(argv: list[str]) -> int:
    """Run what was asked for."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.bench", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("names", metavar="NAME", nargs="*", help=f"of {', '.join(BENCHES)}; default: all")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write everything as JSON")
    size = parser.add_mutually_exclusive_group()
    size.add_argument("--quick", dest="size", action="store_const", const="quick", default="full")
    size.add_argument("--tiny", dest="size", action="store_const", const="tiny", help=argparse.SUPPRESS)
    parser.add_argument("--long", action="store_true", help="growth: also beside five million events")
    parser.add_argument("--profile", action="store_true", help="ingest: also where the collector's time goes")
    parser.add_argument("--install-peers", action="store_true", help="hook: install what it is compared with")
    arguments = parser.parse_args(argv)
    if unknown := set(arguments.names) - set(BENCHES):
        parser.error(f"no bench: {', '.join(sorted(unknown))}; there are {', '.join(BENCHES)}")
    how = How(arguments.size, arguments.long, arguments.profile, arguments.install_peers)
    result = run(arguments.names or BENCHES, how, argv)
    if arguments.json:
        arguments.json.write_text(json.dumps(result, indent=2) + "\n")
    return int(not all(figure["holds"] for bench in result["benches"].values() for figure in bench))


def run(names: Sequence[str], how: How, argv: list[str]) -> dict[str, Any]:
    """Run the benches *names*, each in an installation of its own, print their tables, and return everything."""
    parts: dict[str, Any] = {}
    results: dict[str, list[Figure]] = {}
    for name in names:
        bench = importlib.import_module(f"tests.bench.{name}")
        with new_installation() as home:
            if not parts:
                parts = machine.parts(home, argv)
                print("\n".join(f"{part:10} {_shown(what)}" for part, what in parts.items()))
            results[name] = list(bench.measure(home, how))
        show(bench.TITLE, results[name])
    if (peers := machine.peers()) != parts["peers"]:  # some were installed for the run
        parts["peers"] = peers
        print(f"{'peers':10} {_shown(peers)}")
    return report(parts, results)


def _shown(what: object) -> object:
    return ", ".join(f"{name} {version}" for name, version in what.items()) if isinstance(what, dict) else what


def report(parts: Mapping[str, Any], results: Mapping[str, Sequence[Figure]]) -> dict[str, Any]:
    """Return everything for other programs."""
    return {
        "machine": parts,
        "benches": {name: [figure.json() for figure in figures] for name, figures in results.items()},
    }


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
