"""A backend: takes OTLP over HTTP, decodes it as the specification says, and behaves as badly as it is told to."""

from __future__ import annotations

import gzip
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, KeyValue


@dataclass(frozen=True)
class Taken:
    """A span as it came."""

    trace_id: str
    span_id: str
    parent: str
    name: str
    kind: int
    start_ns: int
    end_ns: int
    status: int
    message: str
    attributes: Mapping[str, Any]
    events: tuple[tuple[str, int], ...]
    links: tuple[tuple[str, str, str], ...]
    """Trace, span, and how."""

    @property
    def ids(self) -> tuple[str, str]:
        """Trace and span."""
        return self.trace_id, self.span_id


@dataclass
class Receiver:
    """What came, and how the next requests are answered."""

    url: str
    spans: list[Taken] = field(default_factory=list)
    metrics: dict[str, Any] = field(default_factory=dict)
    resources: list[Mapping[str, Any]] = field(default_factory=list)
    headers: list[Mapping[str, str]] = field(default_factory=list)
    paths: list[str] = field(default_factory=list)
    answers: list[tuple[int, Mapping[str, str]]] = field(default_factory=list)
    """Instead of taking them; the first is for the next request."""
    refuses: int = 0
    """While it is not 0, the status of every answer."""
    dislikes: str = ""
    """Whatever a span of this name goes with is refused."""
    hangs: threading.Event = field(default_factory=threading.Event)
    """While it is set, nothing is answered, and nothing taken."""
    asked: threading.Event = field(default_factory=threading.Event)
    """Set by every request."""

    def named(self, name: str) -> list[Taken]:
        """Return the spans of a name."""
        return [span for span in self.spans if span.name == name]


def value_of(value: AnyValue) -> Any:
    """Return an attribute's value."""
    which = value.WhichOneof("value")
    if which == "array_value":
        return tuple(value_of(one) for one in value.array_value.values)
    return getattr(value, which) if which else None


def attributes_of(pairs: Any) -> dict[str, Any]:
    """Return attributes as a mapping."""
    told: list[KeyValue] = list(pairs)
    return {pair.key: value_of(pair.value) for pair in told}


def taken(span: Any) -> Taken:
    """Return a decoded span."""
    return Taken(
        span.trace_id.hex(),
        span.span_id.hex(),
        span.parent_span_id.hex(),
        span.name,
        span.kind,
        span.start_time_unix_nano,
        span.end_time_unix_nano,
        span.status.code,
        span.status.message,
        attributes_of(span.attributes),
        tuple((event.name, event.time_unix_nano) for event in span.events),
        tuple(
            (link.trace_id.hex(), link.span_id.hex(), attributes_of(link.attributes).get("hooktrace.link", ""))
            for link in span.links
        ),
    )


@contextmanager
def receiving(port: int = 0) -> Iterator[Receiver]:
    """Give a backend on a port of this machine, for the length of the block."""
    lock = threading.Lock()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            with lock:
                receiver.headers.append(dict(self.headers))
                receiver.paths.append(self.path)
                traces = self.path.endswith("/v1/traces")
                status: int = receiver.refuses or 200
                more: Mapping[str, str] = {}
                if receiver.answers and traces:
                    status, more = receiver.answers.pop(0)
            if self.headers["Content-Encoding"]:
                body = gzip.decompress(body)
            if receiver.dislikes and receiver.dislikes.encode() in body:
                status = 400
            receiver.asked.set()
            while receiver.hangs.is_set():
                ended.wait(0.05)
                if ended.is_set():
                    return
                status = 0
            if status == 0:  # whoever asked has given up
                self.close_connection = True
                return
            if status == 200:
                with lock:
                    _take(receiver, self.path, body)
            self.send_response(status)
            for name, value in {**more, "Content-Length": "0"}.items():
                self.send_header(name, value)
            self.end_headers()

        def log_message(self, *_arguments: object) -> None:
            """Say nothing."""

    ended = threading.Event()

    class Server(ThreadingHTTPServer):
        def handle_error(self, *_arguments: object) -> None:
            """Say nothing of a collector that was killed while it was speaking."""

    server = Server(("127.0.0.1", port), Handler)
    server.daemon_threads = True
    receiver = Receiver(f"http://127.0.0.1:{server.server_port}")
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield receiver
    finally:
        ended.set()
        server.shutdown()
        thread.join()
        server.server_close()


def _take(receiver: Receiver, path: str, body: bytes) -> None:
    if path.endswith("/v1/metrics"):
        for told in ExportMetricsServiceRequest.FromString(body).resource_metrics:
            for scope in told.scope_metrics:
                receiver.metrics |= {metric.name: metric for metric in scope.metrics}
        return
    for resource_spans in ExportTraceServiceRequest.FromString(body).resource_spans:
        receiver.resources.append(attributes_of(resource_spans.resource.attributes))
        for scope_spans in resource_spans.scope_spans:
            receiver.spans += [taken(span) for span in scope_spans.spans]
