"""One keeper's node, as whoever keeps or reads sealed data asks it.

Files travel in parts of 2 MiB, each a signed request of its own, so that a transfer goes on where
it was broken off. Answers are bounded, also in time; what a keeper sends is believed only after its
digest was compared with the chain's.
"""

import ssl
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Annotated, Any, Final, Self, TypeVar
from urllib.parse import urlencode

import httpx
import msgspec

from dure.core.address import decode_address, encode_address
from dure.core.errors import InvalidEncoding, TimedOut, Unavailable
from dure.core.types import Address, ChainId, Hash, Instant
from dure.identity.envelopes.requests import (
    HEADER,
    VERSION,
    RequestStatement,
    compute_body_hash,
    draw_salt,
    sign_request,
)
from dure.identity.keys import Key
from dure.sdk.errors import InvalidAnswer, read_error

PART_BYTES: Final = 2 * 1024 * 1024
ANSWER_BYTES_MAX: Final = PART_BYTES
TIMEOUT: Final = httpx.Timeout(60.0, connect=3.0)
"""The last part is answered when the whole file was digested."""
ANSWER_S: Final = 120.0
"""For one answer from its first byte on: a part at 17 KiB a second."""

T = TypeVar("T")

Report = Callable[[int, int], None]
"""Is told how many bytes of how many are done."""


@dataclass(frozen=True, slots=True)
class Asker:
    """Who signs requests, and of which chain they are."""

    chain_id: ChainId
    contract: Address
    account: Address
    key: Key
    now: Callable[[], Instant]


class Standing(msgspec.Struct, frozen=True):
    """How far a keeper's node is with a version."""

    version: int
    size: Annotated[int, msgspec.Meta(ge=0)]
    received: Annotated[int, msgspec.Meta(ge=0, le=2**40)]
    is_whole: bool
    readers: list[str]
    """Addresses for which it holds a sealed key."""


class KeysBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Sealed keys in hexadecimal, by the address of their reader."""

    keys: dict[str, str]


class ReadingAnswer(msgspec.Struct, frozen=True):
    """The sealed key that was asked for, and the number of the entry that says so."""

    key: str
    reading: int


class KeeperNode:
    """Asks one keeper's node about one contract's records; close it, or use it in a `with`."""

    def __init__(
        self, url: str, keeper: Address, asker: Asker, transport: httpx.BaseTransport | None = None
    ) -> None:
        self.keeper = keeper
        self._url = url.rstrip("/")
        self._asker = asker
        self._http = httpx.Client(
            transport=transport,
            timeout=TIMEOUT,
            follow_redirects=False,
            trust_env=False,
            verify=_build_tls(url),
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        problem: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def read_standing(self, name: Hash, version: int) -> Standing:
        """Return how far the node is."""
        return _read(Standing, self._ask("GET", name, "", {"version": version}))

    def send_part(self, name: Hash, version: int, offset: int, data: bytes) -> Standing:
        """Hand in the next part of a file."""
        query = {"version": version, "offset": offset}
        return _read(Standing, self._ask("PUT", name, "/file", query, data))

    def fetch_part(self, name: Hash, version: int, offset: int, length: int) -> bytes:
        """Return a part of a file; at most `PART_BYTES`."""
        query = {"version": version, "offset": offset, "length": length}
        return self._ask("GET", name, "/file", query)

    def send_keys(self, name: Hash, version: int, keys: Mapping[Address, bytes]) -> Standing:
        """Hand in sealed keys."""
        body = KeysBody({encode_address(reader): key.hex() for reader, key in keys.items()})
        content = msgspec.json.encode(body)
        return _read(Standing, self._ask("PUT", name, "/keys", {"version": version}, content))

    def fetch_keys(self, name: Hash, version: int) -> dict[Address, bytes]:
        """Return all sealed keys of a version; keepers alone may ask."""
        answer = _read(KeysBody, self._ask("GET", name, "/keys", {"version": version}))
        try:
            return {
                decode_address(reader): bytes.fromhex(key) for reader, key in answer.keys.items()
            }
        except (InvalidEncoding, ValueError) as problem:
            raise InvalidAnswer(f"the keeper's keys cannot be read: {problem}") from None

    def ask_key(self, name: Hash, version: int) -> tuple[bytes, int]:
        """Return the key sealed to who asks, and the number of the chain's entry about it."""
        answer = _read(ReadingAnswer, self._ask("POST", name, "/readings", {"version": version}))
        try:
            return bytes.fromhex(answer.key), answer.reading
        except ValueError:
            raise InvalidAnswer("the keeper's answer holds no key") from None

    def upload(self, name: Hash, version: int, file: Path, report: Report) -> None:
        """Hand in a file, from where the node has it on."""
        standing = self.read_standing(name, version)
        with file.open("rb") as source:
            while not standing.is_whole:
                report(standing.received, standing.size)
                source.seek(standing.received)
                part = source.read(PART_BYTES)
                if not part:
                    # Its disk or its bucket did not take the file yet; it tries again by itself.
                    raise Unavailable("the keeper has every part, and no whole file; try again")
                before = standing.received
                standing = self.send_part(name, version, before, part)
                if standing.received <= before:
                    raise InvalidAnswer("the keeper does not take the file's parts")
        report(standing.size, standing.size)

    def download(self, name: Hash, version: int, *, size: int, file: Path, report: Report) -> None:
        """Fetch a file, from where `file` ends on."""
        with file.open("ab") as target:
            while (done := target.tell()) < size:
                report(done, size)
                part = self.fetch_part(name, version, done, min(PART_BYTES, size - done))
                if not part:
                    raise InvalidAnswer("the keeper sent nothing")
                target.write(part)
                target.flush()
        report(size, size)

    def _ask(
        self, method: str, name: Hash, path: str, query: Mapping[str, int], body: bytes = b""
    ) -> bytes:
        contract = encode_address(self._asker.contract)
        target = f"/v1/sealed/{contract}/{name.hex()}{path}?{urlencode(query)}"
        statement = RequestStatement(
            version=VERSION,
            chain_id=self._asker.chain_id,
            keeper=self.keeper,
            account=self._asker.account,
            key=self._asker.key.public,
            method=method,
            target=target,
            body=compute_body_hash(body),
            time=self._asker.now(),
            salt=draw_salt(),
        )
        headers = {HEADER: sign_request(self._asker.key, statement)}
        if body:
            is_file = path == "/file"
            headers["content-type"] = "application/octet-stream" if is_file else "application/json"
        return self._exchange(method, self._url + target, body, headers)

    def _exchange(self, method: str, url: str, body: bytes, headers: dict[str, str]) -> bytes:
        content = bytearray()
        try:
            with self._http.stream(method, url, content=body, headers=headers) as answer:
                deadline = time.monotonic() + ANSWER_S
                for chunk in answer.iter_raw():
                    content += chunk
                    if len(content) > ANSWER_BYTES_MAX:
                        raise InvalidAnswer("the keeper's answer is longer than was asked for")
                    if time.monotonic() > deadline:
                        raise TimedOut("the keeper's node takes too long to answer")
        except (httpx.TransportError, httpx.InvalidURL, UnicodeError) as problem:
            # A keeper names its own address, which need not be one.
            reason = str(problem) or type(problem).__name__
            raise Unavailable(f"the keeper's node does not answer: {reason}") from None
        if answer.status_code >= httpx.codes.BAD_REQUEST:
            raise read_error(answer.status_code, bytes(content))
        return bytes(content)


def _read(type_: type[T], content: bytes) -> T:
    try:
        return msgspec.json.decode(content, type=type_)
    except (msgspec.MsgspecError, RecursionError, UnicodeError) as problem:
        raise InvalidAnswer(f"the keeper's answer cannot be read: {problem}") from None


def _build_tls(url: str) -> Any:
    """Return whom to trust; plain HTTP need not wait for the authorities."""
    if url.startswith("https:"):
        return httpx.create_ssl_context()
    return ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
