"""A phone whose passkey signs: from the first tap to the sign-in, and what makes it refuse."""

import asyncio
from collections.abc import Callable, Coroutine
from dataclasses import replace
from pathlib import Path
from typing import Any

import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from typer.testing import CliRunner

from dure.apps.chain_id import commands
from dure.apps.chain_id.challenges import compute_reference
from dure.apps.chain_id.commands import app
from dure.apps.chain_id.contract import Claim, Purpose, Status
from dure.apps.chain_id.phone.passkeys import (
    ORDER_LIFETIME_S,
    SETTLED_AFTER_S,
    compress_key,
    read_assertion,
)
from dure.apps.chain_id.phone.wallet import (
    PASSKEYS_MAX,
    KeyFile,
    PasskeyRing,
    Wallet,
    add_passkey,
    load_wallet,
    save_wallet,
)
from dure.apps.chain_id.presentations import choose
from dure.apps.chain_id.provider.requests import AuthorizationRequest
from dure.apps.chain_id.tests.passkey_scene import Held, WorldDrafts, hold, read_client_data
from dure.apps.chain_id.tests.provider_scene import SHOP, Place, fetch_asked, open_place
from dure.apps.chain_id.tests.scene import Scene
from dure.apps.chain_id.tests.test_phone import begin
from dure.core.address import encode_address
from dure.core.errors import AccessDenied, ConfigurationError, TimedOut
from dure.sdk import SignedTransaction
from tests.unit.core.soft_authenticator import USER_PRESENT


@pytest.fixture
def place(scene: Scene) -> Place:
    return open_place(scene)


@pytest.fixture
def held(place: Place, tmp_path: Path) -> Held:
    return hold(place, tmp_path)


def run(action: Callable[[], Coroutine[Any, Any, None]]) -> None:
    asyncio.run(action())


async def be_verified(held: Held) -> None:
    """Make a passkey, be enrolled, apply, and keep the certificate."""
    await held.open()
    assert await held.do("/passkey", **held.device.make(1)) == {}
    held.enrol()
    firm = encode_address(held.place.scene.register.broker.address)
    assert await held.do("/apply", institution=firm) == {}
    held.certify()


def test_a_passkey_applies_and_signs_in_and_shows_what_was_chosen(held: Held) -> None:
    place = held.place

    async def go() -> None:
        assert "Make a passkey" in await held.open()
        await held.do("/passkey", **held.device.make(1))
        assert encode_address(held.account) in await held.open()
        held.enrol()
        await held.do("/apply", institution=encode_address(place.scene.register.broker.address))
        assert "You have applied" in await held.open()
        held.certify()
        assert "on this device" in await held.open()
        async with place.browse() as browser:
            waiting, link = await begin(place, browser)
            form = await held.ask(link)
            assert form["show"] == ["adult"]
            assert await held.do("/sign-in", **form) == {}
            answer = await browser.get(waiting)
        assert answer.headers["location"].startswith(f"{SHOP}/back?code=")
        home = await held.open("/")
        assert "signed in" in home
        assert "of age" in home
        assert "패스키 교체" in await held.open("/", lang="ko")

    run(go)


def test_r18_what_the_passkey_signs_is_all_that_was_shown(held: Held) -> None:
    """The assertion covers the transaction, and the entry challenge, site, application, claims."""
    place = held.place

    async def go() -> None:
        await be_verified(held)
        async with place.browse() as browser, place.call() as client:
            _, link = await begin(place, browser)
            asked = await fetch_asked(client, link)
            order = await held.order("/sign-in", await held.ask(link))
            answer = held.device.answer(order)
            said = read_client_data(answer["client_data"])
            assert (said["challenge"], said["origin"]) == (order["challenge"], held.device.origin)
            assert await held.order("/signed", answer) == {}
        shown = choose(held.wallet.certificate, {"adult"}).text
        reference = compute_reference(asked.challenge.hex(), shown)
        entry = place.scene.chain.answer(place.scene.register.bank, reference)
        number = place.scene.chain.number_of(held.account)
        assert (entry.identity, entry.purpose) == (number, Purpose.SIGN_IN)
        assert entry.claims == [Claim.ADULT]
        assert held.register.sent[-1].transaction_id.hex() == order["challenge"]

    run(go)


@pytest.mark.parametrize(
    "change",
    [
        {"audience": "https://other.example"},
        {"institution": "dure1other"},
        {"contract": "dure1other"},
        {"application": "Another Shop"},
        {"application_url": "https://thief.example/back"},
        {"claims": ("adult", "name")},
        {"request": "11" * 32},
        {"salt": "11" * 32},
    ],
)
def test_a_challenge_is_that_of_everything_it_is_about(
    place: Place, change: dict[str, Any]
) -> None:
    async def go() -> None:
        async with place.browse() as browser, place.call() as client:
            _, link = await begin(place, browser)
            asked = await fetch_asked(client, link)
            assert msgspec.structs.replace(asked, **change).challenge != asked.challenge

    run(go)


def test_the_request_of_an_application_is_in_the_challenge(place: Place) -> None:
    """Nonce, state and PKCE challenge: whichever differs, it is another request."""
    client = place.settings.clients[0]
    first = AuthorizationRequest(client, client.redirect_uris[0], ("openid",), "s", "n", "c")
    others = [
        replace(first, state=None),
        replace(first, nonce="m"),
        replace(first, code_challenge="d"),
        replace(first, scopes=("openid", "adult")),
    ]
    assert len({each.digest for each in (first, *others)}) == 5
    ticket, _ = place.desk.begin(first)
    assert place.desk.find(ticket).asked.request == first.digest


def test_what_the_person_unticks_is_not_shown(held: Held) -> None:
    place = held.place

    async def go() -> None:
        await be_verified(held)
        async with place.browse() as browser:
            _, link = await begin(place, browser)
            form = await held.ask(link)
            del form["show"]
            assert await held.do("/sign-in", **form) == {}
        number = place.scene.chain.number_of(held.account)
        assert [entry.claims for entry in place.scene.chain.history(number, 0)] == [[]]

    run(go)


def test_r18_an_assertion_signs_one_order_once(held: Held) -> None:
    """Neither the same order again, nor the next one."""
    place = held.place

    async def go() -> None:
        await be_verified(held)
        async with place.browse() as browser:
            _, link = await begin(place, browser)
            form = await held.ask(link)
            order = await held.order("/sign-in", form)
            answer = held.device.answer(order)
            assert await held.order("/signed", answer) == {}
            again = await held.order("/signed", answer)
            assert "waited too long" in again["error"]["message"]
            _, later = await begin(place, browser)
            second = await held.order("/sign-in", await held.ask(later))
            replayed = await held.order("/signed", answer | {"ticket": second["ticket"]})
            assert "not about this transaction" in replayed["error"]["message"]
            third = await held.do("/sign-in", **form)
            assert "answered before" in third["error"]["message"]
        number = place.scene.chain.number_of(held.account)
        assert place.scene.chain.history_length(number) == 1

    run(go)


@pytest.mark.parametrize(
    ("lie", "words"),
    [
        ({"origin": "http://localhost:8791"}, "on a page of another origin"),
        ({"origin": "https://phone.example"}, "on a page of another origin"),
        ({"rp_id": "bank.example"}, "for another relying party"),
        ({"flags": USER_PRESENT}, "the user was not verified"),
        ({"cross_origin": True}, "another origin, or inside of one"),
    ],
)
def test_r18_an_assertion_from_elsewhere_signs_nobody_in(
    held: Held, lie: dict[str, Any], words: str
) -> None:
    place = held.place

    async def go() -> None:
        await be_verified(held)
        async with place.browse() as browser:
            _, link = await begin(place, browser)
            order = await held.order("/sign-in", await held.ask(link))
            before = len(held.register.sent)
            told = await held.order("/signed", replace(held.device, **lie).answer(order))
            assert words in told["error"]["message"]
            assert len(held.register.sent) == before

    run(go)


def test_a_replaced_passkey_signs_nowhere_and_the_new_one_everywhere(held: Held) -> None:
    place = held.place

    async def go() -> None:
        await be_verified(held)
        stolen = held.wallet
        await held.open()
        assert await held.do("/replace", **held.device.make(2)) == {}
        async with place.browse() as browser:
            waiting, link = await begin(place, browser)
            assert await held.do("/sign-in", **(await held.ask(link))) == {}
            assert (await browser.get(waiting)).status_code == 303
            save_wallet(held.path, stolen, is_new=False)
            waiting, link = await begin(place, browser)
            told = await held.do("/sign-in", **(await held.ask(link)))
            assert "another policy now" in told["error"]["message"]
            assert (await browser.get(waiting)).status_code == 200

    run(go)


def list_credentials(held: Held) -> list[str]:
    ring = held.wallet.signs_with
    assert isinstance(ring, PasskeyRing)
    return [each.credential for each in ring.passkeys]


def test_passkeys_that_came_to_nothing_never_stand_in_the_way_of_the_next(held: Held) -> None:
    """Any program of the device can begin a replacement as often as it likes: none is signed."""

    async def go() -> None:
        await be_verified(held)
        await held.open()
        assert await held.do("/replace", **held.device.make(2)) == {}
        held.place.clock.added_s += SETTLED_AFTER_S
        for number in range(3, 3 + PASSKEYS_MAX):
            order = await held.order("/replace", held.device.make(number))
            assert order["credential"] == "0002"
            assert list_credentials(held) == ["0001", "0002", f"{number:04x}"]
        again = await held.order("/replace", held.device.make(2))
        assert "has that passkey already" in again["error"]["message"]
        assert await held.do("/replace", **held.device.make(99)) == {}
        assert (await held.order("/suspend", {}))["credential"] == f"{99:04x}"

    run(go)


def test_a_passkey_that_was_dropped_is_let_act_by_no_order(held: Held) -> None:
    async def go() -> None:
        await be_verified(held)
        await held.open()
        order = await held.order("/replace", held.device.make(2))
        await held.order("/replace", held.device.make(3))
        told = await held.order("/signed", held.device.answer(order))
        assert "begin again" in told["error"]["message"]
        assert (await held.order("/suspend", {}))["credential"] == "0001"

    run(go)


def test_a_passkey_that_may_still_come_to_act_is_not_dropped(
    held: Held, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its order was signed, and the answer of the chain is still out."""
    sent = []

    async def lose(signed: SignedTransaction) -> None:
        sent.append(signed)
        raise TimedOut("no answer")

    async def go() -> None:
        await be_verified(held)
        await held.open()
        with monkeypatch.context() as patch:
            patch.setattr(held.register, "send", lose)
            assert "error" in await held.do("/replace", **held.device.make(2))
        await held.order("/replace", held.device.make(3))
        assert list_credentials(held) == ["0001", "0002", "0003"]
        await held.register.send(sent[0])
        assert await held.do("/suspend") == {}
        assert held.device.secret == 2

    run(go)


def test_a_passkey_that_is_made_while_a_certificate_is_checked_is_kept(
    held: Held, monkeypatch: pytest.MonkeyPatch
) -> None:
    asyncio.run(be_verified(held))
    certificate = held.wallet.certificate
    text = held.path.with_name("certificate")
    text.write_text(certificate)
    save_wallet(held.path, msgspec.structs.replace(held.wallet, certificate=""), is_new=False)

    def ask(_wallet: Wallet, look: Callable[[WorldDrafts], Coroutine[Any, Any, Any]]) -> Any:
        save_wallet(held.path, add_passkey(held.wallet, "02", "02" * 33), is_new=False)
        return asyncio.run(look(held.register))

    monkeypatch.setattr(commands, "ask", ask)
    done = CliRunner().invoke(app, ["keep", str(text), "--wallet", str(held.path)])
    assert done.exception is None, done.exception
    assert (held.wallet.certificate, list_credentials(held)) == (certificate, ["0001", "02"])


def test_a_person_suspends_the_identity_and_signs_in_nowhere(held: Held) -> None:
    place = held.place

    async def go() -> None:
        await be_verified(held)
        await held.open()
        assert await held.do("/suspend") == {}
        number = place.scene.chain.number_of(held.account)
        assert place.scene.chain.status_of(number) is Status.SUSPENDED
        async with place.browse() as browser:
            _, link = await begin(place, browser)
            told = await held.do("/sign-in", **(await held.ask(link)))
            assert "the identity is not valid" in told["error"]["message"]

    run(go)


def test_a_certificate_alone_signs_nobody_in(held: Held) -> None:
    """Whoever has copied the wallet has no passkey: without an entry nothing is believed."""
    place = held.place

    async def go() -> None:
        await be_verified(held)
        async with place.browse() as browser, place.call() as client:
            _, link = await begin(place, browser)
            text = choose(held.wallet.certificate, {"adult"}).text
            answer = await client.post(link, json={"presentation": text})
            assert answer.status_code == 403
            assert "has not signed in on the chain" in answer.json()["error_description"]

    run(go)


def test_an_entry_shows_no_other_claims_than_were_signed(held: Held) -> None:
    """The certificate of a signed-in person is of no use for showing more, or less."""
    place = held.place

    async def go() -> None:
        await be_verified(held)
        async with place.browse() as browser, place.call() as client:
            _, link = await begin(place, browser)
            form = await held.ask(link)
            order = await held.order("/sign-in", form)
            await held.desk.register.send(sign_only(held, order))
            for names in (set[str](), {"adult", "name"}):
                text = choose(held.wallet.certificate, names).text
                answer = await client.post(link, json={"presentation": text})
                assert answer.status_code == 403
            text = choose(held.wallet.certificate, {"adult"}).text
            assert (await client.post(link, json={"presentation": text})).status_code == 200

    run(go)


def sign_only(held: Held, order: dict[str, Any]) -> Any:
    """Return the signed transaction of an order that the page did not bring back."""
    waiting = held.desk._waiting.get(order["ticket"])
    assert waiting is not None
    given = held.device.answer(order)
    assertion = read_assertion(
        *(bytes.fromhex(given[name]) for name in ("authenticator_data", "client_data", "signature"))
    )
    return waiting.draft.add_signature(waiting.policy, assertion).complete()


def test_orders_are_forgotten_and_never_too_many(held: Held) -> None:
    place = held.place

    async def go() -> None:
        await be_verified(held)
        await held.open()
        order = await held.order("/suspend", {})
        place.clock.added_s += ORDER_LIFETIME_S
        told = await held.order("/signed", held.device.answer(order))
        assert "waited too long" in told["error"]["message"]

    run(go)


def test_other_pages_and_odd_forms_reach_nothing(held: Held) -> None:
    async def go() -> None:
        await held.open()
        made = held.device.make(1)
        http = held.http
        elsewhere = await http.post("/passkey", data=made, headers={"Host": "thief.example"})
        assert (elsewhere.status_code, elsewhere.text) == (421, "")
        no_token = await http.post("/passkey", data=made)
        assert "not of this page" in no_token.json()["error"]["message"]
        odd: list[dict[str, str]] = [
            {"public_key": "zz"},
            {"public_key": "00"},
            {"credential": "x"},
            {"credential": ""},
        ]
        for change in odd:
            assert "error" in await held.order("/passkey", made | change)
        assert await held.order("/passkey", made) == {}
        second = await held.order("/passkey", held.device.make(2))
        assert "has a passkey already" in second["error"]["message"]
        missing = await held.order("/suspend", {})
        assert "holds no identity" in missing["error"]["message"]
        nowhere = await held.order("/apply", {"institution": "dure1x"})
        assert "error" in nowhere

    run(go)


def test_pages_of_a_passkey_run_one_script_of_their_own(held: Held) -> None:
    async def go() -> None:
        async with held.http as http:
            page = await http.get("/")
            policy = page.headers["content-security-policy"]
            assert "script-src 'self'" in policy
            assert "unsafe" not in policy
            assert page.text.count("<script") == 1
            script = await http.get("/passkey.js")
            assert script.headers["content-type"].startswith("text/javascript")

    run(go)


def test_keys_and_assertions_of_other_kinds_are_refused() -> None:
    for other in (ed25519.Ed25519PrivateKey.generate(), ec.generate_private_key(ec.SECP384R1())):
        der = other.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
        with pytest.raises(AccessDenied, match="P-256"):
            compress_key(der)
    good = bytes(37), b"{}", bytes.fromhex("3006020101020101")
    assert read_assertion(*good).signature[-1] == 1
    huge = bytes.fromhex("3026022200") + b"\x7f" * 33 + bytes.fromhex("020101")
    for bad in ((b"", *good[1:]), (*good[:2], b"x"), (*good[:2], huge), (bytes(300), *good[1:])):
        with pytest.raises(AccessDenied, match="no assertion"):
            read_assertion(*bad)


def test_a_wallet_says_what_signs(held: Held) -> None:
    with pytest.raises(ConfigurationError, match="no passkey yet"):
        held.wallet.signs_with.compute_account()
    with pytest.raises(ConfigurationError, match="use `phone`"):
        _ = held.wallet.key_file
    locked = msgspec.structs.replace(held.wallet, signs_with=KeyFile("key.json"))
    save_wallet(held.path, locked, is_new=False)
    with pytest.raises(ConfigurationError, match="signs with a key file"):
        _ = held.desk.ring


def test_the_command_makes_a_wallet_for_what_signs(place: Place, tmp_path: Path) -> None:
    path = tmp_path / "made.json"
    facts = {"wallet": path, "chain": "00" * 32, "node": "http://x"}
    facts["contract"] = place.settings.contract
    options = [word for name, value in facts.items() for word in (f"--{name}", str(value))]
    for signs in ([], ["--passkey", "--key", "key.json"]):
        refused = CliRunner().invoke(app, ["wallet", *options, *signs])
        assert isinstance(refused.exception, ConfigurationError)
        assert "--key FILE, or --passkey" in refused.exception.message
    made = CliRunner().invoke(app, ["wallet", *options, "--passkey", "--port", "8791"])
    assert "Make the passkey on its page" in made.output
    assert load_wallet(path).signs_with == PasskeyRing("http://localhost:8791", ())
    apply = CliRunner().invoke(app, ["apply", place.settings.institution, "--wallet", str(path)])
    assert isinstance(apply.exception, ConfigurationError)
    assert "use `phone`" in apply.exception.message
