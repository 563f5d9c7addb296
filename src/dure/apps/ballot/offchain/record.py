"""What a chain told of one election, gathered from the contract's events by whoever counts again.

Events come as names and fields in plain values: bytes, numbers, texts, lists and mappings. Of each
kind the order matters; how kinds are mixed does not.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, fields, is_dataclass
from functools import cache
from typing import Any, Final

from dure.apps.ballot.contract import Elections
from dure.apps.ballot.offchain.ballots import Booth, Layout
from dure.apps.ballot.offchain.trustees import Accusation, Deal, build_context
from dure.contract.interface import Interface, build_interface
from dure.contract.language import Choice, Event
from dure.contract.source import read_source
from dure.contract.values import decode_event
from dure.core.errors import ConfigurationError

KEPT: Final = (
    *("ElectionAnnounced", "TrusteeJoined", "SharesDealt", "SharesConfirmed", "DealerAccused"),
    *("VotingOpened", "BallotCast", "VotingClosed", "PartGiven", "ResultDeclared"),
    *("TrusteeMissing", "PartyStruck", "ElectionEnded"),
)
"""The events that a count needs."""


@dataclass(frozen=True, slots=True)
class Told:
    """One event in plain values."""

    name: str
    fields: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Sealed:
    """A ballot as it was cast."""

    voter: bytes
    digest: bytes
    ballot: bytes


@dataclass(slots=True)
class ElectionRecord:
    """One election, as its contract told of it."""

    contract: bytes
    number: int
    organiser: bytes = b""
    title: str = ""
    layouts: tuple[Layout, ...] = ()
    questions: tuple[Mapping[str, Any], ...] = ()
    threshold: int = 0
    trustees: tuple[bytes, ...] = ()
    observers: tuple[bytes, ...] = ()
    sealing_keys: dict[bytes, tuple[bytes, bytes]] = field(default_factory=dict)
    deals: dict[bytes, Deal] = field(default_factory=dict)
    accusations: list[Accusation] = field(default_factory=list)
    key: bytes = b""
    seed: bytes = b""
    ballots: list[Sealed] = field(default_factory=list)
    transcript: bytes | None = None
    parts: dict[bytes, bytes] = field(default_factory=dict)
    counts: tuple[int, ...] | None = None
    counted: int = 0
    used: tuple[bytes, ...] = ()
    missing: list[bytes] = field(default_factory=list)
    struck: list[bytes] = field(default_factory=list)
    phase: str = ""

    @property
    def booth(self) -> Booth:
        """What ballots are made for."""
        return Booth(self.contract, self.number, self.key, self.layouts)

    @property
    def context(self) -> bytes:
        """What the trustees' proofs are bound to."""
        return build_context(self.contract, self.number)

    def list_sealing_keys(self) -> list[bytes]:
        """Return the trustees' sealing keys in the order of their places."""
        return [self.sealing_keys[each][0] for each in self.trustees]

    def list_deals(self) -> list[Deal]:
        """Return what was dealt, in the order of the trustees' places."""
        return [self.deals[each] for each in self.trustees if each in self.deals]

    def take(self, told: Told) -> None:
        """Note an event."""
        given = told.fields
        who = given.get("trustee", b"")
        match told.name:
            case "ElectionAnnounced":
                self._begin(given)
            case "TrusteeJoined":
                self.sealing_keys[who] = (given["sealing_key"], given["proof"])
            case "SharesDealt":
                shares = tuple(given["sealed_shares"])
                self.deals[who] = Deal(tuple(given["commitments"]), given["proof"], shares)
            case "DealerAccused":
                place, dealer = self.find_place(who), self.find_place(given["dealer"])
                shown = Accusation(place, dealer, given["shared"], given["proof"])
                self.accusations.append(shown)
            case "VotingOpened":
                self.key, self.seed = given["key"], given["seed"]
            case "BallotCast":
                self.ballots.append(Sealed(given["voter"], given["digest"], given["ballot"]))
            case _:
                self._end(told)

    def _begin(self, given: Mapping[str, Any]) -> None:
        plan = given["plan"]
        self.organiser, self.title = given["organiser"], given["title"]
        self.trustees, self.observers = tuple(given["trustees"]), tuple(given["observers"])
        self.threshold = plan["threshold"]
        self.questions = tuple(plan["questions"])
        self.layouts = tuple(
            Layout(each["kind"], len(each["options"]), each["least"], each["most"])
            for each in plan["questions"]
        )

    def _end(self, told: Told) -> None:
        given = told.fields
        match told.name:
            case "VotingClosed":
                self.transcript = given["transcript"]
            case "PartGiven":
                self.parts[given["trustee"]] = given["parts"]
            case "ResultDeclared":
                self.counts, self.counted = tuple(given["counts"]), given["counted"]
                self.used = tuple(given["used"])
            case "TrusteeMissing":
                self.missing.append(given["trustee"])
            case "PartyStruck":
                self.struck.append(given["accused"])
            case "ElectionEnded":
                self.phase = given["phase"]
            case _:
                pass

    def find_place(self, trustee: bytes) -> int:
        """Return a trustee's place, counted from 1."""
        return self.trustees.index(trustee) + 1


def gather(contract: bytes, number: int, told: Iterable[Told]) -> ElectionRecord:
    """Return what events say of one election; raise `ConfigurationError` where there is none."""
    record = ElectionRecord(contract, number)
    for each in told:
        if each.fields.get("number") == number:
            record.take(each)
    if not record.trustees:
        raise ConfigurationError(f"there is no election {number} at this contract")
    return record


@cache
def get_interface() -> Interface:
    """Return what the contract can say."""
    return build_interface(read_source(Elections))


def read_event(name: str, data: bytes) -> Told | None:
    """Return an event from its bytes on the chain; None where a count has no need of it."""
    if name not in KEPT:
        return None
    return Told(name, decode_event(get_interface(), name, data))


def read_events(events: Sequence[Event]) -> list[Told]:
    """Return events that a story saw."""
    return [Told(type(each).__name__, _lower(each)) for each in events]


def _lower(value: Any) -> Any:
    if isinstance(value, Choice):
        return value.name
    if isinstance(value, list):
        return [_lower(each) for each in value]
    if hasattr(value, "units"):
        return value.units
    if hasattr(value, "milliseconds"):
        return value.milliseconds
    if is_dataclass(value) and not isinstance(value, type):
        return {each.name: _lower(getattr(value, each.name)) for each in fields(value)}
    return value
