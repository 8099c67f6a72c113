"""Who may talk to the study server, and what every answer of it carries.

    token   when one is set, every request needs it, in the address once and in a cookie from then
            on; compared in constant time
    host    without a token only this machine's own names are served, so that no other site can
            reach the server through a name that it points here (DNS rebinding)
    origin  nothing may be changed from another site's page
    headers a policy without inline code and without any other origin; nothing is kept or referred

What is no host, no origin or no path is refused before anything looks at it. Nothing about a
request is written down; a fault of our own is told once.
"""

from __future__ import annotations

import hmac
import re
import traceback
from collections.abc import Iterator
from contextlib import suppress
from ipaddress import ip_address
from urllib.parse import parse_qsl, urlencode

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import ClientDisconnect
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from handeye.printing import tell

COOKIE = "handeye_study"
"""The token's cookie begins so; the port follows, as browsers send cookies to every port."""
_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; media-src blob:; "
    "connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
HEADERS = {
    "Content-Security-Policy": _POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
}
_HOST = re.compile(
    r"(?:\[([0-9A-Fa-f:.]+)\]|([A-Za-z0-9_-][A-Za-z0-9._-]*))(?::(?P<port>[0-9]{1,5}))?"
)
_ORIGIN = re.compile(rf"null|[A-Za-z][A-Za-z0-9+.-]*://(?P<site>{_HOST.pattern})")
_NO_TOKEN = "This study needs the whole link that you were given."


def is_this_machine(host: str) -> bool:
    """Whether a host name or address is this machine's own loopback."""
    name = host.strip("[]").lower()
    if name == "localhost":
        return True
    try:
        return ip_address(name).is_loopback
    except ValueError:
        return False


class Guard:
    """ASGI middleware around the study's pages.

    Args:
        app: the pages.
        token: required from everybody; None where only this machine can connect.
    """

    def __init__(self, app: ASGIApp, token: str | None) -> None:
        self._app = app
        self._token = token
        self._told: set[str] = set()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve or refuse one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        refusal = self._refusal(scope)

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in HEADERS.items():
                    headers[name] = value
                headers.setdefault("Cache-Control", "no-store")
            await send(message)

        try:
            await (refusal or self._app)(scope, receive, send_with_headers)
        except ClientDisconnect:
            return  # nobody is left to answer
        except Exception as error:  # answered with 500 by the application
            where = traceback.extract_tb(error.__traceback__)[-1]
            words = f"{type(error).__name__} at {where.filename}:{where.lineno}"
            if words not in self._told:
                self._told.add(words)
                tell(f"error in the study server (told once): {words}: {error}")

    def _refusal(self, scope: Scope) -> Response | None:
        """The answer to a request that must not reach the pages; None for all others."""
        headers = Headers(scope=scope)
        host, origin = headers.get("host", ""), headers.get("origin", "null")
        name, site = _HOST.fullmatch(host), _ORIGIN.fullmatch(origin)
        if (host and not name) or not site or not scope["path"].startswith("/"):
            return PlainTextResponse("This is no request of a browser.", 400)
        if self._token is None and not (name and is_this_machine(name[1] or name[2])):
            return PlainTextResponse("This study is served on this machine only.", 403)
        if scope["method"] != "GET" and "origin" in headers and site["site"] != host:
            return PlainTextResponse("Requests from other sites are refused.", 403)
        return None if self._token is None else self._ask_token(scope, headers, self._token)

    def _ask_token(self, scope: Scope, headers: Headers, token: str) -> Response | None:
        query = parse_qsl(scope["query_string"].decode("latin-1"), keep_blank_values=True)
        given = dict(query).get("token")
        if given is not None and scope["method"] == "GET":
            if not _same(given, token):
                return PlainTextResponse(_NO_TOKEN, 403)
            # The token goes into a cookie and out of the address bar.
            rest = urlencode([pair for pair in query if pair[0] != "token"])
            # One slash: two would name another server.
            path = "/" + scope["path"].lstrip("/\\")
            answer = RedirectResponse(path + (f"?{rest}" if rest else ""), 303)
            answer.set_cookie(
                _cookie_name(headers),
                token.encode().hex(),
                max_age=90 * 24 * 3600,
                httponly=True,
                samesite="lax",
                secure=scope["scheme"] == "https",
            )
            return answer
        if not any(_same(one, token) for one in _cookies(headers)):
            return PlainTextResponse(_NO_TOKEN, 403)
        return None


def _cookie_name(headers: Headers) -> str:
    """The name of the cookie at the address that the browser asked, not that we listen at."""
    found = _HOST.fullmatch(headers.get("host", ""))
    port = found["port"] if found else None
    return f"{COOKIE}_{port}" if port else COOKIE


def _cookies(headers: Headers) -> Iterator[str]:
    """The tokens in the request's cookies; other programs' cookies may be anything.

    Without a port as well: so the cookie was called until version 0.1.
    """
    names = (_cookie_name(headers), COOKIE)
    for pair in ";".join(headers.getlist("cookie")).split(";"):
        name, _, value = pair.strip().partition("=")
        if name.strip() in names:
            with suppress(ValueError):
                yield bytes.fromhex(value.strip().strip('"')).decode()


def _same(given: str, token: str) -> bool:
    return hmac.compare_digest(given.encode(), token.encode())
