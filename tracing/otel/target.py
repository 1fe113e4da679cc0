"""Where spans and metrics go, and how: what the settings say, or what OpenTelemetry's own variables said to `init`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import unquote, urlsplit

from tracing.otel.span import Continue, Manner
from tracing.settings import Settings

TRACES, METRICS = "v1/traces", "v1/metrics"
"""What is appended to an endpoint that is meant for all signals (OTLP/HTTP, "Endpoint URLs")."""

FOR_TRACES = "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT"
"""The variable whose URL is taken as it is: nothing may be appended to what is meant for one signal (same place)."""

VARIABLES: Mapping[str, tuple[str, ...]] = {
    "otel.endpoint": (FOR_TRACES, "OTEL_EXPORTER_OTLP_ENDPOINT"),
    "otel.headers": ("OTEL_EXPORTER_OTLP_TRACES_HEADERS", "OTEL_EXPORTER_OTLP_HEADERS"),
    "otel.timeout_s": ("OTEL_EXPORTER_OTLP_TRACES_TIMEOUT", "OTEL_EXPORTER_OTLP_TIMEOUT"),
    "otel.compression": ("OTEL_EXPORTER_OTLP_TRACES_COMPRESSION", "OTEL_EXPORTER_OTLP_COMPRESSION"),
    "otel.certificate": ("OTEL_EXPORTER_OTLP_TRACES_CERTIFICATE", "OTEL_EXPORTER_OTLP_CERTIFICATE"),
    "otel.service_name": ("OTEL_SERVICE_NAME",),
    "otel.resource": ("OTEL_RESOURCE_ATTRIBUTES",),
    "otel.disabled": ("OTEL_SDK_DISABLED",),
}
"""Which variables may give which setting its value, the first that is set."""

LISTS = frozenset({"otel.headers", "otel.resource"})
"""Settings that are ``name=value`` pairs."""


@dataclass(frozen=True)
class Target:
    """A backend, and what of the recorded it is told."""

    endpoint: str
    """As the user named it: a base for all signals, or the whole URL for traces."""
    exact: bool
    """Whether it is meant for traces alone, and taken as it is."""
    headers: Mapping[str, str] = field(repr=False)
    timeout_s: float
    gzip: bool
    certificate: str | None
    """A file of certificates to trust; None: the system's."""
    service_name: str
    resource: Mapping[str, str]
    settle_s: float
    metrics: bool
    manner: Manner

    @classmethod
    def of(cls, settings: Settings) -> Target:
        """Return where the settings send to; whether they do is otel.endpoint's and otel.disabled's to say."""
        continued: Mapping[str, Continue] = {"auto": "auto", "on": "on", "off": "off"}
        exact = settings.text("otel.endpoint_for") == "traces"
        return cls(
            settings.text("otel.endpoint"),
            exact,
            pairs(settings.texts("otel.headers")),
            settings.number("otel.timeout_s"),
            settings.text("otel.compression") == "gzip",
            settings.text("otel.certificate") or None,
            settings.text("otel.service_name"),
            pairs(settings.texts("otel.resource")),
            settings.number("otel.settle_s"),
            settings.switch("otel.metrics") and not exact,
            Manner(settings.switch("otel.content"), continued[settings.text("otel.continue_parent")]),
        )

    @property
    def traces_url(self) -> str:
        """Where spans go."""
        return self.endpoint if self.exact else self._url(TRACES)

    @property
    def metrics_url(self) -> str:
        """Where metrics go, if any do."""
        return self._url(METRICS)

    @property
    def named(self) -> str:
        """The endpoint without what a URL may hold of secrets."""
        return without_secrets(self.endpoint)

    def _url(self, signal: str) -> str:
        base = self.endpoint.removesuffix("/").removesuffix(TRACES)
        return f"{base.removesuffix('/')}/{signal}"


def without_secrets(endpoint: str) -> str:
    """Return the host, port and path of *endpoint*: its login and its query may be secret."""
    parts = urlsplit(endpoint)
    host = parts.netloc.rpartition("@")[2]
    return f"{parts.scheme}://{host}{parts.path}"


def pairs(texts: tuple[str, ...]) -> dict[str, str]:
    """Return ``name=value`` texts as a mapping."""
    split = (text.partition("=") for text in texts)
    return {name.strip(): value.strip() for name, _, value in split}


def told_by(environment: Mapping[str, str]) -> dict[str, str | tuple[str, ...]]:
    """Return the settings that OpenTelemetry's variables in *environment* amount to, each as the settings take it."""
    found: dict[str, str | tuple[str, ...]] = {}
    for key, names in VARIABLES.items():
        text = next((environment[name] for name in names if environment.get(name)), "")
        if text and key in LISTS:
            found[key] = tuple(unquote(pair.strip()) for pair in text.split(",") if "=" in pair)
        elif text and key == "otel.timeout_s":
            found[key] = str(-(-int(text) // 1000)) if text.isdecimal() else ""  # the variable is in milliseconds
        elif text:
            found[key] = text
    if environment.get(FOR_TRACES):
        found["otel.endpoint_for"] = "traces"
    return {key: value for key, value in found.items() if value}
