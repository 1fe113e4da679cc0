"""The figures as metrics of the OpenTelemetry SDK: sent by OTLP, or as the text that Prometheus asks for.

One set of instruments for both.  They are observed: whoever collects has the figures worked out at that moment.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

import requests
from opentelemetry.exporter.otlp.proto.http import Compression
from opentelemetry.exporter.otlp.proto.http.metric_exporter import OTLPMetricExporter
from opentelemetry.exporter.prometheus import PrometheusMetricReader
from opentelemetry.metrics import CallbackOptions, Observation
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader, MetricExportResult, MetricReader
from opentelemetry.sdk.resources import Resource
from prometheus_client import CollectorRegistry, generate_latest

from tracing.otel.figures import Figure, Reader, Rising, Spooled, figures, today
from tracing.otel.resource import SCOPE, resource_of
from tracing.otel.target import Target

Source = Callable[[], Mapping[str, Figure]]
"""Works the figures out, by their names."""


def prometheus(reader: Reader, spooled: Spooled, rising: Rising, now: datetime | None = None) -> bytes:
    """Return all figures in the text format of Prometheus; counters count from the beginning of the day (UTC).

    *reader* runs the queries; whatever it raises is raised.  Every scrape works everything out anew, from the rows of
    one day; *rising* keeps the counters of earlier ones up.  As on the pages, everybody counts whose rows the reader's
    login may see: there is one dashboard to ask, where every collector sends.
    """
    since = today(now or datetime.now(UTC))
    told = rising.by_name(figures(reader, spooled, since, own=False), since)
    registry = CollectorRegistry()
    metrics = PrometheusMetricReader(registry=registry, scope_info_enabled=False, disable_target_info=True)
    provider = _provider(metrics, Resource({}), told, lambda: told)
    try:
        return generate_latest(registry)
    finally:
        provider.shutdown()


class Meters:
    """Sends the figures to one target; counters count from the beginning of this object, and never go down.

    They are those of the reader's own login: where many share a database, each has a collector that sends its own.
    """

    def __init__(self, target: Target, reader: Reader, spooled: Callable[[], Spooled]) -> None:
        self._reader = reader
        self._spooled = spooled
        self._since = datetime.now(UTC)
        self._rising = Rising()
        self._told: Mapping[str, Figure] = {}
        self._metrics = InMemoryMetricReader()
        self._provider: MeterProvider | None = None
        self._resource = resource_of(target)
        session = requests.Session()
        session.trust_env = False
        session.max_redirects = 0
        self._exporter = OTLPMetricExporter(
            endpoint=target.metrics_url,
            certificate_file=target.certificate,
            headers=dict(target.headers),
            timeout=target.timeout_s,
            compression=Compression.Gzip if target.gzip else Compression.NoCompression,
            session=session,
        )

    def send(self) -> bool:
        """Send the figures as they are now; tell whether the backend took them.

        Whatever the reader raises is raised.
        """
        found = figures(self._reader, self._spooled(), self._since, own=True)
        self._told = self._rising.by_name(found, self._since)
        if self._provider is None:  # the names are known from the first figures on
            self._provider = _provider(self._metrics, self._resource, self._told, lambda: self._told)
        data = self._metrics.get_metrics_data()
        return data is None or self._exporter.export(data) is MetricExportResult.SUCCESS

    def close(self) -> None:
        """Break off what is being tried."""
        self._exporter.shutdown()


def _provider(reader: MetricReader, resource: Resource, known: Mapping[str, Figure], source: Source) -> MeterProvider:
    """Return a provider with an instrument for each of the *known* figures; *source* gives their values when asked."""
    provider = MeterProvider([reader], resource=resource, shutdown_on_exit=False)
    meter = provider.get_meter(SCOPE.name, SCOPE.version)
    for figure in known.values():
        options: dict[str, Any] = {"unit": figure.unit, "description": figure.meaning}
        make = meter.create_observable_counter if figure.kind == "counter" else meter.create_observable_gauge
        make(figure.name, [_observer(figure.name, source)], **options)
    return provider


def _observer(name: str, source: Source) -> Callable[[CallbackOptions], Iterable[Observation]]:
    def observe(_options: CallbackOptions) -> Iterable[Observation]:
        return [Observation(point.value, point.attributes) for point in source()[name].points]

    return observe
