"""What an operator can have done, as data: read strictly from JSON, named in the audit log, signed.

Rules
-----
1. An act is one JSON object; its `act` says which. Unknown fields, other types and values out of
   range are refused (`InvalidRequest`). Names are short and of few characters, so that none of them
   is ever a path.
2. Acts that destroy or decide something need a passkey's assertion of their own. What the passkey
   signs is `compute_challenge`: a hash over a number that counts once and over the very bytes of
   the act. So an assertion is good for one act, once, and for no other.
"""

from hashlib import sha256
from typing import Annotated, Final, Literal

import msgspec
from msgspec import Meta

from dure.api.http.errors import InvalidRequest
from dure.core import hashing
from dure.core.types import Digest

NETWORKS_MAX: Final = 20
ORGANISATIONS_MAX: Final = 16
SOURCE_LENGTH_MAX: Final = 256 * 1024
ACT_BYTES_MAX: Final = 1024 * 1024
NONCE_BYTES: Final = 32

NetworkName = Annotated[str, Meta(pattern=r"^[a-z0-9][a-z0-9-]{0,31}\Z")]
NodeName = Annotated[str, Meta(pattern=r"^[0-9A-Za-z][0-9A-Za-z-]{0,31}\Z")]
"""An organisation has the name of its node on this host."""
Contract = Annotated[str, Meta(pattern=r"^dure1[0-9a-z]{1,90}\Z")]
ClassName = Annotated[str, Meta(pattern=r"^[A-Za-z_][0-9A-Za-z_]{0,63}\Z")]
Argument = Annotated[str, Meta(max_length=4_096)]
Unsigned = Annotated[int, Meta(ge=0, le=2**53)]
Byte = Annotated[int, Meta(ge=1, le=255)]

Part = Literal["header", "transactions", "certificate", "receipts"]
"""What a stored block consists of."""


class Act(
    msgspec.Struct,
    frozen=True,
    forbid_unknown_fields=True,
    tag_field="act",
    tag=str.lower,
    kw_only=True,
):
    """Something that an operator wants done to one network."""

    network: NetworkName


class Create(Act, frozen=True, tag="create", kw_only=True):
    """Found a network: keys, certificates, genesis, and a folder for each organisation."""

    kind: Literal["private", "consortium"]
    engine: Literal["solo", "pbft"]
    organisations: Annotated[tuple[NodeName, ...], Meta(min_length=1, max_length=ORGANISATIONS_MAX)]
    rule: Literal["shared", "majority", "two-thirds", "all", "named"]
    """How the members decide; `shared`: by one account, by more than two thirds of its keys."""
    approvers: Annotated[tuple[NodeName, ...], Meta(max_length=ORGANISATIONS_MAX)] = ()
    """Who decides by the rule `named`."""
    voting_hours: Annotated[int, Meta(ge=1, le=8_760)] = 168
    test: bool
    """Whether it is a test chain, for ever: then its time can be moved and its nodes killed."""


class Start(Act, frozen=True, tag="start", kw_only=True):
    """Start every node that does not run."""


class Stop(Act, frozen=True, tag="stop", kw_only=True):
    """Ask every node to stop."""


class Remove(Act, frozen=True, tag="remove", kw_only=True):
    """Delete a network that does not run: keys and blocks are gone for good."""


class AddMember(Act, frozen=True, tag="add_member", kw_only=True):
    """Make one more organisation with a node, start it, and have the members let it decide."""

    organisation: NodeName


class Upgrade(Act, frozen=True, tag="upgrade", kw_only=True):
    """Give a contract new code, approved with the members' keys on this host."""

    contract: Contract
    source: Annotated[str, Meta(min_length=1, max_length=SOURCE_LENGTH_MAX)]
    class_name: ClassName | None = None
    """Needed where the source has several contracts."""
    arguments: Annotated[dict[ClassName, Argument], Meta(max_length=32)] = {}
    """Those of its `@migrate`, each as JSON or plain text."""


class Kill(Act, frozen=True, tag="kill", kw_only=True):
    """End a node of a test network at once, as a power cut would."""

    node: NodeName


class Revive(Act, frozen=True, tag="revive", kw_only=True):
    """Start one node of a test network again."""

    node: NodeName


class Send(Act, frozen=True, tag="send", kw_only=True):
    """Hand a small transaction to a test network, so that it has something to decide."""


class TakeCopy(Act, frozen=True, tag="take_copy", kw_only=True):
    """Copy what a node has stored, to be spoilt; a running node of a test network pauses for it."""

    node: NodeName


class ChangeByte(Act, frozen=True, tag="change_byte", kw_only=True):
    """Spoil one byte of a block in the copy; only ever one byte of a copy is spoilt."""

    height: Unsigned
    part: Part
    offset: Unsigned
    """From the beginning of the part."""
    flip: Byte = 1
    """The bits that change."""
    mend_checksum: bool
    """Whether the disk's own checksum is written anew, as a careful forger would."""


class DropCopy(Act, frozen=True, tag="drop_copy", kw_only=True):
    """Delete the copy."""


AnyAct = (
    Create
    | Start
    | Stop
    | Remove
    | AddMember
    | Upgrade
    | Kill
    | Revive
    | Send
    | TakeCopy
    | ChangeByte
    | DropCopy
)

GRAVE: Final = (Stop, Remove, AddMember, Upgrade)
"""The acts that need an assertion of their own."""


def read_act(text: str) -> AnyAct:
    """Return the act that a text of JSON describes; raise `InvalidRequest`."""
    if len(text) > ACT_BYTES_MAX:
        raise InvalidRequest(f"an act has at most {ACT_BYTES_MAX} bytes", bytes_max=ACT_BYTES_MAX)
    try:
        act: AnyAct = msgspec.json.decode(text, type=AnyAct)
    except (msgspec.MsgspecError, ValueError, RecursionError) as problem:
        raise InvalidRequest(f"that is no act: {str(problem)[:300]}") from problem
    return act


def compute_challenge(nonce: bytes, text: str) -> Digest:
    """Return what a passkey signs for an act: over the number and the bytes that are sent."""
    assert len(nonce) == NONCE_BYTES, "the number has a fixed length, so nothing moves between both"
    return hashing.compute_hash(hashing.OPERATOR_ACT, nonce + text.encode())


def name_act(act: AnyAct) -> str:
    """Return what the audit log calls an act: `network_stop`."""
    return f"network_{type(act).__struct_config__.tag}"


def list_facts(act: AnyAct) -> dict[str, str]:
    """Return what the audit log says about an act; of a source its digest."""
    facts: dict[str, str] = {}
    for name in act.__struct_fields__:
        value = getattr(act, name)
        if name == "source":
            facts["source_sha256"] = sha256(value.encode()).hexdigest()
        elif isinstance(value, tuple):
            facts[name] = ",".join(value)
        elif name == "arguments":
            facts[name] = msgspec.json.encode(value).decode()
        elif value is not None:
            facts[name] = str(value)
    return facts
