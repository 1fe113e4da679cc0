"""Where an installation keeps its files.

With ``HOOKTRACE_HOME`` everything lies under that one directory; without it the
XDG base directories decide.  The hooks work out ``state`` by the same rule in
shell (hooks/record): change both or neither.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

PRIVATE_DIRECTORY = 0o700
"""Mode of every directory made here: payloads are private."""

PRIVATE_FILE = 0o600
"""Mode of every file."""

STATE_README = """\
This directory belongs to hooktrace (see `hooktrace status`).

spool/      events written by the hooks, waiting for the collector; normally empty
packed/     events that wait for a database that is away: redacted, many to a file
bad/        events that could not be stored, redacted, each with its reason beside it; kept for a week
off/        sessions that ran with HOOKTRACE_ENABLED=0, and when `hooktrace pause` was in force: not to be brought back
paused      while it is there, the hooks record nothing (`hooktrace resume`)
sessions/   one small file per open session: the id of its running prompt
rounds/     a file for each `hooktrace flush` that waits for the collector's next round
learning/   a file for each `hooktrace flush` that waits until what was stored is learned from
export/     wakes the export to OpenTelemetry; there only where something is sent
export.json when that began, and how it went last
hook-cost   milliseconds that one hook takes here, as last measured
dropped     one byte per event that was dropped because the spool was full
advise.sock where the collector answers the hook that asks for advice; there only while advice is switched on
interpreter the Python that this hook runs, likewise
launch      starts the collector; written by `hooktrace init`
backups/    what stood in the agent's settings before hooktrace wrote into them; dumps of the database
"""


class PlaceError(Exception):
    """The environment names no usable directory."""


@dataclass(frozen=True)
class Places:
    """The files and directories of one installation; every path is absolute."""

    state: Path
    """Spool, locks and logs: what changes while the agent works."""
    config: Path
    """Holds config.toml."""
    data: Path
    """Holds the embedded database."""
    home: Path | None = None
    """``HOOKTRACE_HOME``, when it decided all of the above."""

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] | None = None) -> Places:
        """Work the directories out from *environment* (default: the process's own).

        Raises:
            PlaceError: ``HOOKTRACE_HOME`` is relative, or there is neither it nor ``HOME``.
        """
        names = os.environ if environment is None else environment
        if home := names.get("HOOKTRACE_HOME"):
            if not home.startswith("/"):
                raise PlaceError(
                    f"HOOKTRACE_HOME is not an absolute path: {home!r}\n"
                    "hint: the hooks run in the agent's directory, so only an absolute path means one place"
                )
            return cls(Path(home), Path(home), Path(home), Path(home))
        if not (user_home := names.get("HOME")):
            raise PlaceError("neither HOOKTRACE_HOME nor HOME is set\nhint: set HOOKTRACE_HOME=/some/directory")

        def base(variable: str, default: str) -> Path:
            value = names.get(variable, "")
            # The XDG specification: a relative value is to be ignored.
            return (Path(value) if value.startswith("/") else Path(user_home) / default) / "hooktrace"

        return cls(
            state=base("XDG_STATE_HOME", ".local/state"),
            config=base("XDG_CONFIG_HOME", ".config"),
            data=base("XDG_DATA_HOME", ".local/share"),
        )

    @property
    def config_file(self) -> Path:
        """The settings; 0600, since a database URL may hold a password."""
        return self.config / "config.toml"

    @property
    def spool(self) -> Path:
        """Events on their way to the database, one file each."""
        return self.state / "spool"

    @property
    def packed(self) -> Path:
        """Events that wait for a database that is away, redacted, many to a file."""
        return self.state / "packed"

    @property
    def bad(self) -> Path:
        """Events that could not be stored, each with a reason beside it."""
        return self.state / "bad"

    @property
    def off(self) -> Path:
        """Empty files named by the sessions that were not to be recorded."""
        return self.state / "off"

    @property
    def paused(self) -> Path:
        """While this file is there, the hooks do nothing."""
        return self.state / "paused"

    @property
    def pauses(self) -> Path:
        """When that was so earlier."""
        return self.off / "pauses"

    @property
    def sessions(self) -> Path:
        """One data file per open session, read by its Bash calls."""
        return self.state / "sessions"

    @property
    def rounds(self) -> Path:
        """A file for each command that waits until the collector has gone round what it follows."""
        return self.state / "rounds"

    @property
    def learning(self) -> Path:
        """A file for each command that waits until what is stored is learned from."""
        return self.state / "learning"

    @property
    def export(self) -> Path:
        """What wakes the export; there only where something is sent."""
        return self.state / "export"

    @property
    def export_journal(self) -> Path:
        """When the export began, and how it went last."""
        return self.state / "export.json"

    @property
    def launcher(self) -> Path:
        """A script that starts the collector; hooks run it."""
        return self.state / "launch"

    @property
    def advice_socket(self) -> Path:
        """Where the collector answers the hook that asks for advice."""
        return self.state / "advise.sock"

    @property
    def interpreter(self) -> Path:
        """Names the Python that this hook runs."""
        return self.state / "interpreter"

    @property
    def lock(self) -> Path:
        """Held by the one collector."""
        return self.state / "collector.lock"

    @property
    def pid_file(self) -> Path:
        """The collector's process id: a hint for the hooks, never a lock."""
        return self.state / "collector.pid"

    @property
    def log(self) -> Path:
        """What the collector had to say."""
        return self.state / "collector.log"

    @property
    def full_flag(self) -> Path:
        """While this file is there, the hooks drop (and count) events."""
        return self.state / "full"

    @property
    def dropped(self) -> Path:
        """One byte per dropped event."""
        return self.state / "dropped"

    @property
    def hook_cost(self) -> Path:
        """Milliseconds that one hook takes on this machine, as it was last measured."""
        return self.state / "hook-cost"

    @property
    def hooks(self) -> Path:
        """Our copy of the hooks: the path that the agent's settings name stays the same over upgrades."""
        return self.data / "hooks"

    @property
    def backups(self) -> Path:
        """What stood in the agent's settings before we wrote into them, and dumps of the database."""
        return self.state / "backups"

    @property
    def database(self) -> Path:
        """The embedded server's directory."""
        return self.data / "database"

    @property
    def made(self) -> Path:
        """The directories above these that were made for them, a path a line (install.sh writes it, too)."""
        return self.data / "directories-made"

    def refusal(self) -> str | None:
        """Tell why root may do nothing here that lasts; None if it may, and for anybody else, whom the system stops.

        The spool tells whose the installation is: its home, or the volume that it lies on, may be anybody's.
        """
        try:
            owner = self.spool.stat().st_uid
        except OSError:
            return None
        if os.geteuid() != 0 or owner == 0:
            return None
        return (
            f"run as root, but {self.spool} belongs to user {owner}, who could not change what root makes there\n"
            "hint: run it without sudo; it needs no root"
        )

    def create(self) -> None:
        """Make the directories the hooks and the collector need; existing ones keep their mode."""
        places = (self.state, self.config, self.data)
        made = [above for place in places for above in place.parents if not above.exists()]
        working = (self.spool, self.packed, self.bad, self.off, self.sessions, self.rounds, self.learning)
        for directory in (self.state, *working, self.config, self.data):
            directory.mkdir(mode=PRIVATE_DIRECTORY, parents=True, exist_ok=True)
        if made:
            with self.made.open("a") as file:
                file.writelines(f"{path}\n" for path in dict.fromkeys(made))
        readme = self.state / "README"
        if not readme.exists():
            readme.write_text(STATE_README)
