"""Units on a chain of four validators are sold for money on a chain of one: by proofs alone."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from dure.apps.securities.carrying import carry_proof, read_validators
from dure.apps.securities.contracts.cross_delivery import CrossDelivery, CrossTerms, LockState
from dure.apps.securities.contracts.cross_payment import CrossPayment
from dure.apps.securities.contracts.depository import Depository, Kind
from dure.apps.securities.tests.scene import RICH, SHARE, register
from dure.chain.genesis.document import EngineKind, decode_genesis_file
from dure.cli.access import connect
from dure.cli.demo.stories import found_story_network, open_office
from dure.cli.network.processes import RunningNetwork
from dure.contract.language import Time, days
from dure.contract.library.foreign_chain import ForeignProof, ForeignValidator
from dure.core.errors import InvalidProof
from dure.core.types import Hash
from dure.sdk import Client
from dure.testing import Deployed, LiveStage, Person, World
from dure.testing.world.owed import wait_indexed

UNITS, PRICE = 100, 5_000


@dataclass(frozen=True)
class Town:
    """A running network, and a story that plays on it."""

    client: Client
    world: World
    chain_id: Hash
    validators: list[ForeignValidator]

    def prove(self, name: str) -> ForeignProof:
        """Return the newest such event, as its node proves it."""
        wait_indexed(self.client)
        found = [each for each in self.client.list_events(name=name) if each.finality == "final"]
        return carry_proof(self.client.prove_transaction(bytes.fromhex(found[-1].source)))


@contextmanager
def open_town(folder: Path, engine: EngineKind) -> Iterator[Town]:
    network = found_story_network(folder, engine)
    genesis = decode_genesis_file((folder / "genesis.dure").read_bytes()).genesis
    with ExitStack() as stack:
        stack.enter_context(RunningNetwork(folder, network))
        client = stack.enter_context(connect(folder))
        world = World(LiveStage(client, open_office(folder)))
        chain_id = Hash(bytes.fromhex(network.chain_id))
        yield Town(client, world, chain_id, read_validators(genesis.validators))


@dataclass(frozen=True)
class Deal:
    """Ann sells on the chain of the shares, cho pays on the bank's."""

    shares: Town
    bank: Town
    depository: Deployed
    delivery: Deployed
    payment: Deployed
    ann: Person
    cho: Person
    ann_there: Person
    cho_there: Person

    def pay(self, number: int, terms: CrossTerms, proof: ForeignProof) -> None:
        self.payment.pay_seller(
            by=self.cho_there, pay=PRICE, number=number, terms=terms, proof=proof, epoch=1
        )


def open_deal(shares: Town, bank: Town) -> Deal:
    here, there = shares.world, bank.world
    registrar, ann, cho = here.people("registrar", "ann", "cho", won=RICH)
    office, ann_there, cho_there = there.people("office", "ann", "cho", won=RICH)
    roles = {"registrar": registrar, "court": registrar}
    depository = here.deploy(Depository, by=registrar, roles=roles, operator=registrar)
    for holder in (ann, cho):
        depository.admit(by=registrar, holder=holder)
    register(depository, registrar, ann, SHARE, Kind.SHARE, Time(0))
    depository.issue(by=ann, isin=SHARE, units=1_000)
    delivery = here.deploy(
        CrossDelivery,
        by=registrar,
        roles={"registrar": registrar},
        depository=depository,
        chain_id=bank.chain_id,
        validators=bank.validators,
    )
    depository.appoint(by=registrar, system=delivery)
    payment = there.deploy(
        CrossPayment,
        by=office,
        roles={"registrar": office},
        money=there.asset("won"),
        chain_id=shares.chain_id,
        validators=shares.validators,
    )
    delivery.name_payment(by=registrar, payment=payment)
    payment.name_delivery(by=office, delivery=delivery)
    return Deal(shares, bank, depository, delivery, payment, ann, cho, ann_there, cho_there)


@pytest.mark.e2e
@pytest.mark.timeout(300)
def test_units_and_money_change_hands_between_two_networks(tmp_path: Path) -> None:
    with (
        open_town(tmp_path / "shares", EngineKind.PBFT) as shares,
        open_town(tmp_path / "bank", EngineKind.SOLO) as bank,
    ):
        deal, here, there = open_deal(shares, bank), shares.world, bank.world
        until = there.now + days(2)
        terms = CrossTerms(SHARE, UNITS, deal.cho.address, deal.ann_there.address, PRICE, until)
        number = deal.delivery.lock_units(by=deal.ann, terms=terms, return_at=until + days(2))
        locked = shares.prove("UnitsLocked")
        assert len(locked.seals) >= 3
        forged = [locked.seals[0].replace(signature=bytes(64)), *locked.seals[1:]]
        with there.refused("a seal does not verify"):
            deal.pay(number, terms, locked.replace(seals=forged))
        deal.pay(number, terms, locked)
        assert there.balance(deal.ann_there, "won") == RICH + PRICE
        paid = bank.prove("MoneyPaid")
        deal.delivery.show_payment(by=deal.cho, number=number, proof=paid, epoch=1)
        assert deal.delivery.lock(number).state is LockState.DELIVERED
        assert deal.depository.holding(SHARE, deal.cho).units == UNITS
        assert here.conserved()
        assert there.conserved()

        event = shares.client.list_events(name="UnitsLocked")[-1]
        proof = shares.client.prove_transaction(bytes.fromhex(event.source))
        with pytest.raises(InvalidProof, match="no call 7"):
            carry_proof(proof, 7)
        with pytest.raises(InvalidProof, match="a value of the state"):
            carry_proof(shares.client.prove_state(b"no such key"))
