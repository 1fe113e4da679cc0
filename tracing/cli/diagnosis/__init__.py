"""A diagnosis: a table of checks, one for each link of the chain, in the order in which events pass them."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from tracing.cli.diagnosis import agent, completeness, delivery, hooks, learning, sending, storage, upkeep
from tracing.cli.diagnosis.finding import Finding, NotApplicable
from tracing.cli.diagnosis.hooks import hook_cost_ms
from tracing.cli.diagnosis.situation import Situation

__all__ = ["CHECKS", "Finding", "Situation", "diagnose", "hook_cost_ms"]

CHECKS: tuple[tuple[str, Callable[[Situation], Iterator[Finding]]], ...] = (
    ("the client is new enough", agent.client),
    ("the agent's settings can be read", agent.settings_readable),
    ("the agent is told to run the hooks", agent.hooks_installed),
    ("it is told so once", agent.hooks_once),
    ("no setting keeps hooks from running", agent.hooks_allowed),
    ("recording is switched on", agent.recording_on),
    ("what is to be kept is understood", agent.capture_understood),
    ("this directory is trusted", agent.project_trusted),
    ("the files of the hooks are there", hooks.files_there),
    ("the hooks are silent, exit 0 and leave an event", hooks.hooks_behave),
    ("a database was set up for the events", delivery.initialised),
    ("the hooks can write into the spool", delivery.spool_writable),
    ("the hooks can start the collector", delivery.launcher_works),
    ("the collector fetches what the hooks leave", delivery.collector_fetches),
    ("no event was dropped", delivery.nothing_dropped),
    ("no event was set aside", delivery.nothing_bad),
    ("the environment names no other database", storage.destination_meant),
    ("the database answers", storage.database_answers),
    ("the embedded server's port is open", storage.port_open),
    ("its tables are up to date", storage.schema_current),
    ("sessions are recorded", storage.session_recorded),
    ("no session ran without hooks", completeness.sessions_hooked),
    ("every tool call of the transcripts is recorded", completeness.calls_recorded),
    ("no event is missing", completeness.events_arrived),
    ("no transcript had to tell instead", completeness.events_healed),
    ("what learns is installed", learning.embedder_installed),
    ("what was learned can be compared", learning.embeddings_comparable),
    ("retention and maintenance go well", upkeep.chores_done),
    ("spans are sent", sending.spans_sent),
    ("the environment names no other OpenTelemetry endpoint", sending.environment_heeded),
)
"""What holds when all is well, and the check that yields a finding for each way in which it does not."""


def diagnose(situation: Situation) -> list[Finding]:
    """Return the findings of every check, in order; a link that is whole is one finding of severity ``ok``.

    A check that cannot be made, because a link before it is broken, has none.
    """
    return [finding for description, check in CHECKS for finding in _findings(description, check, situation)]


def _findings(description: str, check: Callable[[Situation], Iterator[Finding]], situation: Situation) -> list[Finding]:
    try:
        found = list(check(situation))
    except NotApplicable:
        return []
    return found or [Finding(check.__name__.replace("_", "-"), "ok", description)]
