"""How well hooktrace learns: the figures of the labelled set in tests/learning, on both halves.

Run: python -m tests.bench.learning.  Exits 1 if a figure of the report half misses its aim.
"""

from __future__ import annotations

import sys

from tests.bench.result import show
from tests.learning.figures import TITLE, embedders, figures
from tests.learning.sessions import HALVES


def main() -> int:
    """Print the figures of both halves."""
    if len(embedders()) == 1:
        print("the semantic embedder is not installed: pip install 'hooktrace[semantic]'")
    held = True
    for half in HALVES:
        found = list(figures(half))
        show(f"{TITLE} - {half} half", found)
        held = all(figure.holds for figure in found)
    return int(not held)


if __name__ == "__main__":
    sys.exit(main())
