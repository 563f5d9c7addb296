"""Chain ID by its commands, on a live network: verified by one member, signed in at another."""

import json
import re
import socket
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

import httpx
import pytest

from dure.apps.chain_id import contract as chain_id_contract
from dure.apps.chain_id.presentations import encode_base64
from dure.core.address import decode_address, encode_address
from dure.identity.keys import generate_key, load_public_key, save_key
from tests.e2e.processes import Outcome, Town, environment, run_here, wait_until

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(240)]

COMMAND = (sys.executable, "-P", "-m", "dure.apps.chain_id")
CONTRACT = Path(chain_id_contract.__file__)
VERIFIER = "v" * 43
BACK = "http://127.0.0.1:9/back"


def run(*arguments: object, typed: str = "") -> Outcome:
    done = subprocess.run(
        [*COMMAND, *map(str, arguments)],
        capture_output=True,
        text=True,
        input=typed,
        timeout=60,
        env=environment(),
        check=False,
    )
    assert "Traceback" not in done.stderr, done.stderr
    return Outcome(done.returncode, done.stdout, done.stderr)


def succeed(*arguments: object, typed: str = "") -> str:
    done = run(*arguments, typed=typed)
    assert done.code == 0, done.said
    return done.out


def on(town: Town, command: str, *arguments: object) -> Outcome:
    return run_here("contract", command, *arguments, "--network", town.folder)


@dataclass(frozen=True)
class Register:
    """The contract, with two members in it, and the options by which commands reach it."""

    town: Town
    contract: str
    folder: Path

    @property
    def network(self) -> tuple[object, ...]:
        chain = self.town.chain_id.hex()
        node = self.town.get_url("bank")
        return ("--chain", chain, "--contract", self.contract, "--node", node)

    @property
    def wallet(self) -> tuple[object, ...]:
        return ("--wallet", self.folder / "wallet.json")

    def address(self, name: str) -> str:
        return encode_address(self.town.get_address(name))


@pytest.fixture(scope="module")
def register(town: Town, tmp_path_factory: pytest.TempPathFactory) -> Register:
    deployed = on(town, "deploy", CONTRACT, "--owner", "supervisor", "--json")
    address = str(deployed.read_json()["contract"])
    made = Register(town, address, tmp_path_factory.mktemp("chain-id"))
    for name in ("insurer", "bank"):
        key = load_public_key(town.folder / name / "account.json").hex()
        arguments = (f"institution={made.address(name)}", f"name={name}", f"key={key}")
        signed = on(town, "call", address, "admit", *arguments, "issues=true", "--as", "supervisor")
        # By default who deploys is the bundle of members; the association is the contract's owner.
        assert signed.code == 0, signed.said
    return made


@pytest.fixture(scope="module")
def verified(register: Register) -> Register:
    """A person with a wallet, whom the insurer has verified."""
    folder = register.folder
    key = folder / "key.json"
    save_key(key, generate_key())
    made = succeed("wallet", *register.wallet, "--key", key, *register.network)
    account = made.split()[-1]
    with register.town.connect() as client:
        client.enrol([decode_address(account)], by=register.town.get_account("bank"))
    succeed("apply", register.address("insurer"), *register.wallet)
    (folder / "claims.json").write_text(json.dumps({"adult": True, "name": "김민지"}), "utf-8")
    (folder / "papers").write_bytes(b"a passport")
    issued = succeed(
        *("issue", account, *register.network),
        *("--key", register.town.folder / "insurer" / "account.json"),
        *("--claims", folder / "claims.json", "--evidence", folder / "papers"),
        *("--certificate", folder / "certificate"),
    )
    assert issued.startswith("Identity 1.")
    assert succeed("keep", folder / "certificate", *register.wallet).startswith("Identity 1")
    return register


@pytest.fixture(scope="module")
def provider(verified: Register) -> Iterator[str]:
    """The bank's provider as a process; its address."""
    folder = verified.folder
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    url = f"http://127.0.0.1:{port}"
    client = {
        "client_id": "shop",
        "name": "Corner Shop",
        "redirect_uris": [BACK],
        "scopes": ["openid", "adult"],
        "secret_sha256": None,
    }
    settings = {
        "url": url,
        "institution": verified.address("bank"),
        "contract": verified.contract,
        "chain_id": verified.town.chain_id.hex(),
        "nodes": [verified.town.get_url("bank")],
        "clients": [client],
    }
    (folder / "provider.json").write_text(json.dumps(settings), "utf-8")
    site = ("set_site", f"site={url}", "--as", "bank")
    named = on(verified.town, "call", verified.contract, *site)
    assert named.code == 0, named.said
    succeed("secrets", folder / "secrets.json")
    arguments = ("--settings", "provider.json", "--secrets", "secrets.json", "--port", str(port))
    with (folder / "provider.log").open("w") as log:
        process = subprocess.Popen(
            [*COMMAND, "provider", *arguments],
            cwd=folder,
            stdout=log,
            stderr=log,
            env=environment(),
        )
        try:
            wait_until(lambda: "Serving" in (folder / "provider.log").read_text(), "the provider")
            yield url
        finally:
            process.terminate()
            process.wait(timeout=30)


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

        done = on(
            verified.town, "call", verified.contract, "suspend", "number=1", "--as", "insurer"
        )
        assert done.code == 0, done.said
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
