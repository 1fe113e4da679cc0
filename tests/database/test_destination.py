import re

import psycopg
import pytest
from psycopg.conninfo import conninfo_to_dict

from tracing.database.destination import Destination, DestinationError, resolve, without_password

URL = "postgresql://u:secret@h:5433/d"
EVERYTHING = {
    "HOOKTRACE_DATABASE_URL": "postgresql://own/d",
    "TRACEABILITY_DB_URL_EXTERNAL": "postgresql://external/d",
    "TRACEABILITY_DB_URL": "postgresql://internal/d",
    "POSTGRES_HOST": "postgres-host",
    "PGHOST": "pg-host",
}


def test_the_option_comes_first() -> None:
    """--db beats every variable."""
    assert resolve(URL, EVERYTHING) == Destination(URL, "--db")


@pytest.mark.parametrize(
    ("container", "order"),
    [
        (False, ["HOOKTRACE_DATABASE_URL", "TRACEABILITY_DB_URL_EXTERNAL", "TRACEABILITY_DB_URL"]),
        (True, ["HOOKTRACE_DATABASE_URL", "TRACEABILITY_DB_URL", "TRACEABILITY_DB_URL_EXTERNAL"]),
    ],
)
def test_the_variables_follow_in_their_order(container: bool, order: list[str]) -> None:
    """In a container the URL for inside comes before the one for outside."""
    environment = dict(EVERYTHING)
    for variable in order:
        assert resolve(None, environment, container) == Destination(environment.pop(variable), variable)
    assert resolve(None, environment, container) == Destination(None, "embedded")


def test_an_empty_variable_is_unset() -> None:
    """A variable set to nothing does not hide the next one."""
    environment = {"HOOKTRACE_DATABASE_URL": "", "TRACEABILITY_DB_URL": URL}
    assert resolve(None, environment, container=False) == Destination(URL, "TRACEABILITY_DB_URL")


def test_an_empty_option_is_an_error() -> None:
    """`--db "$URL"` without a URL does not fall back to some other database."""
    with pytest.raises(DestinationError, match="--db"):
        resolve("", EVERYTHING)


def test_ambient_variables_are_not_read_unasked() -> None:
    """Another application's POSTGRES_* and PG* never receive anybody's sessions."""
    assert resolve(None, {"POSTGRES_HOST": "h", "PGHOST": "h"}).url is None


def test_the_embedded_server_can_be_asked_for() -> None:
    """--db embedded beats the variables."""
    assert resolve("embedded", EVERYTHING) == Destination(None, "--db")


def test_env_takes_postgres_variables_first() -> None:
    """--db env takes POSTGRES_* before PG*, with every special character intact."""
    environment = {
        "POSTGRES_HOST": "h",
        "POSTGRES_PORT": "5433",
        "POSTGRES_DATABASE": "a/b c",
        "POSTGRES_USER": "me@home",
        "POSTGRES_PASSWORD": "p@:/?#%+ 'ä",
        "PGHOST": "other",
    }
    found = resolve("env", environment)
    assert found.source == "POSTGRES_HOST"
    assert conninfo_to_dict(found.url or "") == {
        "host": "h",
        "port": "5433",
        "dbname": "a/b c",
        "user": "me@home",
        "password": "p@:/?#%+ 'ä",
    }


def test_env_pins_all_that_libpq_would_heed() -> None:
    """--db env takes every PG* variable, since the collector will not have them."""
    environment = {
        "PGHOST": "/run/pg",
        "PGUSER": "u",
        "PGSSLMODE": "require",
        "PGPASSFILE": "/f",
        "PGPORT": "",
    }
    found = resolve("env", environment)
    assert found.source == "PGHOST"
    assert conninfo_to_dict(found.url or "") == {
        "host": "/run/pg",
        "user": "u",
        "sslmode": "require",
        "passfile": "/f",
    }


def test_env_that_names_nothing_is_an_error() -> None:
    """--db env without a host says which variables it looked for."""
    with pytest.raises(DestinationError, match=r"(?s)POSTGRES_HOST.*PGHOST.*hint: "):
        resolve("env", {"PGUSER": "u", "HOOKTRACE_DATABASE_URL": URL})


@pytest.mark.parametrize(
    ("given", "taken"),
    [
        ("postgres://u@h/d", "postgresql://u@h/d"),
        ("postgresql+asyncpg://u:p@h/d", "postgresql://u:p@h/d"),
        ("postgresql+psycopg2://h/d?sslmode=require", "postgresql://h/d?sslmode=require"),
        ("postgresql+asyncpg://h/d?ssl=require&options=x", "postgresql://h/d?sslmode=require&options=x"),
        (" postgresql://h/d\n", "postgresql://h/d"),
        ("host=h dbname=d password='a b'", "host=h dbname=d password='a b'"),
        ("postgresql://u:a?b@h/d", "postgresql://u:a?b@h/d"),
        ("postgresql://h1:1,h2:2/d", "postgresql://h1:1,h2:2/d"),
    ],
)
def test_a_url_becomes_what_libpq_takes(given: str, taken: str) -> None:
    """SQLAlchemy's and asyncpg's spellings are translated; what libpq knows stays as it is."""
    assert resolve(given, {}).url == taken


@pytest.mark.parametrize(
    "wrong",
    [
        "mysql://u:secret@h/d",
        "postgresql://u:sec@ret@h/d",
        "postgresql://u:sec/ret@h/d",
        "postgresql://u:sec:ret/x",
        "postgresql://u:%zzsecret@h/d",
        "postgresql://u:secret@h:port/d",
        "postgresql://u:secret@h/d?nonsense=1",
        "host=h password=secret nonsense",
        "secret",
    ],
)
def test_a_malformed_url_is_refused_without_showing_it(wrong: str) -> None:
    """The error names what named the URL, gives a hint, and shows no part of a password."""
    with pytest.raises(DestinationError) as caught:
        resolve(None, {"HOOKTRACE_DATABASE_URL": wrong})
    message = str(caught.value)
    assert message.startswith("HOOKTRACE_DATABASE_URL")
    assert "\nhint: " in message
    assert not re.search("sec|ret", message)


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("postgresql://u:p%40w@h:1/d?sslmode=require", "postgresql://u@h:1/d?sslmode=require"),
        ("postgresql+asyncpg://u:secret@h/d", "postgresql://u@h/d"),
        ("postgresql://h/d?password=secret&user=u", "postgresql://h/d?user=u"),
        ("postgresql://h/d?pass%77ord=secret", "postgresql://h/d"),
        ("postgresql://u:a?b@h/d", "postgresql://u@h/d"),
        ("postgresql://u@h1:1,h2/d?passfile=/f&sslpassword=secret", "postgresql://u@h1:1,h2/d?passfile=/f"),
        ("postgresql://:secret@h/d", "postgresql://@h/d"),
        ("host=h password='it''s' passfile=/f", None),
        ("host=h password=secret passfile=/f", None),
        ("postgresql://u@h/d", "postgresql://u@h/d"),
        ("postgresql://u:sec@ret@h/d", "(a URL that cannot be read)"),
        ("no url", "(a URL that cannot be read)"),
    ],
)
def test_a_password_is_never_shown(url: str, shown: str | None) -> None:
    """What is shown names the same database and no secret; where a password file lies is no secret."""
    text = without_password(url)
    assert shown in (None, text)
    if not text.startswith("("):
        try:
            parts = conninfo_to_dict(url.replace("+asyncpg", ""))
        except psycopg.ProgrammingError:
            return
        public = {name: value for name, value in parts.items() if name not in ("password", "sslpassword")}
        assert conninfo_to_dict(text) == public
