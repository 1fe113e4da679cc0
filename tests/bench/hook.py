"""One hook process: ours beside the least that keeps an event, an empty Python, a naive hook, and the hooks of others.

Each kind is run once a round, in an order that changes.  Directly, stdin is a file.  "As the client starts it"
stdin is a socket, and the command is what our settings.json or our plugin has: /bin/sh reads the hook, or
one more shell runs it.
"""

from __future__ import annotations

import contextlib
import random
import statistics
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from tests.bench import naive, peers, processes
from tests.bench.how import How
from tests.bench.result import Figure, Limit, of_runs
from tests.conftest import CHECKOUT, Installation
from tests.replay import handlers
from tracing.hookconfig import settings_hooks

TITLE = "One hook process"

SIZES = {"1 kB": 1_000, "100 kB": 100_000, "4 MB": 4_000_000}
SH = "sh -c 'cat >FILE'"
SETTINGS_SH, SHELL_SH = "the same as the client starts it", "the same in shell form as the client starts it"
OURS, SETTINGS, PLUGIN = "hooktrace, direct", "hooktrace as the client starts it", "hooktrace as a plugin"
REFERENCES = {SETTINGS: SETTINGS_SH, PLUGIN: SHELL_SH}
AGAINST_SH = 1.25
WARM = 3
"""Rounds that are not counted."""


@dataclass
class Kind:
    """A process to be measured."""

    argv: list[str]
    env: Mapping[str, str] = field(default_factory=dict)
    payload: Path | None = None
    fed: bool = False
    """As the client does: through a socket."""
    every: int = 1
    detail: str = ""
    peer: bool = False
    seconds: dict[int, float] = field(default_factory=dict)
    """By round."""


def measure(home: Installation, how: How) -> Iterator[Figure]:
    """Measure every kind with payloads of every size."""
    home.server.start()
    with naive.table(home) as hook, contextlib.chdir(home.root):  # some write where they are started
        home.stop_collector()  # what it does with the events is not the hook's cost
        directory = home.root / "peers"
        directory.mkdir()
        with peers.ready(directory, home.env, how.install_peers) as others:
            for size, rounds in zip(SIZES, how.many((200, 100, 40), (12, 8, 4), (1, 1, 1)), strict=True):
                kinds = {**_kinds(home, hook), **_others(directory, others, size)}
                _run(home, kinds, naive.payload(home.root / "payload.json", SIZES[size]), rounds, how)
                yield from _figures(kinds, size)


def _kinds(home: Installation, naive_hook: naive.Hook) -> dict[str, Kind]:
    cat = f"cat >{home.spool}/reference-$$"
    (group,) = settings_hooks(CHECKOUT / "hooks", home.places.state)["PreToolUse"]
    settings = group["hooks"][0]
    (plugin,) = handlers()["PreToolUse"]
    return {
        "/bin/true": Kind(["/bin/true"]),
        SH: Kind(["/bin/sh", "-c", cat]),
        OURS: Kind([str(CHECKOUT / "hooks" / "record")]),
        SETTINGS_SH: Kind(["/bin/sh", "-c", cat], fed=True),
        SETTINGS: Kind([settings["command"], *settings["args"]], fed=True),
        SHELL_SH: Kind(["/bin/sh", "-c", f"sh -c '{cat}' 2>/dev/null || :"], fed=True),
        PLUGIN: Kind(["/bin/sh", "-c", plugin.command], {"CLAUDE_PLUGIN_ROOT": str(CHECKOUT)}, fed=True),
        "python3 -I -S, empty": Kind([sys.executable, "-I", "-S", "-c", ""], every=2),
        "naive psycopg hook": Kind(naive_hook.argv, every=10),
    }


def _others(directory: Path, others: Mapping[str, tuple[peers.Ready, str]], size: str) -> dict[str, Kind]:
    kinds = {}
    for name, (one, note) in others.items():
        kind = Kind(one.argv, one.env, every=one.every, detail=note, peer=True)
        if one.payload is not None:
            if size != next(iter(SIZES)):
                continue  # its event has no payload that grows
            kind.payload = directory / "payload.json"
            kind.payload.write_bytes(one.payload)
        kinds[name] = kind
    return kinds


def _run(home: Installation, kinds: Mapping[str, Kind], payload: Path, rounds: int, how: How) -> None:
    order, draw = list(kinds), random.Random(1)
    for number in range(-how.many(WARM, 1, 0), rounds):
        draw.shuffle(order)
        for name in order:
            kind = kinds[name]
            if number % kind.every == 0:
                start = processes.seconds_fed if kind.fed else processes.seconds
                taken = start(kind.argv, kind.payload or payload, {**home.env, **kind.env})
                if number >= 0:
                    kind.seconds[number] = taken
        for file in home.spool.iterdir():
            file.unlink()


def _figures(kinds: Mapping[str, Kind], size: str) -> Iterator[Figure]:
    for name, kind in kinds.items():
        reference, limits = REFERENCES.get(name, SH), tuple[Limit, ...]()
        if name == OURS:
            limits = (Limit("ratio", at_most=AGAINST_SH),)
        elif kind.peer:
            reference, limits = OURS, (Limit("ratio", at_least=1.0),)
        ratio = _ratio(kind, kinds[reference])
        yield of_runs(
            f"{size}: {name}", [taken * 1000 for taken in kind.seconds.values()], "ms", ratio=ratio,
            reference=reference, limits=limits, detail=kind.detail,
        )  # fmt: skip


def _ratio(kind: Kind, reference: Kind) -> float:
    """Return the ratio of the medians of the rounds in which both were run."""
    both = kind.seconds.keys() & reference.seconds.keys()
    return statistics.median(kind.seconds[n] for n in both) / statistics.median(reference.seconds[n] for n in both)
