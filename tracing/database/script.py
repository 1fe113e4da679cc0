"""The whole schema as one SQL file: for an administrator who lets psql make it, or for reading."""

from __future__ import annotations

from psycopg import sql

from tracing.database.books import File, Mark
from tracing.database.migration import DIMENSIONS
from tracing.database.queries import query
from tracing.resources import resource

HEADING = "-- " + "-" * 93 + "\n-- {}\n"


def script(schema: str = "public", dimensions: int = DIMENSIONS) -> str:
    """Return what makes in an empty database what :func:`tracing.database.migration.migrate` would."""
    files = [File.read(path) for path in sorted((resource("sql") / "migrations").glob("*.sql"))]
    look = f"SELECT set_config('search_path', {_path(schema)}, false);\n"
    values = {
        "schema": sql.Identifier(schema).as_string(),
        "path": _path(schema),
        "catalogue": _text("catalogue").replace("%(schema)s", _literal(schema)).strip(),
        "books": _text("create_books").strip(),
        "files": "\n\n".join(f"{HEADING.format(file.id)}\n{look}\n{file.source.strip()}" for file in files),
        "dimensions": str(dimensions),
        "marks": "\n".join(_marked(file.mark(schema)) for file in files),
    }
    text = (resource("sql") / "whole.sql").read_text(encoding="utf-8")
    for name, value in values.items():
        text = text.replace(f"@{name}@", value)
    return text


def _text(name: str) -> str:
    return query(name).decode()


def _path(schema: str) -> str:
    """Return the search_path as the migrations have it, to the letter: some functions keep it."""
    return f"quote_ident({_literal(schema)}) || ', public, pg_temp'"


def _marked(mark: Mark) -> str:
    values = {"id": _literal(mark.id), "hash": _literal(mark.hash)}
    text = _text("mark_migration").partition("\n")[2].strip()
    for name, value in values.items():
        text = text.replace(f"%({name})s", value)
    return f"{text};"


def _literal(text: str) -> str:
    return sql.Literal(text).as_string()
