"""The status: all that tells whether an installation works, as JSON values."""

from __future__ import annotations

import os
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from tracing.agentsettings import SettingsFileError, hooks_missing
from tracing.capture import FULL, NO_CONTENT
from tracing.capturerule import VARIABLE, CaptureRule
from tracing.database.destination import without_password
from tracing.database.embedded import ServerError
from tracing.database.ledger import Ledger, read_ledger
from tracing.database.reader import Reader, Unreachable
from tracing.installation.installed import CommandError, Installation
from tracing.installation.trust import trust_line
from tracing.installation.unhooked import unhooked_sessions
from tracing.refusals import Refusals
from tracing.workplace import look_up

OFF = frozenset({"0", "false", "off", "no"})
"""Values of HOOKTRACE_ENABLED that switch the hooks off, in any case (hooks/record says the same)."""


def switched_off() -> bool:
    """Tell whether HOOKTRACE_ENABLED in this environment switches the hooks off."""
    return os.environ.get("HOOKTRACE_ENABLED", "").lower() in OFF


WINDOW = timedelta(hours=24)
"""How far back the ledger of the status goes."""


def gather(installation: Installation) -> dict[str, Any]:
    """Return all that `status` knows, as JSON values."""
    try:
        with installation.reader() as reader:
            return status_of(installation, reader, ledger_of_day(installation, reader))
    except UNANSWERED as error:
        return status_of(installation, error, None)


UNANSWERED = (CommandError, ServerError, Unreachable)
"""Why there may be no reader."""


def status_of(installation: Installation, reader: Reader | Exception, ledger: Ledger | None) -> dict[str, Any]:
    """Return the same by a *reader* that there is already, or by why there is none, and the ledger of the day.

    Raises:
        Unreachable: the database ceased to answer.
    """
    places = installation.places
    queue, bad = installation.queue, installation.dead_letters.count()
    pid = installation.lock.running()
    database, events = _database(installation, reader)
    paused = Refusals(places).paused_since
    return {
        "hooks": _hooks(installation),
        "enabled": not switched_off() and paused is None,
        "paused_since": paused.isoformat() if paused else None,
        "capture": _capture(installation),
        "initialised": installation.initialised,
        "collector": {"running": pid is not None, "pid": pid},
        "database": database,
        "spool": {
            "waiting": queue.events,
            "packed": queue.packed,
            "oldest_at": queue.oldest_at.isoformat() if queue.oldest_at else None,
            "bytes": queue.size,
            "full": places.full_flag.exists(),
            "bad": bad,
            "dropped": installation.spool.dropped(),
        },
        "events": {"stored": events["stored"], "fired": _fired(installation, queue.events + bad, events["stored"])},
        "last_event_at": events["last_event_at"],
        "waiting_for_first_session": events["waiting_for_first_session"],
        "ledger": ledger.as_json() if ledger else None,
        "trust": trust_of_day(installation, ledger) if ledger else None,
        "chores": {} if isinstance(reader, Exception) else _chores(reader),
        "state": str(places.state),
    }


def _capture(installation: Installation) -> dict[str, str | None]:
    """Return how much is kept of a session that is started here, and why that is not all."""
    here = str(Path.cwd())
    places = filter(None, (here, look_up(here, now=False).get("repository")))
    because = CaptureRule.of(installation.settings).reason(os.environ.get(VARIABLE, ""), places)
    return {"level": NO_CONTENT if because else FULL, "because": because}


def _fired(installation: Installation, kept: int, stored: int | None) -> int | None:
    """Return how many events are known of, whatever became of them; *kept* are in files."""
    return None if stored is None else stored + kept + installation.spool.dropped()


def ledger_of_day(installation: Installation, reader: Reader) -> Ledger | None:
    """Return the ledger of the last 24 hours, of the agent that the environment names; None if it names none."""
    try:
        return recent_ledger(installation, installation.agent.path.parent, reader)
    except SettingsFileError:
        return None


def recent_ledger(installation: Installation, config: Path, reader: Reader) -> Ledger:
    """Return the ledger of the last 24 hours, of the agent configured in *config*."""
    since = datetime.now(UTC) - WINDOW
    return read_ledger(reader, since=since, unhooked=unhooked_sessions(installation, config, reader, since))


def trust_of_day(installation: Installation, ledger: Ledger) -> str:
    """Return the trust line of the last 24 hours."""
    line = trust_line(ledger, hook_ms=installation.hook_ms, dropped=installation.spool.dropped())
    return f"last 24 hours: {line}"


def _chores(reader: Reader) -> dict[str, Any]:
    """Return when retention and maintenance were done last, and why not if they failed."""
    try:
        rows = reader.rows("chores")
    except Unreachable:  # tables from before there were chores, or a login that may not see them
        return {}
    return {
        row["name"]: {
            "began_at": row["began_at"].isoformat(),
            "ended_at": row["ended_at"].isoformat() if row["ended_at"] else None,
            "succeeded": row["succeeded"],
            "failed": row["report"].get("failed") if row["succeeded"] is False else None,
        }
        for row in rows
    }


def _hooks(installation: Installation) -> dict[str, Any]:
    """Return in which of their two forms the hooks are installed, and what became of them."""
    try:
        agent = installation.agent
        settings, plugin = agent.installed(), agent.plugin_enabled()
        problem = hooks_missing(installation.places.backups)
    except SettingsFileError as error:
        settings, plugin, problem = "none", None, str(error)
    return {"settings": settings, "plugin": plugin, "problem": problem}


def _database(installation: Installation, reader: Reader | Exception) -> tuple[dict[str, Any], dict[str, Any]]:
    nothing = {"stored": None, "last_event_at": None, "waiting_for_first_session": None}
    settings = installation.settings
    known: dict[str, Any] = {
        "reachable": False,
        "url": without_password(url) if (url := settings.text("database.url")) else None,
        "source": settings.text("database.source") or None,
        "server_pid": None,
        "tcp_port": None,
        "tcp_problem": None,
        "problem": None,
    }
    if isinstance(reader, Exception):
        return {**known, "problem": str(reader)}, nothing
    counts = reader.row("event_counts")
    waiting = not reader.rows("sessions_of_agents")
    server = installation.server
    known["reachable"] = True
    if server:
        known |= {
            "server_pid": server.pid(),
            "tcp_port": server.open_port(),
            "tcp_problem": server.tcp_problem(),
        }
    last = counts["last_event_at"]
    return known, {
        "stored": counts["stored"],
        "last_event_at": last.isoformat() if last else None,
        "waiting_for_first_session": waiting,
    }
