"""`hooktrace init` on a cluster that an earlier version of PostgreSQL made."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest

from tests.conftest import Installation
from tests.filling import digests, fill
from tests.making import new_directory
from tracing.database import embedded
from tracing.database.embedded import MAJOR
from tracing.database.migration import migrate

OLD = "16"
INITDB_16 = ("--username=hooktrace", "--auth=peer", "--encoding=UTF8", "--locale=C", "--no-instructions")
SESSION = {"hook_event_name": "SessionStart", "session_id": "5e550000-0000-4000-8000-000000000004"}


@pytest.fixture
def outdated(monkeypatch: pytest.MonkeyPatch) -> Iterator[Installation]:
    """Give an installation in a directory with a blank, whose embedded server is of the old version and at rest."""
    made = Installation(new_directory("ht it's "))
    try:
        with monkeypatch.context() as context:
            context.setattr(embedded, "INITDB", INITDB_16)
            old = replace(made.server, major=OLD)
            old.start()
        migrate(old.url)
        fill(old.url)
        old.stop()
        made.places.create()
        made.done("config", "set", "database.source", "embedded")
        yield made
    finally:
        made.destroy()


def test_init_upgrades_and_nothing_is_lost(outdated: Installation) -> None:
    """What was stored is there, what was spooled meanwhile arrives, and it is told where the dump is."""
    old = replace(outdated.server, major=OLD)
    old.start()
    before = digests(old.url)
    old.stop()
    outdated.fire(SESSION)
    assert len(outdated.spooled()) == 1
    said = outdated.done("init", "--yes", "--no-agent")
    assert f"from PostgreSQL {OLD} to {MAJOR}" in said
    (dump,) = outdated.places.backups.glob(f"postgresql-{OLD}-*.dump")
    assert f"dump      {dump} holds all that was in the old cluster, which is removed\n" in said
    assert digests(outdated.url)["execution_traces"][0] >= before["execution_traces"][0]
    outdated.flush()
    assert outdated.count("execution_traces") == before["execution_traces"][0] + 1
    assert outdated.query("SELECT current_setting('server_version_num')::integer / 10000") == [(int(MAJOR),)]
    assert "up to date" in outdated.done("init", "--yes", "--no-agent")


def test_until_then_it_is_said_what_to_do(outdated: Installation) -> None:
    """`status` names the cure, and an upgrade that fails leaves the installation as it was."""
    assert "hooktrace init" in outdated.json("status")["database"]["problem"]
    (outdated.server.data / "PG_VERSION").write_text("17\n")
    process = outdated.run("init", "--yes", "--no-agent")
    assert process.returncode == 3
    assert "PostgreSQL 17, whose programs this hooktrace does not bring" in process.stderr
    assert "hint: " in process.stderr
    (outdated.server.data / "PG_VERSION").write_text(f"{OLD}\n")
    outdated.done("init", "--yes", "--no-agent")
