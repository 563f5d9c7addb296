"""The provider's addresses: an ASGI application that any server runs behind TLS.

| address | who | what |
|---|---|---|
| `GET /` | anybody | the institution's page |
| `GET /.well-known/openid-configuration`, `GET /keys` | applications | metadata and key |
| `GET, POST /authorize` | a browser | begins a sign-in |
| `GET /wait/{ticket}` | the same browser | waits for the phone, then goes on to the application |
| `GET, POST /sign-in/{ticket}` | the phone | what is asked, and the answer |
| `POST /token` | the application | a code for tokens |
| `GET, POST /userinfo` | the application | what the person has shown |

A request for another host is refused, a body is cut off at its limit, and nothing is cached.
"""

from typing import Any, Final

import msgspec
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from dure.apps.chain_id.presentations import BYTES_MAX, PresentationRefused
from dure.apps.chain_id.provider.desk import SIGN_IN_LIFETIME_S, Desk
from dure.apps.chain_id.provider.requests import (
    RedirectedDenial,
    RequestDenied,
    read_authorization,
    read_parameters,
)
from dure.apps.chain_id.provider.tokens import build_discovery, build_key_set
from dure.apps.chain_id.rendering import HEADERS, Handler, render, serve_file
from dure.core.errors import DureError, NotFound, Unavailable

BODY_BYTES_MAX: Final = 2 * BYTES_MAX
QUERY_LENGTH_MAX: Final = 4_096


class Answer(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What the phone sends."""

    presentation: str


def build_provider(desk: Desk) -> Starlette:
    """Return the application over one desk."""
    site = Site(desk)
    methods: dict[str, tuple[Handler, list[str]]] = {
        "/": (site.institution, ["GET"]),
        "/.well-known/openid-configuration": (site.discovery, ["GET"]),
        "/keys": (site.keys, ["GET"]),
        "/authorize": (site.authorize, ["GET", "POST"]),
        "/wait/{ticket}": (site.wait, ["GET"]),
        "/sign-in/{ticket}": (site.sign_in, ["GET", "POST"]),
        "/token": (site.token, ["POST"]),
        "/userinfo": (site.userinfo, ["GET", "POST"]),
    }
    routes = [
        Route(path, _with_gate(desk, handler), methods=allowed)
        for path, (handler, allowed) in methods.items()
    ]
    return Starlette(routes=[*routes, Route("/style.css", serve_file("chain_id.css"))])


class Site:
    """The handlers."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._is_secure = desk.settings.url.startswith("https:")

    async def institution(self, request: Request) -> Response:
        settings = self._desk.settings
        found = await self._desk.register.get_institution(settings.institution_address)
        return render(request, "institution.html", "provider", institution=found, settings=settings)

    async def discovery(self, request: Request) -> Response:
        return answer_json(build_discovery(self._desk.settings))

    async def keys(self, request: Request) -> Response:
        return answer_json(build_key_set(self._desk.secrets))

    async def authorize(self, request: Request) -> Response:
        """Begin a sign-in; the browser keeps a secret, so that it alone can end it."""
        text = request.url.query
        if request.method == "POST":
            text = (await read_body(request)).decode("utf-8", "replace")
        if len(text) > QUERY_LENGTH_MAX:
            raise RequestDenied("invalid_request", "the request is too long")
        asked = read_authorization(text, self._desk.settings)
        ticket, browser = self._desk.begin(asked)
        response = RedirectResponse(f"/wait/{ticket}", 303, headers=dict(HEADERS))
        response.set_cookie(
            name_cookie(ticket),
            browser,
            max_age=SIGN_IN_LIFETIME_S,
            path=f"/wait/{ticket}",
            secure=self._is_secure,
            httponly=True,
            samesite="lax",
        )
        return response

    async def wait(self, request: Request) -> Response:
        ticket = request.path_params["ticket"]
        browser = request.cookies.get(name_cookie(ticket), "")
        address = self._desk.finish(ticket, browser)
        if address is not None:
            return RedirectResponse(address, 303, headers=dict(HEADERS))
        asked = self._desk.find(ticket).request
        return render(
            request,
            "wait.html",
            "provider",
            application=asked.client.name,
            claims=asked.claims,
            link=f"{self._desk.settings.url}/sign-in/{ticket}",
        )

    async def sign_in(self, request: Request) -> Response:
        ticket = request.path_params["ticket"]
        if request.method == "GET":
            return answer_json(msgspec.to_builtins(self._desk.find(ticket).asked))
        try:
            answer = msgspec.json.decode(await read_body(request), type=Answer)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as problem:
            raise RequestDenied("invalid_request", "that is no answer to a sign-in") from problem
        await self._desk.answer(ticket, answer.presentation)
        return answer_json({"signed_in": True})

    async def token(self, request: Request) -> Response:
        form = read_parameters((await read_body(request)).decode("utf-8", "replace"))
        header = request.headers.get("authorization")
        return answer_json(await self._desk.exchange(form, header))

    async def userinfo(self, request: Request) -> Response:
        kind, _, token = request.headers.get("authorization", "").partition(" ")
        if kind.lower() != "bearer":
            raise RequestDenied("invalid_token", "the access token comes as Bearer")
        return answer_json(await self._desk.tell(token))


def name_cookie(ticket: str) -> str:
    """Return the name of a sign-in's cookie: several may go on in one browser."""
    return f"chain_id_{ticket[:12]}"


def answer_json(value: Any, status: int = 200, **headers: str) -> Response:
    """Return a JSON answer that nobody caches."""
    return JSONResponse(value, status, headers=dict(HEADERS) | headers)


async def read_body(request: Request) -> bytes:
    """Return a request's body; raise `RequestDenied` as soon as it is too long."""
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > BODY_BYTES_MAX:
            raise RequestDenied("invalid_request", f"a body has at most {BODY_BYTES_MAX} bytes")
    return bytes(body)


def _with_gate(desk: Desk, handler: Handler) -> Handler:
    async def handle(request: Request) -> Response:
        if request.headers.get("host") != desk.settings.host:
            return answer_json({"error": "invalid_request"}, 421)
        try:
            return await handler(request)
        except RedirectedDenial as denial:
            return RedirectResponse(denial.location, 303, headers=dict(HEADERS))
        except DureError as problem:
            return _answer_problem(request, problem)

    return handle


def _answer_problem(request: Request, problem: DureError) -> Response:
    """Return what a person reads in a browser, or what an application or a phone does."""
    status, error = _classify(problem)
    if request.url.path == "/authorize" or request.url.path.startswith("/wait/"):
        return render(request, "problem.html", "provider", status=status, message=problem.message)
    headers = {"WWW-Authenticate": f'Bearer error="{error}"'} if error == "invalid_token" else {}
    if error == "invalid_client":
        headers = {"WWW-Authenticate": "Basic"}
    body = {"error": error, "error_description": problem.message}
    return answer_json(body, status, **headers)


def _classify(problem: DureError) -> tuple[int, str]:
    match problem:
        case RequestDenied(error=("invalid_token" | "invalid_client") as error):
            return 401, error
        case RequestDenied(error=error):
            return 400, error
        case PresentationRefused():
            return 403, "access_denied"
        case NotFound():
            return 404, "invalid_request"
        case Unavailable():
            return 503, "temporarily_unavailable"
        case _:
            return 502, "server_error"
