"""``hooktrace uninstall``: everything that was put in is taken out; what was recorded stays unless --purge.

The order is the one in which nothing can come back: the settings first, so that sessions run no more
hooks, then the hooks, then the launcher, then what it launched.  This process's own interpreter goes last.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

import click

from tracing.agentsettings import Change, SettingsFileError, recorded
from tracing.cli.collector import stop
from tracing.database.catalogue import ours
from tracing.database.destination import without_password
from tracing.database.embedded import EmbeddedServer, ServerError
from tracing.installation import CommandError, Installation
from tracing.places import STATE_README, Places
from tracing.resources import resource
from tracing.settings import SettingError

LINK = Path(".local/bin/hooktrace")
"""Below HOME, where install.sh links the command."""

DATA = (
    "spool",
    "packed",
    "bad",
    "off",
    "paused",
    "sessions",
    "rounds",
    "learning",
    "export",
    "export.json",
    "backups",
    "dropped",
    "hook-cost",
    "full",
    "directories-made",
    "installing",
    "config.toml",
)
DATA_FILES = ("README", "collector.log*", ".*.hooktrace-*")
"""Names, and patterns of them, that only --purge removes; anything else there is not ours."""


@click.command("uninstall")
@click.option("--purge", is_flag=True, help="Delete what was recorded, too.")
@click.option("--yes", is_flag=True, help="Ask nothing.")
def command(purge: bool, yes: bool) -> None:
    """Take the hooks out of the agent's settings and stop what runs; what was recorded stays unless --purge."""
    installation = Installation.here()
    places = installation.places
    made = _made(places)
    if purge:
        _check_purge(places)
        _confirm(places, yes)
    for line in _removal(installation, purge):
        click.echo(line)
    sys.stdout.flush()
    _remove_environments(places)  # nothing can be imported after this
    for directory in (places.data, *(_with_parents(places, made) if purge else ())):
        with contextlib.suppress(OSError):
            directory.rmdir()  # if it is empty


def _removal(installation: Installation, purge: bool) -> Iterator[str]:
    """Remove everything but this process's own interpreter, and tell it line by line."""
    places = installation.places
    yield from _take_out_hooks(installation)
    yield from _removed("hooks", [places.hooks / file.name for file in resource("hooks").iterdir()])
    with contextlib.suppress(OSError):
        places.hooks.rmdir()
    yield from _removed("launcher", [places.launcher, places.launcher.with_suffix(".new")])
    _delete([places.interpreter])
    if stop(installation):
        yield "collector stopped"
    yield from _stop_server(places, purge)
    _delete([places.lock, places.pid_file, places.advice_socket])
    if _links_to_us(link := Path.home() / LINK, places):
        yield from _removed("command", [link])
    yield from (f"program   removed {path}" for path in _environments(places))
    yield from _external(installation)
    yield from _purged(places) if purge else _staying(places)


def _check_purge(places: Places) -> None:
    """Refuse places of which nobody can mean that they be emptied.

    Raises:
        CommandError: one of them is the root directory, or the user's home or above it.
    """
    home = Path.home().resolve()
    for place in (places.state, places.config, places.data):
        whole = place.resolve()
        if whole == home or whole in home.parents:
            raise CommandError(
                f"{place} is your home directory or above it: nothing is purged there\n"
                "hint: `hooktrace uninstall` without --purge, then delete what is left by hand"
            )


def _confirm(places: Places, yes: bool) -> None:
    """Ask whether everything recorded may go.

    Raises:
        CommandError: there is nobody to ask.
    """
    if yes:
        return
    if not sys.stdin.isatty():
        raise CommandError("--purge deletes everything that was recorded\nhint: without a terminal, say --yes as well")
    click.confirm(f"Delete everything that was recorded, in {', '.join(_distinct(places))}?", abort=True)


# The agent's settings


def _take_out_hooks(installation: Installation) -> Iterator[str]:
    """Take them out of every settings file they were put into: CLAUDE_CONFIG_DIR may have been another one."""
    here, backups, plugin = installation.agent, installation.places.backups, None
    everywhere = {settings.path: settings for settings in (here, *recorded(backups))}
    for settings in everywhere.values():
        change = settings.remove()
        yield _told(change)
        yield from change.warnings
    with contextlib.suppress(OSError):
        backups.rmdir()  # unless something is kept in it
    with contextlib.suppress(SettingsFileError):
        plugin = here.plugin_enabled()
    if plugin:
        yield f"plugin    {plugin} is still enabled; `claude plugin uninstall {plugin}` removes it"


def _told(change: Change) -> str:
    if not change.wrote:
        return f"settings  no hooks of ours in {change.path}"
    kept = f"; what stood there before them is kept in {change.backup}" if change.backup else ""
    return f"settings  hooks taken out of {change.path}{kept}"


# The database


def _stop_server(places: Places, purge: bool) -> Iterator[str]:
    server = EmbeddedServer.at(places)
    if not server.base.exists():
        return
    if purge:
        server.destroy()
        yield f"database  deleted {server.base}"
        return
    try:
        server.stop()
    except ServerError as error:
        yield str(error)


def _external(installation: Installation) -> Iterator[str]:
    """Tell what stays in a database that is not ours."""
    try:
        url = installation.settings.text("database.url")
    except SettingError:
        return
    if url:
        yield f"database  {without_password(url)} is left as it is; ours are its tables {', '.join(_tables())}"


def _tables() -> list[str]:
    """Return the tables that the migrations make, partitions apart."""
    return sorted(name for kind, name in ours() if kind == "table" and not name.endswith("_default"))


# Files


def _removed(what: str, paths: Iterable[Path]) -> Iterator[str]:
    for path in _delete(paths):
        yield f"{what:<9} removed {path}"


def _delete(paths: Iterable[Path]) -> list[Path]:
    """Delete what is there of *paths*, links as links; return that.

    Raises:
        CommandError: the system refuses.
    """
    there = [path for path in paths if path.is_symlink() or path.exists()]
    for path in there:
        try:
            if path.is_dir() and not path.is_symlink():
                shutil.rmtree(path)
            else:
                path.unlink()
        except OSError as error:
            hint = "hint: mend that and run the command again: it goes on where it stopped"
            raise CommandError(f"{path} cannot be deleted: {error.strerror}\n{hint}") from error
    return there


def _purged(places: Places) -> Iterator[str]:
    """Delete what is ours in our places, and name what is not."""
    if places.state.is_dir() and not _is_ours(places.state):
        yield f"data      stays in {places.state}: without its README nothing tells that it is ours; delete it by hand"
        return
    environments = _environments(places)
    for directory in map(Path, _distinct(places)):
        if directory.is_dir():
            _delete(directory / name for name in DATA)
            _delete(path for pattern in DATA_FILES for path in directory.glob(pattern))
            rest = [str(path) for path in directory.iterdir() if path not in environments]
            yield f"data      deleted {directory}" + (f", but for {', '.join(rest)}: not ours" if rest else "")


def _is_ours(state: Path) -> bool:
    """Tell whether we made *state*: somebody may have named a directory of their own as HOOKTRACE_HOME."""
    try:
        return (state / "README").read_text().startswith(STATE_README.splitlines()[0])
    except (OSError, ValueError):
        return False


def _staying(places: Places) -> Iterator[str]:
    environments = _environments(places)
    there = [path for path in _distinct(places) if any(file not in environments for file in Path(path).glob("*"))]
    if there:
        yield f"data      stays in {', '.join(there)}; `hooktrace uninstall --purge` would have deleted it"


def _distinct(places: Places) -> list[str]:
    return list(dict.fromkeys(map(str, (places.state, places.config, places.data))))


def _made(places: Places) -> list[Path]:
    """Return the directories above ours that were made for them."""
    with contextlib.suppress(OSError):
        return [Path(line) for line in places.made.read_text().splitlines() if line.startswith("/")]
    return []


def _with_parents(places: Places, made: list[Path]) -> list[Path]:
    """Return our directories, and those *made* for them, the innermost first."""
    return [*map(Path, _distinct(places)), *sorted(set(made), reverse=True)]


# The program


def _environments(places: Places) -> list[Path]:
    """Return what install.sh made in our data directory: virtual environments, and the link to the one in use."""
    found = sorted(places.data.glob("venv*"))
    return [path for path in found if path.is_symlink() or (path / "pyvenv.cfg").is_file()]


def _links_to_us(link: Path, places: Places) -> bool:
    """Tell whether *link* is the command that install.sh made for this installation, also once that is gone."""
    data = places.data.resolve()
    above = Path(os.path.realpath(link)).parents
    return link.is_symlink() and any(path.parent == data and path.name.startswith("venv") for path in above)


def _remove_environments(places: Places) -> None:
    """Remove our virtual environments, one of which this process may be running from."""
    for path in _environments(places):
        if path.is_symlink():
            path.unlink()
        else:
            shutil.rmtree(path)
