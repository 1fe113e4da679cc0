"""The last links: the pinned database is the one that is meant, it answers, its tables are ours and up to date."""

from __future__ import annotations

from collections.abc import Iterator

from tracing.cli.diagnosis.finding import Finding, NotApplicable, note, problem
from tracing.cli.diagnosis.situation import Situation
from tracing.database.destination import Destination, DestinationError, resolve, without_password
from tracing.database.embedded import ServerError
from tracing.database.migration import MigrationError, inspect
from tracing.database.reader import Unreachable
from tracing.installation import CommandError, Installation
from tracing.wording import listed


def destination_meant(situation: Situation) -> Iterator[Finding]:
    """Compare the pinned database with what the environment names now; the collector heeds only the pinned one."""
    settings = situation.installation.settings
    if not situation.installation.initialised:
        raise NotApplicable
    pinned = settings.text("database.url")
    where = without_password(pinned) if pinned else "the embedded server"
    where = f"{where} (pinned by `hooktrace init`, named by {settings.text('database.source')})"
    try:
        named = resolve(None, situation.environment)
    except DestinationError as error:
        message = f"{str(error).partition(chr(10))[0]}; events go to {where}"
        yield note("database-variable-unreadable", message, "correct the variable, or unset it")
        return
    if named.url and named.url != pinned:
        message = f"{named.source} names {without_password(named.url)}, but events go to {where}"
        cure = f'`hooktrace init --db "${named.source}"` goes there from now on; else unset {named.source}'
        yield problem("database-other-in-environment", message, cure)
    elif not named.url and (ambient := _ambient(situation)) and ambient.url != pinned:
        message = f"{ambient.source} is of some other application, hooktrace does not heed it: events go to {where}"
        yield note("database-variables-not-heeded", message, "if it is meant for hooktrace: `hooktrace init --db env`")


def database_answers(situation: Situation) -> Iterator[Finding]:
    """Connect to the pinned database; the embedded server is started when it does not run."""
    if not situation.installation.initialised:
        raise NotApplicable
    if failure := _unreachable(situation):
        message, _, hint = failure.partition("\nhint: ")
        source = situation.installation.settings.text("database.source")
        cure = "bring it back, events wait in the spool until then; or name another: `hooktrace init --db URL`"
        yield problem("database-unreachable", f"{message} (named by {source})", f"{cure}; {hint}" if hint else cure)


def port_open(situation: Situation) -> Iterator[Finding]:
    """Look whether the embedded server listens where embedded.port says."""
    server = _answering(situation).server
    if server is None or not server.port:
        raise NotApplicable
    if failure := server.tcp_problem():
        message, _, hint = failure.partition("\nhint: ")
        yield note("embedded-port-closed", message, hint)


def schema_current(situation: Situation) -> Iterator[Finding]:
    """Look for migrations that the database lacks, and for what it has lost."""
    installation = _answering(situation)
    try:
        state = inspect(installation.url(), installation.settings.text("database.schema"))
        state.check()
    except MigrationError as error:
        message, _, hint = str(error).partition("\nhint: ")
        yield problem("schema-unusable", message, hint or "run `hooktrace init`")
        return
    if state.pending:
        message = f"the database lacks {len(state.pending)} migrations: {', '.join(state.pending)}"
        yield problem("schema-outdated", message, "`hooktrace init` applies them; nothing recorded is lost")
    if state.lost:
        message = f"the database has lost {listed(f'{kind} {name}' for kind, name in state.lost)}"
        yield problem("schema-lost", message, "`hooktrace schema apply` makes that again; rows come back from a backup")


def session_recorded(situation: Situation) -> Iterator[Finding]:
    """Look whether a session of a real agent was ever stored."""
    installation = _answering(situation)
    try:
        with installation.reader() as reader:
            recorded = reader.rows("sessions_of_agents")
    except Unreachable:
        raise NotApplicable from None  # its tables are not there, which is said already
    if not recorded:
        message = "waiting for the first session: no event of a real agent was stored yet"
        yield note("no-session-yet", message, "restart the sessions that are open: they read their hooks at the start")


def _answering(situation: Situation) -> Installation:
    if not situation.installation.initialised or _unreachable(situation):
        raise NotApplicable
    return situation.installation


def _unreachable(situation: Situation) -> str | None:
    """Return why the database does not answer; None when it does."""
    try:
        with situation.installation.reader():
            return None
    except (CommandError, ServerError, Unreachable) as error:
        return str(error)


def _ambient(situation: Situation) -> Destination | None:
    try:
        return resolve("env", situation.environment)
    except DestinationError:
        return None
