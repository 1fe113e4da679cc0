"""Fixtures, named as states: what a test finds when it begins."""

from __future__ import annotations

import contextlib
import functools
import json
import os
import shutil
import signal
import subprocess
import sys
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import psycopg
import pytest
from xdist.scheduler import LoadFileScheduling

from tests import replay as replayer
from tests.making import copy_cluster, new_directory
from tests.recordedruns import Replayed, relive
from tests.servers import any_server, both18, debian15, embedded18, pgbouncer, plain16, plain17  # noqa: F401  # fixtures
from tests.waiting import eventually
from tracing.cli.collector import stop
from tracing.cli.flush import wait_until_stored
from tracing.database.embedded import EmbeddedServer
from tracing.installation import CommandError
from tracing.installation import Installation as Installed
from tracing.installation.status import gather
from tracing.places import Places
from tracing.redact import Rules, obey
from tracing.settings import Settings

CHECKOUT = replayer.CHECKOUT

SHARED = {
    "tests/live": ("tests/live/",),
    "tests/dashboard": ("tests/dashboard/",),
    "the recordings": (
        *("tests/otel/test_recordings.py", "tests/otel/test_phoenix.py"),
        *(f"tests/test_{name}.py" for name in ("facts", "healing", "import", "ledger", "recordings", "transcriber")),
    ),
}
"""Files that stay together when tests are shared out, for what takes long to make for them is made once."""

COMMAND_TIMEOUT_S = 120
"""For one hooktrace command; the slowest, init, makes a database."""

FLUSH_TIMEOUT_S = 300
"""Far above what a hundred megabytes need on a machine with other things to do, to which a collector gives way."""

SHELLS = {"dash": ["dash"], "bash --posix": ["bash", "--posix"], "busybox sh": ["busybox", "sh"]}
"""The shells that /bin/sh is on the systems we run on."""


def pytest_configure() -> None:
    """Heed a terminal's signals, and let all that tests start do so: what a shell starts in the background does not."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.signal(signal.SIGQUIT, signal.SIG_DFL)


def _hooktrace() -> list[str]:
    """Return the command under test: as installed beside this Python, else as a module of the checkout."""
    installed = Path(sys.executable).with_name("hooktrace")
    return [str(installed)] if installed.exists() else [sys.executable, "-m", "tracing"]


@functools.cache
def _check_what_runs() -> None:
    """Refuse to test this checkout's hooks with the collector of another one.

    The collector is started without the current directory on its path, so it is what is
    installed beside this Python, and an editable installation may be of anywhere.
    """
    code = "import tracing; print(tracing.__file__)"
    found = subprocess.run([sys.executable, "-P", "-c", code], capture_output=True, text=True).stdout.strip()
    if not found or Path(found).resolve().parent != CHECKOUT / "tracing":
        raise RuntimeError(
            f"{sys.executable} has hooktrace from {found or 'nowhere'}, not from {CHECKOUT}\n"
            "hint: run the tests with tests/run, or install this checkout: pip install -e '.[test]'"
        )


class Installation:
    """One hooktrace with a home, a database and a collector of its own."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.path = root / "h"
        """HOOKTRACE_HOME."""
        self.places = Places.from_environment({"HOOKTRACE_HOME": str(self.path)})
        self.user_home = root / "u"
        self.user_home.mkdir()
        self.env = {
            "PATH": os.environ["PATH"],
            "LANG": "C.UTF-8",
            "HOME": str(self.user_home),
            "HOOKTRACE_HOME": str(self.path),
            **{name: zone for name, zone in os.environ.items() if name == "TZ"},  # days are counted where the tests are
        }
        """All that commands and hooks get of an environment."""
        self._url: str | None = None
        self._replays = 0

    @property
    def spool(self) -> Path:
        """The directory in which the hooks leave their events."""
        return self.places.spool

    @property
    def server(self) -> EmbeddedServer:
        """Its embedded database server."""
        return EmbeddedServer.at(self.places)

    # -- commands

    def run(
        self,
        *arguments: str,
        env: Mapping[str, str] | None = None,
        timeout: float = COMMAND_TIMEOUT_S,
        cwd: Path = CHECKOUT,
    ) -> subprocess.CompletedProcess[str]:
        """Run ``hooktrace ARGUMENTS`` in *cwd* and wait for it."""
        return subprocess.run(
            [*_hooktrace(), *arguments],
            cwd=cwd,
            env={**self.env, **(env or {})},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=timeout,
        )

    def done(self, *arguments: str) -> str:
        """Run ``hooktrace ARGUMENTS``, which must succeed, and return what it printed."""
        process = self.run(*arguments)
        assert process.returncode == 0, f"hooktrace {' '.join(arguments)}: {process.stdout}{process.stderr}"
        return process.stdout

    def json(self, *arguments: str) -> Any:
        """Run ``hooktrace ARGUMENTS --json`` and return what it says."""
        return json.loads(self.done(*arguments, "--json"))

    # What tests need all the time is called as the commands call it: to start Python takes a quarter of a second.

    def flush(self) -> None:
        """Wait, as `hooktrace flush`, until everything spooled before is committed."""
        wait_until_stored(Installed(self.places), FLUSH_TIMEOUT_S)

    def status(self) -> dict[str, Any]:
        """Return what `hooktrace status --json` prints."""
        return gather(Installed(self.places))

    # -- hooks

    def fire(
        self,
        payload: Mapping[str, Any] | bytes,
        *arguments: str,
        env: Mapping[str, str] | None = None,
        hook: str = "record",
        shell: Sequence[str] = (),
    ) -> subprocess.CompletedProcess[bytes]:
        """Run hooks/*hook* with *payload* on its stdin; *shell* runs it instead of its first line's."""
        stdin = payload if isinstance(payload, bytes) else json.dumps(payload, ensure_ascii=False).encode()
        return subprocess.run(
            [*shell, str(CHECKOUT / "hooks" / hook), *arguments],
            env=self.hook_env(payload if isinstance(payload, Mapping) else {}, env),
            cwd=self.root,
            input=stdin,
            capture_output=True,
            timeout=replayer.HOOK_TIMEOUT_S,
            start_new_session=True,
        )

    def hook_env(self, payload: Mapping[str, Any], env: Mapping[str, str] | None = None) -> dict[str, str]:
        """Return the environment that the client would give a hook for *payload*."""
        return {
            **self.env,
            "AI_AGENT": "claude-code_2-1-330_harness",
            "CLAUDECODE": "1",
            "CLAUDE_CODE_CHILD_SESSION": "1",
            "CLAUDE_CODE_ENTRYPOINT": "sdk-cli",
            "CLAUDE_CODE_SESSION_ID": str(payload.get("session_id", "")),
            "CLAUDE_PID": str(os.getpid()),
            "CLAUDE_PROJECT_DIR": str(self.root),
            **(env or {}),
        }

    def replay(self, recording: Path, **options: Any) -> replayer.Fired:
        """Fire a recording (options: tests.replay.replay) below this installation's directory."""
        self._replays += 1
        options.setdefault("directory", self.root / "replays" / str(self._replays))
        return replayer.replay(recording, home=self.path, **options)

    def spooled(self) -> list[Path]:
        """Return the events that wait for the collector."""
        return sorted(self.spool.iterdir())

    # -- collector

    def stop_collector(self) -> None:
        """Make the collector leave, as `hooktrace collector stop`; the next session or flush brings it back."""
        stop(Installed(self.places))

    def collector_pid(self) -> int | None:
        """Return the pid of the collector, if one is running."""
        return Installed(self.places).lock.running()

    def keep_everything(self) -> None:
        """Switch retention off, for what is recorded here is of long ago; a collector knows it from its start on."""
        self.stop_collector()
        settings = Settings.load(self.places.config_file)
        for what in ("payload", "traces", "usage"):
            settings.set(f"retention.{what}_days", 0)

    @contextlib.contextmanager
    def without_collector(self) -> Iterator[None]:
        """Keep the collector away during the block: the hooks find no launcher."""
        self.stop_collector()
        aside = self.places.launcher.with_name("launch.aside")
        self.places.launcher.rename(aside)
        try:
            yield
        finally:
            aside.rename(self.places.launcher)

    # -- database

    @property
    def url(self) -> str:
        """The database, as ``hooktrace db url`` prints it."""
        if self._url is None:
            self._url = self.done("db", "url").strip()
        return self._url

    def query(self, sql: str, *parameters: object) -> list[tuple[Any, ...]]:
        """Run one statement in the database and return its rows."""
        with psycopg.connect(self.url, autocommit=True) as connection:
            cursor = connection.execute(sql.encode(), parameters or None)
            return cursor.fetchall() if cursor.description else []

    def count(self, table: str) -> int:
        """Return the number of rows of *table*."""
        return int(self.query(f"SELECT count(*) FROM {table}")[0][0])  # a name from a test

    def row_counts(self) -> dict[str, int]:
        """Return the number of rows of every table that the collector writes."""
        return {table: self.count(table) for table in self._tables()}

    def _tables(self) -> list[str]:
        """Return the tables of what was recorded or learned; the schema's own history is not of them."""
        rows = self.query(
            "SELECT format('%I.%I', n.nspname, c.relname)"
            " FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace"
            " WHERE c.relkind IN ('r', 'p') AND NOT c.relispartition"
            " AND (n.nspname = 'public' AND c.relname !~ 'yoyo|migration'"
            "      OR n.nspname = 'hooktrace' AND c.relname IN ('sessions', 'tombstones')) ORDER BY 1"
        )
        return [row[0] for row in rows]

    def outline(self, root_id: str, endings: bool = False) -> str:
        """Draw the tree of a root, two spaces a level: ``tool NAME``, else the kind.

        Siblings stand in alphabetical order; what has no parent in the tree stands at the left.
        With *endings* each tells its status, unless that is completed, and its error type.
        """
        rows = self.query(
            "SELECT correlation_id, parent_id, kind, name, status, error_type FROM execution_traces WHERE root_id = %s",
            root_id,
        )
        known = {row[0] for row in rows}
        children: defaultdict[object, list[tuple[object, str]]] = defaultdict(list)
        for correlation_id, parent_id, kind, name, status, error_type in rows:
            label = f"tool {name}" if kind == "tool" else str(kind)
            ending = "" if status == "completed" else f": {status} {error_type or ''}".rstrip()
            label += ending if endings else ""
            children[parent_id if parent_id in known else None].append((correlation_id, label))

        def draw(parent: object, indent: str) -> list[str]:
            branches = (f"{indent}{label}\n" + "".join(draw(one, indent + "  ")) for one, label in children[parent])
            return sorted(branches)

        return "".join(draw(None, ""))

    # -- from one test to the next

    def make_empty(self) -> None:
        """Forget everything recorded; the database and the installation stay."""
        self.stop_collector()
        self.query(f"TRUNCATE {', '.join(self._tables())} CASCADE")
        for directory in (
            self.places.spool,
            self.places.packed,
            self.places.bad,
            self.places.off,
            self.places.sessions,
        ):
            for file in directory.iterdir():
                file.unlink()
        for file in (self.places.dropped, self.places.full_flag, self.places.paused):
            file.unlink(missing_ok=True)
        shutil.rmtree(self.root / "replays", ignore_errors=True)

    def destroy(self) -> None:
        """Stop what runs and remove every file."""
        with contextlib.suppress(CommandError):  # whoever does not end is left without a database
            self.stop_collector()
        self.server.destroy()
        assert eventually(self._is_removed)  # a hook or a launcher that was on its way may write once more

    def _is_removed(self) -> bool:
        with contextlib.suppress(OSError):
            shutil.rmtree(self.root)
        return not self.root.exists()


@contextlib.contextmanager
def new_installation(*init: str, cluster: EmbeddedServer | None = None) -> Iterator[Installation]:
    """Make an installation (``hooktrace init --yes INIT``), and remove it at the end of the block.

    Its server begins with a copy of *cluster*, if one is given; else ``init`` makes one.
    """
    _check_what_runs()
    made = Installation(new_directory())
    try:
        if cluster is not None:
            copy_cluster(cluster, made.server)
        made.done("init", "--yes", *init)
        yield made
    finally:
        made.destroy()


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """Share the tests out by file, those of SHARED together."""
    if config.getoption("dist") != "loadfile":
        return None
    scheduling = LoadFileScheduling(config, log)
    scheduling._split_scope = _share
    return scheduling


def _share(test: str) -> str:
    file = test.partition("::")[0]
    return next((name for name, files in SHARED.items() if file.startswith(files)), file)


@pytest.fixture(scope="session")
def fresh_cluster() -> Iterator[EmbeddedServer]:
    """Give the server, at rest, of an installation that nobody used: copying its cluster is quicker than ``init``."""
    with new_installation() as made:
        made.query("ALTER SYSTEM SET fsync = off")  # no test cuts the power
        made.stop_collector()
        made.server.stop()
        yield made.server


@pytest.fixture(scope="session")
def shared_installation(fresh_cluster: EmbeddedServer) -> Iterator[Installation]:
    """Give one installation to all tests that leave its database running; ask for ``home``."""
    with new_installation(cluster=fresh_cluster) as made:
        yield made


@pytest.fixture
def home(shared_installation: Installation) -> Installation:
    """Give an initialized, empty installation."""
    shared_installation.make_empty()
    return shared_installation


@pytest.fixture
def unlimited(home: Installation) -> Iterator[None]:
    """Let ``home`` keep all traces, and so import them, however long ago they were recorded."""
    settings = Settings.load(home.places.config_file)
    kept = settings.number("retention.traces_days")
    settings.set("retention.traces_days", 0)
    yield
    settings.set("retention.traces_days", kept)


@pytest.fixture
def own_home(fresh_cluster: EmbeddedServer) -> Iterator[Installation]:
    """Give an installation that the test may break: no other test sees it."""
    with new_installation(cluster=fresh_cluster) as made:
        yield made


@pytest.fixture
def remote(fresh_cluster: EmbeddedServer) -> Iterator[Installation]:
    """Give an installation whose server stands for a database elsewhere; it has no collector of its own."""
    with new_installation(cluster=fresh_cluster) as made:
        made.stop_collector()
        yield made


@pytest.fixture
def with_remote_database(remote: Installation) -> Iterator[Installation]:
    """Give an installation that writes to the server of ``remote`` and cannot start it."""
    with new_installation("--db", remote.url) as made:
        yield made


@pytest.fixture(scope="module")
def module_home(fresh_cluster: EmbeddedServer) -> Iterator[Installation]:
    """Give an installation that all tests of one module see, as its module-wide fixtures filled it."""
    with new_installation(cluster=fresh_cluster) as made:
        yield made


@pytest.fixture(scope="session")
def replayed(fresh_cluster: EmbeddedServer) -> Iterator[Replayed]:
    """Give an installation that holds every recording; nobody may change it."""
    with new_installation(cluster=fresh_cluster) as home:
        home.keep_everything()
        yield Replayed(home, {recording: relive(home, recording) for recording in replayer.recordings()})


@pytest.fixture
def rules() -> Iterator[Callable[..., None]]:
    """Give a way to set the user's rules of what is redacted, for this test alone."""
    yield lambda patterns=(), allowed=(): obey(Rules.compiled(patterns, allowed))
    obey(Rules())


@pytest.fixture(scope="session")
def checkout() -> Path:
    """Give the root of the repository."""
    return CHECKOUT


@pytest.fixture(scope="session")
def claude() -> Path:
    """Give the real client: $CLAUDE_BIN, else the one that tests/run installs."""
    return _client("CLAUDE_BIN", ".node")


@pytest.fixture(scope="session")
def oldest_claude() -> Path:
    """Give the oldest client that is supported: $CLAUDE_OLDEST_BIN, else the one that tests/run installs."""
    return _client("CLAUDE_OLDEST_BIN", ".node/oldest")


def _client(variable: str, directory: str) -> Path:
    client = Path(os.environ.get(variable) or CHECKOUT / directory / "node_modules/.bin/claude")
    if not os.access(client, os.X_OK):
        pytest.skip(f"no Claude Code client: {client} is missing (tests/run installs it where there is npm)")
    return client


@pytest.fixture(params=SHELLS)
def shells(request: pytest.FixtureRequest) -> list[str]:
    """Give each shell that may be /bin/sh, as the beginning of a command."""
    name: str = request.param
    if shutil.which(SHELLS[name][0]) is None:
        pytest.skip(f"{SHELLS[name][0]} is not installed")
    return SHELLS[name]
