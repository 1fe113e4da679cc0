"""The collector in the foreground under Python's profiler: prints where its processor time went, of all threads."""

from __future__ import annotations

import cProfile
import pstats
import sys
import threading
import time
from collections.abc import Callable

from tracing.collector.__main__ import main

TOP = 25

_profiles: list[cProfile.Profile] = []


def _profiling(run: Callable[..., None]) -> Callable[..., None]:
    def profiled(self: threading.Thread) -> None:
        profile = cProfile.Profile(time.thread_time)
        _profiles.append(profile)
        profile.runcall(run, self)

    return profiled


if __name__ == "__main__":
    if sys.version_info >= (3, 12):
        sys.exit("since Python 3.12 only one thread can be profiled: take an older one, or py-spy")
    threading.Thread.run = _profiling(threading.Thread.run)  # type: ignore[method-assign]
    own = cProfile.Profile(time.thread_time)
    status = own.runcall(main, sys.argv[1:])
    stats = pstats.Stats(own, *_profiles, stream=sys.stdout)
    stats.sort_stats("tottime").print_stats(TOP)
    stats.sort_stats("cumulative").print_stats(TOP)
    sys.exit(status)
