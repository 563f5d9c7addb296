"""An ordinary web application in a thread: Authlib does all of OpenID Connect."""

from collections.abc import Iterator
from contextlib import contextmanager
from threading import Thread

import uvicorn
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.sessions import SessionMiddleware
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from dure.apps.chain_id.tests.provider_scene import load_oauth
from tests.e2e.processes import wait_until


def build_shop(provider: str, back: str, scopes: tuple[str, ...]) -> Starlette:
    """Return the application: `/login` signs somebody in, `/me` asks the provider who it is."""
    oauth = load_oauth()
    oauth.register(
        "bank",
        client_id="shop",
        server_metadata_url=f"{provider}/.well-known/openid-configuration",
        client_kwargs={
            "scope": " ".join(scopes),
            "code_challenge_method": "S256",
            "token_endpoint_auth_method": "none",
        },
    )
    tokens: list[dict[str, object]] = []

    async def login(request: Request) -> Response:
        answer: Response = await oauth.bank.authorize_redirect(request, back)
        return answer

    async def on_return(request: Request) -> Response:
        tokens.append(await oauth.bank.authorize_access_token(request))
        return RedirectResponse("/me")

    async def me(request: Request) -> Response:
        answer = await oauth.bank.get(f"{provider}/userinfo", token=tokens[-1])
        return JSONResponse(answer.json(), answer.status_code)

    return Starlette(
        routes=[Route("/login", login), Route("/back", on_return), Route("/me", me)],
        middleware=[Middleware(SessionMiddleware, secret_key="of a test", session_cookie="shop")],
    )


@contextmanager
def serve_in_thread(application: Starlette, port: int) -> Iterator[None]:
    """Serve an application on this host until the block ends."""
    config = uvicorn.Config(
        application, host="127.0.0.1", port=port, log_config=None, ws="none", lifespan="off"
    )
    server = uvicorn.Server(config)
    thread = Thread(target=server.run, name="shop")
    thread.start()
    try:
        wait_until(lambda: server.started, "the shop serves")
        yield
    finally:
        server.should_exit = True
        thread.join(30)
