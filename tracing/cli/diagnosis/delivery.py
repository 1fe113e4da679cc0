"""The middle: what the hooks leave is fetched by a collector that can be started, and nothing is lost on the way."""

from __future__ import annotations

import os
import shlex
import subprocess
from collections import Counter
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

from tracing.cli.diagnosis.finding import Finding, NotApplicable, problem
from tracing.cli.diagnosis.situation import Situation
from tracing.places import PlaceError, Places

GRACE_S = 10.0
"""How long an event may wait before something is wrong; a busy machine takes a second, usually it is 30 ms."""

LAUNCH_LIMIT_S = 30
"""For an interpreter that imports the collector; usually it is 0.3 s."""

MOST_REASONS = 3
"""So many reasons for bad events are named; the rest is counted."""


def initialised(situation: Situation) -> Iterator[Finding]:
    """Look whether anything would ever fetch what the hooks leave."""
    installation = situation.installation
    if installation.initialised:
        return
    waiting = installation.queue.events
    if situation.plugin:
        message = f"the plugin {situation.plugin} has no database: {waiting} events wait in {installation.places.spool}"
        cure = "`/hooktrace:setup` in a session, or `hooktrace init --no-agent`; what waits is stored then"
        yield problem("plugin-without-init", message, cure)
    else:
        message = f"`hooktrace init` has not run for {installation.places.state}: {waiting} events wait there"
        yield problem("not-initialised", message, "run `hooktrace init`")


def spool_writable(situation: Situation) -> Iterator[Finding]:
    """Look whether the hooks can write into the spool; they make it when it is not there."""
    spool = situation.installation.places.spool
    if spool.exists() and not (spool.is_dir() and os.access(spool, os.W_OK | os.X_OK)):
        message = f"{spool} is no directory that this user can write into: every event is dropped"
        yield problem("spool-unusable", message, f"move it away, or give it to this user: `chown -R $(id -un) {spool}`")


def launcher_works(situation: Situation) -> Iterator[Finding]:
    """Read the launcher, and let its interpreter import the collector in its environment."""
    _only_if_initialised(situation)
    path = situation.installation.places.launcher
    cure = "`hooktrace init` writes it anew"
    if not path.is_file():
        yield problem("launcher-missing", f"{path} is not there: no hook can start the collector", cure)
        return
    if not os.access(path, os.X_OK):
        yield problem("launcher-broken", f"{path} is not executable", cure)
        return
    if reason := _broken(path, situation.installation.places):
        yield problem("launcher-broken", f"{path} cannot start the collector: {reason}", cure)


def collector_fetches(situation: Situation) -> Iterator[Finding]:
    """Look for events that wait although a collector should have fetched them."""
    _only_if_initialised(situation)
    installation = situation.installation
    queue = installation.queue
    age = situation.now - queue.oldest_at.timestamp() if queue.oldest_at else 0.0
    if age < GRACE_S:
        return
    many = f"{queue.events} events wait, the oldest for {age:.0f} s"
    log = installation.places.log
    if (pid := installation.lock.running()) is None:
        cure = f"`hooktrace collector start`; if it ends again, {log} says why"
        yield problem("collector-dead", f"{many}, and no collector runs{_last_complaint(log)}", cure)
    else:
        cure = f"cure what is said of the database below; {log} says the rest; `hooktrace collector stop` is safe"
        yield problem("spool-growing", f"{many}, although the collector runs (pid {pid}){_last_complaint(log)}", cure)


def nothing_dropped(situation: Situation) -> Iterator[Finding]:
    """Look for events that the hooks had to drop, and whether they do so now."""
    installation = situation.installation
    places = installation.places
    if places.full_flag.exists():
        limit = installation.settings.number("spool.max_mb")
        message = f"the spool is full (spool.max_mb is {limit}): new events are dropped"
        cure = "`hooktrace flush` empties it; `hooktrace config set spool.max_mb N` gives it more room"
        yield problem("spool-full", message, cure)
    if dropped := installation.spool.dropped():
        last = datetime.fromtimestamp(places.dropped.stat().st_mtime).astimezone().isoformat(timespec="seconds")
        message = f"{dropped} events were dropped, the last at {last}: the spool or the disk was full"
        cure = f"they are lost; when the cause is cured, `rm {shlex.quote(str(places.dropped))}` begins the count anew"
        yield problem("events-dropped", message, cure)


def nothing_bad(situation: Situation) -> Iterator[Finding]:
    """Look for events that could not be stored, and count their reasons."""
    installation = situation.installation
    directory = installation.places.bad
    if not (bad := installation.dead_letters.count()):
        return
    reasons = Counter(file.read_text(errors="replace").strip() for file in directory.glob("*.reason"))
    named = [f"{count} times: {reason}" for reason, count in reasons.most_common(MOST_REASONS)]
    if rest := len(reasons) - len(named):
        named.append(f"{rest} more reasons")
    cure = f"look at them in {directory}; report what is not your doing; delete them when they are of no use"
    yield problem("events-bad", f"{bad} events could not be stored: {'; '.join(named) or 'no reason given'}", cure)


def _only_if_initialised(situation: Situation) -> None:
    if not situation.installation.initialised:
        raise NotApplicable


def _broken(launcher: Path, places: Places) -> str | None:
    """Return why *launcher* would start no collector of *places*; None when it would."""
    try:
        words = shlex.split(launcher.read_text(), comments=True)
        start = words.index("-i") + 1
        module = words.index("-m")
    except (OSError, ValueError):
        return "it is not the script that `hooktrace init` writes"
    command = words[start:module]
    given = dict(word.split("=", 1) for word in command if "=" in word and not word.startswith(("/", "-")))
    interpreter = next((word for word in command if word.startswith("/")), "")
    if not os.access(interpreter, os.X_OK):
        return f"its interpreter {interpreter or '(none)'} is gone"
    try:
        elsewhere = Places.from_environment(given)
    except PlaceError as error:
        return str(error).partition("\n")[0]
    if (elsewhere.state, elsewhere.config) != (places.state, places.config):
        return f"it serves another installation, {elsewhere.state}"
    return _import_failure([interpreter, "-P", "-c", "import tracing.collector.__main__"], given)


def _import_failure(command: list[str], environment: dict[str, str]) -> str | None:
    try:
        done = subprocess.run(
            command, env=environment, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=LAUNCH_LIMIT_S
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        return str(error)
    if done.returncode == 0:
        return None
    lines = done.stderr.strip().splitlines()
    return f"{command[0]} says {lines[-1]}" if lines else f"{command[0]} exits {done.returncode}"


def _last_complaint(log: Path) -> str:
    """Return the collector's last warning, to be put behind a sentence."""
    try:
        lines = log.read_text(errors="replace").splitlines()[-200:]
    except OSError:
        return ""
    complaints = [line for line in lines if " WARNING " in line or " ERROR " in line]
    return f"; its log ends with: {complaints[-1]}" if complaints else ""
