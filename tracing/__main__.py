"""``python -m tracing`` is the command ``hooktrace``."""

from tracing.cli import main

main()
