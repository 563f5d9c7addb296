"""Two chains in memory, whose blocks are sealed, and the proofs that people carry between them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import msgspec

from dure.apps.securities.contracts.cross_delivery import CrossDelivery, CrossTerms
from dure.apps.securities.contracts.cross_payment import CrossPayment
from dure.apps.securities.contracts.depository import Depository, Kind
from dure.apps.securities.tests.scene import RICH, SHARE, register
from dure.chain.receipt import Record
from dure.chain.transaction import Transaction
from dure.contract.language import Time, days
from dure.contract.library.foreign_chain import (
    ForeignEvent,
    ForeignHeader,
    ForeignPath,
    ForeignProof,
    ForeignSeal,
    ForeignValidator,
)
from dure.core.block import Block, compute_block_id
from dure.core.certificate import SealStatement, compute_seal_message
from dure.core.codec import encode
from dure.core.merkle import MerklePath, build_path
from dure.core.types import Hash, Instant, Round
from dure.testing import Deployed, MemoryStage, Person, World

UNITS = 100
PRICE = 5_000


class SealedStage(MemoryStage):
    """A chain in memory that keeps what its blocks came to, for proofs."""

    def __init__(self, at: str) -> None:
        self.kept: list[tuple[Block, tuple[Record, ...]]] = []
        moment = Instant(World(at=at).now.milliseconds)
        super().__init__(at=moment, assets={"won": 0, "usd": 2})

    def _make_block(self, transactions: Sequence[Transaction]) -> tuple[Record, ...]:
        records = super()._make_block(transactions)
        if records:
            self.kept.append((self.blocks[-1], records))
        return records

    @property
    def chain_id(self) -> Hash:
        return Hash(self._executor.chain_id)

    def list_validators(self) -> list[ForeignValidator]:
        members = self.genesis.genesis.validators.members
        return [ForeignValidator(each.key, each.organisation) for each in members]

    def prove(self, name: str, number: int = -1) -> ForeignProof:
        """Return the proof of the newest event of this name, or of the one at a place."""
        found = [
            (block, records, place)
            for block, records in self.kept
            for place, record in enumerate(records)
            if any(each.name == name for out in record.outcomes for each in out.events)
        ]
        block, records, place = found[number]
        record = records[place]
        receipts = [encode(each.receipt) for each in records]
        return ForeignProof(
            ForeignHeader(*msgspec.structs.astuple(block.header)),
            0,
            [self._seal(block)],
            str(record.receipt.kind),
            Hash(record.receipt.id),
            record.receipt.gas_used,
            write_path(build_path(receipts, place)),
            record.outcomes[0].result,
            [ForeignEvent(e.contract, e.name, e.data) for e in record.outcomes[0].events],
            write_path(build_path([encode(each) for each in record.outcomes], 0)),
        )

    def _seal(self, block: Block) -> ForeignSeal:
        header = block.header
        message = compute_seal_message(
            SealStatement(header.chain_id, header.height, Round(0), compute_block_id(header))
        )
        key = self._member.keys[0]
        return ForeignSeal(key.public, key.sign(message))


def write_path(path: MerklePath) -> ForeignPath:
    return ForeignPath(path.index, path.size, list(path.siblings))


@dataclass(frozen=True)
class Crossing:
    """Ann sells shares on one chain, cho pays on the other."""

    here: World
    there: World
    shares: SealedStage
    bank: SealedStage
    depository: Deployed
    delivery: Deployed
    payment: Deployed
    registrar: Person
    court: Person
    ann: Person
    cho: Person
    ann_there: Person
    cho_there: Person

    def terms(self, **changed: Any) -> CrossTerms:
        terms = CrossTerms(
            SHARE,
            UNITS,
            self.cho.address,
            self.ann_there.address,
            PRICE,
            self.there.now + days(2),
        )
        return terms.replace(**changed)

    def lock(self, terms: CrossTerms) -> int:
        number = self.delivery.lock_units(
            by=self.ann, terms=terms, return_at=terms.pay_until + days(2)
        )
        assert isinstance(number, int)
        return number

    def pay(self, terms: CrossTerms, *, number: int = 1, pay: int = PRICE, **changed: Any) -> None:
        proof = changed.pop("proof", None) or self.shares.prove("UnitsLocked")
        self.payment.pay_seller(
            by=self.cho_there, pay=pay, number=number, terms=terms, proof=proof, epoch=1
        )

    def show(self, *, number: int = 1, proof: ForeignProof | None = None) -> None:
        shown = proof or self.bank.prove("MoneyPaid")
        self.delivery.show_payment(by=self.cho, number=number, proof=shown, epoch=1)

    def units(self, person: Person) -> tuple[int, int]:
        found = self.depository.holding(SHARE, person)
        return found.units, found.blocked


def build_crossing() -> Crossing:
    shares, bank = (
        SealedStage("2026-03-02T09:00:00+09:00"),
        SealedStage("2026-03-02T09:00:01+09:00"),
    )
    here, there = World(shares), World(bank)
    registrar, court, ann, cho = here.people("registrar", "court", "ann", "cho", won=RICH)
    office, ann_there, cho_there = there.people("registrar", "ann abroad", "cho abroad", won=RICH)
    depository = here.deploy(
        Depository, by=registrar, roles={"registrar": registrar, "court": court}, operator=registrar
    )
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
        validators=bank.list_validators(),
    )
    depository.appoint(by=registrar, system=delivery)
    payment = there.deploy(
        CrossPayment,
        by=office,
        roles={"registrar": office},
        money=there.asset("won"),
        chain_id=shares.chain_id,
        validators=shares.list_validators(),
    )
    delivery.name_payment(by=registrar, payment=payment)
    payment.name_delivery(by=office, delivery=delivery)
    people = (registrar, court, ann, cho, ann_there, cho_there)
    return Crossing(here, there, shares, bank, depository, delivery, payment, *people)
