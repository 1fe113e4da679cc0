from pathlib import Path

import pytest
from psycopg.conninfo import conninfo_to_dict

from tracing.database.destination import DestinationError
from tracing.database.envfile import destination_from_file, environment_from_file

SEED = """\
# Traceability
POSTGRES_HOST=localhost (or omninode-bridge-postgres from Docker)
POSTGRES_PORT=5436 (external) / 5432 (internal)
POSTGRES_DATABASE=omninode_bridge
POSTGRES_USER=postgres
POSTGRES_PASSWORD=${TRACEABILITY_DB_PASSWORD}  # See .env file
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """Give the path of a file that is not yet there."""
    return tmp_path / "the .env"


def test_the_seeds_own_lines_are_understood(file: Path) -> None:
    """Prose and comments behind values are cut, and the password comes from the environment."""
    file.write_text(SEED)
    found = destination_from_file(file, {"TRACEABILITY_DB_PASSWORD": "p @1"})
    assert found.source == f"POSTGRES_HOST in {file}"
    assert conninfo_to_dict(found.url or "") == {
        "host": "localhost",
        "port": "5436",
        "dbname": "omninode_bridge",
        "user": "postgres",
        "password": "p @1",
    }


def test_the_traceability_urls_come_before_the_single_variables(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of a whole seed-style file the URL for the host is taken, for it says most; in a container the other."""
    urls = (
        "TRACEABILITY_DB_URL_EXTERNAL=postgresql://postgres:${TRACEABILITY_DB_PASSWORD}@localhost:5436/d  # host\n"
        "TRACEABILITY_DB_URL=postgresql://postgres:${TRACEABILITY_DB_PASSWORD}@bridge:5432/d\n"
    )
    file.write_text(SEED + urls + "TRACEABILITY_DB_PASSWORD=pw\n")
    monkeypatch.setattr("tracing.database.destination.in_container", lambda: False)
    found = destination_from_file(file, {})
    assert found.url == "postgresql://postgres:pw@localhost:5436/d"
    assert found.source == f"TRACEABILITY_DB_URL_EXTERNAL in {file}"
    monkeypatch.setattr("tracing.database.destination.in_container", lambda: True)
    assert destination_from_file(file, {}).url == "postgresql://postgres:pw@bridge:5432/d"


@pytest.mark.parametrize(
    ("line", "value"),
    [
        ("PGHOST=plain", "plain"),
        ("export PGHOST=exported", "exported"),
        ("PGHOST = spaced ", "spaced"),
        ("PGHOST=a#b", "a#b"),
        ("PGHOST=a # b", "a"),
        ('PGHOST="a # b"', "a # b"),
        ('PGHOST="a (b)"  # c', "a (b)"),
        (r'PGHOST="a\"b"', 'a"b'),
        ("PGHOST='${B} $B'", "${B} $B"),
        ('PGHOST="x${B}y"', "xfrom filey"),
        ("PGHOST=$B", "$B"),
        ("PGHOST=${C}", "from environment"),
        ("PGHOST=${D:-a default}", "a default"),
        ("PGHOST=${EMPTY:-a default}", "a default"),
        ("PGHOST=${PGHOST}", "its own"),
        ("POSTGRES_PASSWORD=a (b", "a (b"),
        ("PGHOST=ä", "ä"),
    ],
)
def test_a_value_means_what_people_mean(file: Path, line: str, value: str) -> None:
    """Quotes, `export`, comments and references are read as a shell would, ends of lines as they come."""
    for newline in ("\n", "\r\n"):
        for head in ("", "\ufeff"):
            file.write_bytes(f"{head}# x\n\n{line}\nB=from file\n".replace("\n", newline).encode())
            found = environment_from_file(file, {"B": "no", "C": "from environment", "EMPTY": "", "PGHOST": "its own"})
            assert list(found.values()) == [value]


def test_a_variable_may_stand_behind_its_use(file: Path) -> None:
    """The order of lines does not matter, the file beats the environment, and the last of two lines counts."""
    file.write_text("PGHOST=${A}\nA=${B}\nB=1\nB=2\n")
    assert environment_from_file(file, {"A": "no", "B": "no"}) == {"PGHOST": "2"}


def test_only_the_file_names_the_database(file: Path) -> None:
    """Variables of the process, and of the file's other users, are not taken; neither is an empty one."""
    file.write_text("PGHOST=h\nOTHER=${NOWHERE_DEFINED}\nTRACEABILITY_DB_URL=\n")
    assert environment_from_file(file, {"HOOKTRACE_DATABASE_URL": "postgresql://ambient/d"}) == {"PGHOST": "h"}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("POSTGRES_PASSWORD=${GONE}", r"\$\{GONE\}, used by POSTGRES_PASSWORD, is not defined"),
        ("PGHOST=${A}\nA=${GONE}", r"\$\{GONE\}, used by A, is not defined"),
        ("PGHOST=${A}\nA=${PGHOST}", r"\$\{PGHOST\}, used by A, is not defined"),
        ("PGHOST=${A:?secret}", r"PGHOST has a \$\{ that is no reference"),
        ("PGHOST=${A", r"PGHOST has a \$\{ that is no reference"),
        ("\n\n\nPGHOST='secret", "line 5: not NAME=value"),
    ],
)
def test_what_cannot_be_read_is_said_without_a_value(file: Path, text: str, message: str) -> None:
    """The error names the variable or the line, gives a hint, and shows no value, whoever's it is."""
    file.write_text(f"SECRET=secret\n{text}\nPGPASSWORD=secret\n")
    with pytest.raises(DestinationError, match=rf"(?s)the \.env.*{message}.*\nhint: ") as caught:
        environment_from_file(file, {"SECRET_TOO": "secret"})
    assert "secret" not in str(caught.value)


def test_a_file_that_is_not_there_or_no_text_is_said(file: Path) -> None:
    """Neither is an empty file."""
    with pytest.raises(DestinationError, match=r"cannot be read: No such file.*\nhint: "):
        environment_from_file(file, {})
    file.write_bytes(b"PGHOST=\xff\xfe")
    with pytest.raises(DestinationError, match=r"cannot be read: it is not UTF-8.*\nhint: "):
        environment_from_file(file, {})


def test_a_file_without_a_database_is_an_error(file: Path) -> None:
    """Who names a file never gets the embedded server instead."""
    file.write_text("POSTGRES_USER=u\n")
    with pytest.raises(DestinationError, match=r"names no database\nhint: "):
        destination_from_file(file, {"TRACEABILITY_DB_URL": "postgresql://ambient/d"})
