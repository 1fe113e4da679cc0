"""What the commands print on: a terminal with its width and colours, or a pipe, where lines are for other programs."""

from __future__ import annotations

import os
from typing import Any

from rich.console import Console

PIPED_WIDTH = 10_000
"""Characters of a line where no terminal has a width: nothing is cut for one, lines are for grep."""


def terminal(piped_width: int = PIPED_WIDTH, **options: Any) -> Console:
    """Return what to print on; *options* are those of rich's Console.

    Where NO_COLOR is set nothing is styled at all: many who set it read by a program that takes no escape sequence.
    """
    if os.environ.get("NO_COLOR"):
        options["color_system"] = None
    console = Console(**options)
    if not console.is_terminal and "COLUMNS" not in os.environ:
        console.width = piped_width
    return console
