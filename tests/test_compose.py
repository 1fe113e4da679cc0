"""The README's docker-compose fragment: it is read here as Docker would read it."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from psycopg.conninfo import conninfo_to_dict

from tracing.database.envfile import environment_from_file

yaml = pytest.importorskip("yaml", reason="PyYAML is not installed: pip install -e '.[test]'")

PASSWORD = "TRACEABILITY_DB_PASSWORD"  # noqa: S105  # the name of a variable


def blocks(readme: str, *languages: str) -> list[str]:
    """Return the fenced blocks of *readme* in one of *languages*."""
    found = re.findall(r"^```(\w+)\n(.*?)^```$", readme, re.MULTILINE | re.DOTALL)
    return [text for language, text in found if language in languages]


@pytest.fixture
def readme(checkout: Path) -> str:
    text = (checkout / "README.md").read_text()
    if not any("pgvector" in block for block in blocks(text, "yaml")):
        pytest.skip("the README has no docker-compose fragment with pgvector yet")
    return text


@pytest.fixture
def compose(readme: str) -> Any:
    """Give the fragment, parsed."""
    (text,) = (block for block in blocks(readme, "yaml") if "pgvector" in block)
    return yaml.safe_load(text)


@pytest.fixture
def service(compose: Any) -> Any:
    """Give its one service."""
    (service,) = compose["services"].values()
    return service


@pytest.fixture
def example(readme: str, tmp_path: Path) -> dict[str, str]:
    """Give the variables of the .env example beside it, as `init --env-file` reads them."""
    (text,) = (block for block in blocks(readme, "env", "dotenv") if "TRACEABILITY_DB_URL_EXTERNAL=" in block)
    file = tmp_path / ".env"
    file.write_text(text)
    return environment_from_file(file, {})


def test_the_image_is_a_supported_postgresql_with_pgvector(service: Any) -> None:
    """A tag names the major version: data of one is no data of the next."""
    assert re.fullmatch(r"pgvector/pgvector:(\d+\.\d+\.\d+-)?pg1[5-7]", service["image"])


def test_the_port_is_open_to_this_machine_only(service: Any, example: dict[str, str]) -> None:
    """Docker publishes to every interface unless told otherwise; the host's port is the one in the example."""
    (port,) = service["ports"]
    outside = conninfo_to_dict(example["TRACEABILITY_DB_URL_EXTERNAL"])
    assert port == f"127.0.0.1:{outside['port']}:5432"
    assert outside["host"] in ("localhost", "127.0.0.1")


def test_the_data_outlives_the_container(compose: Any, service: Any) -> None:
    """They lie in a named volume at the place where PostgreSQL up to 17 keeps them."""
    (volume,) = service["volumes"]
    name, _, target = volume.partition(":")
    assert target == "/var/lib/postgresql/data"
    assert name in compose["volumes"]


def test_health_means_that_connections_are_taken(service: Any) -> None:
    """pg_isready by TCP: while the image sets itself up, only the socket answers."""
    kind, command = service["healthcheck"]["test"]
    environment = service["environment"]
    assert kind == "CMD-SHELL"
    assert command.split() == [
        "pg_isready", "-h", "127.0.0.1", "-U", environment["POSTGRES_USER"], "-d", environment["POSTGRES_DB"],
    ]  # fmt: skip


def test_the_credentials_are_those_of_the_example(compose: Any, service: Any, example: dict[str, str]) -> None:
    """The container makes the user and the database that both URLs name; the password is the same variable."""
    environment = service["environment"]
    assert re.fullmatch(rf"\$\{{{PASSWORD}(:\?[^}}]*)?\}}", environment["POSTGRES_PASSWORD"])
    outside, inside = (
        conninfo_to_dict(example[name]) for name in ("TRACEABILITY_DB_URL_EXTERNAL", "TRACEABILITY_DB_URL")
    )
    for url in (outside, inside):
        assert (url["user"], url["dbname"]) == (environment["POSTGRES_USER"], environment["POSTGRES_DB"])
    assert outside["password"] == inside["password"]
    assert (inside["host"], inside["port"]) == (*compose["services"], "5432")
