"""Where and who: what the collector looks up when a session begins."""

from __future__ import annotations

import getpass
import os
import subprocess
import time
from pathlib import Path

import pytest

from tests.conftest import Installation
from tests.story import SESSION, Story
from tracing.process import birth_of, host
from tracing.workplace import look_up


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """Give a repository with a commit, and a linked working tree of another branch beside it."""

    def git(*arguments: str) -> None:
        identity = ["-c", "user.name=a", "-c", "user.email=a@b", "-c", "init.defaultBranch=main"]
        subprocess.run(["git", *identity, *arguments], cwd=tmp_path / "shop", check=True, capture_output=True)

    (tmp_path / "shop" / "deep").mkdir(parents=True)
    git("init")
    git("commit", "--allow-empty", "-m", "first")
    git("worktree", "add", str(tmp_path / "aside"), "-b", "aside")
    return tmp_path / "shop"


def test_a_directory_of_a_repository_knows_its_branch_and_commit(repository: Path) -> None:
    """Also below its root; a linked working tree belongs to the same repository, on a branch of its own."""
    known = look_up(str(repository / "deep"))
    assert (known["repository"], known["branch"], len(known["commit"])) == (str(repository), "main", 40)
    assert (known["user"], known["host"]) == (getpass.getuser(), host())
    aside = look_up(str(repository.parent / "aside"))
    assert (aside["repository"], aside["branch"]) == (str(repository), "aside")
    assert (aside["worktree"], "worktree" in known) == (str(repository.parent / "aside"), False)


def test_of_an_event_that_was_read_late_only_the_repository_is_told(repository: Path) -> None:
    """What is checked out now may not have been then."""
    assert set(look_up(str(repository), now=False)) == {"user", "host", "repository"}


@pytest.mark.parametrize("directory", [None, "", "relative", "/no/such/place", "/", "/nul\0byte"])
def test_elsewhere_user_and_machine_are_known(directory: str | None) -> None:
    """No directory that an event can name makes the look-up fail."""
    assert set(look_up(directory)) == {"user", "host"}


def test_without_git_nothing_is_told_of_repositories(repository: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is no requirement."""
    monkeypatch.setenv("PATH", "/nowhere")
    assert set(look_up(str(repository))) == {"user", "host"}


def test_a_repositorys_own_configuration_runs_nothing(repository: Path, tmp_path: Path) -> None:
    """Whoever wrote the repository must not have the collector do something."""
    mark = tmp_path / "mark"
    config = f'[core]\n\tfsmonitor = "touch {mark}"\n\tpager = "touch {mark}"\n[alias]\n\trev-parse = "!touch {mark}"\n'
    with (repository / ".git" / "config").open("a") as file:
        file.write(config)
    assert look_up(str(repository))["branch"] == "main"
    assert not mark.exists()


def test_a_session_says_where_it_ran(home: Installation, repository: Path) -> None:
    """User, machine, repository, branch, commit, version, mode and, once a request tells it, the model."""
    story = Story(home, CLAUDE_PROJECT_DIR=str(repository / "deep"))
    story.starts(model="claude-opus-5-5")
    story.prompts(permission_mode="plan")
    story.prompts(permission_mode="default")
    home.flush()
    [(context, project)] = home.query("SELECT context, project FROM execution_traces WHERE kind = 'session'")
    assert project == "shop"
    told = {name: context[name] for name in ("user", "host", "repository", "branch", "version", "model")}
    assert told == {
        "user": getpass.getuser(),
        "host": host(),
        "repository": str(repository),
        "branch": "main",
        "version": "2.1.330",
        "model": "claude-opus-5-5",
    }
    assert context["permission_mode"] == "plan", "of its first prompt"


def test_a_birth_tells_a_process_from_every_other() -> None:
    """It stays the same while the process lives, and one that is gone, or only not yet waited for, has none."""
    with subprocess.Popen(["sleep", "60"]) as process:
        born = birth_of(process.pid)
        assert born
        assert born != birth_of(os.getpid())
        assert birth_of(process.pid) == born
        process.kill()
        until = time.monotonic() + 30
        while birth_of(process.pid) and time.monotonic() < until:
            time.sleep(0.01)
        assert birth_of(process.pid) == "", "a zombie"
    assert birth_of(process.pid) == ""


def test_an_older_client_is_known_by_the_parent_of_its_hook(home: Installation) -> None:
    """It does not tell its pid; a shell between it and the hook is not taken for it."""
    Story(home, CLAUDE_PID="").starts()
    home.flush()
    assert home.query("SELECT session_id, pid FROM hooktrace.processes") == [(SESSION, os.getpid())]
