"""What the commands need that learn: a connection with the rights to, and their progress shown."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager

from tracing.cli.progress import shown
from tracing.cli.schema.target import Target
from tracing.database.caretaker import Caretaker, NotDone
from tracing.database.learner import Learner
from tracing.database.rows import Progress
from tracing.installation import CommandError, Installation
from tracing.learning.embedders import NotInstalled, embedder_named
from tracing.learning.embedding import Embedder

EMBEDDER_CURE = "install it into hooktrace's own environment, or `hooktrace config set learning.embedder hashed`"


@contextmanager
def owner(installation: Installation) -> Iterator[tuple[Caretaker, Progress]]:
    """Give a connection by which learned things may be written.

    Raises:
        CommandError: the database is away or refuses; what was done before stays.
    """
    target = Target.of(installation)
    try:
        with closing(Caretaker(target.url, target.schema)) as caretaker, shown() as progress:
            yield caretaker, progress
    except NotDone as error:
        hint = "`hooktrace config set database.care_url URL` names the login that may; `hooktrace doctor` looks further"
        raise CommandError(f"{target.named}: {error}\nhint: {hint}") from error


@contextmanager
def learner(installation: Installation) -> Iterator[tuple[Learner, Progress]]:
    """Give what learns, as :func:`owner`."""
    embedder = embedder_of(installation)
    with owner(installation) as (caretaker, progress):
        yield Learner(caretaker, embedder), progress


def embedder_of(installation: Installation) -> Embedder:
    """Return the embedder that is set.

    Raises:
        CommandError: what it needs is not installed.
    """
    try:
        return embedder_named(installation.settings.text("learning.embedder"))
    except NotInstalled as error:
        raise CommandError(f"{error}\nhint: {EMBEDDER_CURE}") from error
