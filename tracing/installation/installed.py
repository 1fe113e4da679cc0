"""What most commands need: the places, the settings, and a database that answers."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property

from tracing.agentsettings import AgentSettings, SettingsFileError, settings_file
from tracing.checkout import CheckoutError
from tracing.collector.launch import LaunchError, start
from tracing.collector.lock import CollectorLock
from tracing.database.destination import DestinationError
from tracing.database.embedded import EmbeddedServer, ServerError
from tracing.database.failure import MigrationError
from tracing.database.reader import Reader, Unreachable
from tracing.database.snapshot import CopyError
from tracing.deadletters import DeadLetters
from tracing.packs import Packs
from tracing.places import Places
from tracing.queue import Queue
from tracing.settings import SettingError, Settings
from tracing.spool import Spool


class CommandError(Exception):
    """A command cannot do what it was asked to; the message says why, and what to do."""


EXPECTED = (
    CheckoutError,
    CommandError,
    CopyError,
    DestinationError,
    LaunchError,
    MigrationError,
    ServerError,
    SettingError,
    SettingsFileError,
    Unreachable,
)
"""Errors whose message is written for the user."""


@dataclass(frozen=True)
class Installation:
    """The installation that this process's environment names."""

    places: Places

    @classmethod
    def here(cls) -> Installation:
        """Return the installation, whether `hooktrace init` has run or not."""
        return cls(Places.from_environment())

    @cached_property
    def settings(self) -> Settings:
        """The settings, read once."""
        return Settings.load(self.places.config_file)

    def obey_rules(self) -> None:
        """Let this process redact by the user's rules, too: each that stores what others said begins with it."""
        from tracing.redact import Rules, obey  # few commands redact, and all of them come here

        obey(Rules.compiled(self.settings.texts("redact.patterns"), self.settings.texts("redact.allow")))

    @property
    def initialised(self) -> bool:
        """Tell whether `hooktrace init` has pinned a database."""
        return bool(self.settings.text("database.source"))

    @property
    def spool(self) -> Spool:
        """The spool."""
        return Spool(self.places)

    @property
    def packs(self) -> Packs:
        """The packs."""
        return Packs(self.places.packed)

    @property
    def queue(self) -> Queue:
        """All that waits, in the spool and in packs, as it is now."""
        return Queue.of(self.places)

    @property
    def dead_letters(self) -> DeadLetters:
        """The events that could not be stored."""
        return DeadLetters(self.places.bad)

    @property
    def lock(self) -> CollectorLock:
        """The collector's lock."""
        return CollectorLock(self.places.lock, self.places.pid_file)

    @property
    def agent(self) -> AgentSettings:
        """The agent's settings, and our hooks in them.

        Raises:
            SettingsFileError: the environment names no such file.
        """
        places = self.places
        return AgentSettings(settings_file(os.environ), places.hooks, places.state, places.backups, self.advised)

    @property
    def advised(self) -> bool:
        """Whether advice is switched on; not where the settings cannot be read, which others complain of."""
        try:
            return self.settings.switch("advice.enabled")
        except SettingError:
            return False

    @property
    def embedded(self) -> EmbeddedServer:
        """The embedded server, whether it is the pinned database or not, and whether it exists or not."""
        return EmbeddedServer.at(
            self.places, self.settings.text("embedded.user"), self.settings.number("embedded.port")
        )

    @property
    def server(self) -> EmbeddedServer | None:
        """The embedded server, if that is the pinned database."""
        return None if self.settings.text("database.url") else self.embedded

    def url(self) -> str:
        """Return the database's URL, starting the embedded server if it does not run.

        Raises:
            CommandError: nothing is initialised, or this is root and the embedded server is a user's.
            ServerError: the embedded server does not start.
        """
        if not self.initialised:
            raise CommandError("there is no database yet\nhint: run `hooktrace init`")
        if server := self.server:
            if refusal := self.places.refusal():  # root's server would be another one, and empty
                raise CommandError(refusal)
            if server.pid() is None:
                server.start()
                with contextlib.suppress(LaunchError):  # it puts the server away again when idle
                    start(self.places)
            return server.url
        return self.settings.text("database.url")

    @property
    def hook_ms(self) -> float | None:
        """Milliseconds that one hook takes here, as last measured; None if nobody has."""
        try:
            return float(self.places.hook_cost.read_text())
        except (OSError, ValueError):
            return None

    def note_hook_cost(self, milliseconds: float) -> None:
        """Remember what one hook takes here."""
        with contextlib.suppress(OSError):  # a figure to show, no more
            self.places.hook_cost.write_text(f"{milliseconds:.2f}\n")

    @contextmanager
    def reader(self) -> Iterator[Reader]:
        """Connect for reading."""
        with Reader.connected(self.url(), self.settings.text("database.schema")) as reader:
            yield reader
