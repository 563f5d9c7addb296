"""`World`: a chain in one line of a test, with people, money, contracts and a clock moved by hand.

```python
def late_flight_pays_by_itself(world: World) -> None:
    insurer, traveller, airline = world.people("insurer", "traveller", "airline", won=1_000_000)
    cover = world.deploy(
        FlightDelay, by=insurer, roles={"flight oracle": airline},
        money=world.asset("won"), premium=5_000, cover=200_000,
    )
    cover.add_reserve(by=insurer, pay=500_000)
    departs = world.now + hours(3)
    cover.buy(by=traveller, flight="UA1545 EWR-IAH", departs=departs, pay=5_000)
    world.wait(hours=9)
    with world.refused("not a flight oracle"):
        cover.report(by=traveller, flight="UA1545 EWR-IAH", departs=departs, late_minutes=131)
    cover.report(by=airline, flight="UA1545 EWR-IAH", departs=departs, late_minutes=131)
    assert traveller.won == 1_000_000 - 5_000 + 200_000
```

The same code, checker, metering and executor as on a real chain. Every call is a block of its own,
one millisecond after the one before; what contracts have scheduled happens while the story waits.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Final, Literal, TypeVar

from dure.chain.transaction import Call
from dure.contract.language import Contract, Duration, Event, Time
from dure.core.codec import encode
from dure.core.types import Address, AssetId, Instant
from dure.sdk import ledger_calls
from dure.testing.world.contracts import Agreement, Deployed, read_agreement
from dure.testing.world.errors import Refused, StoryMistake, list_names
from dure.testing.world.memory import MemoryStage
from dure.testing.world.people import Party, Person
from dure.testing.world.stage import Deployment, Stage
from dure.testing.world.tracing import Trace

START: Final = "2026-01-05T09:00:00Z"
"""Where the clock stands when the story does not say."""
ASSETS: Final[Mapping[str, int]] = {"won": 0, "usd": 2}
"""Decimals of the money that people have when the story does not say."""

E = TypeVar("E", bound=Event)


class World:
    """A chain, its people and its contracts, as one story sees them."""

    def __init__(
        self,
        stage: Stage | None = None,
        *,
        at: str | Time = START,
        assets: Mapping[str, int] = ASSETS,
    ) -> None:
        """Begin in memory at the moment `at` (ISO 8601 with its zone), or play on `stage`."""
        self._stage: Stage = (
            MemoryStage(at=Instant(_read_time(at).milliseconds), assets=assets)
            if stage is None
            else stage
        )
        self._contracts: list[Deployed] = []

    # Who and what there is

    def people(self, *names: str, **balances: int) -> tuple[Person, ...]:
        """Return new people who each hold the minor units named.

        `world.people("ann", "bob", won=1_000)`.
        """
        return tuple(self.person(name, **balances) for name in names)

    def person(self, name: str, **balances: int) -> Person:
        """Return one new person."""
        return Person(self._stage.admit(name, balances), self._stage)

    def asset(self, name: str) -> AssetId:
        """Return the money of that name, to be given to a contract."""
        assets = self._stage.assets
        if name not in assets:
            raise StoryMistake(f"there is no money called {name}, only {list_names(assets)}")
        return assets[name]

    def balance(self, holder: Party, asset: str | AssetId) -> int:
        """Return what a person or a contract holds, in minor units."""
        return self._stage.get_balance(self._find_asset(asset), holder.address)

    def _find_asset(self, asset: str | AssetId) -> AssetId:
        return self.asset(asset) if isinstance(asset, str) else asset

    # What happens

    def deploy(
        self,
        contract_class: type[Contract],
        *,
        by: Person,
        roles: Mapping[str, Person | Sequence[Person]] | None = None,
        **arguments: object,
    ) -> Deployed:
        """Put a contract on the chain.

        `by` owns it and is the sender of `init`, which takes the `arguments`.
        """
        agreement = read_agreement(contract_class)
        address = self._stage.deploy(
            Deployment(
                source=agreement.source,
                owner=by.address,
                arguments=_encode_marked(agreement, "init", arguments),
                roles=_list_holders(roles or {}),
            )
        )
        deployed = Deployed(agreement, address, self._stage)
        self._contracts.append(deployed)
        return deployed

    def upgrade(
        self, contract: Deployed, contract_class: type[Contract], **arguments: object
    ) -> Deployed:
        """Give a contract the code of another class, as the members together may.

        The `arguments` are those of its `@migrate`. Return the contract as it is from now on; what
        stands in `contract` goes on speaking of the code before.
        """
        agreement = read_agreement(contract_class)
        given = _encode_marked(agreement, "migrate", arguments)
        call = ledger_calls.upgrade(contract.address, agreement.source, arguments=given)
        self._stage.decide([call])
        upgraded = Deployed(agreement, contract.address, self._stage)
        self._contracts.append(upgraded)
        return upgraded

    def stop(self, contract: Deployed, reason: str) -> None:
        """Have a contract answer views only, as the members together may."""
        self._stage.decide([ledger_calls.stop(contract.address, reason)])

    def start(self, contract: Deployed) -> None:
        """Let a stopped contract run again."""
        self._stage.decide([ledger_calls.start(contract.address)])

    def transfer(self, *, by: Person, to: Party, asset: str | AssetId, amount: int) -> None:
        """Move money between people, or to a contract that does not ask for it."""
        self._send(by, ledger_calls.transfer(self._find_asset(asset), to.address, amount))

    def grant(self, contract: Deployed, role: str, to: Person, *, by: Person) -> None:
        """Give a person a role at a contract; `by` is the contract's owner."""
        self._send(by, ledger_calls.grant(contract.address, role, to.address))

    def revoke(self, contract: Deployed, role: str, of: Person, *, by: Person) -> None:
        """Take a role away; `by` is the contract's owner."""
        self._send(by, ledger_calls.revoke(contract.address, role, of.address))

    def _send(self, by: Person, call: Call) -> None:
        self._stage.send(by.account, [call])

    # Time

    @property
    def now(self) -> Time:
        """Ledger time after the last call; the next one sees it a millisecond later."""
        return Time(self._stage.ledger_time)

    def wait(self, *, days: int = 0, hours: int = 0, minutes: int = 0, seconds: int = 0) -> None:
        """Let time pass; calls that fall due meanwhile happen at their time."""
        whole = ((days * 24 + hours) * 60 + minutes) * 60 + seconds
        self.wait_until(self.now + Duration(whole * 1000))

    def wait_until(self, moment: Time) -> None:
        """Let time pass until `moment`.

        Calls that fall due until then, that moment included, have happened.
        """
        if not isinstance(moment, Time):
            raise StoryMistake(f"{moment!r} is no Time: write world.now + hours(3)")
        if moment < self.now:
            late = self.now.milliseconds - moment.milliseconds
            raise StoryMistake(f"time does not run backwards: that was {late} ms ago")
        if moment > self.now:
            self._stage.advance(Instant(moment.milliseconds))

    # What the test asks

    @contextmanager
    def refused(self, expected: str) -> Iterator[None]:
        """Expect that the chain refuses what stands inside, with this code or with these words."""
        try:
            yield
        except Refused as refusal:
            if not refusal.is_about(expected):
                raise AssertionError(
                    f"refused for another reason than {expected!r}: {refusal}"
                ) from refusal
            return
        raise AssertionError(f"nothing was refused, though {expected!r} was expected")

    def events(self, event_class: type[E]) -> list[E]:
        """Return all events of a class that a contract of this world emitted, in order."""
        found: list[E] = []
        contracts = [
            each for each in self._contracts if each.agreement.values.has_event(event_class)
        ]
        by_address = {each.address: each for each in contracts}
        for event in self._stage.get_events():
            deployed = by_address.get(event.contract)
            if deployed is not None and event.name == event_class.__name__:
                found.append(deployed.agreement.values.decode_event(event.name, event.data))
        return found

    def conserved(self) -> bool:
        """Say whether all balances of each asset together are its supply.

        No money was made or lost.
        """
        return self._stage.is_conserved()

    @property
    def state_root(self) -> str:
        """The root of everything on the chain, as hexadecimal text."""
        return self._stage.state_root.hex()

    @property
    def height(self) -> int:
        """Blocks made so far."""
        return self._stage.height

    @contextmanager
    def tracing(self) -> Iterator[Trace]:
        """Note what contracts do inside, line by line with its gas: `print(trace)` behind it.

        In memory only; a live chain is traced by `dure contract trace`.
        """
        if not isinstance(self._stage, MemoryStage):
            raise StoryMistake("a story on a live network is traced by `dure contract trace`")
        trace, begun = Trace(), len(self._stage.blocks)
        yield trace
        trace.follow(self._stage.genesis, self._stage.blocks, begun)

    @contextmanager
    def trial(self) -> Iterator[None]:
        """Take back, at the end, everything that happens inside.

        People, contracts, money and time.
        """
        mark, contracts = self._stage.save(), list(self._contracts)
        try:
            yield
        finally:
            self._stage.restore(mark)
            self._contracts = contracts


def _encode_marked(
    agreement: Agreement, name: Literal["init", "migrate"], arguments: Mapping[str, object]
) -> bytes:
    """Return the arguments of the method marked so; none where the class has no such method."""
    interface = agreement.interface
    marked = interface.initialiser if name == "init" else interface.migration
    if marked is None and not arguments:
        return encode(())
    return agreement.values.encode_arguments(name, (), arguments)


def _read_time(at: str | Time) -> Time:
    if isinstance(at, Time):
        return at
    try:
        moment = datetime.fromisoformat(at)
    except ValueError:
        raise StoryMistake(f"at={at!r} is no ISO 8601 time such as {START}") from None
    if moment.tzinfo is None:
        raise StoryMistake(f"at={at!r} names no zone: write {at}Z for UTC")
    return Time(round(moment.timestamp() * 1000))


def _list_holders(
    roles: Mapping[str, Person | Sequence[Person]],
) -> dict[str, list[Address]]:
    return {
        role: [person.address for person in ([holders] if isinstance(holders, Person) else holders)]
        for role, holders in roles.items()
    }
