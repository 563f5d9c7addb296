"""The binary stream: many transactions a frame out, one frame a block in, every block checked.

```python
async with open_stream("http://localhost:8700", session) as stream:
    refusals = await stream.submit(envelopes)
    async for block in stream.blocks():
        block.envelope_ids, block.receipts
```
A block is handed out only when a quorum of the validators in force sealed its header and its roots
commit to the envelopes and receipts that came with it. The validators in force are proved once,
when the stream opens, and again after each block that changes them.
"""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Final, Protocol

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake

from dure.chain.receipt import Receipt
from dure.consensus.quorum import validate_certificate
from dure.core.block import Header, compute_block_id
from dure.core.certificate import Certificate
from dure.core.codec import decode, encode
from dure.core.errors import DureError, InvalidCertificate, InvalidProof, TimedOut, Unavailable
from dure.core.merkle import compute_root
from dure.core.types import BlockId, ChainId, EnvelopeId, Height
from dure.core.validators import ValidatorSet, compute_validators_root
from dure.sdk.connection.credentials import Credentials, find_credentials
from dure.sdk.connection.frames import Answer, BlockFrame, NodeFrame, Retracted, Submit, Subscribe
from dure.sdk.errors import InvalidAnswer, build_error

FRAME_BYTES_MAX: Final = 32 * 1024 * 1024
BLOCKS_WAITING_MAX: Final = 256
ANSWER_TIMEOUT_S: Final = 30.0
OPEN_TIMEOUT_S: Final = 5.0


class ProvesValidators(Protocol):
    """Where a stream learns who decides: `AsyncClient`, or a test's stand-in."""

    async def get_chain_id(self) -> ChainId: ...
    async def read_validators(self) -> tuple[Height, ValidatorSet]:
        """Return a height and the proved set that decides the block after it."""
        ...


@dataclass(frozen=True, slots=True)
class StreamedBlock:
    """A final block whose seals and roots were checked."""

    block_id: BlockId
    header: Header
    envelope_ids: tuple[EnvelopeId, ...]
    receipts: tuple[Receipt, ...]
    """Scheduled calls first, then one a transaction, in the order of the envelope ids."""


class BlockChecker:
    """Checks pushed blocks against the validators in force; does no I/O."""

    def __init__(self, chain_id: ChainId, validators: ValidatorSet) -> None:
        self._chain_id = chain_id
        self._validators = validators

    def check(self, frame: BlockFrame) -> StreamedBlock:
        """Return the block; raise `InvalidProof` naming what does not fit."""
        header = decode(Header, frame.header)
        certificate = decode(Certificate, frame.certificate)
        _require(header.chain_id == self._chain_id, "chain", "the block is of another chain")
        known = compute_validators_root(self._validators) == header.validators_root
        _require(known, "validators", "the block names other validators than those in force")
        try:
            validate_certificate(header, certificate, self._validators)
        except InvalidCertificate as problem:
            raise InvalidProof(problem.message, check="certificate") from problem
        same = compute_root(frame.envelope_ids) == header.transaction_root
        _require(same, "transaction root", "the envelopes are not those of the header")
        same = compute_root(frame.receipts) == header.receipt_root
        _require(same, "receipt root", "the receipts are not those of the header")
        return StreamedBlock(
            block_id=compute_block_id(header),
            header=header,
            envelope_ids=frame.envelope_ids,
            receipts=tuple(decode(Receipt, data) for data in frame.receipts),
        )

    def change_validators(self, validators: ValidatorSet) -> None:
        """Go on with another set."""
        self._validators = validators

    def is_known(self, frame: BlockFrame) -> bool:
        """Say whether the block names the set in force."""
        header = decode(Header, frame.header)
        return compute_validators_root(self._validators) == header.validators_root


class Stream:
    """One open stream. `submit` may be called by several tasks; `blocks` is read by one."""

    def __init__(
        self, socket: ClientConnection, client: ProvesValidators, checker: BlockChecker
    ) -> None:
        self._socket = socket
        self._client = client
        self._checker = checker
        self._number = 0
        self._answers: dict[int, asyncio.Future[Answer]] = {}
        self._blocks: asyncio.Queue[BlockFrame | Retracted | DureError] = asyncio.Queue(
            BLOCKS_WAITING_MAX
        )
        self._problem: DureError | None = None

    async def submit(self, envelopes: Sequence[bytes]) -> list[DureError | None]:
        """Hand envelopes in, in one frame; return for each None, or why it was refused."""
        if self._problem is not None:
            raise self._problem
        self._number += 1
        future: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()
        number, self._answers[self._number] = self._number, future
        try:
            await self._socket.send(encode(Submit(number, tuple(envelopes))))
            async with asyncio.timeout(ANSWER_TIMEOUT_S):
                answer = await future
        except TimeoutError:
            raise TimedOut("the node did not answer a frame in time") from None
        except ConnectionClosed as problem:
            raise _closed(problem) from problem
        finally:
            del self._answers[number]
        if len(answer.refusals) != len(envelopes):
            raise InvalidAnswer("the node did not answer for each envelope")
        return [
            None if refusal is None else build_error(*refusal, 422) for refusal in answer.refusals
        ]

    async def subscribe(self, from_height: Height) -> None:
        """Ask for every block from that height on; `blocks` yields them."""
        await self._socket.send(encode(Subscribe(from_height)))

    async def blocks(self) -> AsyncIterator[StreamedBlock]:
        """Yield each block, checked, until the stream ends; then raise why it ended."""
        while True:
            frame = await self._blocks.get()
            if isinstance(frame, DureError):
                raise frame
            if isinstance(frame, Retracted):
                raise InvalidAnswer("the node undoes blocks; this client takes final chains only")
            if not self._checker.is_known(frame):
                _, validators = await self._client.read_validators()
                self._checker.change_validators(validators)
            yield self._checker.check(frame)

    async def read(self) -> None:
        """Take frames in until the node closes the stream or breaks its protocol."""
        try:
            async for data in self._socket:
                if not isinstance(data, bytes):
                    raise InvalidAnswer("the node sent text on a binary stream")
                await self._on_frame(decode(NodeFrame, data))
            self._end(Unavailable("the node closed the stream"))
        except ConnectionClosed as problem:
            self._end(_closed(problem))
        except DureError as problem:
            self._end(problem)

    async def _on_frame(self, frame: NodeFrame) -> None:
        if isinstance(frame, Answer):
            future = self._answers.get(frame.number)
            if future is not None and not future.done():
                future.set_result(frame)
            return
        # A reader that takes no blocks holds up the socket, and then the node.
        await self._blocks.put(frame)

    def _end(self, problem: DureError) -> None:
        self._problem = problem
        for future in self._answers.values():
            if not future.done():
                future.set_exception(problem)
        if self._blocks.full():
            self._blocks.get_nowait()
        self._blocks.put_nowait(problem)


@asynccontextmanager
async def open_stream(
    url: str,
    client: ProvesValidators,
    *,
    validators: ValidatorSet | None = None,
    token: str | Credentials | None = None,
) -> AsyncIterator[Stream]:
    """Open the binary stream of the node at `url`, such as `http://localhost:8700`.

    The validators are proved by `client` unless the caller knows them, as from the genesis of a
    chain that has no block yet. `token` is as for `AsyncClient`. Raise `Unavailable` where the node
    cannot be reached.
    """
    chain_id = await client.get_chain_id()
    if validators is None:
        _, validators = await client.read_validators()
    address = "ws" + url.rstrip("/").removeprefix("http") + "/v1/stream"
    credentials = find_credentials(token)
    try:
        socket = await connect(
            address,
            max_size=FRAME_BYTES_MAX,
            open_timeout=OPEN_TIMEOUT_S,
            compression=None,
            **credentials.build_socket_options(url),
        )
    except (OSError, TimeoutError, InvalidHandshake) as problem:
        raise Unavailable(f"{url}: {str(problem) or type(problem).__name__}") from problem
    stream = Stream(socket, client, BlockChecker(chain_id, validators))
    reading = asyncio.create_task(stream.read())
    try:
        yield stream
    finally:
        await socket.close()
        reading.cancel()
        await asyncio.gather(reading, return_exceptions=True)


def _closed(problem: ConnectionClosed) -> Unavailable:
    reason = problem.rcvd.reason if problem.rcvd is not None else ""
    return Unavailable(f"the node closed the stream: {reason or 'no reason given'}")


def _require(condition: bool, check: str, message: str) -> None:  # noqa: FBT001 - reads like a rule
    if not condition:
        raise InvalidProof(message, check=check)
