"""``hooktrace completion``: what makes a shell complete commands, options and ids."""

from __future__ import annotations

import contextlib
import re

import click
from click.shell_completion import BashComplete, CompletionItem, FishComplete, ZshComplete

from tracing.installation import Installation
from tracing.wording import one_line

SHELLS = {"bash": BashComplete, "zsh": ZshComplete, "fish": FishComplete}

OFFERED = 20
"""Ids; the newest."""

_PLAIN = re.compile(r"[\w.-]{1,100}", re.ASCII)
"""An id that no shell reads as anything else."""


@click.command("completion")
@click.argument("shell", type=click.Choice(SHELLS))
def command(shell: str) -> None:
    r"""Print what makes SHELL complete commands, options and the ids of recent sessions.

    \b
    bash, in ~/.bashrc:                  eval "$(hooktrace completion bash)"
    zsh, in ~/.zshrc (after compinit):   eval "$(hooktrace completion zsh)"
    fish, in ~/.config/fish/config.fish: hooktrace completion fish | source
    """
    from tracing.cli import cli  # which holds this command

    click.echo(SHELLS[shell](cli, {}, "hooktrace", "_HOOKTRACE_COMPLETE").source())


def recent_sessions(_context: click.Context, _parameter: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Return the ids of recent sessions; none where that would take long: no server is started or asked far away."""
    installation = Installation.here()
    with contextlib.suppress(Exception):  # somebody pressed Tab: there is nobody to tell what is wrong
        server = installation.server
        if installation.initialised and server and server.pid():
            with installation.reader() as reader:
                rows = reader.rows("recent_sessions", beginning=incomplete, limit=OFFERED)
            return [
                CompletionItem(row["session_id"], help=f"{row['started_at'].astimezone():%d %b %H:%M} {_place(row)}")
                for row in rows
                if _PLAIN.fullmatch(row["session_id"])
            ]
    return []


def _place(row: dict[str, object]) -> str:
    return one_line(str(row["project"] or ""), 40)
