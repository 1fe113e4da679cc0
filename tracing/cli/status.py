"""``hooktrace status``: whether it works."""

from __future__ import annotations

import json
from typing import Any

import click
from rich.table import Table
from rich.text import Text

from tracing.cli.terminal import terminal
from tracing.installation import Installation
from tracing.installation.status import gather


@click.command("status")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def command(as_json: bool) -> None:
    """Tell whether it works: spool, collector, database."""
    status = gather(Installation.here())
    if as_json:
        click.echo(json.dumps(status, indent=2))
    else:
        _print(status)


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
