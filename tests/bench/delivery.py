"""The former name of two benches: python -m tests.bench latency idle."""

from __future__ import annotations

import sys

from tests.bench.__main__ import main

if __name__ == "__main__":
    sys.exit(main(["latency", "idle", *sys.argv[1:]]))
