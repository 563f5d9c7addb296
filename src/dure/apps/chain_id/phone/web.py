"""The person's pages, served on the device itself and to it alone.

Another site's page cannot make them do anything: the host must be this device, every form carries a
secret of this process, and nothing is signed without the PIN, which opens the key file for one
answer and is forgotten.
"""

import hmac
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from secrets import token_urlsafe
from typing import Final
from urllib.parse import parse_qs

import httpx
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from dure.apps.chain_id.offchain import CLAIM_NAMES, SigningRegister
from dure.apps.chain_id.phone.answering import (
    Order,
    Signer,
    answer_sign_in,
    fetch_sign_in,
    get_institution_name,
    read_standing,
)
from dure.apps.chain_id.phone.wallet import Wallet
from dure.apps.chain_id.rendering import HEADERS, render, serve_style
from dure.core.errors import AccessDenied, DureError
from dure.core.types import Address

FORM_BYTES_MAX: Final = 8_192
Handler = Callable[[Request], Awaitable[Response]]


@dataclass(frozen=True, slots=True)
class Phone:
    """What the pages work with. `unlock` opens the key file with a PIN or password."""

    wallet: Wallet
    holder: Address
    register: SigningRegister
    http: httpx.AsyncClient
    unlock: Callable[[str], Signer]
    clock: Callable[[], float]
    host: str
    """`127.0.0.1:8790`: what stands in the `Host` header of the device's own browser."""


def build_phone(phone: Phone) -> Starlette:
    """Return the pages of one wallet."""
    pages = Pages(phone)
    routes = [
        Route("/", pages.guard(pages.identity)),
        Route("/sign-in", pages.guard(pages.ask), methods=["GET"]),
        Route("/sign-in", pages.guard(pages.answer), methods=["POST"]),
        Route("/style.css", serve_style),
    ]
    return Starlette(routes=routes)


class Pages:
    """The handlers."""

    def __init__(self, phone: Phone) -> None:
        self._phone = phone
        self._token = token_urlsafe(32)

    def guard(self, handler: Handler) -> Handler:
        """Refuse other hosts, and show what went wrong as a page."""

        async def handle(request: Request) -> Response:
            if request.headers.get("host") != self._phone.host:
                return Response(status_code=421)
            try:
                return await handler(request)
            except DureError as problem:
                return render(request, "problem.html", "phone", status=400, message=problem.message)

        return handle

    async def identity(self, request: Request) -> Response:
        phone = self._phone
        standing = await read_standing(phone.register, phone.holder, phone.wallet)
        return render(request, "identity.html", "phone", standing=standing, claims=CLAIM_NAMES)

    async def ask(self, request: Request) -> Response:
        """Show who asks for what, before anything is answered."""
        link = request.query_params.get("link", "")
        asked = await fetch_sign_in(
            self._phone.http, self._phone.register, link, self._phone.wallet
        )
        return render(
            request,
            "confirm.html",
            "phone",
            link=link,
            asked=asked,
            institution=await get_institution_name(self._phone.register, asked),
            token=self._token,
        )

    async def answer(self, request: Request) -> Response:
        form = await self._read_form(request)
        link, pin = form.get("link", [""])[0], form.get("pin", [""])[0]
        phone = self._phone
        asked = await fetch_sign_in(phone.http, phone.register, link, phone.wallet)
        if form.get("challenge") != [asked.challenge]:
            raise AccessDenied("the sign-in has changed since it was shown: look at it again")
        order = Order(link, asked, frozenset(form.get("show", [])), int(phone.clock()))
        signer = phone.unlock(pin)
        await answer_sign_in(phone.http, phone.register, phone.wallet, signer, order)
        return RedirectResponse("/", 303, headers=dict(HEADERS))

    async def _read_form(self, request: Request) -> dict[str, list[str]]:
        body = bytearray()
        async for chunk in request.stream():
            body += chunk
            if len(body) > FORM_BYTES_MAX:
                raise AccessDenied(f"a form has at most {FORM_BYTES_MAX} bytes")
        try:
            form = parse_qs(body.decode("utf-8", "replace"), max_num_fields=30)
        except ValueError as problem:
            raise AccessDenied("the form cannot be read") from problem
        token = form.get("token", [""])[0]
        if not hmac.compare_digest(token.encode(), self._token.encode()):
            raise AccessDenied("that form is not of this page: open it again")
        return form
