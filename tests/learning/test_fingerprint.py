from __future__ import annotations

from dataclasses import replace

import pytest

from tests.learning.making import bash, call, edit
from tracing.learning.fingerprint import failure_of, subject_of, template_of

REFUSED = 'psql: error: connection to server at "db-1" (10.0.0.7), port 5432 failed: Connection refused'


def kind(message: str) -> str:
    return failure_of(bash("x", "failed", f"Exit code 1\n{message}")).fingerprint


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("ModuleNotFoundError: No module named 'yaml'", "ModuleNotFoundError: No module named 'requests'"),
        ("cat: /a/b.txt: No such file or directory", "cat: src/other.py: No such file or directory"),
        (REFUSED, REFUSED.replace("db-1", "prod").replace("10.0.0.7", "192.168.1.2").replace("5432", "6000")),
        ("error: object 3fa91c2b0d is corrupt", "error: object 99e8f1a77c is corrupt"),
        ("E       assert 3 == 4\n1 failed in 0.2s", "E       assert 'a' == 'b'\n7 failed, 3 passed in 9s"),
        ("/bin/bash: line 1: jq: command not found", "bash: line 7: rg: command not found"),
    ],
)
def test_one_cause_has_one_fingerprint(one: str, other: str) -> None:
    """Paths, numbers, ids, hashes and names differ, and do not matter."""
    assert kind(one) == kind(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (REFUSED, REFUSED.replace("refused", "timed out")),
        ('ERROR:  relation "a" does not exist', 'ERROR:  column "a" does not exist'),
        ("git@github.com: Permission denied (publickey).", "cp: cannot open 'a': Permission denied"),
        ("ModuleNotFoundError: No module named 'a'", "ImportError: cannot import name 'a' from 'b'"),
        ("error TS2345: Argument of type 'a'", "error TS2339: Property 'a' does not exist"),
    ],
)
def test_causes_that_share_their_words_stay_apart(one: str, other: str) -> None:
    """Alike to read, and to be cured differently."""
    assert kind(one) != kind(other)


def test_the_line_that_says_why_is_found() -> None:
    """Beneath the output of a program, and not the count of failures at its end."""
    told = failure_of(bash("pytest", "failed", "Exit code 1\n.....\nE   ValueError: bad month 13\n1 failed in 0.1s"))
    assert (told.template, told.error_type, told.category) == ("ValueError: bad month <n>", "ValueError", "runtime")


def test_a_failure_without_a_word_is_told_by_its_program() -> None:
    """An exit code alone says nothing, and two programs that fail so are two causes."""
    one, other = (failure_of(bash(name, "failed", "Exit code 2")) for name in ("foo", "bar"))
    assert one.fingerprint != other.fingerprint
    assert one.template.startswith("foo")


@pytest.mark.parametrize(
    ("message", "category", "severity"),
    [
        ("write /x: no space left on device", "resource", "critical"),
        ("cp: cannot open 'a': Permission denied", "permission", "high"),
        ("curl: (6) Could not resolve host: a.example.com", "network", "medium"),
        ("bash: jq: command not found", "environment", "medium"),
        ("ModuleNotFoundError: No module named 'requests'", "dependency", "medium"),
        ("getaddrinfo ENOTFOUND registry.example", "network", "medium"),
        ("SyntaxError: invalid syntax", "syntax", "medium"),
    ],
)
def test_a_failure_has_a_category_and_a_severity(message: str, category: str, severity: str) -> None:
    """By what went wrong, not by which tool."""
    told = failure_of(bash("x", "failed", message))
    assert (told.category, told.severity) == (category, severity)


def test_what_the_client_refused_to_run_is_an_invalid_call() -> None:
    """The client refused it, and no network did."""
    refused = replace(bash("x", "failed", "No such tool available: Grep"), error_type="refused")
    assert (failure_of(refused).category, failure_of(refused).severity) == ("invalid_call", "low")


def test_a_template_keeps_nothing_that_varies() -> None:
    """What one machine, day or person adds is folded."""
    line = (
        "2026-03-02T08:00:00Z /home/ann/a.py:3 'x' 0xff http://h/p?q a@b.de 1234 6ba7b810-9dad-11d1-80b4-00c04fd430c8"
    )
    assert template_of(line) == "<time> <path> <name> <hex> <url> <mail> <n> <id>"


def test_a_hostile_message_is_folded_in_time() -> None:
    """A megabyte of slashes, quotes or dots is no trap."""
    for piece in ("/", "a/", "'", "a.", "[", "0-", ": "):
        assert len(failure_of(bash("x", "failed", piece * (1_000_000 // len(piece)))).template) <= 350


@pytest.mark.parametrize(
    ("told", "subject"),
    [
        (bash("cd a && npm test"), "npm test"),
        (edit("/p/a.py"), "/p/a.py"),
        (call("Agent", subagent_type="debugger"), "debugger"),
        (call("mcp__github__search"), "mcp__github__search"),
        (call("Bash"), "Bash"),
    ],
)
def test_a_call_has_a_subject(told: object, subject: str) -> None:
    """What it is about, without arguments."""
    assert subject_of(told) == subject  # type: ignore[arg-type]
