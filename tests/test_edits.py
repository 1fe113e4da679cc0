"""Two questions: who edited this file, and what is behind this commit."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from tests.conftest import Installation
from tests.story import SESSION, Story
from tracing.identity import prompt_uuid, session_uuid, tool_uuid

PROMPTS = [f"cca888e5-0e48-4ec4-8123-1f7ad8fea32{number}" for number in range(7)]
OTHER, ELSEWHERE, UNRELATED = (f"563965a0-a02c-490d-8927-3f7f722984a{number}" for number in range(3))


class Repository:
    """A repository of git whose commits are made at chosen times."""

    def __init__(self, top: Path, story: Story) -> None:
        self.top, self.begin = top, story.begin
        top.mkdir(exist_ok=True)

    def git(self, *arguments: str, at: float = 0, committed_at: float | None = None) -> str:
        """Run git here, at *at* seconds from the story's beginning, and return what it prints."""
        when = {"GIT_AUTHOR_DATE": at, "GIT_COMMITTER_DATE": at if committed_at is None else committed_at}
        dates = {name: f"{int(self.begin + seconds)} +0000" for name, seconds in when.items()}
        names = ["-c", "user.name=Ann", "-c", "user.email=a@b", "-c", "init.defaultBranch=main"]
        environment = {"PATH": os.environ["PATH"], "HOME": str(self.top), **dates}
        done = subprocess.run(
            ["git", *names, *arguments], cwd=self.top, env=environment, check=True, capture_output=True, text=True
        )
        return done.stdout

    def commit(self, subject: str, at: float, file: str, committed_at: float | None = None) -> str:
        """Write the subject into *file*, commit it, and return what git says of it."""
        (self.top / file).parent.mkdir(exist_ok=True)
        (self.top / file).write_text(subject)
        self.git("add", ".")
        return self.git("commit", "-m", subject, at=at, committed_at=committed_at)

    @property
    def head(self) -> str:
        """The newest commit."""
        return self.git("rev-parse", "HEAD").strip()


def edits(story: Story, use: str, at: float, file: Path, prompt: int = 0, tool: str = "Edit", **more: Any) -> None:
    """Tell a call about *file*, from its beginning to its end a tenth of a second later."""
    about: dict[str, Any] = {"tool": tool, "prompt_id": PROMPTS[prompt], "tool_input": {"file_path": str(file)}}
    story.calls(use, at, **about, **more)
    story.returns(use, at + 0.1, **about, **more)


def costs(home: Installation, session: str, execution: UUID, amount: str) -> None:
    """Store a request to the model that an execution made."""
    home.query(
        "INSERT INTO endpoint_calls (root_id, trace_id, session_id, service, endpoint, model, cost_usd)"
        " VALUES (%s, %s, %s, 'anthropic', '/v1/messages', 'm', %s::numeric)",
        *(session_uuid(session), execution, session, amount),
    )


class Told:
    """What was recorded of the work in a repository: two commits by the agent, one by a person."""

    def __init__(self, home: Installation, directory: Path) -> None:
        self.home = home
        self.story = story = Story(home, SESSION, CLAUDE_PROJECT_DIR=str(directory / "shop"))
        self.repository = shop = Repository(directory / "shop", story)
        self.file = shop.top / "src" / "till.py"
        shop.git("init")
        shop.commit("Begin", 0, "README")
        with home.without_collector():
            story.starts(2, cwd=str(shop.top))
            story.prompts(3, PROMPTS[0], text="\n  Open the till\nand close it again")
            edits(story, "one", 4, self.file, tool="Write")
            edits(story, "two", 5, self.file)
            edits(story, "look", 6, self.file, tool="Read")
            story.tell("Stop", 8, prompt_id=PROMPTS[0])
            story.prompts(10, PROMPTS[1], text="Commit it")
            said = shop.commit("Open the till", 11, "src/till.py")
            shell: dict[str, Any] = {"prompt_id": PROMPTS[1], "tool_input": {"command": "git commit"}}
            story.calls("commit", 10.5, **shell)
            story.returns("commit", 11.5, **shell, tool_response={"stdout": said})
            story.tell("Stop", 12, prompt_id=PROMPTS[1])
            self.by_agent = shop.head
            story.prompts(20, PROMPTS[2], text="Close the till")
            self._subagent(story)
            story.tell("Stop", 24, prompt_id=PROMPTS[2])
            shop.commit("Close the till", 30, "src/till.py", committed_at=45)  # amended, or rebased, later
            self.by_person = shop.head
            story.prompts(35, PROMPTS[3], text="Too late for that commit")
            edits(story, "late", 36, self.file, prompt=3)
            self._elsewhere(directory)
        home.flush()
        costs(home, SESSION, prompt_uuid(SESSION, PROMPTS[0]), "1.5")
        costs(home, SESSION, prompt_uuid(SESSION, PROMPTS[1]), "0.25")
        costs(home, SESSION, tool_uuid(SESSION, "agent"), "0.125")
        costs(home, SESSION, prompt_uuid(SESSION, PROMPTS[2]), "2")

    def _subagent(self, story: Story) -> None:
        """Let a subagent do the third prompt's work, and fail at a part of it."""
        agent = {"agent_id": "a1", "agent_type": "general-purpose"}
        asked: dict[str, Any] = {
            "tool": "Agent",
            "prompt_id": PROMPTS[2],
            "tool_input": {"subagent_type": "general-purpose"},
        }
        story.calls("agent", 21, **asked)
        edits(story, "three", 22, self.file, prompt=2, **agent)
        failing: dict[str, Any] = {
            "tool_name": "Edit",
            "tool_use_id": "four",
            "tool_input": {"file_path": str(self.file)},
            **agent,
        }
        story.tell("PreToolUse", 22.5, prompt_id=PROMPTS[2], **failing)
        story.tell("PostToolUseFailure", 22.6, prompt_id=PROMPTS[2], error="not unique", **failing)
        story.returns("agent", 23, **asked, tool_response={"agentId": "a1", "status": "completed"})

    def _elsewhere(self, directory: Path) -> None:
        """Let other sessions edit: in a working tree that is gone, in a clone, and what only looks alike."""
        shop = self.repository
        shop.git("worktree", "add", str(directory / "aside"), "-b", "aside")
        shop.git("clone", str(shop.top), str(directory / "clone"))
        alike = Repository(directory / "alike", self.story)
        alike.git("init")
        alike.commit("Something else", 0, "README")
        for prompt, session, place in ((4, OTHER, "aside"), (5, ELSEWHERE, "clone"), (6, UNRELATED, "alike")):
            other = Story(self.home, session, CLAUDE_PROJECT_DIR=str(directory / place))
            other.begin = self.story.begin
            other.starts(40, cwd=str(directory / place))
            other.prompts(41, PROMPTS[prompt], text=f"Work in {place}")
            edits(other, f"in {place}", 42, directory / place / "src" / "till.py", prompt=prompt)
            other.tell("Stop", 43, prompt_id=PROMPTS[prompt])


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
