"""The command line: one file per verb, each loaded only when it is asked for."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from importlib import import_module
from keyword import iskeyword
from typing import Any

import click
from click.shell_completion import CompletionItem

from tracing.places import PlaceError

COMMANDS = {
    "init": "create the database, pin it, and put the hooks into the agent's settings",
    "status": "tell whether it works: hooks, spool, collector, database",
    "doctor": "check each link of the chain, and give the cure for what is broken",
    "prove": "send a recorded session through the real hooks and print its trace",
    "sessions": "list the latest sessions",
    "show": "print a session, or a part of one, as a tree",
    "tail": "print events as they are stored",
    "top": "tell what is slow, what fails and what costs most",
    "dashboard": "show what was recorded in a browser",
    "report": "answer a question about what was recorded, or write a session down for others",
    "route": "tell which agent did well with requests like one",
    "advise": "explain the advice that the agent was given, and what it changed",
    "file": "print each edit of a file with its prompt, cost and outcome",
    "commit": "print the prompts behind a commit, their time and cost",
    "learn": "learn from finished prompts now; --all learns everything again",
    "patterns": "list the ways of working that succeeded, the surest first",
    "errors": "list the kinds of failure, and what cured them",
    "rate": "say that a prompt went good or bad",
    "compare": "tell whether a change of model, client or instructions helped",
    "run": "run a command as the root of what it starts: agents, programs",
    "import": "bring in the sessions that ran before the installation, from the agent's transcripts",
    "pause": "record nothing until `hooktrace resume`",
    "resume": "record again after `hooktrace pause`",
    "flush": "wait until everything spooled so far is stored and learned from",
    "db": "the database: its URL, its variables; backup, restore, move",
    "schema": "the tables: apply, verify, document, print, reset",
    "retention": "remove what has had its time; --dry-run says what that is",
    "forget": "delete everything of a session or a project, for good",
    "maintain": "keep the database fast, and tell how its tables are",
    "otel": "what is sent to an OpenTelemetry backend: status, replay",
    "redact": "show which secrets of a file would go before anything is stored",
    "config": "read and write the settings",
    "collector": "start, stop or run the collector",
    "completion": "print what makes bash, zsh or fish complete commands and ids",
    "uninstall": "take the hooks out of the agent's settings; what was recorded stays unless --purge",
}


class Verbs(click.Group):
    """Finds a command in the module of its name; help needs only the table of them."""

    def __init__(self, *arguments: Any, table: Mapping[str, str], package: str, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._table = table
        self._package = package

    def list_commands(self, _context: click.Context) -> list[str]:
        """Return the verbs in the order in which a new user meets them."""
        return list(self._table)

    def get_command(self, _context: click.Context, name: str) -> click.Command | None:
        """Load the command *name*."""
        if name not in self._table:
            return None
        module = f"{name}_" if iskeyword(name) else name
        command: click.Command = import_module(f"{self._package}.{module}").command
        return command

    def format_commands(self, _context: click.Context, formatter: click.HelpFormatter) -> None:
        """List the verbs without loading them."""
        with formatter.section("Commands"):
            formatter.write_dl(list(self._table.items()))

    def shell_complete(self, context: click.Context, incomplete: str) -> list[CompletionItem]:
        """Complete a verb without loading one."""
        verbs = [CompletionItem(name, help=told) for name, told in self._table.items() if name.startswith(incomplete)]
        return verbs + click.Command.shell_complete(self, context, incomplete)

    def resolve_command(
        self, context: click.Context, arguments: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find the verb; a typo is answered with what it may have meant."""
        from difflib import get_close_matches

        if arguments and arguments[0] not in self._table:
            close = get_close_matches(arguments[0], self._table, 1)
            typed = " ".join(("hooktrace", *self._package.split(".")[2:]))
            hint = f"did you mean `{typed} {close[0]}`?" if close else f"`{typed} --help` lists the commands"
            raise click.UsageError(f"no command {arguments[0]!r}; {hint}", context)
        return super().resolve_command(context, arguments)


@click.group(cls=Verbs, table=COMMANDS, package=__name__, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="hooktrace")
def cli() -> None:
    """Record what a coding agent does as one connected trace in PostgreSQL."""


def main() -> None:
    """Run the command line; what goes wrong is one sentence and its cure, never a traceback."""
    try:
        cli()
    except BrokenPipeError:  # `hooktrace show | head`
        sys.stderr.close()
        sys.exit(1)
    except Exception as error:
        if not _expected(error):
            raise
        click.echo(f"hooktrace: {error}", err=True)
        sys.exit(1)


def _expected(error: Exception) -> bool:
    """Tell the errors whose message is written for the user; their modules are loaded if they were raised."""
    from tracing.installation import EXPECTED

    return isinstance(error, (PlaceError, *EXPECTED))
