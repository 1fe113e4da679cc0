"""A shell command read for what it runs: programs with their subcommands, and which tests and builds passed."""

# ruff: noqa: E501 - tables of patterns and of words are read by line

from __future__ import annotations

import re
import shlex
from dataclasses import dataclass
from functools import lru_cache

from tracing.learning.vocabulary import one_by_one

LONGEST = 4000
"""Characters; what follows is a here-document rather than a program."""

_WRAPPERS = one_by_one(
    """sudo env time nice nohup command exec xvfb-run stdbuf npx bunx pnpx uvx timeout doas setsid ionice
    caffeinate"""
)
"""Programs that run another."""
_RUNNERS = {("uv", "run"), ("poetry", "run"), ("pipenv", "run"), ("bundle", "exec"), ("hatch", "run"), ("pdm", "run"),
            ("rye", "run"), ("pnpm", "exec"), ("pnpm", "dlx"), ("npm", "exec"), ("yarn", "dlx"), ("yarn", "exec")}  # fmt: skip
_HAVE_SUBCOMMANDS = one_by_one(
    """git npm pnpm yarn bun pip uv poetry cargo go docker docker-compose podman kubectl helm make just gh glab apt
    apt-get brew conda terraform systemctl dotnet gradle gradlew mvn mvnw bundle rails rake mix composer
    alembic manage.py ruff npx deno hatch tox nox cmake ctest aws gcloud az psql"""
)
_WITHOUT_STEP = one_by_one("""cd pushd popd export set source . unset true : echo printf sleep umask ulimit alias""")
"""What prepares or decorates a command: not what it is about."""

_CHECKERS = one_by_one(
    """pytest tox nox unittest ctest jest vitest mocha rspec phpunit mypy pyright tsc eslint flake8 pylint ninja
    bazel playwright cypress behave ava karma clippy prove golangci-lint"""
)
_CHECKING = re.compile(
    r"(?:(?:npm|pnpm|yarn|bun|deno|cargo|go|dotnet|mix|swift|gradle|gradlew|mvn|mvnw|make|just|rake|rails|composer|flutter|"
    r"manage\.py|sbt) (?:test|tests|build|check|lint|typecheck|vet|clippy|verify|compile|assemble|package|all|ci|t|"
    r"test[:-]\S+|build[:-]\S+|lint[:-]\S+|type-?check\S*)"
    r"|ruff check|make|cmake --build|docker build|docker-compose build|(?:\S*/)?(?:run[-_]?)?tests?(?:\.sh|\.py)?|tests/run)"
)

_ASSIGNMENT = re.compile(r"[A-Za-z_]\w*=")
_VERSION = re.compile(r"(?<=[a-z])[\d.]+$")
_SUBCOMMAND = re.compile(r"[A-Za-z][\w:.-]*")
_OPERATORS = frozenset({"&&", "||", ";", "|", "&", "|&", ";;", "\n"})
_HEREDOC = re.compile(r"<<-?\s*(['\"]?)(\w+)\1.*?^\s*\2\s*$", re.DOTALL | re.MULTILINE)


_DUPLICATED = re.compile(r"\d*[<>]&(?:\d+|-)|&>>?\s*\S+")
"""2>&1 is no operator."""


@dataclass(frozen=True)
class Step:
    """One program of a command line."""

    name: str
    """The program, with its subcommand where it has some."""
    words: tuple[str, ...]
    before: str
    """The operator before it; empty for the first."""
    after: str
    """The operator behind it; empty for the last."""

    @property
    def checks(self) -> bool:
        """Tell whether it runs tests or a build: whether the work holds."""
        program = self.name.partition(" ")[0]
        if "--version" in self.words or "--help" in self.words or "--collect-only" in self.words:
            return False
        return program in _CHECKERS or _CHECKING.fullmatch(self.name) is not None


@lru_cache(maxsize=2048)
def steps_of(command: str) -> tuple[Step, ...]:
    """Return the programs that *command* runs, in their order."""
    parts: list[tuple[str, list[str]]] = [("", [])]
    for token in _tokens(_DUPLICATED.sub(" ", _HEREDOC.sub("", command[:LONGEST]))):
        if token in _OPERATORS:
            parts.append((token, []))
        else:
            parts[-1][1].append(token)
    filled = [(operator, words) for operator, words in parts if words]
    befores = [operator for operator, _ in filled]
    last = "" if parts[-1][1] else parts[-1][0]
    afters = [*befores[1:], last][: len(filled)]
    found = []
    for (before, words), after in zip(filled, afters, strict=True):
        bare = _unwrapped(words)
        if bare:
            found.append(Step(_name(bare), tuple(bare), before, after))
    return tuple(found)


def subject_of_command(command: str) -> str:
    """Return the program that *command* is about, with its subcommand: tests or a build before anything else."""
    steps = steps_of(command)
    for step in steps:
        if step.checks:
            return step.name
    telling = [step for step in steps if step.name.partition(" ")[0] not in _WITHOUT_STEP]
    unpiped = [step for step in telling if step.before not in ("|", "|&")]
    for several in (unpiped, telling, steps):
        if several:
            return several[0].name
    return ""


def checked(command: str, succeeded: bool) -> dict[str, bool]:
    """Return the tests and builds that *command* ran, and whether each passed, where its exit status tells.

    The status of a pipe is that of its last program, of ``a; b`` that of b, and ``a || true`` has none.
    """
    steps = steps_of(command)
    told = {}
    for at, step in enumerate(steps):
        if step.checks and all(one.after == "&&" for one in steps[at:-1]) and steps[-1].after in ("", "\n", ";"):
            others = any(one.checks for one in steps[at + 1 :])
            if succeeded or not others:
                told[step.name] = succeeded
    return told


def _tokens(command: str) -> list[str]:
    lexer = shlex.shlex(command.replace("\\\n", " ").replace("\n", " ; "), posix=True, punctuation_chars=";&|")
    lexer.whitespace_split = True
    lexer.commenters = ""
    try:
        return [part for token in lexer for part in _apart(token)]
    except ValueError:  # an open quote
        return command.split()


def _apart(token: str) -> list[str]:
    if token in ("&&", "||", ";", "|", "&", "|&") or not set(token) <= set(";&|"):
        return [token]
    return [";"]


def _unwrapped(words: list[str]) -> list[str]:
    words = [word for word in words if word not in ("(", ")", "{", "}", "!", "then", "do", "else", "fi", "done", "if")]
    words = _without_redirections(words)
    while words:
        first = _program(words[0])
        if _ASSIGNMENT.match(words[0]):
            words = words[1:]
        elif first in _WRAPPERS and len(words) > 1:
            words = words[1:]
            while words and (words[0].startswith("-") or words[0][:1].isdigit()):
                words = words[1:]
        elif len(words) > 2 and (first, words[1]) in _RUNNERS:
            words = [word for word in words[2:] if not word.startswith("-")] or words[2:]
        elif first == "python" and len(words) > 2 and words[1] == "-m":
            words = words[2:]
        elif first in ("bash", "sh", "zsh") and len(words) > 2 and words[1] in ("-c", "-lc"):
            return _unwrapped(words[2].split())
        elif first in ("python", "node", "ruby", "php", "bash", "sh") and len(words) > 1 and "/" in words[1]:
            return [words[1].rsplit("/", 1)[-1], *words[2:]]
        elif first == "python" and len(words) > 1 and words[1] == "manage.py":
            words = words[1:]
        else:
            break
    return words


def _without_redirections(words: list[str]) -> list[str]:
    kept, skip = [], False
    for word in words:
        if skip:
            skip = False
        elif re.fullmatch(r"\d*[<>]{1,2}&?", word):
            skip = True
        elif not re.match(r"\d*[<>]", word):
            kept.append(word)
    return kept


def _program(word: str) -> str:
    """Return the name of a program: without its directory, and python3.11 as python."""
    base = word.rsplit("/", 1)[-1].lstrip("(")
    return _VERSION.sub("", base) or base


def _name(words: list[str]) -> str:
    program = _program(words[0])
    if program in ("tests", "test", "run") and "/" in words[0]:
        program = words[0].removeprefix("./")
    if program not in _HAVE_SUBCOMMANDS:
        return program
    if program == "cmake":
        return "cmake --build" if "--build" in words else program
    value_of_option = False
    for word in words[1:]:
        if value_of_option:
            value_of_option = False
        elif word in ("-C", "-f", "-c", "--prefix", "-p", "--project-directory"):
            value_of_option = True
        elif word in ("run", "compose") and program in ("npm", "pnpm", "yarn", "bun", "docker"):
            continue
        elif _SUBCOMMAND.fullmatch(word):
            return f"{program} {word}"
    return program
