import contextlib
import os
import pwd
import shutil
import signal
import stat
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest

from tests.making import copy_cluster, new_directory
from tracing.database import binaries, embedded
from tracing.database.embedded import EmbeddedServer, ServerError
from tracing.places import Places

REPOSITORY = Path(__file__).parents[2]
ROOT = os.geteuid() == 0
STRANGER = 12345
"""A uid that nobody has."""

START = """
import os, sys
from tracing.database.embedded import EmbeddedServer
from tracing.places import Places
server = EmbeddedServer.at(Places.from_environment())
server.start()
print(server.pid(), flush=True)
"""

needs_root = pytest.mark.skipif(not ROOT, reason="only root can be several users")
no_root = pytest.mark.skipif(ROOT, reason="about an ordinary user's server (see the last test)")

World = Callable[..., EmbeddedServer]


def at(home: Path, user: str = "") -> EmbeddedServer:
    return EmbeddedServer.at(Places.from_environment({"HOOKTRACE_HOME": str(home)}), user)


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    """Give a maker of servers, by the name of their home; all of them are removed in the end."""
    made = []

    def make(name: str = "home", user: str = "") -> EmbeddedServer:
        made.append(at(tmp_path / name, user))
        return made[-1]

    yield make
    for server in made:
        server.destroy()


@pytest.fixture(scope="module")
def untouched(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedServer]:
    """Give a server at rest, for its cluster; while it is there, root's copies of the programs are."""
    server = at(tmp_path_factory.mktemp("untouched"))
    server.start()
    server.stop()
    yield server
    server.destroy()


@pytest.fixture
def running(world: World, untouched: EmbeddedServer) -> EmbeddedServer:
    server = world()
    copy_cluster(untouched, server)
    server.start()
    return server


@pytest.fixture
def nothing_shared(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Give root's directory for the test alone: no other test has a cluster in it."""
    above = new_directory()
    above.chmod(0o755)
    for module in (binaries, embedded):
        monkeypatch.setattr(module, "SHARED", above / "hooktrace")
    yield above / "hooktrace"
    shutil.rmtree(above)


def launch(server: EmbeddedServer, home: Path, **options: Any) -> subprocess.Popen[str]:
    """Start *server* from another process, in a group of its own."""
    return subprocess.Popen(
        [sys.executable, "-c", START],
        env={
            **os.environ,
            "HOOKTRACE_HOME": str(home),
            "PYTHONPATH": os.pathsep.join(filter(None, sys.path)),
        },
        cwd=REPOSITORY,
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
        **options,
    )


def ask(server: EmbeddedServer, query: str) -> Any:
    with psycopg.connect(server.url, autocommit=True) as connection:
        cursor = connection.execute(query.encode())
        row = cursor.fetchone() if cursor.description else None
        return row[0] if row else None


def kill(server: EmbeddedServer) -> int:
    """Kill the postmaster, and return once it is gone."""
    pid = server.pid()
    assert pid
    os.kill(pid, signal.SIGKILL)
    wait_until(lambda: server.pid() is None)
    return pid


def wait_until(condition: Callable[[], bool]) -> None:
    until = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < until
        time.sleep(0.002)


# Its life


def test_a_cold_start_makes_a_whole_server(world: World) -> None:
    """Out of nothing comes a server that answers as role and database hooktrace, in UTF8, with pgvector."""
    server = world()
    assert (server.installed(), server.pid()) == (False, None)
    server.start()
    assert server.installed()
    assert ask(server, "SELECT current_user || ' ' || current_database()") == "hooktrace hooktrace"
    assert ask(server, "SHOW server_encoding") == "UTF8"
    assert ask(server, "SELECT datlocale FROM pg_database WHERE datname = 'hooktrace'") == "C.UTF-8"
    ask(server, "CREATE EXTENSION vector")
    assert ask(server, "SELECT '[1,2]'::vector::text") == "[1,2]"


def test_starting_a_running_server_changes_nothing(running: EmbeddedServer) -> None:
    """A second start keeps the process; one handle knows what another did."""
    before = running.pid()
    running.start()
    assert before == running.pid() is not None


def test_stopped_data_is_there_after_a_warm_start(running: EmbeddedServer) -> None:
    """Stop and start keep the data; stopping twice is no error."""
    ask(running, "CREATE TABLE t AS SELECT 1 AS a")
    running.stop()
    running.stop()
    assert running.pid() is None
    with pytest.raises(psycopg.OperationalError):
        ask(running, "SELECT 1")
    running.start()
    assert ask(running, "SELECT a FROM t") == 1


def test_a_fast_stop_does_not_wait_for_visitors(running: EmbeddedServer) -> None:
    """An open connection does not keep the server from stopping."""
    with psycopg.connect(running.url):
        running.stop()
    assert running.pid() is None


def test_stopping_what_was_never_made_makes_nothing(world: World) -> None:
    """Stop and destroy of a server that does not exist leave nothing behind."""
    server = world()
    server.stop()
    server.destroy()
    assert not server.base.exists()


def test_four_that_start_at_once_get_one_server(world: World, tmp_path: Path) -> None:
    """All of them return when it runs, and all of them name the same process."""
    server = world()
    starters = [launch(server, tmp_path / "home") for _ in range(4)]
    pids = {starter.communicate()[0].strip() for starter in starters}
    assert pids == {str(server.pid())}


def test_the_callers_environment_does_not_matter(world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """PG* variables, an unknown locale, a tight umask or XDG_RUNTIME_DIR lead to the same server."""
    server = world()
    foreign = {"PGPORT": "1", "PGDATA": "/nowhere", "PGHOST": "h", "PGUSER": "u", "LC_ALL": "xx_XX"}
    for name, value in {**foreign, "XDG_RUNTIME_DIR": str(tmp_path)}.items():
        monkeypatch.setenv(name, value)
    starter = launch(server, tmp_path / "home", umask=0o777 & ~0o700)
    assert starter.communicate()[0].strip() == str(server.pid())
    assert ask(server, "SELECT current_user") == "hooktrace"


def test_it_outlives_its_launcher(world: World, tmp_path: Path) -> None:
    """Killing the launcher's whole process group with -9 does not reach the server."""
    server = world()
    launcher = launch(server, tmp_path / "home")
    assert launcher.stdout
    pid = int(launcher.stdout.readline())
    os.killpg(launcher.pid, signal.SIGKILL)
    launcher.communicate()
    assert ask(server, "SELECT 1") == 1
    assert server.pid() == pid


# Its deaths


def test_committed_rows_survive_a_kill(running: EmbeddedServer) -> None:
    """After kill -9 of the postmaster the next start recovers what was committed."""
    ask(running, "CREATE TABLE t AS SELECT g FROM generate_series(1, 50000) g")
    kill(running)
    running.start()
    assert ask(running, "SELECT count(*) FROM t") == 50_000


@pytest.mark.parametrize("new_owner", ["zombie", "stranger"])
def test_a_stale_pid_file_is_no_obstacle(running: EmbeddedServer, new_owner: str) -> None:
    """A pid whose process is a zombie, or has become another program, neither counts as running nor blocks."""
    dead = kill(running)
    command = ["true"] if new_owner == "zombie" else ["sleep", "600"]
    owner = subprocess.Popen(command, **running._identity())  # the server's user: to it the pid looks alive
    if new_owner == "zombie":
        os.waitid(os.P_PID, owner.pid, os.WEXITED | os.WNOWAIT)  # over, and not reaped
    pid_file = running.data / "postmaster.pid"
    pid_file.write_text(pid_file.read_text().replace(str(dead), str(owner.pid), 1))
    try:
        assert running.pid() is None
        running.start()
        assert running.pid() != owner.pid
        assert ask(running, "SELECT 1") == 1
    finally:
        owner.kill()
        owner.wait()


def test_a_start_waits_for_orphans(running: EmbeddedServer) -> None:
    """Server processes that have not yet noticed their postmaster's death are waited for, then all is well."""
    with contextlib.closing(psycopg.connect(running.url, autocommit=True)) as connection:
        connection.execute("SET application_name = 'busy'")
        busy = "DO $$ BEGIN WHILE clock_timestamp() < now() + interval '1 s' LOOP END LOOP; END $$"
        connection.pgconn.send_query(busy.encode())
        state = "SELECT state FROM pg_stat_activity WHERE application_name = 'busy'"
        wait_until(lambda: bool(ask(running, state) == "active"))
        kill(running)
        running.start()
    assert ask(running, "SELECT 1") == 1


@pytest.mark.parametrize("whole_group", [True, False])
def test_a_killed_creation_is_cured_by_the_next_start(world: World, tmp_path: Path, whole_group: bool) -> None:
    """Killed in the middle, with or without its initdb, a creation leaves no half-made cluster in use."""
    server = world()
    creator = launch(server, tmp_path / "home")
    wait_until(lambda: (server.base / "data.new" / "base").exists())
    (os.killpg if whole_group else os.kill)(creator.pid, signal.SIGKILL)
    creator.communicate()
    assert not server.installed()
    server.start()
    assert ask(server, "SELECT current_database()") == "hooktrace"
    assert not (server.base / "data.new").exists()


def test_a_socket_that_was_cleaned_away_comes_back(running: EmbeddedServer) -> None:
    """A server nobody can reach any more, its socket deleted, is replaced by the next start."""
    (running.sockets / embedded.SOCKET).unlink()
    running.start()
    assert ask(running, "SELECT 1") == 1


def test_a_server_that_cannot_start_says_why(running: EmbeddedServer) -> None:
    """The error has the server's own words and a hint."""
    running.stop()
    (running.data / "postgresql.auto.conf").write_text("shared_buffers = lots")
    with pytest.raises(ServerError, match=r"(?s)shared_buffers.*\nhint: .*server\.log"):
        running.start()


def test_a_cluster_of_another_version_is_left_alone(running: EmbeddedServer) -> None:
    """Binaries of another PostgreSQL are not let loose on it; the error says what to do."""
    running.stop()
    (running.data / "PG_VERSION").write_text("17\n")
    with pytest.raises(ServerError, match=r"PostgreSQL 17.*\nhint: "):
        running.start()


# Its place


@pytest.mark.parametrize("name", ["two words", 'it\'s "quoted"', "a,b", "100%41 ä#?&", "x" * 150, "back\\slash"])
def test_any_home_will_do(world: World, name: str) -> None:
    """Spaces, quotes, commas, per cent signs and long paths reach neither the server's syntax nor the URL's."""
    server = world(name)
    server.start()
    assert ask(server, "SELECT current_user") == "hooktrace"
    psql = server._binaries() / "psql"
    done = subprocess.run([psql, server.url, "-Atc", "SELECT 1"], capture_output=True, text=True)
    assert (done.stdout, done.stderr) == ("1\n", "")
    assert len(os.fsencode(server.sockets / embedded.SOCKET)) < embedded.SOCKET_PATH_BYTES


def test_a_link_to_a_home_is_that_home(world: World, tmp_path: Path) -> None:
    """Two names of one directory are one server."""
    (tmp_path / "home").mkdir()
    (tmp_path / "link").symlink_to("home")
    assert world("home") == world("link")


def test_two_homes_never_share_a_server(world: World) -> None:
    """Each has a process and data of its own."""
    one, other = world("one"), world("other")
    one.start()
    other.start()
    assert one.pid() != other.pid()
    ask(one, "CREATE TABLE only_here ()")
    assert ask(other, "SELECT to_regclass('only_here')") is None
    one.stop()
    assert ask(other, "SELECT 1") == 1


def test_destroy_leaves_nothing(nothing_shared: Path, world: World) -> None:
    """The cluster, the socket's directory and, with root's last cluster, the copied binaries are gone."""
    server = world("x" * 150)
    server.start()
    assert nothing_shared.exists() == ROOT
    server.destroy()
    assert not server.base.exists()
    assert not server.sockets.exists()
    assert server.pid() is None
    assert not nothing_shared.exists()


def test_what_others_keep_beside_it_is_not_deleted(running: EmbeddedServer) -> None:
    """Destroy deletes what the server made and no more."""
    (running.base / "mine").write_text("kept")
    running.destroy()
    assert [path.name for path in running.base.iterdir()] == ["mine"]
    (running.base / "mine").unlink()
    running.base.rmdir()


@no_root
def test_a_socket_directory_made_by_somebody_else_is_refused(world: World) -> None:
    """In /tmp a name can be taken before us: what others can enter, or a link, is not used."""
    server = world("x" * 150)
    server.sockets.mkdir(mode=0o755)
    with pytest.raises(ServerError, match="not a directory that only uid"):
        server.start()
    server.sockets.rmdir()
    server.sockets.symlink_to("/tmp")
    with pytest.raises(ServerError, match="not a directory that only uid"):
        server.start()
    server.sockets.unlink()


@no_root
def test_in_tmp_the_client_checks_who_answers(world: World) -> None:
    """While our server is down nobody else can pose as it."""
    me = pwd.getpwuid(os.geteuid()).pw_name
    assert f"requirepeer={me}" in world("x" * 150).url
    assert "requirepeer" not in world("h").url or len(str(world("h").base)) > 60


# Its privacy


def test_its_data_are_private(running: EmbeddedServer) -> None:
    """Nobody but its user and root can enter the data directory or the socket's; the log is in there."""
    for directory in (running.data, running.sockets):
        assert stat.S_IMODE(directory.stat().st_mode) == 0o700
    assert running.log.parent == running.data


def test_the_log_tells_nothing_of_the_rows(running: EmbeddedServer) -> None:
    """What a failing statement said, or a row held, is not in the server's log."""
    ask(running, "CREATE TABLE t (a text UNIQUE, b uuid)")
    ask(running, "INSERT INTO t VALUES ('hush-hush')")
    for statement in (
        "INSERT INTO t VALUES ('hush-hush')",
        "INSERT INTO t VALUES ('', 'hush')",
        "SELECT hush",
    ):
        with pytest.raises(psycopg.Error):
            ask(running, statement)
    kill(running)
    running.start()
    assert "hush" not in running.log.read_text()
    assert "database system is ready" in running.log.read_text()


def test_there_is_no_port(running: EmbeddedServer) -> None:
    """The server listens on its socket and nowhere else."""
    assert ask(running, "SHOW listen_addresses") == ""


@needs_root
def test_another_user_is_kept_out(running: EmbeddedServer) -> None:
    """A user who is neither root nor the server's gets no further than the directory."""
    psql = running._binaries() / "psql"
    done = subprocess.run(
        [psql, running.url, "-c", "SELECT 1"],
        user=STRANGER,
        group=STRANGER,
        extra_groups=[],
        capture_output=True,
        text=True,
        cwd="/",
    )
    assert done.returncode
    assert "Permission denied" in done.stderr


@needs_root
def test_peer_authentication_keeps_out_who_reaches_the_socket(running: EmbeddedServer) -> None:
    """Even with the directories open, another user is no role of this server."""
    stranger = next(user for user in pwd.getpwall() if user.pw_name == "daemon")
    running.data.chmod(0o711)
    (running.sockets / embedded.SOCKET).chmod(0o777)
    done = subprocess.run(
        [running._binaries() / "psql", running.url, "-c", "SELECT 1"],
        user=stranger.pw_uid,
        group=stranger.pw_gid,
        extra_groups=[],
        capture_output=True,
        text=True,
        cwd="/",
    )
    running.data.chmod(0o700)
    assert "Peer authentication failed" in done.stderr


# As root


@needs_root
def test_roots_server_is_not_roots(running: EmbeddedServer) -> None:
    """PostgreSQL runs as an unprivileged user, on binaries that user cannot change."""
    owner = running.data.stat().st_uid
    assert owner == running._account().pw_uid != 0
    assert Path(f"/proc/{running.pid()}").stat().st_uid == owner
    binary = running._binaries() / "postgres"
    assert (binary.stat().st_uid, stat.S_IMODE(binary.stat().st_mode)) == (0, 0o755)
    assert not any(path.stat().st_mode & 0o022 for path in binary.parents)


@needs_root
def test_the_setting_chooses_the_user(world: World) -> None:
    """embedded.user runs a new cluster; an old one stays with its owner, and a disagreement is told."""
    server = world(user="nobody")
    server.start()
    assert server.data.stat().st_uid == pwd.getpwnam("nobody").pw_uid
    server.stop()
    assert world()._account().pw_name == "nobody"
    with pytest.raises(ServerError, match=r"belongs to 'nobody', not to embedded.user 'daemon'\nhint: "):
        world(user="daemon").start()


@needs_root
@pytest.mark.parametrize("user", ["root", "no-such-user"])
def test_a_user_that_cannot_run_it_is_told(world: World, user: str) -> None:
    """A user who is root or nobody at all is named in the error."""
    with pytest.raises(ServerError, match=rf"(?s){user}.*hint: .*embedded\.user"):
        world(user=user).start()


@needs_root
def test_no_directory_that_was_there_is_loosened(world: World, tmp_path: Path) -> None:
    """A private home stays private, and gets nothing of the server."""
    home = tmp_path / "home"
    home.mkdir(mode=0o700)
    before = {path: path.stat().st_mode for path in (home, *home.parents, binaries.SHARED.parent)}
    world().start()
    assert before == {path: path.stat().st_mode for path in before}
    assert list(home.iterdir()) == []


@needs_root
def test_all_of_this_holds_for_an_ordinary_user(tmp_path_factory: pytest.TempPathFactory) -> None:
    """The tests of this file, those of the port, and an upgrade, pass as `nobody` too."""
    nobody = pwd.getpwnam("nobody")
    home = new_directory()
    try:
        for name in ("tracing", "tests/database", "sql"):
            ignore = shutil.ignore_patterns("__pycache__")
            shutil.copytree(REPOSITORY / name, home / name, ignore=ignore)
        for name in ("pyproject.toml", "tests/__init__.py", "tests/making.py", "tests/filling.py"):
            shutil.copy(REPOSITORY / name, home / name)
        for path in (home, *home.rglob("*")):
            os.chown(path, nobody.pw_uid, nobody.pw_gid)
        upgrade = "test_upgrade.py::test_everything_is_there_afterwards"
        files = (f"tests/database/{name}" for name in ("test_embedded.py", "test_port.py", upgrade))
        done = as_nobody(home, "-m", "pytest", "-q", "-p", "no:cacheprovider", *files)
        print(done.stdout)
        assert done.returncode == 0, done.stdout + done.stderr
    finally:
        shutil.rmtree(home)


def as_nobody(home: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run Python as `nobody` in *home*, by the first interpreter which that user can use."""
    nobody = pwd.getpwnam("nobody")
    packages = [str(Path(psycopg.__file__).parents[1]), str(Path(pytest.__file__).parents[1])]
    system = f"/usr/bin/python3.{sys.version_info.minor}"
    reasons = []
    for python in (sys.executable, system):
        for probe in (True, False):
            with contextlib.suppress(PermissionError, FileNotFoundError):
                done = subprocess.run(
                    [python, *(("-c", "import psycopg, pytest, tracing") if probe else arguments)],
                    user=nobody.pw_uid,
                    group=nobody.pw_gid,
                    extra_groups=[],
                    cwd=home,
                    env={
                        "HOME": str(home),
                        "TMPDIR": str(home),
                        "PATH": "/usr/bin:/bin",
                        "PYTHONPATH": os.pathsep.join([str(home), *packages]),
                        "PYTHONDONTWRITEBYTECODE": "1",
                    },
                    capture_output=True,
                    text=True,
                )
                if not probe:
                    return done
                if done.returncode == 0:
                    continue
                reasons.append(done.stderr.strip()[-200:])
            break
    pytest.skip(f"no interpreter that nobody can use: {sys.executable}, {system}: {reasons}")


@pytest.mark.skipif(os.geteuid() == 0, reason="root's binaries lie in /var/lib; ordinary users' in their homes")
def test_binaries_in_a_path_that_initdb_cannot_quote_are_said_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The message names the characters and the ways on, instead of initdb's own."""
    wheel = tmp_path / 'a "quoted" $HOME'
    (wheel / f"pginstall{embedded.MAJOR}").mkdir(parents=True)
    monkeypatch.setattr(binaries, "wheel", lambda: wheel)
    server = EmbeddedServer.at(Places.from_environment({"HOOKTRACE_HOME": str(tmp_path / "h")}))
    with pytest.raises(ServerError, match=r'path that holds " \$: .*\nhint: install with HOOKTRACE_HOME'):
        server.start()
