"""An admin console in process, an operator with a passkey in software, a host that notes acts."""

import asyncio
import json
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import Any, TypeVar

import httpx
import msgspec

from dure.console.admin import build_admin_console
from dure.console.admin.acts import AnyAct
from dure.core.errors import ConfigurationError, DureError, NotFound
from tests.unit.core.soft_authenticator import Assertion, SoftAuthenticator

PORT = 8690
HOST = f"localhost:{PORT}"
ORIGIN = f"http://{HOST}"
OWN = {"origin": ORIGIN}
CREDENTIAL = b"a passkey".hex()
DOMAIN = b"dure/v1/operator-act\0"

T = TypeVar("T")


class Answer(msgspec.Struct):
    asked: str


@dataclass
class NotingHost:
    """A host without networks: it answers with the question, and notes what it was to do."""

    acts: list[AnyAct] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)
    refuses: DureError | None = None
    beside: dict[str, str] = field(default_factory=dict)
    """What acts come to beside what was asked."""

    def list_networks(self) -> Answer:
        return self._answer("networks")

    def watch(self, network: str) -> Answer:
        if network == "nowhere":
            raise NotFound("there is no network nowhere on this host")
        return self._answer(f"watch {network}")

    def read_log(self, network: str, node: str) -> Answer:
        return self._answer(f"log {network} {node}")

    def list_contracts(self, network: str) -> Answer:
        return self._answer(f"contracts {network}")

    def show_copy(self, network: str) -> Answer:
        return self._answer(f"copy {network}")

    def show_parts(self, network: str, height: int) -> Answer:
        return self._answer(f"parts {network} {height}")

    def judge_copy(self, network: str) -> Answer:
        return self._answer(f"judgement {network}")

    def perform(self, act: AnyAct) -> Mapping[str, str]:
        if self.refuses is not None:
            raise self.refuses
        self.acts.append(act)
        return self.beside

    def _answer(self, text: str) -> Answer:
        self.asked.append(text)
        return Answer(text)


@dataclass
class Operator:
    """Somebody at a browser: cookies are the client's, the token is the page's."""

    client: httpx.AsyncClient
    device: SoftAuthenticator
    token: str = ""

    @property
    def headers(self) -> dict[str, str]:
        return OWN | {"x-dure-operator": self.token}

    async def draw_challenge(self) -> bytes:
        answer = await self.client.post("/v1/operator/challenge", json={}, headers=OWN)
        assert answer.status_code == 200, answer.text
        return bytes.fromhex(answer.json()["challenge"])

    async def register(self, token: str, **lies: Any) -> httpx.Response:
        challenge = await self.draw_challenge()
        body = {
            "token": token,
            "id": CREDENTIAL,
            "key": self.device.public.hex(),
            "name": "laptop",
            "assertion": to_form(self.device.get(challenge)),
        }
        return self._keep(
            await self.client.post("/v1/operator/register", json=body | lies, headers=OWN)
        )

    async def sign_in(self, **lies: Any) -> httpx.Response:
        challenge = await self.draw_challenge()
        body = {"id": CREDENTIAL, "assertion": to_form(self.device.get(challenge))}
        return self._keep(
            await self.client.post("/v1/operator/sign-in", json=body | lies, headers=OWN)
        )

    async def get(self, path: str, **headers: str) -> httpx.Response:
        return await self.client.get(path, headers=self.headers | headers)

    async def act(self, act: dict[str, Any]) -> httpx.Response:
        """Do it without a passkey's word."""
        return await self.send({"act": json.dumps(act)})

    async def confirm(self, act: dict[str, Any]) -> dict[str, Any]:
        """Return a request with the passkey's word for the act."""
        text, nonce = json.dumps(act), await self.draw_nonce()
        return {"act": text, "confirmation": self.build_word(nonce, text)}

    async def draw_nonce(self) -> str:
        answer = await self.client.post("/v1/nonces", json={}, headers=self.headers)
        assert answer.status_code == 200, answer.text
        nonce: str = answer.json()["nonce"]
        return nonce

    def build_word(self, nonce: str, text: str) -> dict[str, Any]:
        challenge = sha256(DOMAIN + bytes.fromhex(nonce) + text.encode()).digest()
        made = to_form(self.device.get(challenge))
        return {"nonce": nonce, "id": CREDENTIAL, "assertion": made}

    async def send(self, body: dict[str, Any]) -> httpx.Response:
        return await self.client.post("/v1/acts", json=body, headers=self.headers)

    def _keep(self, answer: httpx.Response) -> httpx.Response:
        if answer.status_code == 200:
            self.token = answer.json()["token"]
        return answer


class Office:
    """The console of one folder; each `run` is a browser of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.now = 1_000.0
        self.host = NotingHost()
        self.open()

    def open(self) -> None:
        """Start it, or start it again."""
        self.console = build_admin_console(self.host, self.folder, PORT, clock=lambda: self.now)

    def run(self, work: Callable[[Operator], Awaitable[T]], *, signed_in: bool = True) -> T:
        """Run a coroutine with an operator who is let in, or stands at the door."""

        async def main() -> T:
            transport = httpx.ASGITransport(self.console.app, raise_app_exceptions=False)
            async with httpx.AsyncClient(transport=transport, base_url=ORIGIN) as client:
                operator = Operator(client, build_device())
                if signed_in:
                    await self.let_in(operator)
                return await work(operator)

        return asyncio.run(main())

    async def let_in(self, operator: Operator) -> None:
        if self.console.passkeys.all:
            answer = await operator.sign_in()
        else:
            answer = await operator.register(self.console.passkeys.draw_token())
        assert answer.status_code == 200, answer.text
        # Attempts grow back.
        self.now += 60

    def read_audit(self) -> list[dict[str, Any]]:
        file = self.folder / "audit.jsonl"
        return [json.loads(line) for line in file.read_text().splitlines()] if file.exists() else []

    def list_acts(self) -> list[str]:
        return [entry["act"] for entry in self.read_audit()]


def build_device(**lies: Any) -> SoftAuthenticator:
    return SoftAuthenticator(**({"rp_id": "localhost", "origin": ORIGIN} | lies))


def to_form(made: Assertion) -> dict[str, str]:
    return {
        "authenticator_data": made.authenticator_data.hex(),
        "client_data_json": made.client_data_json.hex(),
        "signature": made.signature.hex(),
    }


REFUSAL = ConfigurationError("the disk is full of other things")
