"""The record's fields.

Rules
-----
1. Everybody and everything that has an address is an actor, and is named by its name from then on.
   In the values of calls and events addresses stand as they are: `dure1…`.
2. Money is decimal text of minor units, never a number that a reader could round.
3. The same story gives the same bytes: keys, salts and clock of a story come from its names.
"""

from typing import Final, Literal

import msgspec

from dure.core.errors import InvalidEncoding
from dure.proof.json_form import Json

FORMAT: Final = "dure-story-1"
RECORD_BYTES_MAX: Final = 32 * 1024 * 1024

ActorKind = Literal["person", "contract", "office"]
StepKind = Literal["arrival", "deployment", "call", "decision", "wait", "scheduled"]
Language = Literal["en", "ko"]


class _Part(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A JSON object with exactly these fields."""


class Asset(_Part, frozen=True):
    """Some money."""

    id: str
    """Hexadecimal."""
    code: str
    decimals: int


class Actor(_Part, frozen=True):
    """A person, a contract, or an office behind the scenes, such as the treasury."""

    name: str
    address: str
    kind: ActorKind
    since: int
    """Number of the step in which it came; 0 for what was there before."""
    contract_class: str
    """Of a contract, the class under which `words` has its words; empty for others."""


class Value(_Part, frozen=True):
    """An argument, or a field of an event."""

    name: str
    type: str
    """As the contract's author wrote it; empty where the ledger itself is called."""
    value: Json


class Sum(_Part, frozen=True):
    """Money: so many minor units of an asset."""

    asset: str
    amount: str


class RecordedCall(_Part, frozen=True):
    """One call: a contract's name, or `ledger`, and what was said with it."""

    target: str
    method: str
    arguments: tuple[Value, ...]
    pays: Sum | None
    result: Json
    """None where the call was refused, or has no result."""


class Refusal(_Part, frozen=True):
    """The chain said no, and nothing of the step happened."""

    code: str
    message: str


class RecordedEvent(_Part, frozen=True):
    """Something that a contract said."""

    contract: str
    name: str
    fields: tuple[Value, ...]


class Movement(_Part, frozen=True):
    """Money that moved; None stands for nowhere, where it was made or burned."""

    source: str | None
    target: str | None
    asset: str
    amount: str


class RecordedStep(_Part, frozen=True):
    """One thing that happened, and how everything stood afterwards."""

    number: int
    """From 1 up."""
    kind: StepKind
    who: str | None
    """Name of the actor; None where the chain acted by itself."""
    calls: tuple[RecordedCall, ...]
    refusal: Refusal | None
    events: tuple[RecordedEvent, ...]
    """Of contracts; what the ledger says of money is in `moved`."""
    moved: tuple[Movement, ...]
    holds: dict[str, dict[str, str]]
    """What each person and contract holds afterwards, by name and asset."""
    time: int
    """Ledger time in milliseconds; of a wait, when it began."""
    until: int | None
    """Of a wait, when it ended."""
    height: int
    """Of the block; that of the block before where the step came into none."""
    id: str | None
    """Of the transaction, or of the scheduled call; None where it came into no block."""
    gas: int
    line: int
    """Line of `source` that was being played, from 1; 0 where none of its lines was."""
    proof: dict[str, Json] | None
    """The proof file of what happened; None where it came into no block, or was left out."""


class Words(_Part, frozen=True):
    """What a contract's file calls things, by language."""

    names: dict[Language, dict[str, str]]
    """Names, refusals and possibilities."""
    sentences: dict[Language, dict[str, str]]
    """What the contract, its methods and its events say of themselves."""


class Verdict(_Part, frozen=True):
    """How it ended."""

    problem: str | None
    """What did not hold; None where the story came out as it says."""
    money_conserved: bool
    state_root: str


class StoryRecord(_Part, frozen=True):
    """One played story."""

    format: Literal["dure-story-1"]
    name: str
    says: str
    """What the reader is about to see."""
    version: str
    """Changes with the story, its module and its contracts."""
    source: str
    """The story as its author wrote it."""
    chain_id: str
    assets: tuple[Asset, ...]
    actors: tuple[Actor, ...]
    words: dict[str, Words]
    """By class of contract."""
    steps: tuple[RecordedStep, ...]
    verdict: Verdict


def encode_record(record: StoryRecord) -> bytes:
    """Return the record as indented JSON with a line at its end; raise `InvalidEncoding`."""
    data = msgspec.json.format(msgspec.json.encode(record), indent=1) + b"\n"
    _require_bounded(data)
    return data


def decode_record(data: bytes) -> StoryRecord:
    """Return the record in these bytes; raise `InvalidEncoding`."""
    _require_bounded(data)
    try:
        return msgspec.json.decode(data, type=StoryRecord)
    except (msgspec.MsgspecError, RecursionError, UnicodeError) as problem:
        raise InvalidEncoding(f"this is no record of a story: {problem}") from problem


def _require_bounded(data: bytes) -> None:
    if len(data) > RECORD_BYTES_MAX:
        raise InvalidEncoding(f"a story's record has at most {RECORD_BYTES_MAX} bytes")
