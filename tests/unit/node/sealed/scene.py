"""A bank that keeps what an insurer deposits, on a chain of one, and a person who reads it."""

from pathlib import Path
from typing import Any

from dure.chain.transaction import Call
from dure.contract.library import sealed_records
from dure.core.types import Hash, Instant
from dure.identity.envelopes.files import (
    ContentDigest,
    Digests,
    FileDigest,
    Place,
    draw_data_key,
    seal_pieces,
)
from dure.identity.envelopes.requests import (
    RequestStatement,
    compute_body_hash,
    draw_salt,
    sign_request,
)
from dure.identity.envelopes.sealing import derive_reading_key, seal_data_key
from dure.identity.keys import SigningKey
from dure.node.sealed.callers import Asked
from dure.node.sealed.desk import Desk, PlaceLocks, Subject
from dure.node.sealed.following import Following, add_contract
from dure.node.sealed.keeping import Keeping
from dure.node.sealed.ledger import KeeperLedger
from dure.node.sealed.shelf import FolderShelf
from dure.node.sealed.store import Store
from dure.sdk import Account, LocalAccount, ledger_calls
from dure.sdk.sealed.entries import SealedCalls
from tests.unit.api.solo_chain import BANK, SoloChain

NAME = Hash(b"n" * 32)
CONTENT = b"what nobody else should read " * 10_000
INSURER, ANN, STRANGER = (LocalAccount(SigningKey(bytes([each]) * 32)) for each in (1, 2, 3))
TARGET = "/v1/sealed/…"


class Scene:
    """The bank keeps what the insurer deposits, and Ann reads."""

    def __init__(self, folder: Path) -> None:
        self.chain = SoloChain()
        self.folder = folder
        text = Path(sealed_records.__file__).read_text("utf-8")
        self.contract = self.chain.deploy(text, "SealedRecords").address
        self.calls = SealedCalls(self.contract)
        people = [each.address for each in (INSURER, ANN, STRANGER)]
        self.send(ledger_calls.enrol(people), by=BANK)
        grants = [("keeper", BANK), ("depositor", INSURER)]
        for role, holder in grants:
            self.send(ledger_calls.grant(self.contract, role, holder.address), by=BANK)
        self.send(self.calls.announce_keeper("bank", "http://localhost:1"), by=BANK)
        for reader in (INSURER, ANN):
            public = derive_reading_key(reader_key(reader)).public
            self.send(self.calls.name_reading_key(public), by=reader)
        self.key = draw_data_key()
        self.file = self.seal(1)
        digests = self.digest(self.file)
        self.send(self.calls.deposit(NAME, digests, (BANK.address,), (ANN.address,)), by=INSURER)
        self.subject = Subject(self.contract, NAME, 1)
        self.ledger = KeeperLedger(self.chain, BANK, lambda: Instant(self.chain.clock))
        self.store = Store(folder, FolderShelf(folder / "files"), bytes_max=10_000_000)
        add_contract(folder, self.contract)
        locks, following = PlaceLocks(), Following(folder)
        self.keeping = Keeping(self.ledger, self.store, locks, following)
        self.desk = Desk(
            self.ledger,
            self.store,
            locks,
            is_followed=following.is_followed,
            wake=self.keeping.wake,
        )

    def place(self, version: int = 1) -> Place:
        return Place(self.chain.executor.chain_id, self.contract, NAME, version)

    def seal(self, version: int) -> bytes:
        return b"".join(seal_pieces(self.key, self.place(version), len(CONTENT), [CONTENT]))

    def digest(self, file: bytes) -> Digests:
        salted, sealed = ContentDigest(self.key), FileDigest()
        list(salted.pass_on([CONTENT]))
        sealed.add(file)
        return Digests(salted.finish(), sealed.finish(), len(file))

    def send(self, call: Call, *, by: Account) -> None:
        self.chain.send(self.chain.sign(call, by=by))

    def ask(self, by: LocalAccount, content: bytes = b"", **changes: Any) -> Asked:
        """Return a request for `TARGET`, whatever its signed statement says."""
        return Asked(self.sign(by, content, **changes), "GET", TARGET, content)

    def sign(self, by: LocalAccount, content: bytes = b"", **changes: Any) -> str:
        """Return the header of a request, with some fields of its statement changed."""
        statement = RequestStatement(
            version=1,
            chain_id=self.chain.executor.chain_id,
            keeper=BANK.address,
            account=by.address,
            key=by.keys[0].public,
            method="GET",
            target=TARGET,
            body=compute_body_hash(content),
            time=Instant(self.chain.clock),
            salt=draw_salt(),
        )
        for field, value in changes.items():
            statement = RequestStatement(
                **{name: getattr(statement, name) for name in statement.__struct_fields__}
                | {field: value}
            )
        return sign_request(by.keys[0], statement)

    def seal_key(self, reader: LocalAccount) -> bytes:
        public = derive_reading_key(reader_key(reader)).public
        return seal_data_key(self.key, public, self.place(), reader.address)

    async def fill(self) -> None:
        """Hand in the whole file and both keys."""
        keys = {each.address: self.seal_key(each) for each in (INSURER, ANN)}
        await self.desk.take_keys(self.ask(INSURER), self.subject, keys)
        await self.desk.take_part(self.ask(INSURER, self.file), self.subject, 0)


def reader_key(account: LocalAccount) -> SigningKey:
    key = account.keys[0]
    assert isinstance(key, SigningKey)
    return key
