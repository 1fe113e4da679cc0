"""Who may ask: every program of this machine reaches the port, and every page of the web can make a browser ask.

The token of this start is in the address that was printed.  A first request with it gets a cookie and is sent
on to the address without it, so that it stays in no history and no Referer.  Programs send it as a bearer.  A
Host that we did not give out is another site's name that was pointed at this machine (DNS rebinding).

Cookies do not know ports: the cookie is named by ours, so that two dashboards do not log each other out.
"""

from __future__ import annotations

import re
import secrets
from dataclasses import dataclass
from ipaddress import ip_address
from urllib.parse import quote, urlencode

from markupsafe import escape
from starlette.datastructures import MutableHeaders
from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from tracing.dashboard.browser import LEADING

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
class Hosts:
    """What a Host header may say: names that we gave out, with our port."""

    port: int
    names: frozenset[str]
    """Names and addresses, such as ``localhost`` and ``[::1]``."""
    any_address: bool = False
    """Whether any address will do, where we listen at all of them: rebinding takes a name."""

    def include(self, host: str) -> bool:
        """Tell whether *host* is ours."""
        found = _HOST.fullmatch(host.lower())
        if found is None or int(found["port"] or 80) != self.port:
            return False
        return found["name"] in self.names or (self.any_address and _is_address(found["name"]))


_HOST = re.compile(r"(?P<name>\[[0-9a-f:.]+\]|[a-z0-9_.-]+)(:(?P<port>[0-9]{1,5}))?")


def _is_address(name: str) -> bool:
    try:
        return bool(ip_address(name.strip("[]")))
    except ValueError:
        return False


@dataclass(frozen=True)
class Access:
    """Lets through who may ask, and puts the headers on every answer."""

    app: ASGIApp
    token: str
    hosts: Hosts

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
        if not self.hosts.include(request.headers.get("host", "")):
            return PlainTextResponse("this address does not belong to hooktrace's dashboard\n", 421)
        if request.method not in ("GET", "HEAD"):
            return PlainTextResponse("this dashboard only shows\n", 405, {"Allow": "GET, HEAD"})
        if request.url.path in OPEN:
            return None
        token = request.query_params.get(PARAMETER)
        if token is not None and self._is(token):
            return self._welcome(request)
        if token is None and self._is_known(request):
            return None
        return PlainTextResponse(
            "open the address that `hooktrace dashboard` printed: it holds this start's token\n", 401
        )

    def _is_known(self, request: Request) -> bool:
        scheme, _, bearer = request.headers.get("authorization", "").partition(" ")
        if scheme.lower() == "bearer" and self._is(bearer.strip()):
            return True
        return self._is(request.cookies.get(self._cookie, ""))

    def _is(self, token: str) -> bool:
        return secrets.compare_digest(token.encode(), self.token.encode())

    def _welcome(self, request: Request) -> Response:
        rest = [pair for pair in request.query_params.multi_items() if pair[0] != PARAMETER]
        raw: bytes = request.scope["raw_path"]  # as it was sent: in a name, %2F is no slash
        path = "/" + quote(raw.lstrip(b"/"), safe="/%")  # "//host", to some also "/\host", would be another host
        target = path + ("?" + urlencode(rest) if rest else "")
        # To where another site leads a strict cookie does not go along, not even after a redirect of ours: so a
        # page of ours leads on.  Such a site may be a terminal or a mail in the browser, or the file that we open.
        led = request.headers.get("sec-fetch-site", "none") not in ("none", "same-origin")
        answer = HTMLResponse(LEADING.format(escape(target))) if led else RedirectResponse(target, 303)
        answer.set_cookie(self._cookie, self.token, httponly=True, samesite="strict", path="/")
        return answer

    @property
    def _cookie(self) -> str:
        return f"hooktrace-{self.hosts.port}"
