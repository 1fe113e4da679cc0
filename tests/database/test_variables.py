import shlex
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest
from psycopg.conninfo import conninfo_to_dict

from tracing.database.envfile import environment_from_file
from tracing.database.variables import Address, for_env_file, for_shell, variables

NASTY = "p@:/?#%+ '\"$HOME ${X} ä`\\"


@pytest.fixture(autouse=True)
def _without_libpq_variables(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("PGHOST", "PGPORT", "PGUSER", "PGPASSWORD", "PGDATABASE", "PGSERVICE", "PGPASSFILE"):
        monkeypatch.delenv(name, raising=False)


def test_an_address_is_what_libpq_makes_of_a_url() -> None:
    """Parts, special characters and further options arrive, and nothing that libpq worked out itself."""
    address = Address.of("postgresql://me%40home:p%2Fw@127.0.0.1:1/a%20b?sslmode=require&application_name=x")
    assert address == Address(
        "127.0.0.1", "1", "a b", "me@home", "p/w", {"sslmode": "require", "application_name": "x"}
    )


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://u:pw@127.0.0.1:1/d",
        "postgresql://u@127.0.0.1:1/d?sslmode=require&options=-c%20search_path%3Da",
        "postgresql://u@[::1]:1/d",
        "postgresql://u@/d?host=%2Fno%20such%2Fplace&port=1",
        "postgresql://u@/d?host=127.0.0.1%2C127.0.0.2&port=1%2C2",
    ],
)
def test_an_address_becomes_the_same_url(url: str) -> None:
    """What goes through an address names the same database in the same way."""
    assert conninfo_to_dict(Address.of(url).url) == conninfo_to_dict(url)


def test_a_password_file_is_read(tmp_path: Path) -> None:
    """The password of ?passfile= is in the address, since a container does not have the file."""
    passfile = tmp_path / "pgpass"
    passfile.write_text("127.0.0.1:*:*:u:from the file\n")
    passfile.chmod(0o600)
    address = Address.of(f"postgresql://u@127.0.0.1:1/d?passfile={passfile}")
    assert (address.password, address.options) == ("from the file", {})


def test_a_password_is_not_in_the_text_of_an_address() -> None:
    """An address in a log or a traceback tells no secret."""
    assert "secret" not in repr(Address.of("postgresql://u:secret@127.0.0.1:1/d"))


@pytest.mark.parametrize(
    ("host", "name", "explicit", "seen"),
    [
        ("localhost", "host.docker.internal", False, ("host.docker.internal", "1")),
        ("127.0.0.1", "postgres:5432", True, ("postgres", "5432")),
        ("db.example.com", "host.docker.internal", False, ("db.example.com", "1")),
        ("db.example.com", "postgres", True, ("postgres", "1")),
    ],
)
def test_a_container_sees_another_host(host: str, name: str, explicit: bool, seen: tuple[str, str]) -> None:
    """The host has another name there; a third machine has the same one, unless it is said otherwise."""
    there = Address(host, "1", "d", "u", "", {}).seen_from_container(name, explicit)
    assert (there.host, there.port) == seen


def test_a_shell_gets_every_value_as_it_is() -> None:
    """Whatever stands in a password, evaluating the lines yields it, exported."""
    here = Address("127.0.0.1", "1", "d", "u", NASTY, {})
    values = variables(here, here)
    script = "\n".join(for_shell(name, value) for name, value in values.items())
    for name, value in values.items():
        done = subprocess.run(
            ["sh", "-c", f'eval {shlex.quote(script)}\nexec printenv "$0"', name], capture_output=True, check=True
        )
        assert done.stdout.decode() == value + "\n"


@pytest.mark.parametrize("password", ["plain-_~1", "a b", 'a"b#c', "a$b", "$(x)`y`", "ä", ""])
def test_an_env_file_is_read_back(tmp_path: Path, password: str) -> None:
    """What is printed for containers is what `init --env-file` reads."""
    here = Address("127.0.0.1", "1", "d", "u", password, {})
    lines = [for_env_file(name, value) for name, value in variables(here, replace(here, host="db")).items()]
    file = tmp_path / "env"
    file.write_text("\n".join(line or "" for line in lines))
    found = environment_from_file(file, {})
    assert found.get("POSTGRES_PASSWORD", "") == password
    assert conninfo_to_dict(found["TRACEABILITY_DB_URL"]).get("password", "") == password
    assert conninfo_to_dict(found["TRACEABILITY_DB_URL"])["host"] == "db"


@pytest.mark.parametrize("value", ["a'b", "a\\b", "a\nb", "a${b}"])
def test_what_readers_of_env_files_disagree_about_is_not_written(value: str) -> None:
    """Better no value than one that means something else to the next reader; URLs are never concerned."""
    assert for_env_file("NAME", value) is None
    assert for_env_file("NAME", Address("h", "1", "d", "u", value, {}).url)
