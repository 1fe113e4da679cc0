"""Sessions around the labelled prompts: what was done, how it went and why, each with the truth told beside it.

A story is made of a scenario, which is drawn and then played with the failures, programs and files of its kind.  The
truth is the scenario's, not the judge's: a test that fails and then passes, a file about errors, a user's "no problem",
a command that was refused where another way was found are successes; a suite that passed once and fails in the end, a
correction in plain words after green tests are failures; an answer to a question is unknown.  A few corrections are so
mild that only a person would see them.  Next prompts and causes of the two halves are different.

Each kind has an agent that does it best.  Four times in ten another one is chosen, most often the general one, and does
it worse: so the most frequent agent is a fair baseline, and what is to be learned is noisy.
"""

# ruff: noqa: E501 - what programs and people say stands as they say it

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import lru_cache
from random import Random
from typing import Any
from uuid import UUID
from zlib import crc32

from tests.learning import causes, prompts
from tests.learning.causes import Cause
from tracing.learning.story import AgentRun, Call, Story

BEGIN = datetime(2026, 3, 2, 8, tzinfo=UTC)
HALVES = ("tuning", "report")

AGENTS: Mapping[str, str] = {
    "failing test": "debugger", "flaky test": "debugger", "write tests": "test-writer", "ci pipeline": "devops",
    "database migration": "database-expert", "slow query": "database-expert", "auth bug": "debugger",
    "add endpoint": "backend-developer", "documentation": "docs-writer", "explain code": "explorer",
    "review": "code-reviewer", "split up": "refactorer", "rename": "refactorer", "dead code": "refactorer",
    "upgrade": "devops", "container": "devops", "styling": "frontend-developer", "type errors": "debugger",
    "logging": "backend-developer", "git trouble": "general-purpose",
}  # fmt: skip
GENERAL = "general-purpose"
CHOSEN_BEST, CHOSEN_GENERAL = 0.6, 0.25
SUCCEEDS: Mapping[str, float] = {"best": 0.85, "general": 0.55, "other": 0.3}

ASKING = frozenset({"explain code", "review"})
"""Kinds whose prompts are answered: nothing is changed, and nothing tells how it went."""


@dataclass(frozen=True)
class Labels:
    """The truth about a story."""

    kind: str
    outcome: str | None
    """success, failure, or None where nobody could know."""
    causes: tuple[str, ...]
    """Of its failed calls, in their order."""
    agent: str
    """Who does this kind of work best."""
    half: str
    scenario: str


CORRECTIONS: Mapping[str, tuple[str, ...]] = {
    "tuning": (
        "no, that's not what I asked for", "that's wrong, the total must include tax", "still broken",
        "undo that please", "nein, das ist falsch", "it still fails with the same error", "you deleted the wrong file",
        "das geht immer noch nicht", "not what i wanted. only the header should change", "wrong file, I meant the other one",
        "revert this, you broke the login", "that didn't work", "mach das rückgängig", "hm, this doesn't compile",
        "no that is not right, keep the old signature", "nope, still the same error", "this is not working",
        "I said only the tests, not the code", "please undo your last change", "falsch, es ging um die andere Tabelle",
        "why did you remove the cache?", "You misunderstood me: per customer, not per order", "doesn't work",
        "immer noch kaputt", "that broke the build", "das war nicht gemeint", "roll back everything you did",
        "No! don't touch the config", "it crashes now", "funktioniert leider nicht",
    ),
    "report": (
        "No. I need the list sorted by date, not by name", "that's not it", "it's still slow, nothing changed", "stop, wrong repo",
        "this doesn't do what I described", "du hast die falsche Datei geändert", "geht nicht", "revert",
        "why are you touching the migrations?? put them back", "the same exception again", "that change broke checkout, undo it",
        "I told you not to change the public api", "nein, nur die Tests, nicht den Code", "this still isn't right",
        "not like that. use the existing helper", "that is the opposite of what I wanted", "jetzt geht gar nichts mehr",
        "you forgot the second file", "compile error in what you wrote", "still red",
    ),
}  # fmt: skip
MILD: Mapping[str, tuple[str, ...]] = {
    "tuning": ("hm the sum is 41 again", "and the umlauts?", "I was expecting two columns", "the page stays white"),
    "report": (
        "hmm, and where is the second column?",
        "the button is gone",
    ),
}
"""Corrections that no rule of words sees."""
ONWARD: Mapping[str, tuple[str, ...]] = {
    "tuning": (
        "great, now do the same for suppliers", "no problem. next: the footer", "commit this",
        "stop the dev server", "revert commit 3fa91c2 on the release branch", "nein, mehr brauche ich nicht, danke",
        "there is an error in the other module too", "perfekt", "now fix the failing test in billing",
        "why is the sky blue in the mock data?", "add a note about it to the changelog",
        "ok next one: the invoice list", "no need to run the linter again, please push", "wrong amounts in last year's report: find out why",
        "thanks!", "undo button for the editor, how would you build it?", "still one more thing: sort by name",
        "I asked Jana, she is fine with it. open the PR", "nicht schlecht. jetzt bitte auch für Kunden",
        "why did the client pick that colour anyway", "error handling for the upload is next", "that works, thank you",
        "nein danke, das war alles", "it is broken on staging since yesterday, unrelated, have a look",
    ),
    "report": (
        "now the same in french", "not bad! go on with the footer", "ok. does it also work with postgres 14?",
        "no objections from my side, merge it", "that was quick. next ticket: SHOP-311", "undo/redo buttons would be nice, too",
        "this is not urgent, but: rename the config file", "why did you choose a tuple? just curious", "danke, passt",
        "wrong password message should be friendlier, next task", "it still needs a changelog entry", "weiter mit Punkt 2",
        "I meant to ask: how big is the bundle?", "the other service doesn't build since today, see why", "commit and push",
        "nein, das reicht so. jetzt den nächsten Fehler", "you can also drop the old table", "looks good",
    ),
}  # fmt: skip
"""What comes next where nothing was wrong, some of it in the words of a correction."""

WORDS = (
    "ledger",
    "invoice",
    "cart",
    "parser",
    "worker",
    "tenant",
    "session",
    "report",
    "upload",
    "search",
    "mailer",
    "quota",
)
FILES = ("src/{}/errors.py", "app/{}.ts", "lib/{}_service.rb", "internal/{}/store.go", "{}/views.py", "web/{}.css")
CHECKS = (
    "pytest -q",
    "npm test",
    "cargo test",
    "go test ./...",
    ".venv/bin/python -m pytest tests -x",
    "make test",
    "npm run build",
)
FAILING_TESTS = {"tuning": ("assertion", "expected equal", "spec", "go test"), "report": ("junit", "cargo test")}
CHECKING = (
    "pytest",
    "npx jest",
    "npx tsc",
    "cargo build",
    "go build",
    "docker build",
    "bundle exec rspec",
    "go test",
    "make",
    "mvn test",
    "cargo test",
    "npx eslint",
    "mypy",
)
"""Causes that a test or a build tells: left as they are, the work failed whatever else passed."""


class Player:
    """Plays a scenario: each method is a step, in order and in time."""

    def __init__(self, random: Random, half: str, agent: str) -> None:
        self.random, self.half, self.agent = random, half, agent
        self.at = BEGIN + timedelta(minutes=random.randrange(200_000))
        self.begin = self.at
        self.calls: list[Call] = []
        self.causes: list[str] = []
        self.runs: list[AgentRun] = []
        self.check = random.choice(CHECKS)
        self.file = "/home/dev/project/" + random.choice(FILES).format(random.choice(WORDS))
        self.more: dict[str, Any] = {}

    def call(self, name: str, given: Mapping[str, Any], status: str = "completed", **more: Any) -> None:
        """Make a call."""
        start = self.at + timedelta(milliseconds=self.random.randrange(200, 4000))
        self.at = start + timedelta(milliseconds=self.random.randrange(20, 30_000))
        ids = UUID(int=self.random.getrandbits(128))
        self.calls.append(Call(ids, name, status, start, self.at, input=given, **more))

    def bash(self, command: str, status: str = "completed", **more: Any) -> None:
        """Run a command."""
        self.call("Bash", {"command": command}, status, **more)

    def look(self) -> None:
        """Look around, at files about errors too."""
        for _ in range(self.random.randrange(1, 4)):
            match self.random.randrange(4):
                case 0:
                    self.call("Read", {"file_path": self.file})
                case 1:
                    self.call("Grep", {"pattern": "error|failed"})
                case 2:
                    self.bash("cat logs/errors.log | grep -i traceback")
                case _:
                    self.bash("ls -la src")

    def edit(self, file: str | None = None) -> None:
        """Change a file."""
        n = self.random.randrange(1000)
        self.call("Edit", {"file_path": file or self.file, "old_string": f"a = {n}", "new_string": f"a = {n + 1}"})

    def fails(self, name: str | None = None, tool: str = "Bash") -> Cause:
        """Let something fail, for a cause of this half."""
        pool: Mapping[str, Cause] = getattr(causes, self.half.upper())
        name = name or self.random.choice(
            [one for one in pool if pool[one].tool == tool and not pool[one].subject.startswith(CHECKING)]
        )
        cause = pool[name]
        subject, message = self._filled(cause.subject), self._filled(self.random.choice(cause.messages))
        given = {"command": subject} if cause.tool == "Bash" else {"file_path": subject}
        self.causes.append(name)
        self.call(cause.tool, given, "failed", error_type="tool_error", error_message=message)
        return replace(cause, subject=subject)

    def check_fails(self) -> None:
        """Let the tests fail."""
        name = self.random.choice(FAILING_TESTS[self.half])
        cause = getattr(causes, self.half.upper())[name]
        self.causes.append(name)
        message = self._filled(self.random.choice(cause.messages))
        self.bash(self.check, "failed", error_type="tool_error", error_message=message)

    def check_passes(self, command: str | None = None) -> None:
        """Let the tests pass."""
        self.bash(command or self.check)

    def delegate(self) -> None:
        """Hand some of the work to a subagent."""
        self.call("Agent", {"subagent_type": self.agent, "prompt": "…"})
        call = self.calls[-1]
        ids = UUID(int=self.random.getrandbits(128))
        self.runs.append(AgentRun(ids, self.agent, "completed", call.started_at, call.ended_at))

    def _filled(self, text: str) -> str:
        def varied(found: re.Match[str]) -> str:
            word = self.random.choice(WORDS)
            match found[0]:
                case "PATH":
                    return f"{self.random.choice(('src', 'app', 'lib/core', 'tests'))}/{word}{self.random.randrange(9)}"
                case "NAME":
                    return word if self.random.random() < 0.5 else f"{word}_{self.random.choice(WORDS)}"
                case "ID":
                    return str(UUID(int=self.random.getrandbits(128)))
                case "HASH":
                    return f"{self.random.getrandbits(160):040x}"
            return str(self.random.randrange(1, 9000))

        text = re.sub(
            r"10\.[N0]\.N\.N", lambda _: f"10.{self.random.randrange(256)}.0.{self.random.randrange(256)}", text
        )
        return re.sub(r"PATH|NAME|HASH|\bID\b|(?<![A-Z])N(?![A-Za-z])", varied, text)


def _plain(play: Player) -> None:
    play.edit()
    play.check_passes()


def _repaired(play: Player) -> None:
    play.check_fails()
    play.edit()
    play.check_fails()
    play.edit()
    play.check_passes()


def _edit_again(play: Player) -> None:
    cause = play.fails(tool="Edit")
    play.call("Read", {"file_path": cause.subject})
    play.edit(cause.subject)


def _another_way(play: Player) -> None:
    play.fails()
    play.edit()
    play.bash("python scripts/convert.py")
    play.check_passes()


def _refused_on_the_way(play: Player) -> None:
    play.bash("rm -rf build", "denied", error_type="permission")
    play.edit()
    play.check_passes()


def _edited_only(play: Player) -> None:
    play.edit()
    play.edit("/home/dev/project/README.md")


def _masked(play: Player) -> None:
    play.edit()
    play.bash(f"{play.check} 2>&1 | tail -20")


def _second_thought(play: Player) -> None:
    play.edit()
    play.check_fails()
    play.bash(f"git checkout -- {play.file.removeprefix('/home/dev/project/')}")
    play.edit()
    play.check_passes()


def _rated_good(play: Player) -> None:
    play.edit()
    play.check_fails()
    play.more["rating"] = 1


def _looked_in_vain(play: Player) -> None:
    play.fails(tool="Read")
    play.edit()


def _retried(play: Player) -> None:
    cause = play.fails()
    play.edit("/home/dev/project/pyproject.toml")
    play.bash(cause.subject)


def _failing_in_the_end(play: Player) -> None:
    play.edit()
    play.check_fails()


def _passed_once(play: Player) -> None:
    play.edit()
    play.check_passes()
    play.edit()
    play.check_fails()


def _other_check_fails(play: Player) -> None:
    play.edit()
    play.check_passes("ruff check .")
    play.check_fails()


def _api_error(play: Player) -> None:
    play.edit()
    play.more |= {"status": "failed", "error_type": "overloaded_error"}


def _interrupted(play: Player) -> None:
    play.edit()
    play.bash(play.check, "cancelled", error_type="interrupt")
    play.more |= {"status": "cancelled", "error_type": "interrupt"}


def _set_back(play: Player) -> None:
    play.edit()
    play.check_fails()
    play.bash("git checkout .")


def _edits_reversed(play: Player) -> None:
    play.edit()
    given = play.calls[-1].input or {}
    back = {"old_string": given["new_string"], "new_string": given["old_string"]}
    play.call("Edit", {"file_path": given["file_path"], **back})


def _refused_at_last(play: Player) -> None:
    play.look()
    play.call("Edit", {"file_path": play.file, "old_string": "a", "new_string": "b"}, "denied", error_type="permission")


def _left_failing(play: Player) -> None:
    play.edit()
    play.fails()


def _edits_fail(play: Player) -> None:
    play.fails(tool="Edit")
    play.look()


def _rated_bad(play: Player) -> None:
    _plain(play)
    play.more["rating"] = -1


def _corrected(play: Player) -> None:
    play.edit()
    play.more["next_text"] = play.random.choice(CORRECTIONS[play.half])


def _corrected_though_green(play: Player) -> None:
    _plain(play)
    play.more["next_text"] = play.random.choice(CORRECTIONS[play.half])


def _mildly_corrected(play: Player) -> None:
    play.edit()
    play.more["next_text"] = play.random.choice(MILD[play.half])


def _answered(_play: Player) -> None:
    """Look, and tell."""


def _vanished(play: Player) -> None:
    play.more |= {"status": "timeout", "ended_at": None}


def _masked_check(play: Player) -> None:
    play.bash("ls | head")
    play.more["next_text"] = None


Scenario = tuple[Callable[[Player], None], int]
"""What happens, and how often."""

SCENARIOS: Mapping[str | None, Sequence[Scenario]] = {
    "success": (
        (_plain, 5), (_repaired, 5), (_edit_again, 3), (_another_way, 3), (_refused_on_the_way, 2), (_edited_only, 4),
        (_masked, 3), (_second_thought, 2), (_rated_good, 1), (_looked_in_vain, 2), (_retried, 4),
    ),
    "failure": (
        (_failing_in_the_end, 5), (_passed_once, 2), (_other_check_fails, 2), (_api_error, 2), (_interrupted, 3),
        (_set_back, 2), (_edits_reversed, 1), (_refused_at_last, 2), (_left_failing, 4), (_edits_fail, 2), (_rated_bad, 1),
        (_corrected, 5), (_corrected_though_green, 3), (_mildly_corrected, 2),
    ),
    None: ((_answered, 6), (_vanished, 1), (_masked_check, 2)),
}  # fmt: skip


@lru_cache(maxsize=1)
def labelled() -> list[tuple[Story, Labels]]:
    """Return every story with the truth about it; the same at each call."""
    return [
        _story(half, kind, text)
        for half in HALVES
        for kind, texts in getattr(prompts, half.upper()).items()
        for text in texts
    ]


def halves() -> tuple[list[tuple[Story, Labels]], list[tuple[Story, Labels]]]:
    """Return what thresholds are chosen on, and what is reported."""
    tuning, report = ([one for one in labelled() if one[1].half == half] for half in HALVES)
    return tuning, report


def failures(half: str, times: int = 8) -> list[tuple[Call, str]]:
    """Return failed calls of each cause of a half, equally often, with their causes."""
    play = Player(Random(20260302), half, GENERAL)
    for cause in getattr(causes, half.upper()):
        for _ in range(times):
            play.fails(cause)
    return list(zip(play.calls, play.causes, strict=True))


def _story(half: str, kind: str, text: str) -> tuple[Story, Labels]:
    random = Random(crc32(text.encode()))
    agent, how = _chosen(random, kind)
    outcome: str | None = "success" if random.random() < SUCCEEDS[how] else "failure"
    if random.random() < (0.6 if kind in ASKING else 0.08):
        outcome = None
    play = Player(random, half, agent)
    scenarios = SCENARIOS[outcome]
    scenario = random.choices([one for one, _ in scenarios], [often for _, often in scenarios])[0]
    play.look()
    play.delegate()
    scenario(play)
    return _told(play, text), Labels(
        kind, outcome, tuple(play.causes), AGENTS[kind], half, scenario.__name__.strip("_")
    )


def _chosen(random: Random, kind: str) -> tuple[str, str]:
    best, drawn = AGENTS[kind], random.random()
    if drawn < CHOSEN_BEST:
        return best, "best"
    if drawn < CHOSEN_BEST + CHOSEN_GENERAL:
        return GENERAL, "best" if best == GENERAL else "general"
    other = random.choice(sorted(set(AGENTS.values()) - {best, GENERAL}))
    return other, "other"


def _told(play: Player, text: str) -> Story:
    random = play.random
    ended = play.at + timedelta(seconds=random.randrange(2, 30))
    session, prompt = UUID(int=random.getrandbits(128)), UUID(int=random.getrandbits(128))
    story = Story(
        session, prompt, str(session), "completed", play.begin, ended,
        duration_ms=(ended - play.begin).total_seconds() * 1000,
        text=text, project=random.choice(("shop", "ledger")), model="claude-sonnet", calls=tuple(play.calls),
        agents=tuple(play.runs), input_tokens=random.randrange(2000, 60_000), output_tokens=random.randrange(100, 6000),
        cost_usd=Decimal(random.randrange(1, 90)) / 100,
        next_text=random.choice(ONWARD[play.half]) if random.random() < 0.7 else None,
    )  # fmt: skip
    story = replace(story, **play.more)
    return replace(story, next_at=ended + timedelta(seconds=random.randrange(5, 600)) if story.next_text else None)
