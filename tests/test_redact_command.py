"""``hooktrace redact --test``: what would go from a file."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import Installation
from tests.lookalikes import LOOKALIKES
from tests.secrets import SECRETS
from tests.test_redact import BEGIN, END, GITHUB


@pytest.fixture(scope="module")
def hooktrace(module_home: Installation) -> Installation:
    """Give an installation whose collector has nothing to do."""
    return module_home


def test_each_line_is_shown_with_its_number_and_kinds(hooktrace: Installation, tmp_path: Path) -> None:
    """A key of many lines is one; what stands far from a mark is left out; the count is of secrets and lines."""
    file = tmp_path / "a.txt"
    far = "x " * 200
    file.write_text(f"one\nPASSWORD=hunter2 {far}{GITHUB}\n{BEGIN}\nMIIEow\n{END} TOKEN=b1\nlast: \x1b[31m\n")
    assert hooktrace.done("redact", "--test", str(file)).splitlines() == [
        f"     2  name, github-token  PASSWORD=[redacted]…{far[-60:]}[redacted:github-token]",
        "     3  private-key, name   [redacted:private-key] TOKEN=[redacted]",
        "4 secrets in 2 lines would go",
    ]


def test_json_is_treated_as_an_event_is(hooktrace: Installation, tmp_path: Path) -> None:
    """By its keys, with the lines of the file as it stands; an object a line likewise."""
    value = {"env": {"password": 12345, "user": "bob", "note": f"é {GITHUB}"}, "list": [1, None, {"apiKey": "zzz"}]}
    whole, lines = tmp_path / "a.json", tmp_path / "a.jsonl"
    whole.write_text(json.dumps(value, indent=2))
    lines.write_text("\n".join(map(json.dumps, ({"a": 1}, {"secret": "x"}, {"b": "TOKEN=c1"}))))
    assert hooktrace.done("redact", "--test", str(whole)).splitlines() == [
        '     3  name                    "password": "[redacted]",',
        '     5  github-token            "note": "é [redacted:github-token]"',
        '    11  name                      "apiKey": "[redacted]"',
        "3 secrets in 3 lines would go",
    ]
    assert hooktrace.done("redact", "--test", str(lines)).splitlines() == [
        '     2  name                {"secret": "[redacted]"}',
        '     3  name                {"b": "TOKEN=[redacted]"}',
        "2 secrets in 2 lines would go",
    ]


@pytest.mark.parametrize(
    "text", ['{"password": "hunter2", "password": "hunter3"}', '{"password": "hunter2"', "[" * 200]
)
def test_what_is_no_event_is_text(hooktrace: Installation, tmp_path: Path, text: str) -> None:
    """A key that is given twice, an object without an end: nothing of it is shown that should go."""
    file = tmp_path / "a.json"
    file.write_text(text)
    shown = hooktrace.done("redact", "--test", str(file))
    assert "hunter" not in shown
    assert ("[redacted]" in shown) == ("password" in text)


def test_standard_input_is_a_file_too(hooktrace: Installation) -> None:
    """Nothing that goes is ever shown, whatever it is; without a secret it says so."""
    text = "\n\n".join(planted.text for planted in SECRETS)
    shown = _piped(hooktrace, text)
    assert [planted.kind for planted in SECRETS if planted.secret in shown] == []
    assert _piped(hooktrace, "plain\n" + LOOKALIKES[0]) == "nothing would go\n"


def _piped(hooktrace: Installation, text: str) -> str:
    command = [sys.executable, "-m", "tracing", "redact", "--test", "-"]
    process = subprocess.run(command, env=hooktrace.env, input=text, capture_output=True, text=True, check=True)
    return process.stdout


def test_a_file_that_cannot_be_read_is_a_sentence(hooktrace: Installation, tmp_path: Path) -> None:
    """Missing, a directory, or no text: with the file's name and the cure."""
    binary = tmp_path / "binary"
    binary.write_bytes(b"\x7fELF\x00\x01")
    for file, reason in ((tmp_path / "no", "No such file"), (tmp_path, "Is a directory"), (binary, "no text in UTF-8")):
        process = hooktrace.run("redact", "--test", str(file))
        assert process.returncode == 1
        assert str(file) in process.stderr
        assert reason in process.stderr
        assert "\nhint: " in process.stderr
        assert "Traceback" not in process.stderr
