"""Shows on a terminal how far a long work has come; elsewhere nothing."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeRemainingColumn

from tracing.cli.terminal import terminal
from tracing.database.rows import Progress as Told
from tracing.database.rows import unseen


@contextmanager
def shown() -> Iterator[Told]:
    """Give a function to tell the progress to; what it drew is gone when the block ends."""
    console = terminal(stderr=True)
    if not console.is_terminal:
        yield unseen
        return
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.completed:,.0f}"),
        TimeRemainingColumn(elapsed_when_finished=True),
    )
    with Progress(*columns, console=console, transient=True) as progress:
        tasks: dict[str, TaskID] = {}

        def told(what: str, done: int, total: int | None) -> None:
            if what not in tasks:
                tasks[what] = progress.add_task(what, total=total)
            progress.update(tasks[what], completed=done, total=total)

        yield told
