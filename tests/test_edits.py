"""Two questions: who edited this file, and what is behind this commit."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conftest import Installation
from tests.repositories import PROMPTS, UNRELATED, Told
from tests.story import SESSION
from tracing.identity import prompt_uuid, session_uuid, tool_uuid


@pytest.fixture(scope="module")
def told(module_home: Installation, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Told]:
    """Give a story that nobody changes."""
    yield Told(module_home, tmp_path_factory.mktemp("work"))


def ask(told: Told, *arguments: str, cwd: Path | None = None) -> str:
    """Return what a command prints that is run in the repository."""
    process = told.home.run(*arguments, cwd=cwd or told.repository.top, env={"COLUMNS": "160"})
    assert process.returncode == 0, process.stderr
    return process.stdout


def test_a_file_tells_its_edits(told: Told) -> None:
    """Each with its prompt's first line and its outcome; a prompt's cost is told, and counted, once."""
    answer = json.loads(ask(told, "file", "src/till.py", "--json"))
    by_prompt = {prompt["prompt_id"]: prompt for prompt in answer["prompts"]}
    edited = [
        (by_prompt[edit["prompt_id"]]["prompt_text"].strip()[:8], edit["tool"], edit["status"])
        for edit in answer["edits"]
    ]
    assert edited == [
        ("Open the", "Write", "completed"),
        ("Open the", "Edit", "completed"),
        ("Close th", "Edit", "completed"),
        ("Close th", "Edit", "failed"),
        ("Too late", "Edit", "completed"),
        ("Work in ", "Edit", "completed"),
        ("Work in ", "Edit", "completed"),
    ]
    assert answer["total"] == {"edits": 7, "prompts": 5, "sessions": 3, "duration_ms": 13_000, "cost_usd": 3.625}
    lines = ask(told, "file", "src/till.py").splitlines()
    (first,) = [line for line in lines if "Write" in line]
    assert "Open the till" in first and "and close it" not in first and "$1.50" in first and SESSION[:8] in first
    assert [line.count("$") for line in lines if "Edit" in line] == [0, 1, 0, 0, 0, 0]
    assert lines[-1] == "7 calls in 5 prompts of 3 sessions; the whole prompts cost $3.62"


def test_a_file_is_known_by_any_of_its_paths(told: Told, tmp_path: Path) -> None:
    """From another directory, through a link, in a working tree or a clone; and where it is now is no matter."""
    (tmp_path / "link").symlink_to(told.repository.top)
    directory = told.repository.top.parent
    paths = [(told.repository.top / "src", "till.py"), (tmp_path, "link/src/till.py"), (tmp_path, str(told.file))]
    paths += [(directory / "aside", "src/till.py"), (directory / "clone", "src/till.py")]
    for cwd, path in paths:
        assert json.loads(ask(told, "file", path, "--json", cwd=cwd))["total"]["edits"] == 7, path


def test_a_file_of_the_same_name_in_another_repository_is_another_file(told: Told) -> None:
    """Its edits are told when it is asked for, and then alone."""
    directory = told.repository.top.parent
    answer = json.loads(ask(told, "file", "src/till.py", "--json", cwd=directory / "alike"))
    assert [edit["session_id"] for edit in answer["edits"]] == [UNRELATED]


def test_reads_are_told_when_they_are_asked_for(told: Told) -> None:
    """What read the file stands between what edited it."""
    answer = json.loads(ask(told, "file", "src/till.py", "--reads", "--json"))
    assert [edit["tool"] for edit in answer["edits"]][:3] == ["Write", "Edit", "Read"]


def test_what_an_import_knows_of_a_file_counts(told: Told) -> None:
    """A call without events has its file in its context."""
    file, call = told.repository.top / "imported.py", tool_uuid(SESSION, "imported")
    told.home.query(
        "INSERT INTO execution_traces (root_id, correlation_id, parent_id, session_id, source, kind, name, context)"
        " VALUES (%s, %s, %s, %s, 'import', 'tool', 'Edit', jsonb_build_object('file_path', %s::text))",
        *(session_uuid(SESSION), call, prompt_uuid(SESSION, PROMPTS[0]), SESSION, str(file)),
    )
    answer = json.loads(ask(told, "file", "imported.py", "--json"))
    assert [(edit["call_id"], edit["prompt_id"]) for edit in answer["edits"]] == [(str(call), PROMPTS[0])]


def test_a_file_that_nobody_edited(told: Told) -> None:
    """Is a sentence; a directory is one with a hint."""
    assert ask(told, "file", "README") == "no call that edited README is recorded\n"
    refused = told.home.run("file", "src", cwd=told.repository.top)
    assert (refused.returncode, refused.stderr.splitlines()[0]) == (1, "hooktrace: src is a directory")


def test_a_commit_of_the_agents_is_known_by_what_git_printed(told: Told) -> None:
    """Behind it are the prompt that made it and those of its session that edited its files."""
    answer = json.loads(ask(told, "commit", told.by_agent[:9], "--json"))
    assert (answer["commit"]["sha"], answer["found_by"]) == (told.by_agent, "output")
    behind = [(one["prompt_id"], one["files"]) for one in answer["prompts"]]
    assert behind == [(PROMPTS[0], ["src/till.py"]), (PROMPTS[1], [])]
    assert answer["total"] == {"prompts": 2, "sessions": 1, "duration_ms": 7000, "cost_usd": 1.75}


def test_a_commit_of_a_persons_is_known_by_its_files_and_time(told: Told) -> None:
    """Behind it is what edited its files since the commit before, until its author wrote it, not what came later."""
    answer = json.loads(ask(told, "commit", "HEAD", "--json"))
    assert (answer["commit"]["sha"], answer["found_by"]) == (told.by_person, "files")
    assert [(one["prompt_id"], one["files"]) for one in answer["prompts"]] == [(PROMPTS[2], ["src/till.py"])]
    assert answer["total"] == {"prompts": 1, "sessions": 1, "duration_ms": 4000, "cost_usd": 2.125}


def test_a_commit_is_told_to_people_too(told: Told) -> None:
    """With the way in which it was found, a line a prompt, and what all took and cost together."""
    exact, guessed = (ask(told, "commit", sha) for sha in (told.by_agent, told.by_person))
    assert "subject  Open the till" in exact and "found exact: the output of a call" in exact
    assert "found by files and time" in guessed
    (line,) = [line for line in guessed.splitlines() if "src/till.py" in line and SESSION[:8] in line]
    assert all(word in line for word in ("completed", "Close the till", "4.0 s", "$2.12"))
    assert exact.splitlines()[-1] == "2 prompts of 1 sessions: 7.0 s, $1.75"


def test_a_commit_of_which_nothing_is_known(told: Told) -> None:
    """Is told with its files all the same, whatever it brought."""
    first = told.repository.git("rev-list", "--max-parents=0", "main").strip()
    assert ask(told, "commit", first).endswith("files    README\n\nno prompt behind it is recorded\n")
    assert json.loads(ask(told, "commit", first, "--json"))["found_by"] is None


def test_what_is_no_commit_is_a_sentence_and_a_hint(told: Told, tmp_path: Path) -> None:
    """An unknown name, an option that would be git's, a directory without a repository, the end of a shallow clone."""
    told.repository.git("clone", "--depth=1", f"file://{told.repository.top}", str(tmp_path / "shallow"))
    for cwd, sha, said in (
        (told.repository.top, "0123abcd", "has no commit '0123abcd'"),
        (tmp_path, "HEAD", "is in no git repository"),
        (tmp_path / "shallow", "HEAD", "this clone is shallow"),
    ):
        process = told.home.run("commit", sha, cwd=cwd)
        first, second = process.stderr.splitlines()
        assert (process.returncode, said in first, second.startswith("hint: ")) == (1, True, True), process.stderr
    assert "no commit '--all'" in told.home.run("commit", "--", "--all", cwd=told.repository.top).stderr


def test_the_repositorys_configuration_runs_nothing(told: Told, tmp_path: Path) -> None:
    """Who asks about a commit of somebody else's repository does not run what that names."""
    mark, clone = tmp_path / "mark", tmp_path / "clone"
    told.repository.git("clone", str(told.repository.top), str(clone))
    runs = ("core.fsmonitor", "core.pager", "diff.external", "gpg.program", "alias.log")
    config = "".join(
        f'[{section}]\n\t{name} = "{"!" * (section == "alias")}touch {mark}"\n'
        for section, name in (one.split(".") for one in runs)
    )
    with (clone / ".git" / "config").open("a") as file:
        file.write(f"[log]\n\tshowSignature = true\n{config}")
    assert "Close the till" in ask(told, "commit", "HEAD", cwd=clone)
    assert not mark.exists()
