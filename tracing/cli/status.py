"""``hooktrace status``: whether it works."""

from __future__ import annotations

import json
import os
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import click
from rich.table import Table
from rich.text import Text

from tracing.agentsettings import SettingsFileError, hooks_missing
from tracing.capture import FULL, NO_CONTENT
from tracing.capturerule import VARIABLE, CaptureRule
from tracing.cli.installation import CommandError, Installation
from tracing.cli.terminal import terminal
from tracing.cli.trust import trust_line
from tracing.cli.unhooked import unhooked_sessions
from tracing.database.destination import without_password
from tracing.database.embedded import ServerError
from tracing.database.ledger import Ledger, read_ledger
from tracing.database.reader import Unreachable
from tracing.refusals import Refusals
from tracing.workplace import look_up

OFF = frozenset({"0", "false", "off", "no"})
"""Values of HOOKTRACE_ENABLED that switch the hooks off, in any case (hooks/record says the same)."""


def switched_off() -> bool:
    """Tell whether HOOKTRACE_ENABLED in this environment switches the hooks off."""
    return os.environ.get("HOOKTRACE_ENABLED", "").lower() in OFF


WINDOW = timedelta(hours=24)
"""How far back the ledger of the status goes."""


@click.command("status")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def command(as_json: bool) -> None:
    """Tell whether it works: spool, collector, database."""
    status = gather(Installation.here())
    if as_json:
        click.echo(json.dumps(status, indent=2))
    else:
        _print(status)


def gather(installation: Installation) -> dict[str, Any]:
    """Return all that `status` knows, as JSON values."""
    places = installation.places
    queue, bad = installation.queue, installation.dead_letters.count()
    pid = installation.lock.running()
    database, events = _database(installation)
    ledger = _ledger(installation) if database["reachable"] else None
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
        "trust": _trust(installation, ledger),
        "chores": _chores(installation) if database["reachable"] else {},
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


def _ledger(installation: Installation) -> Ledger | None:
    try:
        return recent_ledger(installation, installation.agent.path.parent)
    except SettingsFileError:
        return None


def recent_ledger(installation: Installation, config: Path) -> Ledger | None:
    """Return the ledger of the last 24 hours, of the agent configured in *config*; None where nobody can tell."""
    since = datetime.now(UTC) - WINDOW
    try:
        with installation.reader() as reader:
            return read_ledger(reader, since=since, unhooked=unhooked_sessions(installation, config, reader, since))
    except (CommandError, ServerError, Unreachable):
        return None


def _trust(installation: Installation, ledger: Ledger | None) -> str | None:
    if ledger is None:
        return None
    line = trust_line(ledger, hook_ms=installation.hook_ms, dropped=installation.spool.dropped())
    return f"last 24 hours: {line}"


def _chores(installation: Installation) -> dict[str, Any]:
    """Return when retention and maintenance were done last, and why not if they failed."""
    try:
        with installation.reader() as reader:
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


def _database(installation: Installation) -> tuple[dict[str, Any], dict[str, Any]]:
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
    try:
        with installation.reader() as reader:
            counts = reader.row("event_counts")
            waiting = not reader.rows("sessions_of_agents")
    except (CommandError, Unreachable, ServerError) as error:
        return {**known, "problem": str(error)}, nothing
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


def _print(status: dict[str, Any]) -> None:
    console = terminal(80)
    if status["trust"]:
        console.print(status["trust"], highlight=False, markup=False, style="bold", soft_wrap=True)
        console.print()
    table = Table.grid(padding=(0, 2))
    spool, database, collector = status["spool"], status["database"], status["collector"]

    def line(name: str, good: bool | None, text: str | Text) -> None:
        mark = {True: "[green]✓[/]", False: "[red]✗[/]", None: " "}[good]
        table.add_row(name, mark, text)

    hooks = status["hooks"]
    places = {"all": "in the agent's settings", "some": "in the agent's settings, but not all of them", "none": ""}
    where = " and ".join(filter(None, [places[hooks["settings"]], hooks["plugin"] and f"plugin {hooks['plugin']}"]))
    twice = hooks["settings"] != "none" and hooks["plugin"]
    good = not hooks["problem"] and where != "" and hooks["settings"] != "some" and not twice
    where += ": every event is recorded twice; `hooktrace init` keeps one" if twice else ""
    line("hooks", good, hooks["problem"] or where or "not installed; `hooktrace init` puts them in")
    off = (
        f"paused since {status['paused_since']}: `hooktrace resume`"
        if status["paused_since"]
        else "off (HOOKTRACE_ENABLED)"
    )
    line("recording", status["enabled"], "on" if status["enabled"] else f"{off}; the hooks record nothing")
    if because := status["capture"]["because"]:
        line("capture", None, Text(f"{status['capture']['level']} here: {because}"))
    where = database["url"] or "embedded PostgreSQL"
    if database["reachable"]:
        named = "" if database["source"] == "embedded" else f" (named by {database['source']})"
        line("database", True, where + named)
    else:
        line("database", False, f"{database['problem']}")
    if database["tcp_problem"]:
        line("tcp", False, database["tcp_problem"])
    elif database["tcp_port"]:
        line("tcp", True, f"127.0.0.1:{database['tcp_port']} (embedded.port)")
    running = f"runs, pid {collector['pid']}" if collector["running"] else "asleep; the next session wakes it"
    line("collector", None, running)
    line(
        "waiting",
        not spool["full"],
        f"{spool['waiting']} events, {spool['packed']} of them packed" + (" (full)" if spool["full"] else ""),
    )
    lost = f"{spool['dropped']} dropped, {spool['bad']} in {status['state']}/bad"
    line("lost", not (spool["dropped"] or spool["bad"]), lost)
    stored = status["events"]["stored"]
    if status["waiting_for_first_session"]:
        line("stored", None, "waiting for the first session; a session that was open before must be restarted")
    elif stored is not None:
        line("stored", None, f"{stored} events, the last at {status['last_event_at']}")
    for name, chore in status["chores"].items():
        line(name, None if chore["succeeded"] is None else chore["succeeded"], _told(chore))
    console.print(table, markup=True, highlight=False)


def _told(chore: dict[str, Any]) -> str:
    """Return when a chore was done last."""
    if chore["ended_at"] is None:
        return f"begun at {chore['began_at']}, and not ended yet or broken off"
    return f"failed at {chore['ended_at']}: {chore['failed']}" if chore["failed"] else f"done at {chore['ended_at']}"
