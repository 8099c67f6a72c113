"""The study as a web application: pages, and a few addresses that take and give JSON.

    GET  /                              welcome, consent, nickname
    GET  /s/KEY                         a person's own page (KEY is the secret of their link)
    GET  /api/about                     how many items there are
    POST /api/join                      {nickname, consent} -> {key}
    GET  /api/KEY/state                 what comes next
    POST /api/KEY/answer                an answer -> the new state
    POST /api/KEY/practice              an answer to a practice item -> what is right
    GET  /api/KEY/picture/PHASE/PLACE   the exact bytes of a picture, video or sound
    GET  /api/KEY/sound/PHASE/PLACE     those of a sound beside a picture

Status 404: nobody has the link. 409: another item is next (its state is sent along). 400: not an
answer. 408, 429, 503: too slow, too many at once, too many (:mod:`handeye.study.limits`). The work
is done in threads, so that a slow disk does not hold up other people.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from html import escape
from importlib.resources import files
from string import Template
from typing import Any

import msgspec
from anyio import fail_after
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp

from handeye.errors import DataError
from handeye.printing import tell
from handeye.study.guard import Guard
from handeye.study.limits import (
    BODY_SECONDS,
    JOINING_AT_ONCE,
    JOINING_PER_SECOND,
    MOST_PEOPLE,
    Trickle,
)
from handeye.study.session import ConflictError, Reply, Study, UnknownPersonError
from handeye.study.store import StudyFileError
from handeye.suite import Shown

_TYPES = {
    ".html": "text/html; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
}
# An answer that clicks every cell of the largest grid is far below.
_LONGEST_BODY = 64 * 1024
# What a body can be instead of an answer.
_NO_ANSWER = (msgspec.MsgspecError, DataError, UnicodeDecodeError, RecursionError, TimeoutError)


class _Join(msgspec.Struct, frozen=True):
    consent: bool
    nickname: str = ""


def make_app(study: Study, *, token: str | None = None) -> ASGIApp:
    """The study's web application.

    Args:
        study: an open study.
        token: required in the link; None only where nobody but this machine can connect.
    """
    pages = _Pages(study, token)
    routes = [
        Route("/", pages.file("welcome.html")),
        Route("/s/{key}", pages.file("session.html")),
        Route("/static/{name}", pages.static),
        Route("/api/about", pages.about),
        Route("/api/join", pages.join, methods=["POST"]),
        Route("/api/{key}/state", pages.state),
        Route("/api/{key}/answer", pages.answer, methods=["POST"]),
        Route("/api/{key}/practice", pages.practise, methods=["POST"]),
        Route("/api/{key}/picture/{phase}/{place}", pages.picture),
        Route("/api/{key}/sound/{phase}/{place}", pages.sound),
    ]
    return Guard(Starlette(routes=routes), token)


class _Pages:
    """The endpoints."""

    def __init__(self, study: Study, token: str | None) -> None:
        self._study = study
        self._token = token
        self._joining = Trickle(JOINING_AT_ONCE, JOINING_PER_SECOND)
        folder = files("handeye.study") / "static"
        self._files = {
            one.name: (one.read_bytes(), _TYPES[ending])
            for one in folder.iterdir()
            if (ending := one.name[one.name.rfind(".") :]) in _TYPES
        }
        words = {"thing": "picture"} | {n: escape(text) for n, text in study.suite.words.items()}
        for name in ("welcome.html", "session.html"):
            body, media_type = self._files[name]
            self._files[name] = Template(body.decode()).substitute(words).encode(), media_type

    def _file(self, name: str) -> Response:
        if name not in self._files:
            return _error(404, "no such file")
        body, media_type = self._files[name]
        return Response(body, media_type=media_type, headers={"Cache-Control": "no-cache"})

    def file(self, name: str) -> Callable[[Request], Any]:
        """An endpoint that gives one page."""

        async def endpoint(request: Request) -> Response:
            return self._file(name)

        return endpoint

    async def static(self, request: Request) -> Response:
        """Scripts and styles."""
        return self._file(request.path_params["name"])

    async def about(self, request: Request) -> Response:
        """How many items there are, for the welcome page."""
        return JSONResponse(self._study.about())

    async def join(self, request: Request) -> Response:
        """Add a person who agreed to take part."""
        try:
            wish = msgspec.json.decode(await _body(request), type=_Join)
        except _NO_ANSWER as error:
            return _refused(error)
        if not wish.consent:
            return _error(400, "consent is needed to take part")
        if await run_in_threadpool(self._study.store.next_number) >= MOST_PEOPLE:
            return _error(503, "This study has all the people it can have.")
        if not self._joining.take():
            return _error(429, "Many people are joining. Please try again in a minute.")
        return await _answered(lambda: {"key": self._study.join(wish.nickname)})

    async def state(self, request: Request) -> Response:
        """What comes next; the link's token is sent along so that the page can show it whole."""

        def work(key: str) -> dict[str, Any]:
            return self._study.state(key) | {"token": self._token}

        return await _answered(work, request.path_params["key"])

    async def answer(self, request: Request) -> Response:
        """Keep an answer."""
        return await self._reply(request, self._study.answer)

    async def practise(self, request: Request) -> Response:
        """Judge a practice answer."""
        return await self._reply(request, self._study.practise)

    async def _reply(
        self, request: Request, work: Callable[[str, Reply], dict[str, Any]]
    ) -> Response:
        try:
            values = msgspec.json.decode(await _body(request), type=dict[str, Any])
            given = {n: v for n, v in values.items() if n not in Reply.__struct_fields__}
            reply = msgspec.convert({**values, "given": given}, Reply)
        except _NO_ANSWER as error:
            return _refused(error)
        return await _answered(work, request.path_params["key"], reply)

    async def picture(self, request: Request) -> Response:
        """The exact bytes of a picture, video or sound."""
        return await self._shown(request, lambda found: (found.data, found.media_type))

    async def sound(self, request: Request) -> Response:
        """Those of a sound beside a picture."""
        return await self._shown(request, lambda found: (found.sound, "audio/wav"))

    async def _shown(
        self, request: Request, part: Callable[[Shown], tuple[bytes, str]]
    ) -> Response:
        where = request.path_params
        if not re.fullmatch("[0-9]{1,9}", where["place"]):
            return _error(404, "no such picture")
        try:
            found = await run_in_threadpool(
                self._study.picture, where["key"], where["phase"], int(where["place"])
            )
        except (UnknownPersonError, LookupError):
            return _error(404, "no such picture")
        except DataError as error:
            tell(f"error: {error}")
            return _error(500, "the picture cannot be shown")
        headers = {"Cache-Control": "private, max-age=86400, immutable"}
        data, media_type = part(found)
        if not data:
            return _error(404, "no such sound")
        return Response(data, media_type=media_type, headers=headers)


async def _body(request: Request) -> bytes:
    """The request's JSON text, of bounded length."""
    kind = request.headers.get("content-type", "").partition(";")[0]
    if kind.strip().lower() != "application/json":
        raise DataError("the request must be JSON")
    body = b""
    with fail_after(BODY_SECONDS):
        async for part in request.stream():
            body += part
            if len(body) > _LONGEST_BODY:
                raise DataError("the request is too long")
    return body


async def _answered(work: Callable[..., dict[str, Any]], *values: Any) -> Response:
    """Run ``work`` in a thread and answer with its result or with what went wrong."""
    try:
        return JSONResponse(await run_in_threadpool(work, *values))
    except UnknownPersonError:
        return _error(404, "nobody has this link")
    except ConflictError as conflict:
        return JSONResponse({"error": str(conflict), "state": conflict.state}, 409)
    except StudyFileError as error:
        tell(f"error: {error}")
        return _error(500, "the answer could not be kept; please tell whoever asked you")
    except DataError as error:
        return _error(400, str(error))


def _refused(error: Exception) -> Response:
    """The answer to a body that is none."""
    if isinstance(error, TimeoutError):
        return _error(408, "the request took too long", {"Connection": "close"})
    if isinstance(error, RecursionError):
        return _error(400, "the request is nested too deeply")
    return _error(400, str(error))


def _error(status: int, words: str, headers: dict[str, str] | None = None) -> Response:
    return JSONResponse({"error": words}, status, headers)
