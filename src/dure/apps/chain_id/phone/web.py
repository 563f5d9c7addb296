"""The person's pages over a key file, served on the device itself and to it alone.

Nothing is signed without the PIN or password, which opens the key file for one answer and is
forgotten.
"""

from collections.abc import Callable
from dataclasses import dataclass

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
from dure.apps.chain_id.phone.gate import Gate, get_field
from dure.apps.chain_id.phone.wallet import Wallet
from dure.apps.chain_id.rendering import HEADERS, render, serve_file
from dure.core.errors import AccessDenied
from dure.core.types import Address


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
    """`localhost:8790`: what stands in the `Host` header of the device's own browser."""


def build_phone(phone: Phone) -> Starlette:
    """Return the pages of one wallet."""
    gate = Gate(phone.host)
    pages = Pages(phone, gate)
    routes = [
        Route("/", gate.guard(pages.identity)),
        Route("/sign-in", gate.guard(pages.ask), methods=["GET"]),
        Route("/sign-in", gate.guard(pages.answer), methods=["POST"]),
        Route("/style.css", serve_file("chain_id.css")),
    ]
    return Starlette(routes=routes)


class Pages:
    """The handlers."""

    def __init__(self, phone: Phone, gate: Gate) -> None:
        self._phone = phone
        self._gate = gate

    async def identity(self, request: Request) -> Response:
        phone = self._phone
        standing = await read_standing(phone.register, phone.holder, phone.wallet)
        return render(request, "identity.html", "phone", standing=standing, claims=CLAIM_NAMES)

    async def ask(self, request: Request) -> Response:
        """Show who asks for what, before anything is answered."""
        phone, link = self._phone, request.query_params.get("link", "")
        asked = await fetch_sign_in(phone.http, phone.register, link, phone.wallet)
        return render(
            request,
            "confirm.html",
            "phone",
            link=link,
            asked=asked,
            institution=await get_institution_name(phone.register, asked),
            token=self._gate.token,
        )

    async def answer(self, request: Request) -> Response:
        form = await self._gate.read_form(request)
        link, phone = get_field(form, "link"), self._phone
        asked = await fetch_sign_in(phone.http, phone.register, link, phone.wallet)
        if get_field(form, "challenge") != asked.challenge.hex():
            raise AccessDenied("the sign-in has changed since it was shown: look at it again")
        order = Order(link, asked, frozenset(form.get("show", [])), int(phone.clock()))
        signer = phone.unlock(get_field(form, "pin"))
        await answer_sign_in(phone.http, phone.register, phone.wallet, signer, order)
        return RedirectResponse("/", 303, headers=dict(HEADERS))
