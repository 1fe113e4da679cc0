"""Which Bash call of the outer session a nested agent was started from."""

from __future__ import annotations

import shlex
from uuid import UUID, uuid4

import pytest

from tracing.lineage import ShellCall, find_call

ENVIRONMENT = "export HOOKTRACE_SESSION_ID=463965a0-a02c-490d-8927-3f7f722984ae HOOKTRACE_CALL=$$"

COMMANDS = [
    "claude -p 'fix the left side' < /dev/null",
    'claude -p "fix the right side, it\'s broken"',
    "cd sub && \\\n  ./run-agents.sh  --all",
    "export",
    "ls",
]


def line_of(command: str, *, redirected: bool = True) -> str:
    """Return the command line of the shell in which the client runs *command*, as /proc shows it without NULs."""
    stdin = " < /dev/null" if redirected else ""
    script = f"source /tmp/snapshot.sh && {ENVIRONMENT}\n: && eval {shlex.quote(command)}{stdin} && pwd -P >| /tmp/cwd"
    return f"/bin/bash-c{script}"


def calls(*commands: str, is_open: bool = True) -> list[ShellCall]:
    """Return Bash calls that run *commands*."""
    return [ShellCall(uuid4(), command, is_open) for command in commands]


def found(line: str, among: list[ShellCall]) -> UUID | None:
    """Return the call that *line* is the shell of, None if that is undecided."""
    answer = find_call(line, among)
    return answer[0] if answer else None


@pytest.mark.parametrize("command", COMMANDS)
def test_of_parallel_calls_the_one_whose_shell_it_is_is_found(command: str) -> None:
    """Two agents started at once from parallel calls each find their own call, whatever the quoting."""
    parallel = calls(*COMMANDS)
    expected = next(call.correlation_id for call in parallel if call.command == command)
    assert found(line_of(command), parallel) == expected
    assert found(line_of(command, redirected=False), parallel) == expected


def test_a_command_inside_another_is_not_mistaken_for_it() -> None:
    """The longest command that fits is the one: `ls` is in many command lines."""
    parallel = calls("ls", "ls && claude -p x")
    assert found(line_of("ls && claude -p x"), parallel) == parallel[1].correlation_id


def test_the_same_command_twice_at_once_is_undecided() -> None:
    """Where two open calls run the same text nothing is claimed; of an open and an ended one it is the open one."""
    twins = calls("claude -p x", "claude -p x")
    assert found(line_of("claude -p x"), twins) is None
    ended = calls("claude -p x", is_open=False)
    assert found(line_of("claude -p x"), [*ended, twins[0]]) == twins[0].correlation_id


def test_without_a_command_line_only_a_single_open_call_decides() -> None:
    """Where the shell is gone or unreadable, one open call is the parent and two are none."""
    one, two = calls("claude -p x", "make")
    assert found("", [one]) == one.correlation_id
    assert found("", [one, two]) is None
    assert found("", []) is None
    assert found("bash-l", [one]) is None, "the shell of something else: a terminal that was left open"
    assert find_call("", [one]) != find_call(line_of("claude -p x"), [one]), "and that way is not certain"


def test_a_call_that_went_to_the_background_is_found_after_its_end() -> None:
    """A background Bash call has ended for the client while its shell still runs."""
    (background,) = calls("sleep 5; claude -p late", is_open=False)
    (other,) = calls("make test")
    assert found(line_of("sleep 5; claude -p late"), [background, other]) == background.correlation_id
