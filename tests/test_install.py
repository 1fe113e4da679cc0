"""``install.sh``, run as a user would: in homes of all kinds, from a copy of the checkout, without a terminal."""

from __future__ import annotations

import contextlib
import hashlib
import http.server
import importlib
import json
import os
import pty
import re
import shlex
import shutil
import signal
import socket
import ssl
import subprocess
import sys
import threading
import time
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.conftest import CHECKOUT, Installation
from tests.making import new_directory

LOCK = CHECKOUT / "tracing" / "requirements.lock"
INSTALLED_FROM = ("pyproject.toml", "README.md", "LICENSE", "install.sh", "tracing", "hooks", "sql")
"""What of the checkout an installation needs."""

PROGRAMS = re.findall(
    r"\w+",
    "cat chmod cksum cut dirname env find grep id ln ls mkdir mktemp mv readlink rm rmdir sed sh sort tail uname",
)
"""All that the installer may use of a system."""

INSTALL_TIMEOUT_S = 240

NOBODY = 65534
VOLATILE = re.compile(r"/(database|collector\.(log|pid|lock))(/|$)")
"""What changes because hooktrace runs, not because somebody installs."""

OTHER_TOOLS = {
    "model": "opus",
    "hooks": {"Stop": [{"hooks": [{"type": "command", "command": "other-tool notify"}]}], "PreToolUse": []},
}


class Home:
    """A user's home, and the installer run in it."""

    def __init__(self, root: Path, checkout: Path, name: str = "home", user: int | None = None) -> None:
        self.path = root / name
        self.path.mkdir()
        self.checkout = checkout
        self.user = user
        self.bin = root / "bin"
        self.bin.mkdir()
        for program in PROGRAMS:
            (self.bin / program).symlink_to(str(shutil.which(program)))
        self.env = {"PATH": str(self.bin), "HOME": str(self.path), "LANG": "C.UTF-8", "SHELL": "/bin/bash"}
        if user is not None:
            os.chown(self.path, user, user)

    @property
    def data(self) -> Path:
        """Where the environment and the database are."""
        chosen = self.env.get("HOOKTRACE_HOME")
        return Path(chosen) if chosen else self.path / ".local/share/hooktrace"

    @property
    def state(self) -> Path:
        """Where the spool and the launcher are."""
        chosen = self.env.get("HOOKTRACE_HOME")
        return Path(chosen) if chosen else self.path / ".local/state/hooktrace"

    @property
    def command(self) -> Path:
        """The link through which the user calls hooktrace."""
        return self.path / ".local/bin/hooktrace"

    def has_python(self, executable: str) -> Home:
        """Put *executable* on the PATH as python3, behind a script as pyenv's."""
        shim = self.bin / "python3"
        shim.write_text(f'#!/bin/sh\nexec {shlex.quote(executable)} "$@"\n')
        shim.chmod(0o755)
        return self

    def run(self, *command: str | Path, **env: str) -> subprocess.CompletedProcess[str]:
        """Run *command* as the home's user, in a directory that has nothing to do with it."""
        return subprocess.run(
            command,
            cwd="/",
            env={**self.env, **env},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=INSTALL_TIMEOUT_S,
            **self.identity(),
        )

    def runs(self, environment: str) -> bool:
        """Tell whether a process of this home runs from *environment*: all homes of one checkout name it alike."""
        return any(str(self.path.parent) in line and environment in line for line in processes().splitlines())

    def identity(self) -> dict[str, Any]:
        """Return what makes a subprocess run as the home's user."""
        if self.user is None:
            return {}
        return {"user": self.user, "group": self.user, "extra_groups": []}

    def install(self, *arguments: str, **env: str) -> subprocess.CompletedProcess[str]:
        """Run the installer."""
        return self.run(self.checkout / "install.sh", *arguments, **env)

    def installed(self, *arguments: str, **env: str) -> str:
        """Run the installer, which must succeed, and return what it printed."""
        done = self.install("--yes", *arguments, **env)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def tree(self, volatile: bool = False) -> dict[str, object]:
        """Return every file with its content and time, every directory with its mode, every link with its target."""
        found: dict[str, object] = {}
        for path in sorted(self.path.rglob("*")):
            name = "/" + str(path.relative_to(self.path))
            status = path.lstat()
            if VOLATILE.search(name) and not volatile:
                continue
            if path.is_symlink():
                found[name] = str(path.readlink())
            elif path.is_dir() or path.is_socket():
                found[name] = oct(status.st_mode)
            else:
                digest = hashlib.sha256(path.read_bytes()).hexdigest()
                found[name] = (oct(status.st_mode), status.st_mtime_ns, digest)
        return found

    def environments(self) -> list[str]:
        """Return the names of the environments that are there."""
        return sorted(path.parent.name for path in self.data.glob("venv-*/pyvenv.cfg"))

    def pretend_installed(self, init: int = 0) -> Path:
        """Put a stand-in where the environment would be; return the file in which it notes how it was called.

        *init* is what ``hooktrace init`` then exits with.
        """
        planned = re.search(r"venv-\d+", self.install("--dry-run").stdout)
        assert planned
        venv = self.data / planned[0]
        (venv / "bin").mkdir(parents=True)
        (venv / "bin/python").symlink_to(sys.executable)
        (venv / "complete").touch()
        calls = self.path.parent / "calls"
        command = venv / "bin/hooktrace"
        command.write_text(
            "#!/bin/sh\n# The command hooktrace; written by its install.sh.\n"
            f'echo "$*" >>{shlex.quote(str(calls))}\n[ "$1" != init ] || exit {init}\n'
        )
        command.chmod(0o755)
        return calls

    def destroy(self) -> None:
        """Stop what runs and remove what lies elsewhere than below the home."""
        for name in self.environments():
            venv = self.data / name
            if (venv / "bin/hooktrace").exists():
                self.run(venv / "bin/hooktrace", "collector", "stop")
                code = (
                    "from tracing.places import Places; from tracing.database.embedded import EmbeddedServer;"
                    "EmbeddedServer.at(Places.from_environment()).destroy()"
                )
                self.run(venv / "bin/python", "-P", "-c", code)


@contextlib.contextmanager
def new_home(checkout: Path, name: str = "home", user: int | None = None) -> Iterator[Home]:
    """Make a home in a directory that other users can pass through, and take all of it away at the end."""
    root = new_directory()
    root.chmod(0o755)
    made = Home(root, checkout, name, user)
    try:
        yield made
    finally:
        made.destroy()
        shutil.rmtree(root)


@pytest.fixture(scope="module")
def copied_checkout() -> Iterator[Path]:
    """Give a copy of the checkout at a path with a space, which every user can read."""
    root = new_directory()
    copy = root / "check out"
    copy.mkdir()
    for name in INSTALLED_FROM:
        source = CHECKOUT / name
        if source.is_dir():
            shutil.copytree(source, copy / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy2(source, copy / name)
    for path in (root, *root.rglob("*")):
        path.chmod(path.stat().st_mode | (0o555 if path.is_dir() else 0o444))
    yield copy
    shutil.rmtree(root)


@pytest.fixture(scope="module")
def packages() -> Iterator[Path]:
    """Give a directory with every locked package for this Python, fetched once."""
    root = new_directory()
    root.chmod(0o755)
    pip = [sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check"]
    wanted = ["--require-hashes", "--only-binary", ":all:", "-r", str(LOCK), "-d", str(root)]
    done = subprocess.run([*pip, *wanted], capture_output=True, text=True, timeout=INSTALL_TIMEOUT_S)
    if done.returncode:
        pytest.skip(f"no packages to install from: {done.stderr.strip().splitlines()[-1]}")
    yield root
    shutil.rmtree(root)


@pytest.fixture
def fresh(copied_checkout: Path) -> Iterator[Home]:
    """Give a home in which nothing was installed, with this Python on its PATH."""
    with new_home(copied_checkout) as made:
        yield made.has_python(sys.executable)


@pytest.fixture(scope="module")
def awkward(copied_checkout: Path, packages: Path) -> Iterator[tuple[Home, str]]:
    """Give an installation in a home that is hard to quote and has another tool's hooks, and what was printed."""
    # An ordinary user's PostgreSQL runs from the home itself, and initdb cannot quote every path.
    name = 'it\'s a "home" ñ $HOME' if os.geteuid() == 0 else "it's a home ñ"
    with new_home(copied_checkout, name=name) as made:
        made.has_python(sys.executable)
        made.env |= {"PIP_NO_INDEX": "1", "PIP_FIND_LINKS": packages.as_uri()}
        settings = made.path / ".claude/settings.json"
        settings.parent.mkdir()
        settings.write_text(json.dumps(OTHER_TOOLS))
        yield made, made.installed()


# -- before anything is written


def test_an_unknown_option_is_answered_with_the_usage(fresh: Home) -> None:
    """It exits with 2, and nothing was written."""
    for arguments in (["--yse"], ["--yes", "now"], ["--db"], ["--purge"], ["--status", "--uninstall"]):
        done = fresh.install(*arguments)
        assert (done.returncode, done.stdout) == (2, ""), arguments
        assert "usage: ./install.sh" in done.stderr
    assert fresh.tree() == {}


def test_a_dry_run_writes_nothing(fresh: Home) -> None:
    """It names every place that would be written to."""
    done = fresh.install("--dry-run", "--db", "postgresql://me:secret@host/db")
    assert done.returncode == 0, done.stderr
    for place in (fresh.data / "venv-", fresh.command, fresh.state, fresh.path / ".claude/settings.json"):
        assert str(place) in done.stdout
    assert "secret" not in done.stdout
    assert fresh.tree() == {}


@pytest.mark.parametrize(
    ("python", "complaint"),
    [
        (None, "no Python from 3.11 on was found"),
        ("exit 11", "is older"),
        ("exit 1", "cannot make virtual environments"),
    ],
)
def test_without_a_usable_python_one_sentence_and_the_cure_are_printed(
    copied_checkout: Path, python: str | None, complaint: str
) -> None:
    """Nothing was written by then."""
    with new_home(copied_checkout) as home:
        if python:
            (home.bin / "python3").write_text(f"#!/bin/sh\n{python}\n")
            (home.bin / "python3").chmod(0o755)
        done = home.install("--yes", HOMEBREW_PREFIX=str(home.bin))
        assert done.returncode == 1
        message, cure = done.stderr.splitlines()
        assert complaint in message
        assert cure.startswith("hint: ")
        assert home.tree() == {}


@pytest.mark.parametrize(
    ("tool", "cure"),
    [("apt-get", "apt-get install"), ("brew", "brew install"), ("dnf", "dnf install"), ("uv", "uv python")],
)
def test_the_cure_is_one_for_this_system(copied_checkout: Path, tool: str, cure: str) -> None:
    """Whichever package manager is there."""
    with new_home(copied_checkout) as home:
        (home.bin / tool).write_text("#!/bin/sh\nexit 1\n")
        (home.bin / tool).chmod(0o755)
        assert cure in home.install("--yes", HOMEBREW_PREFIX=str(home.bin)).stderr


def test_a_python_of_uv_or_pyenv_is_found(copied_checkout: Path) -> None:
    """Neither has to be on PATH as python3."""
    with new_home(copied_checkout) as home:
        versions = home.path / ".pyenv/versions/3.11.99/bin"
        versions.mkdir(parents=True)
        (versions / "python3").write_text(f'#!/bin/sh\nexec {shlex.quote(sys.executable)} "$@"\n')
        (versions / "python3").chmod(0o755)
        assert "will make" in home.install("--dry-run").stdout
        shutil.rmtree(home.path / ".pyenv")
        (home.bin / "uv").write_text(f"#!/bin/sh\necho {shlex.quote(sys.executable)}\n")
        (home.bin / "uv").chmod(0o755)
        assert "will make" in home.install("--dry-run").stdout


def test_places_that_cannot_be_meant_are_refused(fresh: Home) -> None:
    """A relative HOOKTRACE_HOME, no HOME, a directory that is no checkout."""
    assert "not an absolute path: 'here'" in fresh.install("--yes", HOOKTRACE_HOME="here").stderr
    assert "HOME is not an absolute path" in fresh.install("--yes", HOME="").stderr
    alone = fresh.path.parent / "install.sh"
    shutil.copy2(fresh.checkout / "install.sh", alone)
    assert "no checkout of hooktrace" in fresh.run(alone, "--yes").stderr
    assert fresh.tree() == {}


def test_the_xdg_directories_are_honoured(fresh: Home) -> None:
    """Unless they are relative: then the specification wants them ignored."""
    printed = fresh.install("--dry-run", XDG_DATA_HOME=f"{fresh.path}/d", XDG_STATE_HOME="s").stdout
    assert f"{fresh.path}/d/hooktrace/venv-" in printed
    assert f"state in {fresh.path}/.local/state/hooktrace," in printed


@pytest.mark.parametrize(("answer", "env"), [("n", {}), ("", {}), ("y", {"CI": "true"})])
def test_in_a_terminal_it_asks_first(fresh: Home, answer: str, env: dict[str, str]) -> None:
    """After "no" nothing was written; with CI set it does not ask.  Here pip has no way to any package."""
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        [fresh.checkout / "install.sh"],
        env={**fresh.env, "PIP_NO_INDEX": "1", "PIP_CONFIG_FILE": os.devnull, **env},
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        start_new_session=True,
    )
    os.close(theirs)
    os.write(ours, f"{answer}\n".encode())
    said = b""
    with contextlib.suppress(OSError):  # on Linux a terminal that everybody has left reads as an error
        while more := os.read(ours, 4096):
            said += more
    os.close(ours)
    assert process.wait() == 1
    assert (b"Go on?" in said) == (not env)
    assert (b"nothing was written" in said) == (answer == "n")
    assert (b"environment: making" in said) == (answer != "n")
    assert fresh.tree() == {}


def test_sudo_with_the_users_home_is_refused(fresh: Home) -> None:
    """What root makes there the user could not change."""
    if os.geteuid() != 0:
        pytest.skip("needs root")
    os.chown(fresh.path, NOBODY, NOBODY)
    done = fresh.install("--yes", SUDO_UID=str(NOBODY), SUDO_USER="nobody")
    assert done.returncode == 1
    assert "run it without sudo" in done.stderr
    assert fresh.tree() == {}


def test_status_and_uninstall_say_that_nothing_is_there(fresh: Home) -> None:
    """They exit with 1."""
    for option in ("--status", "--uninstall"):
        done = fresh.install(option)
        assert done.returncode == 1
        assert "hooktrace is not installed" in done.stderr
    assert fresh.tree() == {}


# -- what it asks of hooktrace


def test_options_reach_init_and_the_proof_follows(fresh: Home) -> None:
    """Once proven, a second run does not prove again, unless another database is named."""
    calls = fresh.pretend_installed()
    fresh.installed("--db", "postgresql://host/db", "--no-agent")
    assert calls.read_text().splitlines() == ["init --yes --db postgresql://host/db --no-agent", "prove"]
    calls.unlink()
    fresh.installed()
    assert calls.read_text().splitlines() == ["init --yes"]


def test_without_its_database_the_installation_still_finishes(fresh: Home) -> None:
    """The ways on are printed, and the next run proves."""
    calls = fresh.pretend_installed(init=3)
    assert "hooktrace init --db postgresql://" in fresh.installed()
    assert fresh.command.exists()
    assert calls.read_text().splitlines() == ["init --yes"]


def test_a_failed_init_is_the_installers_failure(fresh: Home) -> None:
    """Its exit status is passed on, and nothing is proven."""
    calls = fresh.pretend_installed(init=1)
    assert fresh.install("--yes").returncode == 1
    assert calls.read_text().splitlines() == ["init --yes"]


def test_the_link_that_a_power_cut_left_is_named(fresh: Home) -> None:
    """The process whose number is in it may be another one by then: who sees that can delete the link."""
    fresh.data.mkdir(parents=True)
    link = fresh.data / "installing"
    link.symlink_to(str(os.getpid()))
    refused = fresh.install("--yes")
    assert refused.returncode == 1
    assert f"another install.sh is at work (process {os.getpid()})\nhint: wait until it is done; " in refused.stderr
    assert refused.stderr.endswith(f"rm '{link}'\n")
    assert link.readlink() == Path(str(os.getpid()))


def test_a_command_of_somebody_else_is_left_alone(fresh: Home) -> None:
    """It is named, and so is ours."""
    fresh.pretend_installed()
    fresh.command.parent.mkdir(parents=True)
    fresh.command.write_text("#!/bin/sh\n")
    done = fresh.install("--yes")
    assert done.returncode == 0
    assert f"{fresh.command} is there and not ours" in done.stderr
    assert fresh.command.read_text() == "#!/bin/sh\n"


def test_the_line_for_path_is_printed_only_where_it_is_missing(fresh: Home) -> None:
    """No file of the shell is edited."""
    fresh.pretend_installed()
    assert 'export PATH="$HOME/.local/bin:$PATH"' in fresh.installed()
    assert "fish_add_path" in fresh.installed(SHELL="/usr/bin/fish")
    assert "export PATH" not in fresh.installed(PATH=f"{fresh.bin}:{fresh.command.parent}")
    assert {path.name for path in fresh.path.iterdir()} == {".local"}


# -- installed


def test_the_installation_ends_with_the_trace_of_a_recorded_session(awkward: tuple[Home, str]) -> None:
    """And with the reminder that open sessions must be restarted, and the line for PATH."""
    home, printed = awkward
    assert re.search(r"session \w+ .*\n.*Please start", printed)
    assert "must be restarted" in printed
    assert 'export PATH="$HOME/.local/bin:$PATH"' in printed
    assert home.run(home.command, "--version").stdout.strip().endswith("0.1.0")
    assert json.loads(home.run(home.command, "status", "--json").stdout)["database"]["reachable"]


@pytest.mark.client
def test_the_real_client_is_recorded_after_the_installation_and_not_after_its_removal(
    copied_checkout: Path, packages: Path, claude: Path
) -> None:
    """Nothing but install.sh is needed; removed, the settings are what they were and the client runs on in silence."""
    client_run: Any = importlib.import_module("tests.client.client_run")
    script = CHECKOUT / "tests/client/scripts/simple.json"
    with new_home(copied_checkout) as home:
        home.has_python(sys.executable)
        home.env |= {"PIP_NO_INDEX": "1", "PIP_FIND_LINKS": packages.as_uri()}
        settings = home.path / ".claude/settings.json"
        with client_run.Run(home.path.parent / "client", script, claude=str(claude)) as client:
            shutil.copytree(client.config, settings.parent)
            settings.write_text('{"model": "sonnet"}\n')
            there = {"HOME": str(home.path), "CLAUDE_CONFIG_DIR": str(settings.parent)}
            home.installed()
            assert "waiting for the first session" in home.run(home.command, "status").stdout
            assert client.claude("Please start", env=there).returncode == 0
            home.run(home.command, "flush")
            (session,) = json.loads(home.run(home.command, "sessions", "--json").stdout)
            assert (session["prompts"], session["tools"], session["status"]) == (1, 4, "completed")
            home.install("--uninstall", "--purge", "--yes")
            assert {"model": "sonnet"}.items() <= (left := json.loads(settings.read_text())).items()
            assert "hooks" not in left  # the client itself adds a member and reformats the file
            after = client.claude("Please start", env=there)
            assert (after.returncode, after.stderr) == (0, "")
            assert not home.data.exists()


def test_a_database_that_exists_is_used_and_no_other_is_made(
    copied_checkout: Path, packages: Path, shared_installation: Installation
) -> None:
    """--db names it: the proof goes through it, and removing hooktrace leaves its tables."""
    with new_home(copied_checkout) as home:
        home.has_python(sys.executable)
        home.env |= {"PIP_NO_INDEX": "1", "PIP_FIND_LINKS": packages.as_uri()}
        assert "Please start" in home.installed("--db", shared_installation.url)
        status = json.loads(home.run(home.command, "status", "--json").stdout)["database"]
        assert (status["reachable"], status["source"], status["server_pid"]) == (True, "--db", None)
        home.install("--uninstall", "--purge", "--yes")
        left = shared_installation.query("SELECT to_regclass('execution_traces') IS NOT NULL")
        assert (left, home.data.exists()) == ([(True,)], False)


def test_hooks_of_another_tool_stay(awkward: tuple[Home, str]) -> None:
    """So do its settings; ours are beside them."""
    home, _ = awkward
    settings = json.loads((home.path / ".claude/settings.json").read_text())
    assert settings["model"] == "opus"
    assert OTHER_TOOLS["hooks"]["Stop"][0] in settings["hooks"]["Stop"]  # type: ignore[index]
    assert str(home.data / "hooks/record") in settings["hooks"]["PreToolUse"][-1]["hooks"][0]["args"]


def test_a_second_run_changes_nothing_and_says_so(awkward: tuple[Home, str]) -> None:
    """Nothing is built, written or proven again."""
    home, _ = awkward
    home.run(home.command, "collector", "start")
    before, collector = home.tree(), home.run(home.command, "collector", "start").stdout
    printed = home.installed()
    assert home.tree() == before
    assert home.run(home.command, "collector", "start").stdout == collector  # the same process
    assert "up to date" in printed


def test_a_dry_run_beside_an_installation_writes_nothing(awkward: tuple[Home, str]) -> None:
    """It shows what init would change."""
    home, _ = awkward
    before = home.tree()
    done = home.install("--dry-run")
    assert done.returncode == 0, done.stderr
    assert home.tree() == before


def test_status_is_that_of_the_command(awkward: tuple[Home, str]) -> None:
    """Word for word, as far as it does not change from one moment to the next."""
    home, _ = awkward
    assert home.install("--status").returncode == 0
    assert "database" in home.install("--status").stdout


def test_packages_of_the_same_name_are_not_run(awkward: tuple[Home, str]) -> None:
    """PYTHONPATH is for the programs that the user writes, and theirs may have a package `tracing`, too."""
    home, _ = awkward
    package = home.path.parent / "foreign/tracing"
    package.mkdir(parents=True)
    for module in ("__init__", "__main__"):
        (package / f"{module}.py").write_text("raise SystemExit('foreign')\n")
    astray = {"PYTHONPATH": str(package.parent)}
    told = home.run(home.command, "--version", **astray)
    assert (told.returncode, told.stderr) == (0, "")
    assert home.install("--status", **astray).returncode == 0


def test_an_upgrade_replaces_what_runs(awkward: tuple[Home, str]) -> None:
    """The old collector and its server end, the new ones answer, and one environment is left."""
    home, _ = awkward
    (old,) = home.environments()
    assert home.run(home.command, "collector", "start").returncode == 0
    assert home.runs(old)
    changed = home.checkout / "tracing" / "py.typed"
    changed.write_text("# changed\n")
    try:
        printed = home.installed()
    finally:
        changed.write_text("")
    (new,) = home.environments()
    assert new != old
    assert "removed the one before" in printed
    assert new in (home.state / "launch").read_text()
    assert json.loads(home.run(home.command, "status", "--json").stdout)["database"]["reachable"]
    assert not home.runs(old)


def test_everything_lies_under_hooktrace_home_and_goes_again(copied_checkout: Path, packages: Path) -> None:
    """The command knows its home without the variable; --uninstall --purge leaves the tree as it was."""
    with new_home(copied_checkout) as home:
        home.has_python(sys.executable)
        home.env |= {"PIP_NO_INDEX": "1", "PIP_FIND_LINKS": str(packages), "XDG_DATA_HOME": str(home.path / "xdg")}
        before = home.tree(volatile=True)
        home.env["HOOKTRACE_HOME"] = str(home.path / "all of it")
        home.installed()
        assert {path.name for path in home.path.iterdir()} == {".local", ".claude", "all of it"}
        del home.env["HOOKTRACE_HOME"]
        status = json.loads(home.run(home.command, "status", "--json").stdout)
        home.env["HOOKTRACE_HOME"] = str(home.path / "all of it")
        assert status["state"] == str(home.state)
        done = home.install("--uninstall", "--purge", "--yes")
        assert done.returncode == 0, done.stdout + done.stderr
        assert home.tree(volatile=True) == before
        assert str(home.path) not in processes()


def test_an_ordinary_user_installs_and_uninstalls(copied_checkout: Path, packages: Path) -> None:
    """With a database server of their own; what was recorded stays without --purge."""
    if os.geteuid() != 0:
        pytest.skip("needs root to become somebody else; as an ordinary user all the other tests show it")
    python = readable_python()
    with new_home(copied_checkout, user=NOBODY) as home:
        home.has_python(python)
        home.env |= {"PIP_NO_INDEX": "1", "PIP_FIND_LINKS": str(packages)}
        home.installed()
        assert {path.lstat().st_uid for path in home.path.rglob("*")} == {NOBODY}
        done = home.install("--uninstall", "--yes")
        assert done.returncode == 0, done.stdout + done.stderr
        assert not home.command.is_symlink()
        assert home.environments() == []
        assert (home.data / "database").is_dir()


def processes() -> str:
    """Return the command lines of all that runs."""
    return subprocess.run(["ps", "-eww", "-o", "args="], capture_output=True, text=True, check=True).stdout


def readable_python() -> str:
    """Return a Python of this version that every user can run; skip where there is none."""
    name = f"/usr/bin/python{sys.version_info.major}.{sys.version_info.minor}"
    complete = [name, "-c", "import venv, ensurepip"]
    if not Path(name).exists() or subprocess.run(complete, capture_output=True).returncode:
        pytest.skip(f"{name}, readable by every user and with venv, is missing")
    return name


def test_an_interrupted_installation_leaves_nothing(fresh: Home, packages: Path) -> None:
    """No half an environment, and no directory that was not there before."""
    process = subprocess.Popen(
        [fresh.checkout / "install.sh", "--yes"],
        env={**fresh.env, "PIP_NO_INDEX": "1", "PIP_FIND_LINKS": str(packages)},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        start_new_session=True,
    )
    assert process.stdout
    with process:
        assert "making" in process.stdout.readline()
        while not list(fresh.data.glob("venv-*/lib*")):
            time.sleep(0.01)
        os.killpg(process.pid, signal.SIGTERM)
    assert process.returncode == 128 + signal.SIGTERM
    assert fresh.tree() == {}


@pytest.mark.long
def test_real_init_without_its_database_spools(copied_checkout: Path, packages: Path) -> None:
    """The installation finishes, and an event fired then waits in the spool."""
    with new_home(copied_checkout) as home:
        home.has_python(sys.executable)
        home.env |= {"PIP_NO_INDEX": "1", "PIP_FIND_LINKS": str(packages), "HOOKTRACE_HOME": str(home.path / "h")}
        home.data.mkdir()
        if os.geteuid() == 0:
            (home.data / "config.toml").write_text('[embedded]\nuser = "no such user"\n')
        else:
            (home.data / "database").write_text("in the way")
        assert "hooktrace init --db postgresql://" in home.installed()
        subprocess.run([home.data / "hooks/record"], env=home.env, input=b"{}", check=True)
        assert list((home.state / "spool").iterdir())


# -- through a proxy with its own certificate authority


class Proxy:
    """A proxy that opens every TLS connection: it answers for any host itself, with its own authority's certificate."""

    HOST = "packages.invalid"

    def __init__(self, files: Path, directory: Path) -> None:
        self.files = files
        self.authority = directory / "authority.pem"
        self.asked_for: list[str] = []
        self._certify(directory)
        proxy = self

        class Index(http.server.BaseHTTPRequestHandler):
            """The package index behind the proxy."""

            def do_GET(self) -> None:
                proxy.asked_for.append(self.path)
                body = proxy.answer(self.path)
                self.send_response(200 if body is not None else 404)
                self.send_header("Content-Type", "text/html" if self.path.endswith("/") else "application/zip")
                self.send_header("Content-Length", str(len(body or b"")))
                self.end_headers()
                self.wfile.write(body or b"")

            def log_message(self, *_: object) -> None:
                """Say nothing."""

        class Tunnel(http.server.BaseHTTPRequestHandler):
            """The proxy: leads every connection to the index."""

            def do_CONNECT(self) -> None:
                self.send_response(200)
                self.end_headers()
                with contextlib.suppress(OSError), proxy.connected_to_index() as there:
                    back = threading.Thread(target=pump, args=(there, self.connection))
                    back.start()
                    pump(self.connection, there)
                    back.join()
                self.close_connection = True

            def log_message(self, *_: object) -> None:
                """Say nothing."""

        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(directory / "host.pem", directory / "host.key")
        self.index = Quiet(("127.0.0.1", 0), Index)
        self.index.socket = context.wrap_socket(self.index.socket, server_side=True, do_handshake_on_connect=False)
        self.tunnel = Quiet(("127.0.0.1", 0), Tunnel)
        for server in (self.index, self.tunnel):
            threading.Thread(target=server.serve_forever, daemon=True).start()

    @property
    def env(self) -> dict[str, str]:
        """What a user behind this proxy has in the environment, without the authority."""
        return {
            "PIP_INDEX_URL": f"https://{self.HOST}/simple/",
            "HTTPS_PROXY": f"http://127.0.0.1:{self.tunnel.server_port}",
            "PIP_CONFIG_FILE": os.devnull,
            "PIP_RETRIES": "0",
        }

    def answer(self, path: str) -> bytes | None:
        """Return the page of a project, or a file."""
        if path.startswith("/files/"):
            file = self.files / Path(path).name
            return file.read_bytes() if file.exists() else None
        project = canonicalize_name(path.rstrip("/").rsplit("/", 1)[-1])
        names = [one.name for one in self.files.iterdir() if canonicalize_name(one.name.split("-")[0]) == project]
        return "".join(f'<a href="/files/{name}">{name}</a>\n' for name in names).encode()

    def connected_to_index(self) -> socket.socket:
        """Return a new connection to the index."""
        return socket.create_connection(("127.0.0.1", self.index.server_port))

    def close(self) -> None:
        """Take no more connections."""
        for server in (self.tunnel, self.index):
            server.shutdown()
            server.server_close()

    def _certify(self, directory: Path) -> None:
        def openssl(*arguments: str) -> None:
            subprocess.run(["openssl", *arguments], cwd=directory, check=True, capture_output=True)

        new_key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
        openssl("req", "-x509", *new_key, "-keyout", "ca.key", "-out", "authority.pem", "-subj", "/CN=Our proxy")
        openssl("req", *new_key, "-keyout", "host.key", "-out", "host.csr", "-subj", f"/CN={self.HOST}")
        (directory / "names").write_text(f"subjectAltName=DNS:{self.HOST}\nauthorityKeyIdentifier=keyid\n")
        signed_by = ["-CA", "authority.pem", "-CAkey", "ca.key", "-CAcreateserial", "-extfile", "names"]
        openssl("x509", "-req", "-in", "host.csr", *signed_by, "-out", "host.pem")
        self.authority.chmod(0o644)


class Quiet(http.server.ThreadingHTTPServer):
    """Says nothing about clients that hang up, as those do that do not trust it."""

    daemon_threads = True
    block_on_close = False

    def handle_error(self, *_: object) -> None:
        """Say nothing."""


def pump(source: socket.socket, sink: socket.socket) -> None:
    """Copy what comes until one of both is closed."""
    with contextlib.suppress(OSError):
        while data := source.recv(65536):
            sink.sendall(data)
        sink.shutdown(socket.SHUT_WR)


@pytest.fixture
def behind_a_proxy(packages: Path, tmp_path: Path) -> Iterator[Proxy]:
    """Give the proxy that is the only way to the packages."""
    if shutil.which("openssl") is None:
        pytest.skip("openssl is not installed")
    proxy = Proxy(packages, tmp_path)
    yield proxy
    proxy.close()


def test_a_proxy_with_its_own_authority_is_gone_through(fresh: Home, behind_a_proxy: Proxy) -> None:
    """Not trusted, it is named as the reason and nothing is left; with the system's bundle, all goes through it."""
    done = fresh.install("--yes", **behind_a_proxy.env, SSL_CERT_FILE="/dev/null")
    assert done.returncode == 1
    assert "CERTIFICATE_VERIFY_FAILED" in done.stderr
    assert fresh.tree() == {}
    fresh.installed("--no-agent", **behind_a_proxy.env, SSL_CERT_FILE=str(behind_a_proxy.authority))
    fetched = {path for path in behind_a_proxy.asked_for if path.startswith("/files/")}
    assert len(fetched) >= len(locked())


@pytest.mark.long
@pytest.mark.parametrize("variable", ["PIP_CERT", "REQUESTS_CA_BUNDLE"])
def test_the_authority_may_be_named_in_any_way_pip_knows(fresh: Home, behind_a_proxy: Proxy, variable: str) -> None:
    """The variables reach pip, also an old one."""
    fresh.installed("--no-agent", **behind_a_proxy.env, **{variable: str(behind_a_proxy.authority)})


# -- the lock


def locked() -> dict[str, tuple[Requirement, int]]:
    """Return what the lock holds for this system: each requirement and the number of its hashes."""
    entries = re.findall(r"^([a-z].*?) *\\\n((?:    --hash=sha256:[0-9a-f]{64}(?: \\)?\n)+)", LOCK.read_text(), re.M)
    found = {
        canonicalize_name(one.name): (one, text.count("sha256:"))
        for one, text in ((Requirement(line), text) for line, text in entries)
    }
    return {name: entry for name, entry in found.items() if entry[0].marker is None or entry[0].marker.evaluate()}


def test_the_lock_holds_what_pyproject_asks_for() -> None:
    """In a version that satisfies it; the command to renew the lock is at its head."""
    project = tomllib.loads((CHECKOUT / "pyproject.toml").read_text())
    held = locked()
    for text in (*project["project"]["dependencies"], *project["build-system"]["requires"], "pip>=24.2"):
        wanted = Requirement(text)
        if wanted.marker and not wanted.marker.evaluate():
            continue
        assert canonicalize_name(wanted.name) in held, f"{text}: renew the lock"
        (pin,) = held[canonicalize_name(wanted.name)][0].specifier
        assert pin.operator == "=="
        assert wanted.specifier.contains(pin.version), f"{text}: renew the lock, it has {pin.version}"


def test_the_lock_names_no_place_and_every_entry_has_its_hashes() -> None:
    """Where packages come from is the user's to say."""
    text = LOCK.read_text()
    assert not re.search(r"https?:|file:|index-url|find-links|trusted-host", text)
    entries = [line for line in text.splitlines() if re.match(r"[a-z]", line)]
    assert all(re.fullmatch(r"[a-z0-9-]+(\[[a-z,]+\])?==[^ ]+( ; .*)? \\", line) for line in entries)
    assert all(count > 0 for _, count in locked().values())
    assert text.count("==") >= len(entries) > 20
