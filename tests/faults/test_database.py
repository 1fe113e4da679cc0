"""The database's faults: under each events are fired and wait, and afterwards every one of them is stored once."""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import time
from collections.abc import Callable, Generator, Iterator
from contextlib import AbstractContextManager as Block
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from urllib.parse import quote

import psycopg
import pytest

from tests.conftest import Installation, new_installation
from tests.faults.numbered import Numbered
from tests.faults.proxy import Breaking, Late, Proxy, Silent, Unconfirming, new_proxy
from tests.making import new_directory
from tests.servers import ADMIN, PASSWORD, Cluster, login, new_cluster
from tests.waiting import eventually
from tracing.cli.diagnosis import Situation
from tracing.cli.diagnosis.delivery import GRACE_S, collector_fetches
from tracing.cli.diagnosis.storage import database_answers
from tracing.database.store import Store, Unavailable
from tracing.installation import Installation as Installed

NAME = "traces"
"""Of the database, and of its owner, who is no superuser."""

FEW, MANY = 20, 1_000

RECOVERY_S = 5
"""Above what a server needs that was killed; one that did not start needs for ever."""

Met = Callable[[], bool]
"""Tells whether the fault has struck."""


@dataclass(frozen=True)
class Site:
    """An installation, the server that it writes to, and the proxy between them."""

    cluster: Cluster
    proxy: Proxy
    home: Installation

    def tell(self, *statements: str) -> None:
        """Run statements as the superuser, past the proxy."""
        with self.cluster.connect(NAME) as admin:
            for statement in statements:
                admin.execute(statement.encode())

    def asks(self, condition: str) -> bool:
        """Tell whether a condition holds in the database."""
        with contextlib.suppress(psycopg.OperationalError), self.cluster.connect(NAME) as admin:
            return admin.execute(f"SELECT {condition}".encode()).fetchone() == (True,)
        return False

    def refuses(self) -> Met:
        """Tell whether, from now on, the collector was refused what it wanted."""
        said = self.home.places.log.stat().st_size
        return lambda: "database unavailable" in self.home.places.log.read_text()[said:]


@pytest.fixture(scope="module")
def cluster() -> Iterator[Cluster]:
    """Give a server that may be broken."""
    with new_cluster("embedded18") as made:
        made.new_database(NAME)
        yield made


@pytest.fixture(scope="module")
def installed(cluster: Cluster) -> Iterator[Site]:
    """Give an installation that knows the server through a proxy alone."""
    directory = new_directory()
    try:
        with new_proxy(directory, cluster.directory) as proxy, new_installation("--db", by_proxy(proxy)) as home:
            home._url = cluster.url(NAME, login(ADMIN))  # the tests' own queries go past it
            yield Site(cluster, proxy, home)
    finally:
        shutil.rmtree(directory)


@pytest.fixture
def site(installed: Site) -> Site:
    """Give it empty."""
    installed.home.make_empty()
    return installed


def by_proxy(proxy: Proxy, password: str = PASSWORD) -> str:
    """Return the database's URL through *proxy*."""
    return f"postgresql://{NAME}:{quote(password, safe='')}@/{NAME}?host={quote(str(proxy.directory), safe='')}"


@contextlib.contextmanager
def small_disk(directory: Path) -> Iterator[Path]:
    """Give the server a disk of a megabyte."""
    mount = ("mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", directory)
    directory.mkdir()
    mounted = subprocess.run(mount, capture_output=True, text=True)
    if mounted.returncode:
        directory.rmdir()
        pytest.skip(f"no disk to fill: {mounted.stderr.strip()}")
    try:
        owner = directory.parent.stat()
        os.chown(directory, owner.st_uid, owner.st_gid)
        yield directory
    finally:
        subprocess.run(["umount", "-l", directory], check=True)
        directory.rmdir()


# The faults

Course = Generator[Met, None, None]


def lasting(fault: Callable[[Site], Course]) -> Callable[[Site], Block[Met]]:
    """Let *fault* be there during a block, and end also when the block fails: other tests use the same server."""

    @contextlib.contextmanager
    def block(site: Site) -> Iterator[Met]:
        course = fault(site)
        try:
            yield next(course)
        finally:
            next(course, None)

    return block


DISCONNECT = f"SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity WHERE usename = '{NAME}'"
"""For what only a new connection meets."""


@lasting
def refusing_connections(site: Site) -> Course:
    """Let nobody listen."""
    site.proxy.stop()
    yield site.refuses()
    site.proxy.start()


@lasting
def never_answering(site: Site) -> Course:
    """Accept connections, and that is all; cut those that there are."""
    site.proxy.cut()
    with site.proxy.behaving(Silent()):
        yield site.refuses()


@lasting
def falling_silent(site: Site) -> Course:
    """Never answer those who are connected, also later: they cannot know that nobody listens any more."""
    with site.proxy.behaving(Silent(), cut=False):
        yield lambda: True  # nobody knows yet


@lasting
def answering_late(site: Site) -> Course:
    """Bring every answer so late that nobody waits for a connection."""
    site.proxy.cut()
    with site.proxy.behaving(Late(5)):
        yield site.refuses()


@lasting
def closing_at_random(site: Site) -> Course:
    """Close the connection every tenth time that anybody says something."""
    manner = Breaking(seed=7, one_in=10)
    with site.proxy.behaving(manner):
        yield lambda: manner.breaks > 0


@lasting
def committing_unheard(site: Site) -> Course:
    """Let the server commit and nobody hear of it: what is stored already is written again."""
    with site.proxy.behaving(Unconfirming()):
        yield lambda: site.asks("count(*) > 0 FROM hook_executions WHERE hook_type = 'Notification'")


@lasting
def killed_in_a_batch(site: Site) -> Course:
    """Kill the server with -9 when a part of a batch is written: a lock holds up the rest of it."""
    with site.cluster.connect(NAME) as admin, contextlib.suppress(psycopg.OperationalError), admin.transaction():
        admin.execute("LOCK TABLE hook_executions IN ACCESS EXCLUSIVE MODE")
        yield lambda: site.asks(
            f"count(*) > 0 FROM pg_stat_activity WHERE usename = '{NAME}' AND wait_event_type = 'Lock'"
        )
        site.cluster.stop("KILL")
    assert eventually(partial(recovers, site))


def recovers(site: Site) -> bool:
    """Start a server that was killed; some of its processes may outlive it by a moment, and be in the way."""
    with contextlib.suppress(RuntimeError):
        site.cluster.start()
        if eventually(partial(site.asks, "true"), RECOVERY_S):
            return True
    site.cluster.stop()
    return False


@lasting
def full(site: Site) -> Course:
    """Lay the table of the events on a disk of a megabyte that something else has filled."""
    with small_disk(site.cluster.directory / "disk") as disk:
        leaves = site.home.query("SELECT relid::regclass::text FROM pg_partition_tree('hook_executions') WHERE isleaf")
        moves = [f"ALTER TABLE {leaf} SET TABLESPACE" for (leaf,) in leaves]
        site.tell(f"CREATE TABLESPACE small LOCATION '{disk}'", *(f"{move} small" for move in moves))
        with contextlib.suppress(OSError), (disk / "filling").open("wb", buffering=0) as filling:
            while filling.write(bytes(4096)):
                pass
        yield site.refuses()
        (disk / "filling").unlink()
        site.tell(*(f"{move} pg_default" for move in moves), "DROP TABLESPACE small")


@lasting
def read_only(site: Site) -> Course:
    """Answer nobody but readers."""
    site.tell("ALTER SYSTEM SET default_transaction_read_only = on", "SELECT pg_reload_conf()")
    yield site.refuses()
    site.tell("ALTER SYSTEM RESET default_transaction_read_only", "SELECT pg_reload_conf()")


@lasting
def back_without_a_table(site: Site) -> Course:
    """Stop the server, and let it be back without a table, which nobody but the collector makes again."""
    site.cluster.stop()
    yield site.refuses()
    site.cluster.start()
    site.tell("DROP TABLE hook_executions CASCADE")


@lasting
def with_another_password(site: Site) -> Course:
    """Change it, and change it back."""
    site.tell(f"ALTER ROLE {NAME} PASSWORD 'another'", DISCONNECT)
    yield site.refuses()
    site.tell(f"ALTER ROLE {NAME} PASSWORD '{PASSWORD}'")


@lasting
def out_of_connections(site: Site) -> Course:
    """Take all that there are for logins that are no superusers."""
    site.tell(DISCONNECT)
    with contextlib.ExitStack() as others:
        with contextlib.suppress(psycopg.OperationalError):
            while True:
                others.enter_context(site.cluster.connect(NAME, NAME))
        yield site.refuses()


FAULTS: dict[str, tuple[Callable[[Site], Block[Met]], str]] = {
    "refusing connections": (refusing_connections, "Connection refused"),
    "never answering": (never_answering, "timeout expired"),
    "falling silent": (falling_silent, "timeout expired"),
    "answering late": (answering_late, "timeout expired"),
    "closing connections at random": (closing_at_random, ""),
    "committing unheard": (committing_unheard, ""),
    "killed in a batch": (killed_in_a_batch, ""),
    "full": (full, "No space left on device"),
    "read-only": (read_only, "read-only transaction"),
    "back without a table": (back_without_a_table, "server closed the connection"),
    "with another password": (with_another_password, "password authentication failed"),
    "out of connections": (out_of_connections, "remaining connection slots"),
}
"""Each with what `hooktrace doctor` says of it while it lasts, if it lasts."""

TAKE_LONG = ("falling silent", "answering late")
"""As long as nobody gives a silent connection up, or as long as somebody waits for a new one."""


def doctor(site: Site) -> str:
    """Return what `hooktrace doctor` says of the way into the database once events have waited for too long."""
    situation = Situation(Installed(site.home.places), site.home.env, site.home.root, now=time.time() + 2 * GRACE_S)
    return "\n".join(found.message for check in (collector_fetches, database_answers) for found in check(situation))


@pytest.mark.parametrize(
    ("name", "count"),
    [(name, FEW) for name in FAULTS if name not in TAKE_LONG]
    + [pytest.param(name, MANY, marks=pytest.mark.long) for name in FAULTS],
)
def test_nothing_is_lost_by_a_database(site: Site, name: str, count: int) -> None:
    """The hooks notice nothing, `doctor` says what it is, and every event is stored once, those fired later too."""
    fault, word = FAULTS[name]
    numbered = Numbered(site.home)
    site.home.fire({"hook_event_name": "SessionStart", "session_id": numbered.session})
    site.home.flush()
    with fault(site) as met:
        numbered.fire(count, details="x" * 1_000)  # together more than the page that a table may still have
        assert eventually(met), "the collector has not met the fault"
        assert word in doctor(site)
    numbered.fire(3)
    numbered.check()


def test_a_database_that_is_slow_stores_all_the_same(site: Site) -> None:
    """Every answer takes its time, and events are stored meanwhile."""
    numbered = Numbered(site.home)
    with site.proxy.behaving(Late(0.02)):
        numbered.fire(FEW)
        numbered.check()


def test_a_connection_that_falls_silent_is_given_up(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its peer takes all that is said and never answers: past the limit of a statement that is no server any more."""
    monkeypatch.setattr("tracing.database.connection.SILENCE_LIMIT_S", 0.5)
    store = Store(by_proxy(site.proxy))
    store.open()
    try:
        assert store.query("open_sessions") == []
        with site.proxy.behaving(Silent(), cut=False), pytest.raises(Unavailable, match="silent"):
            store.query("open_sessions")
        assert store.query("open_sessions") == []
    finally:
        store.close()


def test_a_new_password_is_taken_from_the_settings(site: Site) -> None:
    """The database's password is changed: events wait as packs, until `init` is told the new one."""
    home, numbered = site.home, Numbered(site.home)
    home.done("collector", "start")
    site.tell(f"ALTER ROLE {NAME} PASSWORD 'another'", DISCONNECT)
    try:
        numbered.fire(FEW)
        assert eventually(lambda: home.status()["spool"]["packed"] == FEW)
        home.done("init", "--yes", "--db", by_proxy(site.proxy, "another"))
        numbered.fire(3)
        numbered.check()
    finally:
        site.tell(f"ALTER ROLE {NAME} PASSWORD '{PASSWORD}'")
        home.done("config", "set", "database.url", by_proxy(site.proxy))
