from __future__ import annotations

import pytest

from tracing.learning.command import checked, steps_of, subject_of_command


@pytest.mark.parametrize(
    ("command", "subject"),
    [
        ("cd x && FOO=1 .venv/bin/python3.11 -m pytest -q tests/a.py", "pytest"),
        ("uv run pytest", "pytest"),
        ("git -C /x push --force origin main", "git push"),
        ("sudo timeout 60 docker compose up -d", "docker up"),
        ("npm run build 2>&1", "npm build"),
        ("npm test -- --grep 'a && b'", "npm test"),
        ("cat a.txt | jq .x > out.json", "cat"),
        ("python scripts/convert.py --all", "convert.py"),
        ("echo 'unclosed", "echo"),
        ("", ""),
    ],
)
def test_a_command_is_about_a_program_and_its_subcommand(command: str, subject: str) -> None:
    """Without directory, version, wrapper, assignment or argument."""
    assert subject_of_command(command) == subject


@pytest.mark.parametrize(
    ("command", "told"),
    [
        ("pytest -q", {"pytest"}),
        ("make lint && cargo test", {"make lint", "cargo test"}),
        ("pytest | tail", set()),
        ("pytest || true", set()),
        ("pytest; echo done", set()),
        ("pytest &", set()),
        ("cd a; pytest && echo ok", {"pytest"}),
        ("pytest --version", set()),
        ("cat <<EOF > a\nmake test\nEOF", set()),
        ("echo pytest", set()),
    ],
)
def test_a_status_tells_of_tests_only_where_it_is_theirs(command: str, told: set[str]) -> None:
    """What a pipe, an `||` or a later command covers is unknown."""
    assert checked(command, succeeded=True).keys() == told


def test_of_a_failing_chain_only_the_last_check_is_known_to_have_failed() -> None:
    """In `a && b` it may have been a that failed, and b never ran; so a is not called a success."""
    assert checked("ruff check . && pytest", succeeded=False) == {"pytest": False}


def test_a_here_document_is_no_command() -> None:
    """What is written into a file is not run."""
    assert [step.name for step in steps_of("cat <<'EOF' > x\nrm -rf /\nEOF\nls")] == ["cat", "ls"]
