"""OpenID Connect: an ordinary web application signs people in, and what is refused on the way."""

import asyncio
import time
from base64 import b64encode
from hashlib import sha256
from typing import Any
from urllib.parse import urlencode

import httpx
import pytest
from joserfc import jwt
from joserfc.jwk import KeySet

from dure.apps.chain_id.contract import Purpose
from dure.apps.chain_id.presentations import encode_base64
from dure.apps.chain_id.provider.desk import CODE_LIFETIME_S, SIGN_IN_LIFETIME_S, TOKEN_LIFETIME_S
from dure.apps.chain_id.tests.provider_scene import (
    SECRET,
    SHOP,
    URL,
    Place,
    fetch_asked,
    open_place,
    read_link,
    read_query,
)
from dure.apps.chain_id.tests.scene import Scene
from dure.apps.chain_id.tests.scene import begin as begin_scene
from dure.contract.language import Time
from dure.contract.library.association import Trust
from dure.testing import World

VERIFIER = "v" * 43
ASKED = {
    "response_type": "code",
    "client_id": "shop",
    "redirect_uri": f"{SHOP}/back",
    "scope": "openid adult",
    "state": "of the shop",
    "nonce": "n-1",
    "code_challenge": encode_base64(sha256(VERIFIER.encode()).digest()),
    "code_challenge_method": "S256",
}


@pytest.fixture
def place(scene: Scene) -> Place:
    return open_place(scene)


async def begin(place: Place, browser: httpx.AsyncClient, **changes: str) -> str:
    """Begin a sign-in as a browser; return the address at which it waits."""
    answer = await browser.get(f"{URL}/authorize", params=ASKED | changes)
    assert answer.status_code == 303
    return URL + answer.headers["location"]


async def sign_in(place: Place, **changes: str) -> str:
    """Sign in; return the address to which the browser is sent with a code."""
    async with place.browse() as browser:
        waiting = await begin(place, browser, **changes)
        page = await browser.get(waiting)
        assert (await place.answer(read_link(page))).status_code == 200
        answer = await browser.get(waiting)
        assert answer.status_code == 303
        return str(answer.headers["location"])


async def exchange(
    place: Place, code: str, *, secret: str | None = SECRET, **changes: str
) -> httpx.Response:
    form = {
        "grant_type": "authorization_code",
        "code": code,
        "redirect_uri": f"{SHOP}/back",
        "code_verifier": VERIFIER,
    } | changes
    auth = None if secret is None else httpx.BasicAuth("shop", secret)
    async with place.call() as client:
        return await client.post("/token", data=form, auth=auth or httpx.Auth())


async def tell(place: Place, token: str) -> httpx.Response:
    async with place.call() as client:
        return await client.get("/userinfo", headers={"Authorization": f"Bearer {token}"})


def test_r17_an_ordinary_web_application_signs_a_person_in() -> None:
    # The application's library looks at the wall clock.
    place = open_place(begin_scene(World(at=Time(int(time.time() * 1000)))))

    async def run() -> None:
        async with place.browse() as browser:
            to_provider = await browser.get(f"{SHOP}/login")
            to_page = await browser.get(to_provider.headers["location"])
            waiting = URL + to_page.headers["location"]
            page = await browser.get(waiting)
            assert "Corner Shop" in page.text
            assert "whether you are of age" in page.text
            assert (await place.answer(read_link(page))).json() == {"signed_in": True}
            back = await browser.get(waiting)
            assert back.headers["location"].startswith(f"{SHOP}/back?code=")
            signed_in = (await browser.get(back.headers["location"])).json()
        told, claims = signed_in["told"], signed_in["id_token"]
        assert told == {"sub": claims["sub"], "adult": True, "resident": True}
        assert (claims["iss"], claims["aud"]) == (URL, "shop")
        entries = place.scene.chain.history(1, 0)
        assert [entry.institution for entry in entries] == [place.scene.register.bank.address]

    asyncio.run(run())


def test_the_tokens_are_those_of_the_standard(place: Place) -> None:
    async def run() -> None:
        address = await sign_in(place)
        query = read_query(address)
        assert (query["state"], query["iss"]) == ("of the shop", URL)
        tokens = (await exchange(place, query["code"])).json()
        async with place.call() as client:
            keys = KeySet.import_key_set((await client.get("/keys")).json())
            metadata = (await client.get("/.well-known/openid-configuration")).json()
        token = jwt.decode(tokens["id_token"], keys, algorithms=["ES256"])
        now_s = int(place.clock())
        assert token.header["alg"] == metadata["id_token_signing_alg_values_supported"][0]
        assert token.claims["nonce"] == "n-1"
        assert token.claims["auth_time"] <= token.claims["iat"] <= now_s < token.claims["exp"]
        assert "d" not in next(iter(keys)).as_dict(private=False)
        assert tokens["token_type"] == "Bearer"
        assert (await tell(place, tokens["access_token"])).json() == {
            "sub": token.claims["sub"],
            "adult": True,
        }

    asyncio.run(run())


def test_two_applications_cannot_tell_that_they_serve_the_same_person(place: Place) -> None:
    async def run() -> None:
        subjects = set()
        for client in ("shop", "shop", "page"):
            changes = {"client_id": client}
            form: dict[str, Any] = {}
            if client == "page":
                form = {"redirect_uri": "https://page.example/back?x=1", "client_id": "page"}
                changes |= {"redirect_uri": form["redirect_uri"], "scope": "openid profile"}
            address = await sign_in(place, **changes)
            secret = SECRET if client == "shop" else None
            tokens = await exchange(place, read_query(address)["code"], secret=secret, **form)
            told = (await tell(place, tokens.json()["access_token"])).json()
            subjects.add(told["sub"])
            assert ("name" in told) == (client == "page")
        assert len(subjects) == 2

    asyncio.run(run())


@pytest.mark.parametrize(
    "changes",
    [
        {"client_id": "nobody"},
        {"client_id": ""},
        {"redirect_uri": f"{SHOP}/back/"},
        {"redirect_uri": f"{SHOP}/back?x=1"},
        {"redirect_uri": "https://thief.example/back"},
        {"redirect_uri": ""},
        {"state": "x" * 501},
    ],
)
def test_nobody_is_redirected_to_an_address_that_is_not_the_applications_own(
    place: Place, changes: dict[str, str]
) -> None:
    async def run() -> None:
        async with place.browse() as browser:
            answer = await browser.get(f"{URL}/authorize", params=ASKED | changes)
        assert answer.status_code in {400, 401}
        assert "location" not in answer.headers
        assert "Nobody has been signed in" in answer.text

    asyncio.run(run())


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"response_type": "token"}, "unsupported_response_type"),
        ({"response_type": ""}, "unsupported_response_type"),
        ({"response_mode": "fragment"}, "invalid_request"),
        ({"scope": "adult"}, "invalid_scope"),
        ({"scope": "openid profile"}, "invalid_scope"),
        ({"scope": "openid everything"}, "invalid_scope"),
        ({"code_challenge_method": "plain"}, "invalid_request"),
        ({"code_challenge": ""}, "invalid_request"),
        ({"code_challenge": "short"}, "invalid_request"),
        ({"request": "eyJ"}, "request_not_supported"),
        ({"request_uri": "https://x.example"}, "request_uri_not_supported"),
        ({"prompt": "none"}, "login_required"),
    ],
)
def test_other_mistakes_go_back_to_the_application_with_its_state(
    place: Place, changes: dict[str, str], error: str
) -> None:
    async def run() -> None:
        async with place.browse() as browser:
            answer = await browser.get(f"{URL}/authorize", params=ASKED | changes)
        told = read_query(answer.headers["location"])
        assert answer.headers["location"].startswith(f"{SHOP}/back?")
        assert (told["error"], told["state"], told["iss"]) == (error, "of the shop", URL)
        assert "code" not in told

    asyncio.run(run())


def test_a_parameter_that_stands_twice_is_refused(place: Place) -> None:
    async def run() -> None:
        async with place.browse() as browser:
            twice = urlencode([*ASKED.items(), ("redirect_uri", "https://thief.example")])
            assert (await browser.get(f"{URL}/authorize?{twice}")).status_code == 400
            answer = await browser.post(f"{URL}/authorize", data=ASKED)
            assert answer.status_code == 303

    asyncio.run(run())


def test_r17_only_the_browser_that_began_is_given_the_code(place: Place) -> None:
    async def run() -> None:
        async with place.browse() as browser, place.browse() as thief:
            waiting = await begin(place, browser)
            link = read_link(await browser.get(waiting))
            assert (await thief.get(waiting)).status_code == 400
            assert (await place.answer(link)).status_code == 200
            stolen = await thief.get(waiting)
            assert stolen.status_code == 400
            assert "location" not in stolen.headers
            assert (await browser.get(waiting)).status_code == 303
            assert (await browser.get(waiting)).status_code == 404

    asyncio.run(run())


@pytest.mark.parametrize(
    ("cheat", "reason"),
    [
        ({"entry": False}, "has not signed in on the chain"),
        ({"purpose": Purpose.ACCOUNT_OPENING}, "for another purpose"),
        ({"named": []}, "does not name all that is shown"),
        ({"show": ["adult", "name"]}, "more is shown than was asked for"),
    ],
)
def test_r17_half_an_answer_signs_nobody_in(
    place: Place, cheat: dict[str, Any], reason: str
) -> None:
    async def run() -> None:
        async with place.browse() as browser:
            waiting = await begin(place, browser)
            link = read_link(await browser.get(waiting))
            answer = await place.answer(link, **cheat)
            assert answer.status_code == 403
            assert reason in answer.json()["error_description"]
            assert (await browser.get(waiting)).status_code == 200

    asyncio.run(run())


def test_one_persons_entry_and_anothers_certificate_sign_nobody_in(place: Place) -> None:
    scene = place.scene
    place.certificates["stranger"] = scene.certify(scene.stranger)

    async def run() -> None:
        async with place.browse() as browser, place.call() as client:
            link = read_link(await browser.get(await begin(place, browser)))
            asked = await fetch_asked(client, link)
            place.sign_on_chain(asked, scene.person, Purpose.SIGN_IN, ["adult"])
            answer = await place.answer(link, person=scene.stranger, entry=False)
            assert answer.status_code == 403
            assert "has not signed in" in answer.json()["error_description"]

    asyncio.run(run())


def test_an_answer_is_good_for_one_sign_in(place: Place) -> None:
    async def run() -> None:
        async with place.browse() as browser, place.call() as client:
            first = read_link(await browser.get(await begin(place, browser)))
            second = read_link(await browser.get(await begin(place, browser)))
            sent: list[bytes] = []
            async with httpx.AsyncClient(
                transport=httpx.ASGITransport(place.provider),
                event_hooks={"request": [keep_body(sent)]},
            ) as phone:
                asked = await fetch_asked(phone, first)
            place.sign_on_chain(asked, place.scene.person, Purpose.SIGN_IN, ["adult"])
            assert (await place.answer(first, entry=False)).status_code == 200
            again = await place.answer(first, entry=False)
            assert "answered already" in again.json()["error_description"]
            replayed = await place.answer(second, entry=False)
            assert "has not signed in" in replayed.json()["error_description"]
            assert (await client.get(second)).status_code == 200

    asyncio.run(run())


def keep_body(kept: list[bytes]) -> Any:
    async def keep(request: httpx.Request) -> None:
        kept.append(request.content)

    return keep


@pytest.mark.parametrize(
    "body", [b"", b"{}", b'{"presentation": 1}', b"[" * 9_000, b"\xff", b"x" * 40_000]
)
def test_what_is_no_answer_is_refused(place: Place, body: bytes) -> None:
    async def run() -> None:
        async with place.browse() as browser, place.call() as client:
            link = read_link(await browser.get(await begin(place, browser)))
            assert (await client.post(link, content=body)).status_code == 400

    asyncio.run(run())


@pytest.mark.parametrize(
    ("changes", "error", "status"),
    [
        ({"secret": "wrong"}, "invalid_client", 401),
        ({"secret": None, "client_id": "shop"}, "invalid_client", 401),
        ({"secret": None, "client_id": "shop", "client_secret": "wrong"}, "invalid_client", 401),
        ({"secret": None, "client_id": "nobody"}, "invalid_client", 401),
        ({"client_id": "page"}, "invalid_request", 400),
        ({"client_secret": SECRET}, "invalid_request", 400),
        ({"grant_type": "password"}, "unsupported_grant_type", 400),
        ({"code": "x"}, "invalid_grant", 400),
        ({"redirect_uri": "https://page.example/back?x=1"}, "invalid_grant", 400),
        ({"code_verifier": "w" * 43}, "invalid_grant", 400),
        ({"code_verifier": ""}, "invalid_grant", 400),
        ({"code_verifier": "é" * 43}, "invalid_grant", 400),
    ],
)
def test_a_code_is_for_its_application_alone(
    place: Place, changes: dict[str, Any], error: str, status: int
) -> None:
    async def run() -> None:
        code = read_query(await sign_in(place))["code"]
        answer = await exchange(place, changes.pop("code", code), **changes)
        assert (answer.status_code, answer.json()["error"]) == (status, error)

    asyncio.run(run())


def test_another_application_cannot_use_the_code(place: Place) -> None:
    async def run() -> None:
        code = read_query(await sign_in(place))["code"]
        answer = await exchange(place, code, secret=None, client_id="page")
        assert answer.json()["error"] == "invalid_grant"

    asyncio.run(run())


def test_a_secret_in_the_form_is_as_good_as_in_the_header(place: Place) -> None:
    async def run() -> None:
        code = read_query(await sign_in(place))["code"]
        answer = await exchange(place, code, secret=None, client_id="shop", client_secret=SECRET)
        assert answer.status_code == 200

    asyncio.run(run())


@pytest.mark.parametrize(
    "header", ["Basic", "Basic !", "Bearer x", "Basic " + b64encode(b"x").decode()]
)
def test_secrets_that_cannot_be_read(place: Place, header: str) -> None:
    async def run() -> None:
        async with place.call() as client:
            answer = await client.post("/token", headers={"Authorization": header})
        assert (answer.status_code, answer.json()["error"]) == (401, "invalid_client")

    asyncio.run(run())


def test_a_code_that_comes_twice_ends_what_it_gave(place: Place) -> None:
    async def run() -> None:
        code = read_query(await sign_in(place))["code"]
        token = (await exchange(place, code)).json()["access_token"]
        assert (await tell(place, token)).status_code == 200
        assert (await exchange(place, code)).json()["error"] == "invalid_grant"
        answer = await tell(place, token)
        assert answer.status_code == 401
        assert 'error="invalid_token"' in answer.headers["www-authenticate"]

    asyncio.run(run())


def test_everything_is_forgotten_at_its_time(place: Place) -> None:
    async def run() -> None:
        async with place.browse() as browser:
            waiting = await begin(place, browser)
            place.clock.added_s += SIGN_IN_LIFETIME_S
            assert (await browser.get(waiting)).status_code == 404
        code = read_query(await sign_in(place))["code"]
        place.clock.added_s += CODE_LIFETIME_S
        assert (await exchange(place, code)).json()["error"] == "invalid_grant"
        code = read_query(await sign_in(place))["code"]
        token = (await exchange(place, code)).json()["access_token"]
        place.clock.added_s += TOKEN_LIFETIME_S
        assert (await tell(place, token)).status_code == 401

    asyncio.run(run())


@pytest.mark.parametrize("act", ["suspend", "revoke", "distrust"])
def test_r17_what_ends_on_the_chain_ends_here_at_the_next_block(place: Place, act: str) -> None:
    scene = place.scene

    def end() -> None:
        if act == "distrust":
            scene.chain.set_trust(
                by=scene.register.association,
                institution=scene.register.broker,
                trust=Trust.SUSPENDED,
            )
        else:
            getattr(scene.chain, act)(by=scene.register.broker, number=1)

    async def run() -> None:
        token = (await exchange(place, read_query(await sign_in(place))["code"])).json()
        later = read_query(await sign_in(place))["code"]
        end()
        assert (await tell(place, token["access_token"])).status_code == 401
        answer = await exchange(place, later)
        assert answer.json()["error"] == "invalid_grant"
        assert "not valid any more" in answer.json()["error_description"]

    asyncio.run(run())


def test_a_full_desk_refuses_new_sign_ins_and_keeps_the_old(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(place.desk._sign_ins, "_entries_max", 2)

    async def run() -> None:
        async with place.browse() as browser:
            waiting = [await begin(place, browser) for _ in range(2)]
            full = await browser.get(f"{URL}/authorize", params=ASKED)
            assert full.status_code == 503
            for each in waiting:
                assert (await browser.get(each)).status_code == 200

    asyncio.run(run())


def test_requests_for_another_host_are_refused(place: Place) -> None:
    async def run() -> None:
        async with place.call() as client:
            answer = await client.get("/keys", headers={"Host": "thief.example"})
        assert answer.status_code == 421

    asyncio.run(run())


def test_pages_speak_both_languages_and_run_no_script(place: Place) -> None:
    async def run() -> None:
        async with place.browse() as browser:
            waiting = await begin(place, browser)
            for path in (f"{URL}/", waiting, f"{URL}/authorize"):
                english = await browser.get(path)
                korean = await browser.get(path, headers={"Accept-Language": "ko-KR,en;q=0.5"})
                asked = await browser.get(path + "?lang=ko")
                assert 'lang="en"' in english.text
                assert korean.text == asked.text or path.endswith("authorize")
                assert "체인 아이디" in korean.text
                assert "<script" not in english.text
                policy = english.headers["content-security-policy"]
                assert "default-src 'none'" in policy
                assert "script-src" not in policy
                assert english.headers["cache-control"] == "no-store"
            style = await browser.get(f"{URL}/style.css")
            assert style.headers["content-type"].startswith("text/css")

    asyncio.run(run())


def test_what_an_application_sends_is_never_markup(place: Place) -> None:
    async def run() -> None:
        async with place.browse() as browser:
            answer = await browser.get(f"{URL}/authorize", params={"client_id": "<b>x</b>"})
            assert "<b>x" not in answer.text
            page = await browser.get(await begin(place, browser, state="<b>x</b>"))
            assert "<b>x" not in page.text

    asyncio.run(run())
