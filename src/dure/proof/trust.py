"""Which chains a person knows: the only thing that a proof file cannot bring along.

Anybody can make a genesis, run four validators and seal whatever they like. A proof therefore
shows that *this chain* says something; that it is the chain one means is known from elsewhere: a
contract, a web page of the members, an earlier visit. It is kept as entries, in a file that `cli`
and `sdk` read and write. A checkpoint is a block that its owner saw final; a proof that shows
another block at that height is refused, whoever sealed it.
"""

from typing import Annotated, Final, Literal

import msgspec
import rfc8785
from msgspec import Meta

from dure.core.codec import Wire
from dure.core.errors import ConfigurationError, InvalidEncoding
from dure.core.types import BlockId, ChainId, Height
from dure.core.validators import Name
from dure.proof import json_form

TRUST_BYTES_MAX: Final = 4 * 1024 * 1024
ENTRIES_MAX: Final = 10_000


class Checkpoint(Wire, frozen=True):
    """A block known to be final."""

    height: Height
    block_id: BlockId


class TrustEntry(Wire, frozen=True):
    """A chain that its owner knows, under a name of the owner's choice."""

    chain_id: ChainId
    name: Name
    checkpoint: Checkpoint | None


class Trust(Wire, frozen=True):
    """All that one person knows."""

    format: Literal["dure-trust-1"]
    entries: Annotated[tuple[TrustEntry, ...], Meta(max_length=ENTRIES_MAX)]

    def find(self, chain_id: ChainId) -> TrustEntry | None:
        """Return the entry of that chain."""
        return next((entry for entry in self.entries if entry.chain_id == chain_id), None)

    def add(self, entry: TrustEntry) -> "Trust":
        """Return the trust with this entry instead of any other of its chain, sorted by chain."""
        others = [each for each in self.entries if each.chain_id != entry.chain_id]
        return build_trust(*others, entry)


def build_trust(*entries: TrustEntry) -> Trust:
    """Return the trust in these entries."""
    return Trust("dure-trust-1", tuple(sorted(entries, key=lambda entry: entry.chain_id)))


NO_TRUST: Final = build_trust()


def trust_chain(chain_id: ChainId, name: str = "the chain that you named") -> Trust:
    """Return the trust in one chain that the caller names by its id."""
    return build_trust(TrustEntry(chain_id=chain_id, name=name, checkpoint=None))


def encode_trust(trust: Trust) -> bytes:
    """Return the bytes of a trust file: canonical JSON."""
    return rfc8785.dumps(json_form.render(Trust, trust)) + b"\n"


def decode_trust(data: bytes) -> Trust:
    """Return the trust in a file's bytes, however spaced; raise `ConfigurationError`."""
    if len(data) > TRUST_BYTES_MAX:
        raise ConfigurationError(f"a trust file has at most {TRUST_BYTES_MAX} bytes")
    try:
        trust = json_form.parse(Trust, msgspec.json.decode(data))
    except (msgspec.MsgspecError, InvalidEncoding, RecursionError, UnicodeError) as problem:
        message = f"this is not a trust file: {problem}; restore it or name the chain by its id"
        raise ConfigurationError(message) from problem
    if len({entry.chain_id for entry in trust.entries}) != len(trust.entries):
        raise ConfigurationError("a chain stands twice in the trust file: remove one entry")
    return trust
