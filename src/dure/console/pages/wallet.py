"""The wallet: everything of it happens in the browser. Here are its words, and codes to be paid by.

Nothing about an account reaches the node but what it is asked for, and no key ever does.
"""

from typing import Annotated, Final

import msgspec
from msgspec import Meta
from starlette.requests import Request
from starlette.responses import Response

from dure.api.http.access import get_client
from dure.api.http.errors import WrongOrigin
from dure.api.routes.operation import Parameters, read_query
from dure.console.codes import REQUEST_LENGTH_MAX
from dure.console.language import choose_language, load_texts
from dure.console.rendering import HEADERS
from dure.console.site import Entry, Group, Page, Site
from dure.core.types import TransactionId

WORD_PREFIXES: Final = ("signing_", "wallet_")
CODE_COST: Final = 4
"""Requests that a code counts for, beside its own: so much longer than a page it takes."""


class CodeQuery(Parameters, frozen=True):
    """What a code says."""

    text: Annotated[str, Meta(max_length=REQUEST_LENGTH_MAX)]


class StandingQuery(Parameters, frozen=True):
    """Which transaction is meant."""

    id: Annotated[str, Meta(pattern="^[0-9a-f]{64}$")]


class Standing(msgspec.Struct, frozen=True):
    """Where a transaction and the chain stand."""

    chain_id: str
    height: int | None
    """Of the block that holds it."""
    block_time: int
    """Of the newest block: what was valid until before it is in no block any more."""


async def show_wallet(site: Site, request: Request) -> Response:
    return site.renderer.render(request, "wallet/wallet.html")


async def answer_words(_site: Site, request: Request) -> Response:
    """Answer with the sentences that scripts put together, their {names} left open."""
    language = choose_language(request)
    words = {
        key: text[language] for key, text in load_texts().items() if key.startswith(WORD_PREFIXES)
    }
    return Response(msgspec.json.encode(words), headers=HEADERS, media_type="application/json")


async def answer_standing(site: Site, request: Request) -> Response:
    """Answer whether a block holds a transaction; not to be in one is no mistake of who asks."""
    asked = bytes.fromhex(read_query(request, StandingQuery).id)
    # In this order: a block that comes in between must not make it look as if none had held it.
    status = site.gateway.get_status()
    place = site.gateway.find_transaction(TransactionId(asked))
    standing = Standing(
        chain_id=status.chain_id.hex(),
        height=None if place is None else place[0],
        block_time=status.block_time,
    )
    return Response(msgspec.json.encode(standing), headers=HEADERS, media_type="application/json")


async def draw_code(site: Site, request: Request) -> Response:
    """Answer with a request for a payment as a picture, to nobody else's pages."""
    sites = request.headers.getlist("sec-fetch-site")
    if any(each not in {"same-origin", "none"} for each in sites):
        raise WrongOrigin("codes are drawn for this node's own pages")
    text = read_query(request, CodeQuery).text
    site.access.addresses.take(get_client(request), CODE_COST)
    site.access.charge(request, CODE_COST)
    content = await site.painter.draw(text)
    return Response(content, headers=HEADERS, media_type="image/svg+xml")


PAGES: Final = (
    Page("/wallet", show_wallet, menu=Entry(Group.WALLET, "wallet")),
    Page("/wallet/code.svg", draw_code, is_live=False),
    Page("/signing/words.json", answer_words, is_live=False),
    Page("/signing/standing.json", answer_standing, is_live=False),
)
