"""Fetches a chain's blocks from its nodes and executes them again, up to one that is asked for.

No node is believed: the genesis is the one in the network's folder, every block is judged from it
on, and the last one has to be the block of a proof whose certificate was checked. Nodes are asked
in turn; one that goes away is followed by the next.
"""

from collections.abc import Callable, Iterator
from pathlib import Path

import httpx

from dure.chain.genesis.document import decode_genesis_file, get_first_height
from dure.chain.inspection.retracing import Retraced, Retracing
from dure.chain.receipt import Receipt
from dure.cli.access import connect
from dure.cli.network.founding import load_network
from dure.core.block import Block, compute_block_id
from dure.core.codec import decode
from dure.core.errors import ConfigurationError, InvalidProof, NotFound, Unavailable
from dure.node.durable.inheritance import load_inherited
from dure.proof.file import ProofFile
from dure.sdk.connection.credentials import find_credentials

REQUEST_TIMEOUT_S = 30


def prove(folder: Path, identity: bytes) -> ProofFile:
    """Return the checked proof of the transaction or scheduled call of that id."""
    with connect(folder) as client:
        try:
            return client.prove_transaction(identity)
        except NotFound:
            return client.prove_scheduled(identity)


def retrace(
    folder: Path, identity: bytes, *, blocks_max: int, tell: Callable[[int, int], None]
) -> tuple[Retracing, Retraced]:
    """Return what the transaction or scheduled call did; `tell` hears (height, last height).

    Raise `NotFound`, `InvalidProof`, `InvalidBlock` or `Unavailable`.
    """
    header = prove(folder, identity).header
    if header.height > blocks_max:
        message = f"that happened in block {header.height}: give --blocks-max {header.height}"
        raise ConfigurationError(message, height=header.height)
    path = folder / "genesis.dure"
    document = decode_genesis_file(path.read_bytes())
    retracing = Retracing(document, load_inherited(path, document.genesis))
    first = get_first_height(document.genesis) + 1
    for block in _fetch_blocks(folder, range(first, header.height + 1)):
        tell(block.header.height, header.height)
        if block.header.height < header.height:
            retracing.follow(block)
            continue
        if compute_block_id(block.header) != compute_block_id(header):
            raise InvalidProof("the node's blocks are not those of the proof", check="block")
        receipts = [record.receipt for record in retracing.execute(block)]
        found = retracing.trace(block, _find(receipts, identity))
        retracing.follow(block)
        return retracing, found
    raise AssertionError("a chain has a block of every height up to its newest")


def _find(receipts: list[Receipt], identity: bytes) -> int:
    return next(index for index, receipt in enumerate(receipts) if receipt.id == identity)


def _fetch_blocks(folder: Path, heights: range) -> Iterator[Block]:
    urls = [member.url for member in load_network(folder).members]
    headers = find_credentials().build_headers(urls)
    with httpx.Client(timeout=REQUEST_TIMEOUT_S, headers=headers, trust_env=False) as client:
        for height in heights:
            data = _fetch(client, urls, f"/v1/blocks/{height}/bytes")
            yield decode(Block, data)


def _fetch(client: httpx.Client, urls: list[str], path: str) -> bytes:
    """Return a node's bytes; the node that answered is asked first the next time."""
    for url in list(urls):
        try:
            response = client.get(url + path)
        except httpx.TransportError:
            response = None
        if response is not None and response.is_success:
            return response.content
        urls.append(urls.pop(0))
    raise Unavailable("no node of the network gives out its blocks")
