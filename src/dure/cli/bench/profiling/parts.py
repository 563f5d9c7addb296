"""Which part of a node a sample belongs to, so that its time can be told part by part.

Rules
-----
1. From the leaf towards the root, the first function whose file has a place decides. The codec,
   hashes, the standard library and what is foreign have none: their time is their caller's.
2. A signature is checked for a transaction or for a vote: below the engine it is the engine's.
3. What has no place at all is the event loop's, or other.
"""

from collections import Counter
from collections.abc import Mapping
from enum import StrEnum
from typing import Any, Final

from dure.cli.bench.profiling.stacks import Frame, Samples, Stack


class Part(StrEnum):
    """A part of a node, in the order in which a transaction meets them."""

    API = "API: HTTP and WebSocket"
    ADMISSION = "decoding, rules, mempool"
    SIGNATURES = "signatures of clients"
    EXECUTION = "execution, receipts"
    STATE = "state, roots"
    CONSENSUS = "engine, votes, seals, driver"
    PEERS = "peers: TLS, frames, messages"
    STORE = "store, journal"
    INDEX = "index"
    LOOP = "event loop"
    OTHER = "other"


_PLACES: Final[Mapping[str, Part]] = {
    "dure/api/": Part.API,
    "dure/chain/": Part.EXECUTION,
    "dure/chain/admission.py": Part.ADMISSION,
    "dure/chain/replay.py": Part.ADMISSION,
    "dure/chain/state.py": Part.STATE,
    "dure/chain/state_tree/": Part.STATE,
    "dure/chain/transaction/": Part.ADMISSION,
    "dure/consensus/": Part.CONSENSUS,
    "dure/contract/": Part.EXECUTION,
    "dure/core/merkle.py": Part.STATE,
    "dure/core/passkeys/": Part.SIGNATURES,
    "dure/core/signatures.py": Part.SIGNATURES,
    "dure/index/": Part.INDEX,
    "dure/node/": Part.CONSENSUS,
    "dure/node/dissemination/": Part.PEERS,
    "dure/node/driver/intake.py": Part.ADMISSION,
    "dure/node/durable/": Part.STORE,
    "dure/node/durable/signer.py": Part.CONSENSUS,
    "dure/node/mempool.py": Part.ADMISSION,
    "dure/node/messages.py": Part.PEERS,
    "dure/node/peers/": Part.PEERS,
    "dure/node/pressure/turns.py": Part.LOOP,
    "dure/node/verification/": Part.SIGNATURES,
    "asyncio/": Part.LOOP,
    "asyncio/sslproto.py": Part.PEERS,
    "selectors.py": Part.LOOP,
    "ssl.py": Part.PEERS,
    "starlette/": Part.API,
    "uvicorn/": Part.API,
    "websockets/": Part.API,
}
"""By the beginning of a file's name; the longest that fits counts."""


def find_part(stack: Stack) -> Part:
    """Return the part that spent the time of a sample."""
    found = [part for frame in reversed(stack) if (part := get_place(frame)) is not None]
    if not found:
        return Part.OTHER
    if found[0] is Part.SIGNATURES and Part.CONSENSUS in found and _is_vote(stack):
        return Part.CONSENSUS
    return found[0]


def get_place(frame: Frame) -> Part | None:
    """Return the part to which a function's file belongs, if to any."""
    fitting = [prefix for prefix in _PLACES if frame.file.startswith(prefix)]
    return _PLACES[max(fitting, key=len)] if fitting else None


def _is_vote(stack: Stack) -> bool:
    return any(frame.file.startswith("dure/consensus/") for frame in stack)


def describe_parts(samples: Samples, cpu_us: float | None) -> list[dict[str, Any]]:
    """Return each part's share, and its microseconds of `cpu_us` where that is known."""
    counts: Counter[Part] = Counter()
    for stack, count in samples.items():
        counts[find_part(stack)] += count
    total = max(1, counts.total())
    return [
        {
            "part": part.value,
            "share": round(counts[part] / total, 4),
            "us": None if cpu_us is None else round(cpu_us * counts[part] / total, 1),
        }
        for part in Part
    ]
