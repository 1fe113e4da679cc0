"""Who may ask: every program of this machine reaches the port, and every page of the web can make a browser ask.

The token of this start is in the address that was printed.  A first request with it gets a cookie and is sent
on to the address without it, so that it stays in no history and no Referer.  Programs send it as a bearer.  A
Host that we did not give out is another site's name that was pointed at this machine (DNS rebinding).
"""

from __future__ import annotations

import secrets
from collections.abc import Collection
from dataclasses import dataclass
from urllib.parse import urlencode

from starlette.datastructures import MutableHeaders
from starlette.requests import Request
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

COOKIE = "hooktrace"
PARAMETER = "token"
OPEN = frozenset({"/healthz"})
"""Paths that tell nothing of anybody."""

HEADERS = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "connect-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store",
}
"""On every answer; what is stored is hostile text, and none of it may run."""


def new_token() -> str:
    """Return a token that nobody guesses: 32 bytes of randomness."""
    return secrets.token_urlsafe(32)


@dataclass(frozen=True)
class Access:
    """Lets through who may ask, and puts the headers on every answer."""

    app: ASGIApp
    token: str
    hosts: Collection[str]
    """What a Host header may say, such as ``127.0.0.1:8765``."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return

        async def send_guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in HEADERS.items():
                    headers.setdefault(name, value)
            await send(message)

        answer = self._refusal(Request(scope)) or self.app
        await answer(scope, receive, send_guarded)

    def _refusal(self, request: Request) -> Response | None:
        """Return what to answer instead of a page, if anything."""
        if request.headers.get("host", "") not in self.hosts:
            return PlainTextResponse("this address does not belong to hooktrace's dashboard\n", 421)
        if request.method not in ("GET", "HEAD"):
            return PlainTextResponse("this dashboard only shows\n", 405, {"Allow": "GET, HEAD"})
        if request.url.path in OPEN or self._is_known(request):
            return None
        if self._is(request.query_params.get(PARAMETER, "")):
            return self._welcome(request)
        return PlainTextResponse(
            "open the address that `hooktrace dashboard` printed: it holds this start's token\n", 401
        )

    def _is_known(self, request: Request) -> bool:
        scheme, _, bearer = request.headers.get("authorization", "").partition(" ")
        if scheme.lower() == "bearer" and self._is(bearer.strip()):
            return True
        return self._is(request.cookies.get(COOKIE, ""))

    def _is(self, token: str) -> bool:
        return secrets.compare_digest(token.encode(), self.token.encode())

    def _welcome(self, request: Request) -> Response:
        rest = [pair for pair in request.query_params.multi_items() if pair[0] != PARAMETER]
        path = "/" + request.url.path.lstrip("/")  # "//host" would be another host
        answer = RedirectResponse(path + ("?" + urlencode(rest) if rest else ""), 303)
        answer.set_cookie(COOKIE, self.token, httponly=True, samesite="strict", path="/")
        return answer
