"""A person whose phone signs with passkeys: the pages, the device, and the chain of a story."""

import re
from base64 import urlsafe_b64decode
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import msgspec
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from dure.apps.chain_id.offchain import Terms, issue_certificate
from dure.apps.chain_id.phone.passkey_pages import PasskeyPhone, build_passkey_phone
from dure.apps.chain_id.phone.passkeys import PasskeyDesk, WalletFile
from dure.apps.chain_id.phone.wallet import (
    PasskeyRing,
    Wallet,
    build_wallet,
    load_wallet,
    save_wallet,
)
from dure.apps.chain_id.tests.provider_scene import Place
from dure.apps.chain_id.tests.scene import CLAIMS, Scene, WorldRegister
from dure.chain import state
from dure.chain.receipt import OK
from dure.chain.transaction import Call, PasskeyPolicy
from dure.contract.language import Time
from dure.contract.values import encode_arguments
from dure.core.errors import InvalidTransaction
from dure.core.types import Address, Instant
from dure.sdk import Account, Draft, SignedTransaction, build_draft, ledger_calls
from dure.testing import MemoryStage, Refused
from tests.unit.core.soft_authenticator import SoftAuthenticator

HOST = "localhost:8790"
ORIGIN = f"http://{HOST}"


class WorldDrafts(WorldRegister):
    """The contract of a story as the port of somebody whose signature comes from a page."""

    def __init__(self, scene: Scene) -> None:
        super().__init__(scene.chain)
        stage = scene.world._stage
        assert isinstance(stage, MemoryStage)
        self.stage = stage
        self._interface = scene.chain.agreement.interface
        self.sent: list[SignedTransaction] = []

    async def build_call(self, method: str, **arguments: object) -> Call:
        data = encode_arguments(self._interface, method, (), arguments)
        return Call(self.contract, method, data, None)

    async def draft(self, calls: Sequence[Call], *, by: Account) -> Draft:
        executor = self.stage._executor
        soon = Instant(executor.head.header.time + executor.parameters.replay_window)
        return build_draft(executor.chain_id, by, calls, valid_until=soon)

    async def send(self, signed: SignedTransaction) -> None:
        self.sent.append(signed)
        (opened,) = self.stage._executor.transactions.open_many([signed.envelope])
        if isinstance(opened, InvalidTransaction):
            raise opened
        executor = self.stage._executor
        executor.check(opened, Instant(executor.head.header.time))
        (record,) = self.stage._make_block([opened])
        if record.receipt.status != OK:
            raise Refused(record.receipt.status, record.receipt.message, who="the passkey")

    async def find_acting_key(self, account: Address) -> bytes | None:
        view = self.stage._executor.view()
        found = view.load(state.Account, state.key_account(account))
        policy = None if found is None else found.policy
        return policy.key if isinstance(policy, PasskeyPolicy) else None


@dataclass
class Device(SoftAuthenticator):
    """An authenticator that holds several passkeys, told apart by their number."""

    rp_id: str = "localhost"
    origin: str = ORIGIN
    seen: list[str] = field(default_factory=list)
    """The challenges that it has answered."""

    def make(self, number: int) -> dict[str, str]:
        """Return what a page tells of a new passkey."""
        self.secret = number
        spki = self._key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
        return {"credential": f"{number:04x}", "public_key": spki.hex()}

    def answer(self, order: dict[str, str]) -> dict[str, str]:
        """Return what a page brings back for an order."""
        self.secret = int(order["credential"], 16)
        self.seen.append(order["challenge"])
        given = self.get(bytes.fromhex(order["challenge"]))
        r, s = (int.from_bytes(part, "big") for part in split(given.signature))
        return {
            "ticket": order["ticket"],
            "authenticator_data": given.authenticator_data.hex(),
            "client_data": given.client_data_json.hex(),
            "signature": encode_dss_signature(r, s).hex(),
        }


def split(signature: bytes) -> tuple[bytes, bytes]:
    return signature[:32], signature[32:]


@dataclass
class Held:
    """A person's phone, its device and its file, at a place where somebody signs in."""

    place: Place
    path: Path
    device: Device
    register: WorldDrafts
    desk: PasskeyDesk
    http: httpx.AsyncClient
    token: str = ""

    @property
    def wallet(self) -> Wallet:
        return load_wallet(self.path)

    @property
    def account(self) -> Address:
        return self.wallet.signs_with.compute_account()

    async def open(self, path: str = "/", **query: str) -> str:
        """Return a page's text; keep the secret of its forms."""
        page = await self.http.get(path, params=query)
        found = re.search(r'name="token" value="([^"]+)"', page.text)
        self.token = self.token if found is None else found[1]
        return page.text

    async def order(self, path: str, fields: dict[str, Any]) -> dict[str, Any]:
        """Send a form as the script does; return what came back."""
        answer = await self.http.post(path, data={"token": self.token} | fields)
        told: dict[str, Any] = answer.json()
        assert ("error" in told) == (answer.status_code == 400)
        return told

    async def do(self, path: str, **fields: Any) -> dict[str, Any]:
        """Send a form and have the device sign what comes back; return the last answer."""
        order = await self.order(path, fields)
        if "ticket" not in order:
            return order
        return await self.order("/signed", self.device.answer(order))

    async def ask(self, link: str) -> dict[str, Any]:
        """Open a sign-in; return its form with everything ticked."""
        page = await self.open("/sign-in", link=link)
        hidden = dict(re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', page))
        return hidden | {"show": re.findall(r'name="show" value="(\w+)"', page)}

    def enrol(self) -> None:
        """Have a member enrol the account."""
        stage = self.register.stage
        stage.send(stage._member, [ledger_calls.enrol([self.account])])

    def certify(self) -> None:
        """Have the securities firm verify the person, and keep its certificate."""
        scene, issuer = self.place.scene, self.place.scene.register.broker
        expires_s = scene.now_s + 86_400
        terms = Terms(
            scene.chain.address, issuer.address, self.account, b"", scene.now_s, expires_s
        )
        certificate, digest = issue_certificate(terms, CLAIMS, issuer.account.keys[0])
        made = scene.terms() | {"certificate": digest, "expires": Time(expires_s * 1000)}
        scene.chain.issue(by=issuer, applicant=self.account, **made)
        kept = msgspec.structs.replace(self.wallet, certificate=certificate)
        save_wallet(self.path, kept, is_new=False)


def hold(place: Place, folder: Path) -> Held:
    """Return the phone of somebody who has nothing yet."""
    path = folder / "wallet.json"
    made = build_wallet(
        "00" * 32, ("http://127.0.0.1:1",), place.settings.contract, PasskeyRing(ORIGIN, ())
    )
    save_wallet(path, made, is_new=True)
    register = WorldDrafts(place.scene)
    file = WalletFile(
        lambda: load_wallet(path), lambda wallet: save_wallet(path, wallet, is_new=False)
    )
    desk = PasskeyDesk(file, register, place.call(), place.clock)
    pages = build_passkey_phone(PasskeyPhone(desk, HOST))
    http = httpx.AsyncClient(transport=httpx.ASGITransport(pages), base_url=ORIGIN)
    return Held(place, path, Device(), register, desk, http)


def read_client_data(text: str) -> dict[str, Any]:
    """Return what a browser said, with the challenge in hexadecimal."""
    said: dict[str, Any] = msgspec.json.decode(bytes.fromhex(text))
    return said | {"challenge": urlsafe_b64decode(said["challenge"] + "=").hex()}
