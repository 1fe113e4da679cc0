"""What requests are about that no single word says: phrases, and shapes of text that stand for a kind of work."""

# ruff: noqa: E501 - tables of patterns and of words are read by line

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import pairwise

LONGEST = 2000
"""Characters that are searched for shapes."""

PHRASES = {
    "up to date": "dependency", "to date": "dependency", "get rid": "unused", "throw out": "unused", "no longer": "unused",
    "sign in": "auth", "log in": "auth", "logged out": "auth", "logged in": "auth", "log out": "auth", "logging in": "auth",
    "pull request": "review", "look over": "review", "go through": "review", "my changes": "review", "this branch": "review",
    "merge conflict": "git", "last commit": "git", "the history": "git", "unit test": "test", "error message": "error",
    "once in": "flaky", "break up": "structure", "split up": "structure", "one place": "structure",
    "single place": "structure", "class of": "structure", "walk me": "question", "tell me": "question", "what does": "question",
    "how does": "question", "how do": "question", "was passiert": "question", "line up": "ui", "small screens": "ui",
    "log level": "logging", "dark mode": "ui", "type error": "types", "return type": "types", "return value": "types",
    "not null": "migration", "primary key": "migration", "foreign key": "migration", "new column": "migration",
    "order by": "query", "full scan": "query", "full table": "query", "every time": "flaky", "every now": "flaky",
    "getting started": "docs", "how to": "docs", "read me": "docs", "code review": "review", "exit code": "ci",
    "not used": "unused", "never used": "unused", "never called": "unused", "commented out": "unused", "should be": "naming",
}  # fmt: skip
"""Neighbouring words that together are about something."""

_SHAPES = tuple(
    (re.compile(pattern), topic)
    for pattern, topic in (
        (r"\bv?\d{1,9}(?:\.[\dx]{1,9}){0,3} ?(?:->|=>|→|to|auf|bis) ?v?\d", "dependency"),
        (r"(?<!\w)[A-Za-z_]\w{2,80}(?:\(\))? ?(?:->|=>|→) ?[A-Za-z_]\w{2}", "naming"),
        (r"(?<!\w)s/[^/\s]{1,80}/[^/\s]{0,80}/", "naming"),
        (r"\.(?:css|scss|sass|less)\b", "ui"),
        (r"(?i)\bdockerfile\b|docker-compose|\.dockerignore", "container"),
        (r"\.github/|\.gitlab-ci|\b[Jj]enkinsfile", "ci"),
        (r"package(?:-lock)?\.json|requirements[\w.-]{0,30}\.txt|go\.mod|Cargo\.(?:toml|lock)|pom\.xml|(?:poetry|yarn)\.lock|build\.gradle"
         r"|Gemfile|pyproject\.toml", "dependency"),
        (r"README|CHANGELOG|CONTRIBUTING|\bdocs?/|\.(?:md|rst)\b", "docs"),
        (r"\.(?:spec|test)\.\w|\b[Tt]est_\w|\w_test\b|[a-z]Test\b|\bTest[A-Z]\w|tests?/", "test"),
        (r"\bmigrations?/|\bALTER TABLE|\bADD COLUMN|\bDROP (?:TABLE|COLUMN)", "migration"),
        (r"tsconfig|\.d\.ts\b|\bTS\d{4}\b|\bany\[\]|: (?:str|int|any|string|number)\b|Optional\[|(?:Promise|List|Array)<", "types"),
        (r"\b(?:SELECT|WHERE|JOIN|ORDER BY|GROUP BY|EXPLAIN)\b|\bN\+1\b|\bcount\(\*\)", "query"),
        (r"\b(?:Assertion|Key|Value|Index|Attribute|Name)Error\b|\bexpected\b.{0,40}\b(?:got|but|to|received)\b|assert .{0,30}==", "failing"),
        (r"\b(?:GET|POST|PUT|PATCH|DELETE) /|(?<![\w.])/(?:api|v\d)/", "api"),
        (r"\b40[13]\b", "auth"),
        (r"\b(?:INFO|DEBUG|WARN(?:ING)?)\b", "logging"),
        (r"<<<<<<<|\bHEAD\b|\borigin/", "git"),
    )
)  # fmt: skip
"""Versions, files, statements and messages, as they stand in requests."""


def phrases_in(spoken: Sequence[str]) -> Iterator[str]:
    """Yield what the neighbouring ones of these words are about."""
    pairs = dict.fromkeys(map(" ".join, pairwise(spoken)))
    yield from dict.fromkeys(PHRASES[pair] for pair in pairs if pair in PHRASES)


def shapes_in(text: str) -> Iterator[str]:
    """Yield what the shapes in *text* stand for; a topic once for each shape."""
    beginning = text[:LONGEST]
    return (topic for pattern, topic in _SHAPES if pattern.search(beginning))
