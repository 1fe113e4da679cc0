"""Who tells: the resource that all spans and metrics are of."""

from __future__ import annotations

import platform
from importlib.metadata import version

from opentelemetry.sdk.resources import SERVICE_NAME, Resource
from opentelemetry.sdk.util.instrumentation import InstrumentationScope

from tracing.otel.target import Target

SCOPE = InstrumentationScope("hooktrace", version("hooktrace"))
"""The instrumentation; backends show it beside each span."""


def resource_of(target: Target) -> Resource:
    """Return the resource; what the user said of it goes before what is known."""
    known = {
        SERVICE_NAME: target.service_name,
        "service.version": version("hooktrace"),
        "host.name": platform.node(),
        "os.type": platform.system().lower(),
        "telemetry.sdk.language": "python",
        "telemetry.sdk.name": "opentelemetry",
        "telemetry.sdk.version": version("opentelemetry-sdk"),
    }
    return Resource({**known, **target.resource})  # not Resource.create(), which looks into the environment
