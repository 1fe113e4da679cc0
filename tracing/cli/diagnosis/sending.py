"""What is sent to an OpenTelemetry backend, where something is."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from tracing.cli.diagnosis.finding import Finding, NotApplicable, note
from tracing.cli.diagnosis.situation import Situation
from tracing.cli.sending import how_it_goes
from tracing.otel.journal import KEPT_FOR
from tracing.otel.target import told_by

LATE = timedelta(minutes=5)
"""What waits longer than this to be sent is told; a session is looked at every few seconds."""


def spans_sent(situation: Situation) -> Iterator[Finding]:
    """Look whether the backend takes what is sent, and how far the export lags."""
    told = _told(situation)
    now = datetime.fromtimestamp(situation.now, UTC)
    oldest = datetime.fromisoformat(told["oldest_at"]) if told["oldest_at"] else None
    if told["why"]:
        cure = f"spans wait {KEPT_FOR.days} days for it; `hooktrace otel replay` sends older ones"
        waits = f"; {told['waiting']} executions wait" if told["waiting"] else ""
        yield note("otel-endpoint-away", f"{told['why']}, since {told['failing_since']}{waits}", cure)
    elif oldest and now - oldest > LATE and situation.installation.lock.running():
        cure = "`hooktrace otel status` tells more; the collector's log says why, if it knows"
        yield note("otel-lags", f"{told['waiting']} executions wait to be sent, the oldest since {oldest}", cure)
    if told["refused"]:
        cure = "the collector's log tells with which status; other spans are not held up"
        yield note("otel-refused", f"{told['refused']} spans were refused for good", cure)


def environment_heeded(situation: Situation) -> Iterator[Finding]:
    """Look whether the environment now names another backend than the settings."""
    settings = situation.installation.settings
    named = told_by(situation.environment).get("otel.endpoint")
    if situation.installation.initialised and named and named != settings.text("otel.endpoint"):
        cure = "`hooktrace config set otel.endpoint URL` changes it; a variable is heeded by the first `init` alone"
        yield note("otel-environment", "OTEL_EXPORTER_OTLP_ENDPOINT names another endpoint than otel.endpoint", cure)


def _told(situation: Situation) -> dict[str, str]:
    told = how_it_goes(situation.installation) if situation.installation.initialised else {}
    if not told.get("sending"):
        raise NotApplicable
    return told
