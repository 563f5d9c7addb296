"""The person's phone: what it shows, what it signs, and what makes it refuse."""

import asyncio
import re
from collections.abc import Callable, Coroutine, Sequence
from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from dure.apps.chain_id.contract import LISTED_MAX, Entry, Purpose
from dure.apps.chain_id.phone.answering import ENTRIES_MAX, Signer, fetch_sign_in, read_standing
from dure.apps.chain_id.phone.wallet import (
    KeyFile,
    Wallet,
    build_wallet,
    load_wallet,
    save_wallet,
)
from dure.apps.chain_id.phone.web import Phone, build_phone
from dure.apps.chain_id.presentations import PresentationRefused
from dure.apps.chain_id.provider.desk import require_site
from dure.apps.chain_id.stories import digest
from dure.apps.chain_id.tests.provider_scene import SHOP, URL, Place, open_place, read_link
from dure.apps.chain_id.tests.scene import Scene, WorldRegister
from dure.apps.chain_id.tests.test_provider import ASKED
from dure.contract.language import Time
from dure.core.address import encode_address
from dure.core.errors import ConfigurationError, Unavailable
from dure.identity.keys import SigningKey, load_key, save_key

PASSWORD = "a password of a person"
HOST = "localhost:8790"
HERE = f"http://{HOST}"
KEY_FILE = KeyFile("key.json")


@pytest.fixture
def place(scene: Scene) -> Place:
    return open_place(scene)


@pytest.fixture
def wallet(place: Place, tmp_path: Path) -> Wallet:
    key = place.scene.person.account.keys[0]
    assert isinstance(key, SigningKey)
    path = tmp_path / "key.json"
    save_key(path, key, PASSWORD)
    signs_with = KeyFile(str(path))
    made = build_wallet("00" * 32, ("http://127.0.0.1:1",), place.settings.contract, signs_with)
    return msgspec.structs.replace(made, certificate=place.certificates["person"])


@pytest.fixture
def phone(place: Place, wallet: Wallet) -> httpx.AsyncClient:
    """The browser of the device, in front of the phone's own pages."""
    person = place.scene.person

    def unlock(secret: str) -> Signer:
        key = load_key(wallet.key_file, secret)
        return Signer(person.account, key)

    pages = Phone(
        wallet=wallet,
        holder=person.address,
        register=WorldRegister(place.scene.chain, person),
        http=place.call(),
        unlock=unlock,
        clock=place.clock,
        host=HOST,
    )
    return httpx.AsyncClient(transport=httpx.ASGITransport(build_phone(pages)), base_url=HERE)


async def begin(place: Place, browser: httpx.AsyncClient) -> tuple[str, str]:
    """Begin a sign-in; return where the browser waits, and the link for the phone."""
    answer = await browser.get(f"{URL}/authorize", params=ASKED)
    waiting = URL + answer.headers["location"]
    return waiting, read_link(await browser.get(waiting))


def read_form(page: httpx.Response) -> dict[str, Any]:
    """Return the form of a page as it was handed out, with everything ticked."""
    hidden = dict(re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', page.text))
    return hidden | {"show": re.findall(r'name="show" value="(\w+)"', page.text)}


def run(action: Callable[[], Coroutine[Any, Any, None]]) -> None:
    asyncio.run(action())


def test_the_phone_signs_in_with_a_password_and_shows_the_history(
    place: Place, phone: httpx.AsyncClient
) -> None:
    async def go() -> None:
        async with place.browse() as browser, phone:
            waiting, link = await begin(place, browser)
            assert "Nobody yet" in (await phone.get("/")).text
            page = await phone.get("/sign-in", params={"link": link})
            assert "Corner Shop" in page.text
            assert "Dure Bank" in page.text
            assert f">{URL}<" in page.text
            form = read_form(page)
            assert form["show"] == ["adult"]
            done = await phone.post("/sign-in", data=form | {"pin": PASSWORD})
            assert done.status_code == 303
            assert (await browser.get(waiting)).headers["location"].startswith(SHOP)
            home = (await phone.get("/")).text
            assert "Hanbit Securities" in home
            assert "signed in" in home
            assert "of age" in home
            korean = (await phone.get("/?lang=ko")).text
            assert "나의 체인 아이디" in korean
            assert "성인 여부" in korean

    run(go)


def test_what_the_person_unticks_is_not_shown(place: Place, phone: httpx.AsyncClient) -> None:
    async def go() -> None:
        async with place.browse() as browser, phone:
            _, link = await begin(place, browser)
            form = read_form(await phone.get("/sign-in", params={"link": link}))
            del form["show"]
            await phone.post("/sign-in", data=form | {"pin": PASSWORD})
        assert [entry.claims for entry in place.scene.chain.history(1, 0)] == [[]]

    run(go)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"pin": "wrong password of it"}, "passphrase is wrong"),
        ({"token": "x"}, "not of this page"),
        ({"challenge": "00" * 32}, "has changed since"),
        ({"link": ""}, "begins with https://"),
    ],
)
def test_nothing_is_signed_unless_all_is_right(
    place: Place, phone: httpx.AsyncClient, change: dict[str, str], words: str
) -> None:
    async def go() -> None:
        async with place.browse() as browser, phone:
            _, link = await begin(place, browser)
            form = read_form(await phone.get("/sign-in", params={"link": link}))
            refused = await phone.post("/sign-in", data=form | {"pin": PASSWORD} | change)
            assert refused.status_code == 400
            assert words in refused.text
        assert place.scene.chain.history(1, 0) == []

    run(go)


def test_other_sites_pages_reach_nothing(phone: httpx.AsyncClient) -> None:
    async def go() -> None:
        async with phone:
            for path in ("/", "/sign-in?link=x"):
                answer = await phone.get(path, headers={"Host": "thief.example"})
                assert (answer.status_code, answer.text) == (421, "")
            huge = await phone.post("/sign-in", content=b"x" * 9_000)
            assert huge.status_code == 400
            odd = await phone.post("/sign-in", content=b"&".join([b"a=1"] * 40))
            assert odd.status_code == 400

    run(go)


def build_asked(place: Place, **changes: Any) -> dict[str, Any]:
    asked = {
        "audience": "https://other.example",
        "institution": place.settings.institution,
        "contract": place.settings.contract,
        "application": "Corner Shop",
        "application_url": "https://shop.example/back",
        "claims": ["adult"],
        "request": "00" * 32,
        "salt": "00" * 32,
    }
    return asked | changes


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"audience": URL}, "meant for another site"),
        ({"audience": "https://other.example/"}, "meant for another site"),
        ({"contract": "dure1x"}, "another register"),
        ({"claims": ["adult", "salary"]}, "not known here"),
        ({"claims": ["adult"] * 9}, "no sign-in"),
        ({"salt": "zz"}, "no sign-in"),
        ({"request": "00" * 32 + "\n"}, "no sign-in"),
        ({"application": "x" * 501}, "no sign-in"),
        ({"more": 1}, "no sign-in"),
    ],
)
def test_sites_that_should_not_be_answered(
    place: Place, wallet: Wallet, changes: dict[str, Any], words: str
) -> None:
    """Above all one that hands on the challenge of another site."""
    asked = build_asked(place, **changes)
    with pytest.raises(PresentationRefused, match=words):
        fetch(lambda: JSONResponse(asked), place, wallet)


@pytest.mark.parametrize("of", ["bank", "shop", "stranger"])
def test_a_site_that_passes_for_an_institution_is_refused(
    place: Place, wallet: Wallet, of: str
) -> None:
    """Whoever names the bank is refused, and so is who names somebody without a site."""
    scene = place.scene
    named = scene.stranger if of == "stranger" else getattr(scene.register, of)
    asked = build_asked(place, institution=encode_address(named.address), application="Dure Bank")
    with pytest.raises(PresentationRefused, match="not the site of the institution it names"):
        fetch(lambda: JSONResponse(asked), place, wallet)
    assert scene.chain.history(1, 0) == []
    if of == "bank":
        scene.chain.set_site(by=named, site="https://other.example")
        fetch(lambda: JSONResponse(asked), place, wallet)


def fetch(answer: Callable[[], Response], place: Place, wallet: Wallet) -> None:
    async def handle(request: Request) -> Response:
        return answer()

    async def go() -> None:
        site = Starlette(routes=[Route("/sign-in/x", handle)])
        async with httpx.AsyncClient(transport=httpx.ASGITransport(site)) as http:
            await fetch_sign_in(
                http, WorldRegister(place.scene.chain), "https://other.example/sign-in/x", wallet
            )

    run(go)


def test_answers_that_are_no_sign_in(place: Place, wallet: Wallet) -> None:
    with pytest.raises(PresentationRefused, match="the site refused"):
        fetch(lambda: RedirectResponse("https://elsewhere.example/"), place, wallet)
    with pytest.raises(PresentationRefused, match="more than a sign-in"):
        fetch(lambda: Response(b"x" * 20_000), place, wallet)
    with pytest.raises(PresentationRefused, match="no sign-in"):
        fetch(lambda: Response(b"\xff"), place, wallet)
    with pytest.raises(PresentationRefused, match="gone"):
        fetch(lambda: JSONResponse({"error_description": "gone"}, 404), place, wallet)


@pytest.mark.parametrize(
    "link",
    [
        *("http://id.bank.example/x", "ftp://x", "", "https://a@b/", "x"),
        *("https://[", "https://a:99999/"),
    ],
)
def test_links_that_are_not_safe(place: Place, wallet: Wallet, link: str) -> None:
    async def go() -> None:
        async with httpx.AsyncClient() as http:
            await fetch_sign_in(http, WorldRegister(place.scene.chain), link, wallet)

    with pytest.raises(PresentationRefused, match="begins with https://"):
        run(go)


def test_a_site_that_cannot_be_reached(place: Place, wallet: Wallet) -> None:
    def fail(request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("no route")

    async def go() -> None:
        async with httpx.AsyncClient(transport=httpx.MockTransport(fail)) as http:
            await fetch_sign_in(
                http, WorldRegister(place.scene.chain), "https://other.example/sign-in/x", wallet
            )

    with pytest.raises(Unavailable, match="cannot be reached"):
        run(go)


def test_somebody_elses_look_is_in_the_history(place: Place, phone: httpx.AsyncClient) -> None:
    place.scene.chain.look(
        by=place.scene.register.bank,
        number=1,
        purpose=Purpose.LEGAL_DUTY,
        reference=digest("order"),
    )

    async def go() -> None:
        async with phone:
            assert "as the law demands" in (await phone.get("/")).text

    run(go)


def test_the_newest_entries_are_shown_and_the_rest_counted(place: Place, wallet: Wallet) -> None:
    """A register with 1,003 entries, of which the last is of somebody else."""
    bank = place.scene.register.bank
    old = Entry(1, bank.address, Purpose.SIGN_IN, [], digest("old"), Time(1))
    new = Entry(1, bank.address, Purpose.LEGAL_DUTY, [], digest("new"), Time(2))
    entries = [old] * 1_002 + [new]

    class Long(WorldRegister):
        async def count_history(self, identity: int) -> int:
            return len(entries)

        async def list_history(self, identity: int, start: int) -> Sequence[Entry]:
            return entries[start : start + LISTED_MAX]

    async def go() -> None:
        register = Long(place.scene.chain)
        standing = await read_standing(register, place.scene.person.address, wallet)
        assert standing.entries[0] == new
        assert (len(standing.entries), standing.left_out) == (ENTRIES_MAX, 3)

    run(go)


@pytest.mark.parametrize("node", ["notaurl", "ftp://x", "http://", "http://[", "http://x:99999"])
def test_a_wallet_needs_the_addresses_of_nodes(place: Place, node: str) -> None:
    with pytest.raises(ConfigurationError, match="is no node's address"):
        build_wallet("00" * 32, ("http://x", node), place.settings.contract, KEY_FILE)


def test_a_wallet_is_kept_as_it_was(wallet: Wallet, tmp_path: Path) -> None:
    path = tmp_path / "wallet.json"
    save_wallet(path, wallet, is_new=True)
    assert load_wallet(path) == wallet
    assert path.stat().st_mode & 0o077 == 0
    with pytest.raises(ConfigurationError, match="exists already"):
        save_wallet(path, wallet, is_new=True)
    changed = msgspec.structs.replace(wallet, certificate="")
    save_wallet(path, changed, is_new=False)
    assert load_wallet(path) == changed
    path.write_text("{}")
    with pytest.raises(ConfigurationError, match="no wallet"):
        load_wallet(path)
    with pytest.raises(ConfigurationError, match="makes no wallet"):
        build_wallet("zz", ("http://x",), encode_address(wallet.contract_address), KEY_FILE)


def test_a_provider_at_another_site_than_the_registers_does_not_begin(place: Place) -> None:
    register = WorldRegister(place.scene.chain)
    asyncio.run(require_site(register, place.settings))
    place.scene.chain.set_site(by=place.scene.register.bank, site="")
    with pytest.raises(ConfigurationError, match="calls set_site"):
        asyncio.run(require_site(register, place.settings))
