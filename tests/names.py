"""Writes sql/catalogue.json, the names of all that the migrations make.

Run ``python -m tests.names`` after a migration was added or changed; a test says when that was forgotten.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable

import psycopg

from tests.conftest import CHECKOUT
from tests.servers import Cluster, new_cluster
from tracing.database.catalogue import ALWAYS, Key, catalogue
from tracing.database.migration import migrate

FILE = CHECKOUT / "sql/catalogue.json"


def names(cluster: Cluster) -> set[Key]:
    """Return what the migrations make in an empty database, all extensions created that the server offers."""
    with cluster.database() as url:
        migrate(url)
        with psycopg.connect(url) as connection:
            return set(catalogue(connection, "public"))


def names_without_extensions(cluster: Cluster) -> set[Key]:
    """Return what they make for a login that may create no extension but trusted ones."""
    url = cluster.new_database("modest")
    migrate(url)
    with psycopg.connect(url) as connection:
        return set(catalogue(connection, "public"))


def as_json(always: Collection[Key], vector: Iterable[Key]) -> str:
    """Return the file's text; NOT NULL and partitions of months stand in no catalogue."""
    content = {ALWAYS: _by_kind(always), "vector": _by_kind(vector)}
    return json.dumps(content, indent=2, ensure_ascii=False) + "\n"


def _by_kind(keys: Iterable[Key]) -> dict[str, list[str]]:
    kinds: dict[str, list[str]] = {}
    for kind, name in sorted(keys):
        kinds.setdefault(kind, []).append(name)
    return kinds


if __name__ == "__main__":
    with new_cluster("embedded18") as cluster:
        all_names, always = names(cluster), names_without_extensions(cluster)
        FILE.write_text(as_json(always, all_names - always))
