"""Which page answers which address; the same data go into a template, or out as JSON."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, PlainTextResponse, RedirectResponse, Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

from tracing.dashboard.asked import Asked, NotUnderstood
from tracing.dashboard.drawing import draw
from tracing.dashboard.memory import Memory
from tracing.dashboard.page import NotThere, Page, Sources
from tracing.dashboard.pages import PAGES
from tracing.dashboard.pages.frame import frame
from tracing.database.reader import Unreachable
from tracing.database.readers import Readers
from tracing.installation import Installation
from tracing.otel.figures import Rising
from tracing.otel.waiting import spooled
from tracing.tree import plain
from tracing.wording import one_line

EXPOSITION = "text/plain; version=0.0.4; charset=utf-8"
"""The text format of Prometheus."""

Answer = Callable[[Request], Response]


class Dashboard:
    """The pages over one installation."""

    def __init__(self, installation: Installation, readers: Readers) -> None:
        """Show what *readers* read of *installation*."""
        self._installation = installation
        self._readers = readers
        self._memory = Memory()
        self._rising = Rising()

    def application(self) -> Starlette:
        """Return what answers requests; who may ask is for another to say."""
        static = StaticFiles(directory=Path(__file__).with_name("static"))
        routes: list[Route | Mount] = [
            Route("/", lambda _: RedirectResponse(PAGES[0].path)),
            Route("/healthz", lambda _: PlainTextResponse("ok\n")),
            Route("/metrics", self._metrics),
            Mount("/static", static),
        ]
        for page in PAGES:
            routes += [Route(page.path, self._drawn(page)), Route(page.api, self._as_json(page))]
        return Starlette(routes=routes, exception_handlers={HTTPException: self._refused, Exception: _broken})

    def _sources(self) -> Sources:
        return Sources(self._installation, self._readers, self._memory)

    def _drawn(self, page: Page) -> Answer:
        def answer(request: Request) -> Response:
            asked = _asked(request)
            with self._sources() as sources:
                around = {"page": page, "asked": asked, "menu": MENU, **frame(sources)}
                try:
                    values = page.read(sources, asked)
                    asked.all_taken()
                except NOT_OUR_MISTAKE as error:
                    status, message = _problem(error)
                    return HTMLResponse(draw("problem.html", {**around, "message": message}), status)
            return HTMLResponse(draw(page.template, {**around, **values}))

        return answer

    def _as_json(self, page: Page) -> Answer:
        def answer(request: Request) -> Response:
            asked = _asked(request)
            with self._sources() as sources:
                try:
                    values = (page.read_json or page.read)(sources, asked)
                    asked.all_taken()
                except NOT_OUR_MISTAKE as error:
                    status, message = _problem(error)
                    return JSONResponse({"error": message}, status)
            return Response(json.dumps(_plain(values), allow_nan=False), media_type="application/json")

        return answer

    def _metrics(self, _request: Request) -> Response:
        """Answer Prometheus, with the figures that are also sent by OpenTelemetry."""
        from tracing.otel.metrics import prometheus  # its libraries take longer to load than all pages

        with self._sources() as sources:
            try:
                text = prometheus(sources.reader, spooled(self._installation.places), self._rising)
            except Unreachable as error:
                return PlainTextResponse(f"{error}\n", 503)
        return Response(text, media_type=EXPOSITION)

    def _refused(self, request: Request, refusal: Exception) -> Response:
        """Answer what no page does."""
        status = refusal.status_code if isinstance(refusal, HTTPException) else 500
        message = f"there is no such address: {one_line(request.url.path, 100)}" if status == 404 else str(refusal)
        if request.url.path.startswith("/api/"):
            return JSONResponse({"error": message}, status)
        with self._sources() as sources:
            around = {"page": NOWHERE, "asked": _asked(request), "menu": MENU, **frame(sources)}
            return HTMLResponse(draw("problem.html", {**around, "message": message}), status)


def _broken(_request: Request, _error: Exception) -> Response:
    """Answer where we made a mistake; what it was is on stderr, since it may quote what was recorded."""
    return PlainTextResponse("this page is broken; the terminal of `hooktrace dashboard` says why\n", 500)


MENU: Sequence[Page] = [page for page in PAGES if page.in_menu]

NOWHERE = Page("nowhere", "/", "/", lambda _sources, _asked: {}, "Not there")
"""Stands where an address leads to no page."""

NOT_OUR_MISTAKE = (NotUnderstood, NotThere, Unreachable)
"""What a page may run into."""


def _problem(error: Exception) -> tuple[int, str]:
    """Return the status and the sentence that tell of *error*."""
    match error:
        case NotUnderstood():
            return 400, str(error)
        case NotThere():
            return 404, str(error)
        case _:
            return 503, str(error)


def _asked(request: Request) -> Asked:
    return Asked(request.query_params, request.path_params, datetime.now(UTC))


def _plain(value: Any) -> Any:
    """Return *value* as JSON has it, all the way down."""
    if isinstance(value, Mapping):
        return {str(name): _plain(each) for name, each in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(each) for each in value]
    return plain(value)
