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
from tracing.learning.embedding import HashedEmbedder


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
    with owner(installation) as (caretaker, progress):
        yield Learner(caretaker, HashedEmbedder()), progress
