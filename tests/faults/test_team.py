"""A team: many spools, one server behind a pooler, and roles that may add rows and not take any away."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.conftest import Installation
from tests.making import new_directory
from tests.servers import ADMIN, Cluster, new_cluster, new_pgbouncer
from tests.team import new_team
from tests.waiting import eventually
from tracing.places import Places
from tracing.queue import Queue

HOUR_S = 3600.0

LOGINS = ("alice", "bob")
"""Both are writers by role: they may INSERT, and change nothing of one another's."""

POOL_SIZE = 6
"""Server connections that the pooler keeps for each login."""

A_COLLECTOR = 3
"""Connections that one collector may open to the pooler (tracing/database/store.py)."""


class Writer:
    """A spool with a collector of its own, and numbered events of a session of its own."""

    def __init__(self, root: Path, name: str, url: str, event: bytes) -> None:
        self.session = f"session of {name}"
        self.places = Places.from_environment({"HOOKTRACE_HOME": str(root / name)})
        self.places.create()
        self.places.config_file.write_text(f'[database]\nurl = "{url}"\n')
        self.places.config_file.chmod(0o600)
        self.fired = 0
        self._event = event
        self._collector: subprocess.Popen[bytes] | None = None

    def leave(self, count: int, begin: float, every_s: float) -> None:
        """Leave events in the spool, the first as old as Unix time *begin*."""
        for index in range(count):
            text = self._event.replace(b"number 0", b"number %d" % self.fired).replace(
                b"SESSION", self.session.encode()
            )
            file = self.places.state / "new"
            file.write_bytes(text)
            os.utime(file, (begin + index * every_s,) * 2)
            file.rename(self.places.spool / f"{self.fired}.00-4194301")
            self.fired += 1

    def start(self) -> None:
        """Start its collector."""
        env = {"PATH": os.environ["PATH"], "HOME": str(self.places.state), "HOOKTRACE_HOME": str(self.places.state)}
        command = [sys.executable, "-P", "-m", "tracing.collector", "--foreground"]
        self._collector = subprocess.Popen(command, env=env, cwd="/", stderr=subprocess.DEVNULL)

    def stop(self) -> None:
        """Let its collector end."""
        if self._collector:
            self._collector.terminate()

    def wait(self) -> None:
        """Wait until its collector has ended."""
        if self._collector:
            self._collector.wait(60)

    @property
    def spooled(self) -> int:
        """How many events lie in the spool, unpacked."""
        return len(list(self.places.spool.iterdir()))

    @property
    def waiting(self) -> int:
        """How many events are not stored."""
        return Queue.of(self.places).events


@contextmanager
def writers(home: Installation, urls: Sequence[str], count: int) -> Iterator[list[Writer]]:
    """Give *count* writers with running collectors."""
    home.fire({"hook_event_name": "Notification", "session_id": "SESSION", "message": "number 0"})
    (file,) = home.spooled()
    root = new_directory()
    made = [Writer(root, f"writer{n}", urls[n % len(urls)], file.read_bytes()) for n in range(count)]
    file.unlink()
    try:
        for writer in made:
            writer.start()
        yield made
    finally:
        for writer in made:
            writer.stop()
        for writer in made:
            writer.wait()
        subprocess.run(["rm", "-rf", root], check=True)


class Connections:
    """Counts a server's connections now and then, and remembers the most."""

    def __init__(self, cluster: Cluster, database: str) -> None:
        self._cluster = cluster
        self._database = database
        self.most = 0

    def look(self) -> None:
        """Count."""
        with self._cluster.connect(ADMIN) as admin:
            sql = "SELECT count(*) FROM pg_stat_activity WHERE datname = %s AND usename <> %s"
            row = admin.execute(sql, (self._database, ADMIN)).fetchone()
        assert row
        self.most = max(self.most, row[0])


@pytest.mark.parametrize(
    ("count", "events"), [(8, 60), pytest.param(200, 300, marks=pytest.mark.long)], ids=["8 writers", "200 writers"]
)
def test_a_team_loses_nothing_in_an_hours_outage(home: Installation, count: int, events: int) -> None:
    """Each writer's events before, in and after it are stored once, over no more connections than the pooler has."""
    home.stop_collector()
    with (
        home.without_collector(),
        new_cluster("debian15") as cluster,
        new_pgbouncer(cluster, default_pool_size=POOL_SIZE, max_client_conn=count * A_COLLECTOR + 20) as bouncer,
        new_team(cluster) as team,
        writers(home, [team.url(login, through=bouncer) for login in LOGINS], count) as made,
    ):
        connections = Connections(cluster, team.database)

        def all_stored() -> bool:
            connections.look()
            return not any(writer.waiting for writer in made)

        third, now = events // 3, time.time()
        for writer in made:
            writer.leave(third, now - 3 * HOUR_S, 0.1)
        assert eventually(all_stored, patience_s=30 + count * 3)
        team.admin.close()
        cluster.stop("INT")
        for writer in made:
            writer.leave(third, now - 2 * HOUR_S, HOUR_S / third)
        assert eventually(
            lambda: not any(writer.spooled for writer in made), patience_s=30 + count * 3
        )  # packed, redacted
        assert sum(writer.waiting for writer in made) == count * third
        cluster.start()
        for writer in made:
            writer.leave(events - 2 * third, now - HOUR_S, 0.1)
        assert eventually(all_stored, patience_s=30 + count * 3)
        with cluster.connect(team.database) as admin:
            rows = admin.execute("SELECT session_id, metadata ->> 'message' FROM hook_executions").fetchall()
            users = {row[0] for row in admin.execute("SELECT DISTINCT user_id FROM hook_executions")}
        expected = Counter((writer.session, f"number {n}") for writer in made for n in range(writer.fired))
        assert Counter(rows) == expected
        assert users == set(LOGINS)
        assert 0 < connections.most <= POOL_SIZE * len(LOGINS)
        assert [writer.session for writer in made if any(writer.places.bad.iterdir())] == []
