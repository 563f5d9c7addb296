"""What a node and its worker process say to each other.

The node orders (`Load`, `Run`) and answers; the worker reports and asks. Every message is an array
in MessagePack, decoded against its type. What a running contract asks of the ledger travels as the
number of a method of `dure.contract.ports.Ledger`: `METHODS` is made from the port's own
signatures, so a method that the port gains is served without a line here.

Rules
-----
1. Gas that is left travels with everything, in both directions, so that whoever charges or refuses
   does so exactly where one process would.
2. The methods of `TOLD` return nothing: they wait in the worker for its next message instead of an
   answer each. Where the ledger refuses one of them, that refusal is the call's, with the gas that
   was left at that point, whatever the worker did after it.
3. `Constants`, the port's properties, are the same during a whole call and are sent at its start.
4. Integers and text are taken in any size and form, as the ledger takes them from a machine in its
   own process: what MessagePack cannot hold (wider integers, halves of surrogate pairs) travels as
   bytes.
"""

import inspect
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Final, NewType, get_args, get_origin, get_type_hints

import msgspec
from msgspec import Meta

from dure.contract.bundle import LibraryModule, Source
from dure.contract.ports import Installed, Invocation, Ledger, Refusal, TransferOrder
from dure.core.types import INT_MIN, Address, Amount, Hash, Signed

TOLD: Final = frozenset({"write", "emit"})
MESSAGE_BYTES_MAX: Final = 64 * 1024
"""Longest message of a refusal; those of contracts and of ours are far shorter."""

_encoder: Final = msgspec.msgpack.Encoder()
encode: Final = _encoder.encode


class _Message(msgspec.Struct, frozen=True, array_like=True, forbid_unknown_fields=True, gc=False):
    """One message."""


class Told(_Message, frozen=True):
    """A call of the ledger that wants no answer."""

    method: int
    left: Signed
    arguments: msgspec.Raw


# From the node


class Load(_Message, frozen=True, tag="load"):
    """Check and compile a contract; the answer is `Loaded` or `Refused`.

    Without the bounds of `Source`: to refuse what is too long is the checker's.
    """

    class_name: str
    text: str
    library: tuple[tuple[str, str], ...]


class Run(_Message, frozen=True, tag="run"):
    """Run a call; the answer is `Finished` or `Refused`, after any number of `Ask`."""

    job: str
    given: msgspec.Raw
    """Of the type that `JOBS` has for the job."""
    limit: Signed
    left: Signed
    constants: msgspec.Raw
    program: tuple[Address, Installed] | None
    """What the ledger would say of the contract that is called first."""


class Answered(_Message, frozen=True, tag="answered"):
    """What the ledger returned."""

    left: Signed
    value: msgspec.Raw


class Refused(_Message, frozen=True, tag="refused"):
    """From the node: the ledger refused. From the worker: the call or the source is refused."""

    left: Signed
    code: Annotated[str, Meta(max_length=64)]
    message: Annotated[bytes, Meta(max_length=MESSAGE_BYTES_MAX)]
    told: tuple[Told, ...]


Order = Load | Run
Answer = Load | Answered | Refused


# From the worker


class Ready(_Message, frozen=True, tag="ready"):
    """The worker has begun, under these limits."""

    limits: tuple[str, ...]
    missing: tuple[str, ...]
    """Limits that this system does not have."""


class Loaded(_Message, frozen=True, tag="loaded"):
    """The contract is compiled."""

    code_hash: Hash


class Ask(_Message, frozen=True, tag="ask"):
    """A call of the ledger that waits for `Answered` or `Refused`; or, with no method, for none."""

    method: int | None
    left: Signed
    arguments: msgspec.Raw
    told: tuple[Told, ...]


class Finished(_Message, frozen=True, tag="finished"):
    """The call is done."""

    left: Signed
    value: msgspec.Raw
    told: tuple[Told, ...]


class Failed(_Message, frozen=True, tag="failed"):
    """The worker's own fault; it ends."""

    reason: str


Report = Ready | Loaded | Ask | Finished | Refused | Failed


# The ledger's methods, as data


@dataclass(frozen=True, slots=True)
class Method:
    """One method of the ledger."""

    number: int
    name: str
    parameters: tuple[type, ...]
    """The plain type of each: int, str, bool, bytes …"""
    needs_restoring: bool
    """Whether numbers or text are among them."""
    arguments: "msgspec.msgpack.Decoder[Any]"
    result: "msgspec.msgpack.Decoder[Any]"

    def encode_arguments(self, values: Sequence[Any]) -> msgspec.Raw:
        """Return the bytes of the arguments, whatever numbers and text are among them."""
        if str in self.parameters:
            values = [
                value.encode(errors="surrogatepass") if isinstance(value, str) else value
                for value in values
            ]
        try:
            return msgspec.Raw(encode(values))
        except OverflowError:
            return msgspec.Raw(encode([_pack(value) for value in values]))

    def decode_arguments(self, data: msgspec.Raw) -> Sequence[Any]:
        """Return the arguments.

        Raise `msgspec.MsgspecError` or `UnicodeDecodeError` where the types are others.
        """
        values: Sequence[Any] = self.arguments.decode(data)
        if not self.needs_restoring:
            return values
        return [_restore(*each) for each in zip(self.parameters, values, strict=True)]


def _pack(value: object) -> object:
    if isinstance(value, int) and not isinstance(value, bool):
        return value.to_bytes(value.bit_length() // 8 + 1, "big", signed=True)
    return value


def _restore(kind: type, value: Any) -> Any:
    if kind is int and isinstance(value, bytes):
        return int.from_bytes(value, "big", signed=True)
    if kind is str:
        return value.decode(errors="surrogatepass")
    return value


def _get_plain(hint: Any) -> Any:
    """Return what a type is below its names and bounds."""
    while True:
        if isinstance(hint, NewType):
            hint = hint.__supertype__
        elif get_origin(hint) is Annotated:
            hint = get_args(hint)[0]
        else:
            return hint


_WIRE: Final[dict[Any, Any]] = {int: int | bytes, str: bytes}


def _build_method(number: int, name: str) -> Method:
    hints = get_type_hints(getattr(Ledger, name), include_extras=True)
    result = hints.pop("return")
    plain = tuple(map(_get_plain, hints.values()))
    wire = [_WIRE.get(kind, hint) for kind, hint in zip(plain, hints.values(), strict=True)]
    return Method(
        number=number,
        name=name,
        parameters=plain,
        needs_restoring=not _WIRE.keys().isdisjoint(plain),
        arguments=msgspec.msgpack.Decoder(tuple[tuple(wire)]),  # type: ignore[misc]
        result=msgspec.msgpack.Decoder(result),
    )


def _list_members(*, properties: bool) -> list[str]:
    return sorted(
        name
        for name, member in vars(Ledger).items()
        if not name.startswith("_")
        and (isinstance(member, property) if properties else inspect.isfunction(member))
    )


METHODS: Final = tuple(
    _build_method(number, name) for number, name in enumerate(_list_members(properties=False))
)

_CONSTANTS: Final = _list_members(properties=True)
Constants: Final = msgspec.defstruct(
    "Constants",
    [
        (name, get_type_hints(getattr(Ledger, name).fget, include_extras=True)["return"])
        for name in _CONSTANTS
    ],
    array_like=True,
    frozen=True,
)


def collect_constants(ledger: Ledger) -> msgspec.Raw:
    """Return the bytes of `Constants` for a ledger."""
    return msgspec.Raw(encode([getattr(ledger, name) for name in _CONSTANTS]))


# The machine's methods, as data


class Change(_Message, frozen=True):
    """The arguments of `Running.upgrade`."""

    call: Invocation
    before: Hash


@dataclass(frozen=True, slots=True)
class Job:
    """One method of the machine that runs a contract."""

    given: "msgspec.msgpack.Decoder[Any]"
    result: "msgspec.msgpack.Decoder[Any]"


def _build_job(given: Any, result: Any) -> Job:
    return Job(msgspec.msgpack.Decoder(given), msgspec.msgpack.Decoder(result))


JOBS: Final = {
    "invoke": _build_job(Invocation, bytes),
    "view": _build_job(Invocation, bytes),
    "upgrade": _build_job(Change, None),
    "transfer": _build_job(TransferOrder, Amount),
}


LEFT_MIN: Final = INT_MIN
"""Gas that is left is told down to here; below zero, only that it is below matters."""


def build_load(source: Source) -> Load:
    """Return the order to compile a source."""
    library = tuple((module.name, module.text) for module in source.library)
    return Load(source.class_name, source.text, library)


def restore_source(order: Load) -> Source:
    """Return the source of an order."""
    library = tuple(LibraryModule(name, text) for name, text in order.library)
    return Source(order.class_name, order.text, library)


def build_refused(refusal: Refusal, left: int, told: tuple[Told, ...] = ()) -> Refused:
    """Return a refusal as a message."""
    text = refusal.message.encode(errors="surrogatepass")
    return Refused(left=max(left, LEFT_MIN), code=refusal.code, message=text, told=told)


def restore_refusal(message: Refused) -> Refusal:
    """Return the refusal that a message carries."""
    return Refusal(message.code, message.message.decode(errors="surrogatepass"))
