"""Sends spans to a backend over OTLP/HTTP, and says what became of them.

The SDK's own exporter encodes and sends; whoever calls decides when to try again.
"""

from __future__ import annotations

import logging
import math
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import requests
from opentelemetry.exporter.otlp.proto.http import Compression
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceResponse
from opentelemetry.sdk import trace as sdk
from opentelemetry.sdk.trace.export import SpanExportResult
from opentelemetry.trace import Link, SpanContext, SpanKind, Status, StatusCode, TraceFlags

from tracing.otel.resource import SCOPE, resource_of
from tracing.otel.span import Reference, Span
from tracing.otel.target import Target

MOST_WAIT_S = 600.0
"""However long a backend asks to be left alone."""

REFUSES_BATCH = frozenset({400, 413, 422})
"""Answers that speak of what was sent, not of the server, the way there, or the right to come."""

ENOUGH_REFUSED = 5
"""So many spans, from all over a batch, are refused alone and none is taken: then it is not the spans."""

_SAMPLED = TraceFlags(TraceFlags.SAMPLED)
_KINDS = {"internal": SpanKind.INTERNAL, "client": SpanKind.CLIENT}
_WELL = Status(StatusCode.UNSET)

log = logging.getLogger(__name__)


class NotSent(Exception):
    """The backend did not take the spans; they may be sent again.  The message is one line, without a secret."""

    def __init__(self, why: str, wait_s: float = 0.0) -> None:
        super().__init__(why)
        self.wait_s = wait_s
        """How long the backend asks to be left alone, in seconds."""


class BatchRefused(NotSent):
    """The backend will never take this batch: some span of it is not to its liking, or it is too large."""


@dataclass
class _Answer:
    """What the backend said last."""

    status: int | None = None
    wait_s: float = 0.0
    rejected: int = 0


class Sender:
    """Sends to one target; for one thread at a time."""

    def __init__(self, target: Target) -> None:
        self._resource = resource_of(target)
        self._answer = _Answer()
        self._named = target.named
        session = requests.Session()
        session.trust_env = False  # a proxy or a .netrc of the environment is none of the user's choice here
        session.max_redirects = 0  # nor is wherever a redirect would carry spans and headers
        session.hooks["response"].append(self._hear)
        logging.getLogger("opentelemetry").setLevel(logging.CRITICAL)  # what it logs, it returns as well
        self._exporter = OTLPSpanExporter(
            endpoint=target.traces_url,
            certificate_file=target.certificate,
            headers=dict(target.headers),
            timeout=target.timeout_s,
            compression=Compression.Gzip if target.gzip else Compression.NoCompression,
            session=session,
        )

    def send(self, spans: Sequence[Span]) -> None:
        """Send *spans*; once this returns, the backend has them.

        Raises:
            BatchRefused: they are never to be sent so.
            NotSent: it is to be tried again; some backend may have them all the same, if its answer got lost.
        """
        self._answer = _Answer()
        result = self._exporter.export([self._readable(span) for span in spans])
        answer = self._answer
        if result is SpanExportResult.SUCCESS and not (answer.status and answer.status >= 300):
            if answer.rejected:
                log.warning("%s took all but %d of %d spans", self._named, answer.rejected, len(spans))
            return
        if answer.status in REFUSES_BATCH:
            raise BatchRefused(f"{self._named} refuses: status {answer.status}")
        said = f"answers with status {answer.status}" if answer.status else "does not answer"
        raise NotSent(f"{self._named} {said}", answer.wait_s)

    def deliver(self, spans: Sequence[Span], taken: Callable[[Sequence[Span]], None]) -> list[Span]:
        """Send *spans*, in parts if they are refused together; return those that are refused each by itself.

        *taken* is told of every part once the backend has it.  A refusal speaks of the span only beside another that
        is taken: a wrong port, or a wrong header, is often answered with 400, too.

        Raises:
            NotSent: it is to be tried again, with all of which *taken* was not told.
        """
        parts, refused, took = [spans], list[Span](), False
        while parts:
            part = parts.pop()
            try:
                self.send(part)
            except BatchRefused as error:
                if len(part) > 1:
                    parts += [part[1::2], part[::2]]  # so that the first that are tried alone lie far apart
                    continue
                refused += part
                if not took and (len(refused) == ENOUGH_REFUSED or not parts):
                    raise
                said = error
            else:
                took = True
                taken(part)
        if refused:
            log.warning("%d of %d spans are left out: %s", len(refused), len(spans), said)
        return refused

    def close(self) -> None:
        """Break off what is being tried, and give back what is open."""
        self._exporter.shutdown()  # type: ignore[no-untyped-call]

    def _hear(self, response: requests.Response, **_options: Any) -> None:
        self._answer = _Answer(response.status_code, _seconds(response.headers.get("Retry-After")))
        if response.ok and response.content:
            with suppress(Exception):  # many backends answer with something else, or nothing
                told = ExportTraceServiceResponse.FromString(response.content)
                self._answer.rejected = told.partial_success.rejected_spans

    def _readable(self, span: Span) -> sdk.ReadableSpan:
        return sdk.ReadableSpan(
            name=span.name,
            context=_context(span.itself),
            parent=_context(span.parent) if span.parent else None,
            resource=self._resource,
            attributes=span.attributes,
            events=[sdk.Event(event.name, event.attributes, event.at_ns) for event in span.events],
            links=[Link(_context(link.to), link.attributes) for link in span.links],
            kind=_KINDS[span.kind],
            status=_WELL if span.error is None else Status(StatusCode.ERROR, span.error or None),
            start_time=span.start_ns,
            end_time=span.end_ns,
            instrumentation_scope=SCOPE,
        )


def _context(reference: Reference) -> SpanContext:
    return SpanContext(reference.trace_id, reference.span_id, reference.remote, _SAMPLED)


def _seconds(retry_after: str | None) -> float:
    """Return how long a backend asks to wait; a date instead of a number is left to the back-off."""
    with suppress(ValueError):
        wait_s = float(retry_after or 0)
        return min(max(wait_s, 0.0), MOST_WAIT_S) if math.isfinite(wait_s) else 0.0
    return 0.0
