"""Signing in with a token: the only page that takes something in, and the cookie that it sets.

The cookie holds the token. No script can read it (`HttpOnly`), no other site's page has it sent
(`SameSite=Strict`), over TLS it never leaves it (`Secure`), and it ends with the browser. Both
forms are taken from this node's own pages only: a browser says where a form comes from, and one
that does not say is refused.
"""

from http import HTTPStatus
from typing import Final
from urllib.parse import parse_qsl

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from dure.api.access.known import Caller
from dure.api.access.tokens import TOKEN_LENGTH
from dure.api.http.access import COOKIE, Access, get_client
from dure.api.http.errors import InvalidRequest, RequestTooLarge, WrongOrigin, get_status
from dure.console.rendering import Renderer
from dure.core.errors import AccessDenied, CallerUnknown

FORM_BYTES_MAX: Final = 1_024


class SigningIn:
    """The page and its two forms."""

    def __init__(self, access: Access, renderer: Renderer) -> None:
        self._access = access
        self._renderer = renderer

    async def show(self, request: Request) -> Response:
        self._access.addresses.take(get_client(request))
        try:
            caller = self._access.identify(request)
        except CallerUnknown as problem:
            return self._forget(request, self._render(request, None, problem))
        return self._render(request, caller, None)

    async def enter(self, request: Request) -> Response:
        """Take the token of the form; a good one becomes the cookie."""
        self._access.addresses.take(get_client(request))
        _validate_origin(request)
        token = await _read_token(request)
        try:
            self._access.identify_token(token)
        except CallerUnknown as problem:
            return self._render(request, None, problem)
        answer = RedirectResponse("/", HTTPStatus.SEE_OTHER)
        answer.set_cookie(
            COOKIE, token, httponly=True, samesite="strict", secure=_is_secure(request), path="/"
        )
        return answer

    async def leave(self, request: Request) -> Response:
        """Forget the token in this browser; elsewhere it goes on."""
        self._access.addresses.take(get_client(request))
        _validate_origin(request)
        return self._forget(request, RedirectResponse("/sign-in", HTTPStatus.SEE_OTHER))

    def refuse(self, request: Request, problem: AccessDenied) -> Response:
        """Say that somebody may not see a page, and how they might."""
        return self._render(request, None, problem)

    def _render(
        self, request: Request, caller: Caller | None, problem: AccessDenied | None
    ) -> Response:
        status = 200 if problem is None else get_status(problem)
        answer = self._renderer.render_door(
            request, "sign_in.html", status, caller=caller, problem=problem, length=TOKEN_LENGTH
        )
        if isinstance(problem, CallerUnknown):
            answer.headers["www-authenticate"] = 'Bearer realm="dure"'
        return answer

    def _forget(self, request: Request, answer: Response) -> Response:
        answer.delete_cookie(
            COOKIE, httponly=True, samesite="strict", secure=_is_secure(request), path="/"
        )
        return answer


def _validate_origin(request: Request) -> None:
    """Raise `WrongOrigin` unless a page of this node sent the form.

    An origin that is there was compared by the gate in front.
    """
    if "origin" not in request.headers:
        raise WrongOrigin("the browser does not say which page sent this form")


async def _read_token(request: Request) -> str:
    media = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if media != "application/x-www-form-urlencoded":
        raise InvalidRequest("this page takes its own form only")
    content = bytearray()
    async for chunk in request.stream():
        content += chunk
        if len(content) > FORM_BYTES_MAX:
            raise RequestTooLarge("the form has one short field", bytes_max=FORM_BYTES_MAX)
    try:
        fields = dict(parse_qsl(content.decode("ascii"), max_num_fields=4))
    except ValueError:
        raise InvalidRequest("this page takes its own form only") from None
    return fields.get("token", "").strip()


def _is_secure(request: Request) -> bool:
    return request.url.scheme == "https"
