"""A provider, a web application that uses it by an ordinary library, a browser and a phone."""

import re
import warnings
from collections.abc import Iterable
from dataclasses import dataclass, field
from hashlib import sha256
from importlib import import_module
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import httpx
import msgspec
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.sessions import SessionMiddleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from dure.apps.chain_id.challenges import Asked
from dure.apps.chain_id.contract import Claim, Purpose
from dure.apps.chain_id.offchain import CLAIM_NAMES
from dure.apps.chain_id.presentations import present
from dure.apps.chain_id.provider.desk import Desk
from dure.apps.chain_id.provider.settings import (
    Client,
    Settings,
    generate_secrets,
    validate_settings,
)
from dure.apps.chain_id.provider.web import build_provider
from dure.apps.chain_id.tests.scene import Scene, WorldRegister
from dure.core.address import encode_address
from dure.testing import Person

URL = "https://id.bank.example"
SHOP = "https://shop.example"
SECRET = "correct horse battery staple"


@dataclass
class Time:
    """The provider's clock: the chain's, and what a test adds."""

    scene: Scene
    added_s: float = 0

    def __call__(self) -> float:
        return self.scene.now_s + self.added_s


@dataclass
class Place:
    """Everything that takes part in a sign-in."""

    scene: Scene
    settings: Settings
    desk: Desk
    clock: Time
    provider: Starlette
    shop: Starlette
    certificates: dict[str, str] = field(default_factory=dict)

    def browse(self) -> httpx.AsyncClient:
        """Return a new browser, which knows both sites and keeps cookies."""
        mounts = {
            URL: httpx.ASGITransport(self.provider),
            SHOP: httpx.ASGITransport(self.shop),
        }
        return httpx.AsyncClient(mounts=mounts, follow_redirects=False)

    def call(self) -> httpx.AsyncClient:
        """Return somebody who speaks with the provider alone."""
        return httpx.AsyncClient(transport=httpx.ASGITransport(self.provider), base_url=URL)

    async def answer(
        self,
        link: str,
        *,
        person: Person | None = None,
        show: Iterable[str] | None = None,
        entry: bool = True,
        purpose: Purpose = Purpose.SIGN_IN,
        named: Iterable[str] | None = None,
    ) -> httpx.Response:
        """Answer a sign-in as a phone does, or as somebody who cheats at one step of it."""
        holder = person or self.scene.person
        async with self.call() as client:
            asked = await fetch_asked(client, link)
            shown = list(asked.claims if show is None else show)
            if entry:
                self.sign_on_chain(asked, holder, purpose, shown if named is None else named)
            certificate = self.certificates[holder.name]
            text = present(
                certificate,
                shown,
                holder.account.keys[0],
                audience=asked.audience,
                nonce=asked.challenge.hex(),
                now_s=int(self.clock()),
            )
            return await client.post(link, json={"presentation": text})

    def sign_on_chain(
        self, asked: Asked, holder: Person, purpose: Purpose, named: Iterable[str]
    ) -> None:
        claims: list[Claim] = [each for each, name in CLAIM_NAMES.items() if name in named]
        self.scene.chain.sign_in(
            by=holder,
            institution=self.scene.register.bank,
            purpose=purpose,
            challenge=asked.challenge,
            claims=claims,
        )


async def fetch_asked(client: httpx.AsyncClient, link: str) -> Asked:
    """Return what a sign-in asks."""
    return msgspec.json.decode((await client.get(link)).content, type=Asked)


def load_oauth() -> Any:
    """Return Authlib's registry, which would rather have httpx2, and says so at every import."""
    import_module("authlib.deprecate")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return import_module("authlib.integrations.starlette_client").OAuth()


def build_shop(provider: Starlette) -> Starlette:
    """Return an ordinary web application: Authlib does all of OpenID Connect."""
    oauth = load_oauth()
    oauth.register(
        "bank",
        client_id="shop",
        client_secret=SECRET,
        server_metadata_url=f"{URL}/.well-known/openid-configuration",
        client_kwargs={
            "scope": "openid adult resident",
            "code_challenge_method": "S256",
            "transport": httpx.ASGITransport(provider),
        },
    )

    async def login(request: Request) -> Response:
        answer: Response = await oauth.bank.authorize_redirect(request, f"{SHOP}/back")
        return answer

    async def back(request: Request) -> Response:
        token = await oauth.bank.authorize_access_token(request)
        told = await oauth.bank.userinfo(token=token)
        return JSONResponse({"id_token": dict(token["userinfo"]), "told": dict(told)})

    return Starlette(
        routes=[Route("/login", login), Route("/back", back)],
        middleware=[Middleware(SessionMiddleware, secret_key="of a test", https_only=True)],
    )


def open_place(scene: Scene) -> Place:
    """Let the bank of the story run a provider, at which a shop and a bare page sign people in."""
    settings = Settings(
        url=URL,
        institution=encode_address(scene.register.bank.address),
        contract=encode_address(scene.chain.address),
        chain_id="00" * 32,
        nodes=("http://127.0.0.1:1",),
        clients=(
            Client(
                "shop",
                "Corner Shop",
                (f"{SHOP}/back",),
                ("openid", "adult", "resident"),
                sha256(SECRET.encode()).hexdigest(),
            ),
            Client(
                "page", "A page", ("https://page.example/back?x=1",), ("openid", "profile"), None
            ),
        ),
    )
    validate_settings(settings)
    scene.chain.set_site(by=scene.register.bank, site=URL)
    clock = Time(scene)
    desk = Desk(settings, generate_secrets(), WorldRegister(scene.chain), clock)
    provider = build_provider(desk)
    place = Place(scene, settings, desk, clock, provider, build_shop(provider))
    place.certificates["person"] = scene.certify()
    return place


def read_link(page: httpx.Response) -> str:
    """Return the link that the waiting page shows for the phone."""
    found = re.search(rf"{URL}/sign-in/[\w-]+", page.text)
    assert found is not None, page.text
    return found[0]


def read_query(address: str) -> dict[str, str]:
    """Return the parameters of an address."""
    return dict(parse_qsl(urlsplit(address).query))
