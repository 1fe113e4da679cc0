"""Which page answers which address; the same data go into a template, or out as JSON."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psycopg
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, PlainTextResponse, RedirectResponse, Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

from tracing.dashboard.asked import Asked, NotUnderstood
from tracing.dashboard.drawing import draw
from tracing.dashboard.page import NotThere, Page, Sources
from tracing.dashboard.pages import PAGES
from tracing.dashboard.pages.frame import frame
from tracing.database.reader import Unreachable
from tracing.database.readers import Readers
from tracing.installation import Installation
from tracing.tree import plain

Answer = Callable[[Request], Response]


class Dashboard:
    """The pages over one installation."""

    def __init__(self, installation: Installation, readers: Readers) -> None:
        """Show what *readers* read of *installation*."""
        self._installation = installation
        self._readers = readers

    def application(self) -> Starlette:
        """Return what answers requests; who may ask is for another to say."""
        static = StaticFiles(directory=Path(__file__).with_name("static"))
        routes: list[Route | Mount] = [
            Route("/", lambda _: RedirectResponse(PAGES[0].path)),
            Route("/healthz", lambda _: PlainTextResponse("ok\n")),
            Mount("/static", static),
        ]
        for page in PAGES:
            routes += [Route(page.path, self._drawn(page)), Route(page.api, self._as_json(page))]
        return Starlette(routes=routes)

    def _drawn(self, page: Page) -> Answer:
        def answer(request: Request) -> Response:
            asked = _asked(request)
            try:
                with self._readers.lent() as reader:
                    sources = Sources(reader, self._installation)
                    values = {**frame(sources, asked), **page.read(sources, asked)}
            except ERRORS as error:
                status, message = _problem(error)
                return HTMLResponse(draw("problem.html", {**_surroundings(page, asked), "message": message}), status)
            return HTMLResponse(draw(page.template, {**_surroundings(page, asked), **values}))

        return answer

    def _as_json(self, page: Page) -> Answer:
        def answer(request: Request) -> Response:
            try:
                with self._readers.lent() as reader:
                    values = page.read(Sources(reader, self._installation), _asked(request))
            except ERRORS as error:
                status, message = _problem(error)
                return JSONResponse({"error": message}, status)
            return Response(json.dumps(_plain(values), allow_nan=False), media_type="application/json")

        return answer


ERRORS = (NotUnderstood, NotThere, Unreachable, psycopg.errors.QueryCanceled)
"""What a page may run into that is nobody's mistake."""


def _problem(error: Exception) -> tuple[int, str]:
    """Return the status and the sentence that tell of *error*."""
    match error:
        case NotUnderstood():
            return 400, str(error)
        case NotThere():
            return 404, str(error)
        case psycopg.errors.QueryCanceled():
            return 503, "the database took too long to answer\nhint: ask for a shorter time"
        case _:
            return 503, str(error)


def _asked(request: Request) -> Asked:
    return Asked(request.query_params, request.path_params, datetime.now(UTC))


def _surroundings(page: Page, asked: Asked) -> Mapping[str, Any]:
    menu: Sequence[Page] = [each for each in PAGES if each.in_menu]
    return {"page": page, "asked": asked, "menu": menu}


def _plain(value: Any) -> Any:
    """Return *value* as JSON has it, all the way down."""
    if isinstance(value, Mapping):
        return {str(name): _plain(each) for name, each in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(each) for each in value]
    return plain(value)
