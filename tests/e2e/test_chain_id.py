"""Chain ID by its commands, on a live network: verified by one member, signed in at another."""

import json
import re
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

import httpx
import pytest

from dure.apps.chain_id.presentations import encode_base64
from dure.core.address import decode_address
from dure.identity.keys import generate_key, save_key
from tests.e2e.chain_id_scene import Register, open_register, run, run_provider, succeed
from tests.e2e.processes import Town

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(240)]

VERIFIER = "v" * 43
BACK = "http://127.0.0.1:9/back"


@pytest.fixture(scope="module")
def register(town: Town, tmp_path_factory: pytest.TempPathFactory) -> Register:
    return open_register(town, tmp_path_factory.mktemp("chain-id"))


@pytest.fixture(scope="module")
def verified(register: Register) -> Register:
    """A person with a wallet, whom the insurer has verified."""
    key = register.folder / "key.json"
    save_key(key, generate_key())
    made = succeed("wallet", *register.wallet, "--key", key, *register.network)
    account = made.split()[-1]
    with register.town.connect() as client:
        client.enrol([decode_address(account)], by=register.town.get_account("bank"))
    succeed("apply", register.address("insurer"), *register.wallet)
    register.issue(account, {"adult": True, "name": "김민지"})
    return register


@pytest.fixture(scope="module")
def provider(verified: Register) -> Iterator[str]:
    """The bank's provider as a process; its address."""
    with run_provider(verified, BACK, ("openid", "adult")) as url:
        yield url


def test_a_person_signs_in_at_a_member_who_never_verified_them(
    verified: Register, provider: str
) -> None:
    asked = {
        "response_type": "code",
        "client_id": "shop",
        "redirect_uri": BACK,
        "scope": "openid adult",
        "code_challenge": encode_base64(sha256(VERIFIER.encode()).digest()),
        "code_challenge_method": "S256",
    }
    with httpx.Client(base_url=provider, timeout=30) as browser:
        assert "bank" in browser.get("/").text
        waiting = browser.get("/authorize", params=asked).headers["location"]
        link = re.search(rf"{provider}/sign-in/[\w-]+", browser.get(waiting).text)
        assert link is not None
        refused = run("sign-in", link[0], *verified.wallet, typed="n\n")
        assert refused.code != 0
        assert "Corner Shop" in refused.out
        assert f"through bank, at its site {provider}" in refused.out
        assert "Signed in" in succeed("sign-in", link[0], *verified.wallet, typed="y\n")
        back = browser.get(waiting).headers["location"]
        code = dict(parse_qsl(urlsplit(back).query))["code"]
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "client_id": "shop",
            "redirect_uri": BACK,
            "code_verifier": VERIFIER,
        }
        tokens = browser.post("/token", data=form).json()
        bearer = {"Authorization": f"Bearer {tokens['access_token']}"}
        assert browser.get("/userinfo", headers=bearer).json()["adult"] is True

        shown = json.loads(succeed("show", *verified.wallet, "--json"))
        assert (shown["identity"], shown["status"], shown["issuer"]) == (1, "VALID", "insurer")
        assert [(each["institution"], each["purpose"]) for each in shown["history"]] == [
            ("bank", "SIGN_IN")
        ]
        assert "SIGN_IN" in succeed("show", *verified.wallet)

        verified.call("suspend", "number=1", by="insurer")
        assert browser.get("/userinfo", headers=bearer).status_code == 401


def test_what_is_wrong_is_said_without_a_traceback(register: Register, tmp_path: Path) -> None:
    key = tmp_path / "key.json"
    save_key(key, generate_key())
    nowhere = ("--chain", "00", *register.network[2:])
    wallet = tmp_path / "wallet.json"
    assert run("wallet", "--wallet", wallet, "--key", key, *nowhere).code == 1
    succeed("wallet", "--wallet", wallet, "--key", key, *register.network)
    again = run("wallet", "--wallet", wallet, "--key", key, *register.network)
    assert (again.code, "exists already" in again.err) == (1, True)
    nothing = run("show", "--wallet", wallet)
    assert (nothing.code, "holds no identity yet" in nothing.err) == (1, True)
    link = run("sign-in", "http://thief.example/sign-in/x", "--wallet", wallet)
    assert (link.code, "begins with https://" in link.err) == (1, True)
