"""What the commands need that take care of the database: the login for it, and who does it otherwise."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager

from tracing.cli.progress import shown
from tracing.cli.schema.target import Target
from tracing.database.caretaker import Caretaker, NotDone
from tracing.database.rota import Rota
from tracing.database.upkeep import Upkeep
from tracing.installation import CommandError, Installation


@contextmanager
def caring(installation: Installation) -> Iterator[tuple[Upkeep, Rota]]:
    """Give what does the work, with its progress shown, and what remembers it, for the length of a ``with`` block.

    Raises:
        CommandError: the database is away or refuses; the steps before are done.
    """
    target = Target.of(installation)
    try:
        with closing(Caretaker(target.url, target.schema)) as caretaker, shown() as progress:
            yield Upkeep(caretaker, progress=progress), Rota(caretaker)
    except NotDone as error:
        hint = "`hooktrace config set database.care_url URL` names the login that may; `hooktrace doctor` looks further"
        raise CommandError(f"{target.named}: {error}\nhint: {hint}") from error
