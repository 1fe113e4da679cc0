"""A repository of git, and what was recorded of the work in it: commits by the agent and by a person."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path
from typing import Any
from uuid import UUID

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
