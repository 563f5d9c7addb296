"""A story on a running test network: real nodes, real votes, signed transactions, proofs.

Rules
-----
1. The same story as in memory, and the same answers. What differs: keys and ids are drawn, every
   step takes real time, and ledger time goes on by itself meanwhile, because header time is wall
   time. A story measures from `world.now`.
2. Receipts, balances and fields are believed because they were proved; heights, views and lists of
   events are the word of the node that is asked.
3. A step ends when the chain owes nothing more: `dure.testing.world.owed`.
4. Nothing can be taken back: a story that needs `trial` plays in memory.
5. The network may have been used before. What happens from now on is the story's: its people,
   contracts, events, scheduled calls and money. Nobody else uses the network meanwhile.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final, NoReturn

from dure.chain import state
from dure.chain.money import LEDGER
from dure.chain.receipt import OK, Event, Receipt
from dure.chain.transaction import Call
from dure.contract.values import decode_arguments, encode_result
from dure.core.address import decode_address
from dure.core.codec import decode, encode
from dure.core.errors import InvalidTransaction, ViewRefused
from dure.core.types import Address, AssetId, Hash, Height, Instant
from dure.identity.keys import SigningKey, generate_key
from dure.proof.claims import AllOutcomes, OutcomeClaim
from dure.proof.file import ProofFile
from dure.sdk import (
    Account,
    Authority,
    Client,
    ContractProxy,
    ContractRefused,
    FinalReceipt,
    ledger_calls,
)
from dure.testing.world.books import count_elsewhere, list_issued
from dure.testing.world.errors import Refused, StoryMistake
from dure.testing.world.owed import OwedCalls, read_state, wait_indexed
from dure.testing.world.stage import (
    Deployment,
    Done,
    NamedAccount,
    choose_gas_limit,
    validate_person,
)

THE_CHAIN: Final = "the chain"
"""Who acts in a scheduled call."""
THE_CLOCK: Final = "the story clock"
ADVANCE_TIMEOUT_S: Final = 120.0


@dataclass(frozen=True, slots=True)
class Office:
    """The accounts behind the scenes of a test network."""

    member: Account
    """A member organisation, under whose quota the people act."""
    authority: Authority
    """The members together, who approve contracts."""
    treasury: Account
    """Holds the money that people are given."""
    story_clock: Account
    assets: Mapping[str, AssetId]
    """The treasury's money by name."""


@dataclass(frozen=True, slots=True)
class Step:
    """Something that became final while a story played, and was proved."""

    who: str
    did: tuple[str, ...]
    """Calls, such as `FlightDelay.buy`."""
    height: Height
    refusal: str | None
    """The contract's words, or the code where it has none; None where nothing was refused."""
    said: tuple[str, ...]
    """Names of the events."""


class LiveStage:
    """A running test network; implements `Stage`."""

    def __init__(
        self,
        client: Client,
        office: Office,
        *,
        tell: Callable[[Step], None] = lambda _: None,
        draw_key: Callable[[], SigningKey] = generate_key,
    ) -> None:
        """Begin at the network's newest block; `tell` hears of every step."""
        status = client.get_status()
        if not status.test:
            raise StoryMistake("a story moves time: it plays on a chain that is marked as a test")
        if status.height == 0:
            # A chain proves nothing before its first block: this makes it.
            client.enrol([], by=office.member)
        self._client = client
        self._office = office
        self._tell = tell
        self._draw_key = draw_key
        self._begun = Height(status.height)
        self._people: dict[str, NamedAccount] = {}
        self._contracts: dict[Address, ContractProxy] = {}
        self._owed = OwedCalls(client)
        self.assets = office.assets
        self._elsewhere = self._count_elsewhere()

    # Where the ledger stands

    @property
    def ledger_time(self) -> Instant:
        return Instant(self._client.get_status().ledger_time)

    @property
    def height(self) -> Height:
        return Height(self._client.get_status().height)

    @property
    def state_root(self) -> Hash:
        return Hash(bytes.fromhex(self._client.get_status().state_root))

    @property
    def people(self) -> Mapping[str, NamedAccount]:
        """Everybody who takes part, by name."""
        return self._people

    @property
    def contracts(self) -> Mapping[Address, ContractProxy]:
        """The contracts that were deployed, by address."""
        return self._contracts

    def get_balance(self, asset: AssetId, holder: Address) -> int:
        return self._client.read_balance(asset, holder)

    def get_events(self) -> Sequence[Event]:
        wait_indexed(self._client)
        return [
            Event(
                contract=decode_address(item.event.contract),
                name=item.event.name,
                data=bytes.fromhex(item.event.data),
            )
            for item in self._client.list_events(from_height=self._begun + 1)
            if item.finality == "final"
        ]

    def is_conserved(self) -> bool:
        """Say whether people, contracts and treasury hold what they must, by proved balances.

        What others hold of an asset has not changed since the story began; of assets that the
        story's contracts issued, nobody else holds any.
        """
        before = self._elsewhere
        return all(left == before.get(asset, 0) for asset, left in self._count_elsewhere().items())

    def view(self, contract: Address, method: str, arguments: bytes) -> bytes:
        proxy = self._find(contract)
        given = decode_arguments(proxy.interface, method, arguments)
        try:
            result = getattr(proxy, method)(**given)
        except ViewRefused as problem:
            reason = str(problem.facts.get("refusal", problem.code))
            raise Refused(reason, problem.message, who=f"the view {method}") from problem
        return encode_result(proxy.interface, method, result)

    def read_field(self, contract: Address, name: str) -> bytes | None:
        return read_state(self._client, state.key_storage(contract, encode((name,))))

    # What changes it

    def admit(self, name: str, balances: Mapping[str, int]) -> NamedAccount:
        validate_person(name, balances, people=self._people, assets=self.assets)
        account = NamedAccount(name, self._draw_key())
        self._act(self._office.member, "a member", [ledger_calls.enrol([account.address])])
        gifts = [
            ledger_calls.transfer(self.assets[code], account.address, amount)
            for code, amount in balances.items()
        ]
        if gifts:
            self._act(self._office.treasury, "the treasury", gifts)
        self._people[name] = account
        return account

    def deploy(self, deployment: Deployment) -> Address:
        address = decode(Address, self.decide([deployment.build_call()]).results[0])
        self._find(address)
        return address

    def decide(self, calls: Sequence[Call]) -> Done:
        done = self._act(self._office.authority, "the members", calls)
        self._owed.look_again()
        self._come_to_rest()
        for address in self._contracts:
            # What was decided may be another code, with other methods.
            self._contracts[address] = self._client.contract(address)
        return done

    def send(self, sender: NamedAccount, calls: Sequence[Call]) -> Done:
        return self._act(sender, sender.name, calls)

    def advance(self, to: Instant) -> None:
        clock = self._office.story_clock
        try:
            self._client.advance(to, by=clock, timeout_s=ADVANCE_TIMEOUT_S)
        except ContractRefused as problem:
            raise self._refuse(problem.receipt.receipt, THE_CLOCK) from problem
        did = (f"time moves on to {datetime.fromtimestamp(to // 1000, UTC):%Y-%m-%d %H:%M:%S}",)
        self._tell(Step(THE_CLOCK, did, self.height, None, ()))
        self._come_to_rest()

    def save(self) -> NoReturn:
        raise StoryMistake("a live network takes nothing back: play this story in memory")

    def restore(self, mark: object) -> NoReturn:
        self.save()

    # Inside

    def _act(self, account: Authority, name: str, calls: Sequence[Call]) -> Done:
        try:
            receipt = self._client.submit_and_wait(
                calls, by=account, gas_limit=choose_gas_limit(calls)
            )
        except ContractRefused as problem:
            receipt = problem.receipt
        except InvalidTransaction as problem:
            raise Refused(problem.code, problem.message, who=name) from problem
        self._tell_receipt(name, calls, receipt)
        self._come_to_rest()
        if receipt.receipt.status != OK:
            raise self._refuse(receipt.receipt, name)
        return Done(receipt.results, receipt.receipt.gas_used)

    def _come_to_rest(self) -> None:
        refused: Refused | None = None
        for proof in self._owed.settle():
            receipt = self._tell_scheduled(proof)
            if receipt.status != OK and refused is None:
                refused = self._refuse(receipt, "a scheduled call")
        if refused is not None:
            raise refused

    def _refuse(self, receipt: Receipt, who: str) -> Refused:
        return Refused(receipt.status, receipt.message, who=who)

    def _tell_receipt(self, name: str, calls: Sequence[Call], receipt: FinalReceipt) -> None:
        self._tell(
            Step(
                who=name,
                did=tuple(self._name(call) for call in calls),
                height=receipt.height,
                refusal=_get_refusal(receipt.receipt),
                said=tuple(event.name for event in receipt.events),
            )
        )

    def _tell_scheduled(self, proof: ProofFile) -> Receipt:
        assert isinstance(proof.claim, OutcomeClaim), "a scheduled call stands in no transaction"
        shown, receipt = proof.claim.receipt.shown, proof.claim.receipt.receipt
        outcomes = shown.outcomes if isinstance(shown, AllOutcomes) else (shown.outcome,)
        self._tell(
            Step(
                who=THE_CHAIN,
                did=("a scheduled call",),
                height=proof.header.height,
                refusal=_get_refusal(receipt),
                said=tuple(event.name for outcome in outcomes for event in outcome.events),
            )
        )
        return receipt

    def _name(self, call: Call) -> str:
        if call.contract == LEDGER:
            return call.method
        return f"{self._find(call.contract).interface.name}.{call.method}"

    def _find(self, address: Address) -> ContractProxy:
        if address not in self._contracts:
            self._contracts[address] = self._client.contract(address)
        return self._contracts[address]

    def _count_elsewhere(self) -> dict[AssetId, int]:
        """Return, of each asset, what neither treasury nor people nor contracts hold."""
        assets = [*self.assets.values(), *list_issued(self._client, self._contracts)]
        people = [person.address for person in self._people.values()]
        holders = [self._office.treasury.address, *self._contracts, *people]
        return count_elsewhere(self._client, assets, holders)


def _get_refusal(receipt: Receipt) -> str | None:
    return None if receipt.status == OK else receipt.message or receipt.status
