"""The person's pages over passkeys: the same pages, and a script that asks the authenticator.

A form of these pages is sent by the script. The answer is an order, which the authenticator signs
and the script brings back to `/signed`; or nothing is left to sign. Then the first page is shown.
"""

from collections.abc import Awaitable, Callable
from dataclasses import asdict, dataclass
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from dure.apps.chain_id.offchain import CLAIM_NAMES
from dure.apps.chain_id.phone.answering import fetch_sign_in, get_institution_name, read_standing
from dure.apps.chain_id.phone.gate import Gate, get_bytes, get_field
from dure.apps.chain_id.phone.passkeys import Order, PasskeyDesk
from dure.apps.chain_id.rendering import HEADERS, render, serve_file
from dure.core.address import encode_address

SCRIPT = "/passkey.js"
Form = dict[str, list[str]]


@dataclass(frozen=True, slots=True)
class PasskeyPhone:
    """What the pages work with."""

    desk: PasskeyDesk
    host: str
    """Of the wallet's origin: `localhost:8790`."""


def build_passkey_phone(phone: PasskeyPhone) -> Starlette:
    """Return the pages of one wallet."""
    gate = Gate(phone.host)
    pages = PasskeyPages(phone.desk, gate)
    orders: dict[str, Callable[[Form], Awaitable[Order | None]]] = {
        "/passkey": pages.make,
        "/apply": pages.apply,
        "/sign-in": pages.sign_in,
        "/suspend": pages.suspend,
        "/replace": pages.replace,
        "/signed": pages.sign,
    }
    return Starlette(
        routes=[
            Route("/", gate.guard(pages.identity)),
            Route("/sign-in", gate.guard(pages.ask), methods=["GET"]),
            *(
                Route(path, gate.guard_order(pages.take(handler)), methods=["POST"])
                for path, handler in orders.items()
            ),
            Route("/style.css", serve_file("chain_id.css")),
            Route(SCRIPT, serve_file("passkey.js")),
        ]
    )


class PasskeyPages:
    """The handlers."""

    def __init__(self, desk: PasskeyDesk, gate: Gate) -> None:
        self._desk = desk
        self._gate = gate

    # Pages

    async def identity(self, request: Request) -> Response:
        """Show the identity; before there is one, what has to be done for it."""
        desk, wallet = self._desk, self._desk.file.load()
        if not desk.ring.passkeys:
            return self._render(request, "begin.html", account="", applied=False)
        account = desk.ring.compute_account()
        if await desk.register.find_identity(account) is None:
            applied = await desk.register.find_application(account) is not None
            name = encode_address(account)
            return self._render(request, "begin.html", account=name, applied=applied)
        standing = await read_standing(desk.register, account, wallet)
        return self._render(request, "identity.html", standing=standing, claims=CLAIM_NAMES)

    async def ask(self, request: Request) -> Response:
        """Show who asks for what, before anything is answered."""
        desk, link = self._desk, request.query_params.get("link", "")
        asked = await fetch_sign_in(desk.http, desk.register, link, desk.file.load())
        institution = await get_institution_name(desk.register, asked)
        return self._render(
            request, "confirm.html", link=link, asked=asked, institution=institution
        )

    def _render(self, request: Request, page: str, **values: Any) -> Response:
        return render(request, page, "phone", script=SCRIPT, token=self._gate.token, **values)

    # What the script sends

    def take(
        self, handler: Callable[[Form], Awaitable[Order | None]]
    ) -> Callable[[Request], Awaitable[Response]]:
        """Return what reads a form and answers with the order that came of it."""

        async def answer(request: Request) -> Response:
            order = await handler(await self._gate.read_form(request))
            return JSONResponse({} if order is None else asdict(order), headers=dict(HEADERS))

        return answer

    async def make(self, form: Form) -> None:
        self._desk.add_first(get_field(form, "credential"), get_bytes(form, "public_key"))

    async def apply(self, form: Form) -> Order:
        return await self._desk.apply(get_field(form, "institution").strip())

    async def sign_in(self, form: Form) -> Order:
        shown = frozenset(form.get("show", []))
        return await self._desk.sign_in(
            get_field(form, "link"), get_field(form, "challenge"), shown
        )

    async def suspend(self, form: Form) -> Order:
        return await self._desk.suspend()

    async def replace(self, form: Form) -> Order:
        credential, key = get_field(form, "credential"), get_bytes(form, "public_key")
        return await self._desk.replace(credential, key)

    async def sign(self, form: Form) -> None:
        await self._desk.sign(
            get_field(form, "ticket"),
            authenticator_data=get_bytes(form, "authenticator_data"),
            client_data=get_bytes(form, "client_data"),
            signature=get_bytes(form, "signature"),
        )
