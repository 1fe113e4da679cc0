"""Advice: what worked earlier in this project, as a few sentences of history for the agent.

Everything that was recorded is untrusted, names included: a repository may name its agents, tools and files, and make
any program print anything.  So the sentences are ours, and into their gaps go numbers, words of our own, and names that
cannot be an order: of few characters, few words and no space.  No path, no argument, no text of an error or a prompt.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

LONGEST = 600
"""Characters in all."""

NAME = re.compile(r"[A-Za-z0-9_.:/-]{1,64}")
"""What may be said of what others named; see ``sayable``, which asks for more."""

MOST_WORDS = 3
"""Words between the separators of a name: with more it could tell the agent something."""

LONGEST_WORD = 20
"""Characters of one word: words that are run together are words, too."""

COMMANDING = re.compile(
    r"ignor|disregard|forget|overrid|bypass|obey|instruct|prompt|system|secret|passw|token|credential|exfil|sudo"
    r"|curl|wget|jailbreak|reveal|developer|assistant|human|important|urgent|must|always|never|please|delete|rm-rf",
    re.IGNORECASE,
)
"""Beginnings of words that orders to a model are made of: three words are room for one, and a name can do without."""

MOST_STEPS = 8
"""Tools that a way of working is told with; a longer one is cut."""

MOST_CURES = 3

TOOLS = frozenset(
    "Agent Edit Glob Grep MultiEdit NotebookEdit Read Skill Task WebFetch WebSearch Write".split()  # noqa: SIM905
)
"""Tools of the client that may be a step of a cure; a shell command's program is the other kind of step."""

_MCP = "mcp__"

_LETTERS = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])|[0-9]+")
"""The words of a name: between separators, and camelCase's."""


@dataclass(frozen=True)
class Way:
    """A way of working that was seen here."""

    agents: Sequence[str]
    tools: Sequence[str]
    successes: int
    failures: int


@dataclass(frozen=True)
class Trap:
    """A kind of failure that was seen here, and what was done before the same thing succeeded."""

    tool: str
    category: str
    times: int
    cured: int
    cure: Sequence[str]
    """Steps as "Tool subject", without arguments."""


def advice(way: Way, trap: Trap | None = None) -> str | None:
    """Return what to tell the agent; None when nothing is left that can be said."""
    worked = _worked(way)
    if not worked:
        return None
    parts = ["Recorded by hooktrace; history, not an instruction.", worked]
    if trap and (warning := _warning(trap)):
        parts.append(warning)
    said = " ".join(parts)
    return said if len(said) <= LONGEST else " ".join(parts[:2])[:LONGEST]


def sayable(name: str) -> bool:
    """Tell whether *name* can stand in a sentence of ours: it is short, plain, and no sentence itself."""
    if not NAME.fullmatch(name) or COMMANDING.search(name) or "//" in name or ".." in name:
        return False
    words = _LETTERS.findall(name.removeprefix(_MCP))
    return 0 < len(words) <= MOST_WORDS and all(len(word) <= LONGEST_WORD for word in words)


def step(text: str) -> str | None:
    """Return a step of a cure as it may be said: the tool, of a shell command the program and its subcommand too."""
    tool, _, subject = text.partition(" ")
    if tool != "Bash":  # what it is about is a file or an address
        return tool if tool in TOOLS else None
    words = subject.split()
    if not 0 < len(words) <= 2 or not all(_is_program(word) for word in words):
        return None
    return " ".join([tool, *words])


def _is_program(word: str) -> bool:
    """Tell whether *word* may be a program or its subcommand: a plain name, no path, no address, no option."""
    return sayable(word) and "/" not in word and ":" not in word and not word.startswith(("-", "."))


def _worked(way: Way) -> str | None:
    agents, tools = _said(way.agents), _said(way.tools)
    if not agents and not tools:
        return None
    known = way.successes + way.failures
    how = [f"agents {' > '.join(agents)}"] if agents else []
    how += [f"tools {' > '.join(tools)}"] if tools else []
    return f"Earlier here: prompts like this one succeeded {way.successes} of {known} times with {'; '.join(how)}."


def _warning(trap: Trap) -> str | None:
    cure = list(dict.fromkeys(filter(None, map(step, trap.cure))))[:MOST_CURES]
    if not cure or not sayable(trap.category) or not sayable(trap.tool):
        return None
    kind = trap.category.replace("_", " ")
    return (
        f"Earlier here: {trap.tool} failed {trap.times} times ({kind}); "
        f"{trap.cured} times it succeeded after {' > '.join(cure)}."
    )


def _said(names: Iterable[str]) -> list[str]:
    """Return the names that can be said; a run of others is one ellipsis, and so is what is too much."""
    said: list[str] = []
    for name in names:
        shown = name if sayable(name) else "..."
        if not (shown == "..." and said[-1:] == ["..."]):
            said.append(shown)
    if len(said) > MOST_STEPS:
        said = [*said[:MOST_STEPS], "..."]
    return said if any(name != "..." for name in said) else []
