"""A hospital's patients, from the sealing of their records to the medicine, on a live network.

Everything goes through the SDK as signed transactions and sealed requests; what came of it is read
from the chain, and from the files that readers opened.
"""

import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from hashlib import sha256
from pathlib import Path
from typing import Any, Final

from dure.apps.health.contracts.care import Care
from dure.apps.health.contracts.records import HealthRecords
from dure.apps.health.contracts.sets import SharedSets
from dure.apps.health.offchain.deidentifying import deidentify
from dure.apps.health.offchain.patients import (
    decode_resources,
    encode_resources,
    list_resources,
)
from dure.apps.health.offchain.plan import (
    CARE_REWARD,
    MEMBERS_MIN,
    SHARED_KIND,
    SHARING_REWARD,
    HealthPlan,
)
from dure.apps.health.signing import sign_result
from dure.contract.language import Time, days
from dure.contract.library.token import Token
from dure.contract.source import read_source
from dure.core.errors import AccessDenied
from dure.core.types import Address, AssetId, Hash
from dure.identity.keys import SigningKey, generate_key
from dure.sdk import (
    Account,
    Authority,
    Client,
    ContractProxy,
    ContractRefused,
    LocalAccount,
)
from dure.sdk.sealed import SealedData

BLOCKS_FOR_SET: Final = 2
TREATMENT: Final = "TREAT"
PAYING_TRIES: Final = 300
PAYING_PAUSE_S: Final = 0.1
RESEARCH: Final = "HRESCH"


@dataclass(frozen=True, slots=True)
class Cast:
    """Who plays, and how blocks are counted and keepers begin."""

    hospital: LocalAccount
    researcher: LocalAccount
    sponsor: LocalAccount
    authority: Authority
    people: dict[str, LocalAccount]
    patients: tuple[LocalAccount, ...]
    begin_keeping: Callable[[ContractProxy], Address]
    """Have the hospital's node keep for a contract; the address is the node's."""
    count_proposed: Callable[[int, int], int]
    """How many blocks of a span the researcher's node proposed, by their headers."""


class HealthPlay:
    """The play: file, consent, read, withdraw, share, test and dispense."""

    def __init__(self, client: Client, cast: Cast, plan: HealthPlan, folder: Path) -> None:
        """Play `plan`; sealed and opened files lie in `folder`, outside of every node."""
        self._client = client
        self._cast = cast
        self._plan = plan
        self._folder = folder
        self.resources_read = 0
        self.refused = 0
        self.set_resources = 0
        self.source = b""
        """A transaction worth a proof: the first reading that a doctor opened."""
        self.records: ContractProxy
        self.sets: ContractProxy
        self.care: ContractProxy
        self.token: ContractProxy
        self.money: AssetId
        self._names: dict[tuple[int, str], Hash] = {}
        self._consents: dict[tuple[int, str], int] = {}
        self._keeper: dict[Address, Address] = {}

    def play(self) -> None:
        """Play it all."""
        self._folder.mkdir(parents=True, exist_ok=True)
        self._open()
        self._file()
        self._consent()
        self._read()
        self._override()
        self._share()
        for number in range(len(self._cast.patients)):
            self._test(number)

    @property
    def patients(self) -> tuple[LocalAccount, ...]:
        """The patients' accounts."""
        return self._cast.patients

    # The contracts

    def _open(self) -> None:
        cast = self._cast
        accounts = [*cast.people.values(), *cast.patients]
        self._client.enrol([each.address for each in accounts], by=cast.hospital)
        sponsor = cast.sponsor.address
        self.token = self._deploy(Token, sponsor, {"issuer": [sponsor]}, code="KRW", decimals=0)
        self.money = self.token.asset()
        fund = (SHARING_REWARD + CARE_REWARD) * len(cast.patients)
        self.token.issue(by=cast.sponsor, to=sponsor, amount=fund)
        kept = {"depositor": [cast.hospital.address], "keeper": [cast.hospital.address]}
        doctor, ombudsman = cast.people["doctor"].address, cast.people["ombudsman"].address
        roles = {**kept, "emergency": [doctor], "ombudsman": [ombudsman]}
        self.records = self._deploy(HealthRecords, cast.hospital.address, roles)
        self.sets = self._deploy(
            SharedSets,
            sponsor,
            {**kept, "researcher": [cast.researcher.address]},
            money=self.money,
            records=self.records.address,
            reward=SHARING_REWARD,
            blocks_for_set=BLOCKS_FOR_SET,
            members_min=MEMBERS_MIN,
        )
        self.care = self._deploy(
            Care,
            sponsor,
            {
                "doctor": [doctor, cast.people["substitute"].address],
                "pharmacy": [cast.people["pharmacy"].address],
                "maker": [cast.people["maker"].address],
            },
            money=self.money,
            reward=CARE_REWARD,
        )
        for paid, reward in ((self.sets, SHARING_REWARD), (self.care, CARE_REWARD)):
            paid.fund(by=cast.sponsor, pay=reward * len(cast.patients))
        for kept_at, readers in (
            (self.records, [cast.hospital, cast.people["doctor"], *cast.patients]),
            (self.sets, [cast.hospital, cast.researcher]),
        ):
            self._keeper[kept_at.address] = cast.begin_keeping(kept_at)
            for each in readers:
                self._data(kept_at, each).name_reading_key()

    def _deploy(
        self,
        contract: type[Any],
        owner: Address,
        roles: dict[str, list[Address]],
        **arguments: object,
    ) -> ContractProxy:
        return self._client.deploy(
            read_source(contract),
            by=self._cast.authority,
            owner=owner,
            roles=roles,
            arguments=arguments,
        )

    def _data(self, contract: ContractProxy, account: LocalAccount) -> SealedData:
        return SealedData(self._client, contract.address, by=account, work=self._folder / "work")

    # Records

    def _file(self) -> None:
        hospital = self._cast.hospital
        for patient in self._cast.patients:
            self.records.begin_care(by=patient, hospital=hospital.address)
        for number, kind in self._plan.records:
            content = encode_resources(list_resources(self._plan.bundles[number], kind))
            name = self._put(self.records, f"{number}-{kind}", content)
            whose = self._cast.patients[number].address
            self.records.assign(by=hospital, name=name, patient=whose, kind=kind)
            self._data(self.records, hospital).grant(name, whose)
            self._names[number, kind] = name

    def _put(self, contract: ContractProxy, word: str, content: bytes) -> Hash:
        path = self._folder / f"{word}.ndjson"
        path.write_bytes(content)
        data = self._data(contract, self._cast.hospital)
        sealed = data.put(path, keepers=[self._keeper[contract.address]], readers=[])
        data.wait_kept(sealed.name)
        return sealed.name

    def _consent(self) -> None:
        doctor = self._cast.people["doctor"].address
        for number, kind in self._plan.read:
            self._consents[number, kind] = self._give(number, doctor, kind, TREATMENT)
        for number in self._plan.sharing:
            self._give(number, self._cast.researcher.address, SHARED_KIND, RESEARCH)

    def _give(self, number: int, reader: Address, kind: str, purpose: str) -> int:
        now = self._now()
        given = self.records.give_consent(
            by=self._cast.patients[number],
            reader=reader,
            kind=kind,
            purpose=purpose,
            terms=_salt("the wording of the consent"),
            begins=now,
            ends=now + days(365),
        )
        return int(given.result)

    def _now(self) -> Time:
        return Time(self._client.get_status().ledger_time)

    def _read(self) -> None:
        doctor = self._cast.people["doctor"]
        for record in self._plan.records:
            name = self._names[record]
            opened = self._try(
                partial(self.records.open_reading, by=doctor, name=name, purpose=TREATMENT)
            )
            if opened is not None:
                self.source = self.source or opened.receipt.transaction_id
                self.resources_read += self._fetch(self.records, name, doctor)
        for number, kind in self._plan.read[:1]:
            consent = self._consents[number, kind]
            self.records.withdraw_consent(by=self._cast.patients[number], number=consent)
            target = self._folder / "after-withdrawal"
            data = self._data(self.records, doctor)
            self._try(partial(data.get, self._names[number, kind], target))

    def _try(self, action: Callable[[], Any]) -> Any:
        """Return what came of it, or None where it was refused, and count that."""
        try:
            return action()
        except (ContractRefused, AccessDenied) as refused:
            if "consent" not in str(refused):
                raise
            self.refused += 1
            return None

    def _fetch(self, contract: ContractProxy, name: Hash, reader: LocalAccount) -> int:
        """Have the hospital seal the key to a reader, and the reader open the file."""
        self._data(contract, self._cast.hospital).grant(name, reader.address)
        target = self._folder / f"read-{secrets.token_hex(4)}"
        self._data(contract, reader).get(name, target)
        return len(decode_resources(target.read_bytes()))

    def _override(self) -> None:
        people = self._cast.people
        for record in self._plan.unread[:1]:
            name, patient = self._names[record], self._cast.patients[record[0]]
            opened = self.records.open_in_emergency(
                by=people["doctor"], name=name, reason=_salt("unconscious")
            )
            self.resources_read += self._fetch(self.records, name, people["doctor"])
            number = int(opened.result)
            self.records.contest(by=patient, number=number, grounds=_salt("was at work"))
            self.records.decide(by=people["ombudsman"], number=number, is_justified=False)

    # Sets

    def _share(self) -> None:
        cast = self._cast
        first, last = 1, self._client.get_status().height
        self.sets.count_blocks(
            by=cast.hospital,
            researcher=cast.researcher.address,
            first=first,
            last=last,
            proposed=cast.count_proposed(first, last),
        )
        members = [self._plan.bundles[each] for each in self._plan.sharing]
        made = datetime.fromtimestamp(self._now().milliseconds / 1_000, UTC).date()
        shared = deidentify(members, SHARED_KIND, made, secrets.randbits(64))
        name = self._put(self.sets, "set", encode_resources(shared))
        self.sets.release(
            by=cast.hospital,
            name=name,
            researcher=cast.researcher.address,
            kind=SHARED_KIND,
            members=[cast.patients[each].address for each in self._plan.sharing],
        )
        self.set_resources = self._fetch(self.sets, name, cast.researcher)

    # Care

    def _test(self, number: int) -> None:
        people, patient, care = self._cast.people, self._cast.patients[number], self.care
        key = generate_key()
        device = bytes(key.public)
        care.endorse_device(by=people["maker"], device=device)
        doctors = {each: people[each].address for each in ("doctor", "substitute")}
        care.take_device(by=patient, device=device, **doctors)
        result = self._report(key, patient)
        care.acknowledge(by=people["doctor"], number=result)
        if not self._plan.needs_medicine(number):
            care.close(by=people["doctor"], number=result)
            return
        medicine = _salt("the prescription")
        ends = self._now() + days(30)
        care.prescribe(by=people["doctor"], number=result, medicine=medicine, ends=ends)
        pharmacy = people["pharmacy"]
        care.choose_pharmacy(by=patient, number=result, pharmacy=pharmacy.address)
        care.dispense(by=pharmacy, number=result, medicine=medicine)

    def _report(self, key: SigningKey, patient: Account) -> int:
        cartridge, result = Hash(secrets.token_bytes(32)), _salt("the measured value")
        done = self.care.report(
            by=patient,
            device=bytes(key.public),
            cartridge=cartridge,
            result=result,
            signature=sign_result(key, self.care.address, cartridge, result),
        )
        return int(done.result)

    # What came of it

    def is_paid(self) -> bool:
        """Wait until the contracts owe no patient anything; say whether it came to that."""
        for _ in range(PAYING_TRIES):
            owed = [
                int(contract.owed(to=patient.address))
                for contract in (self.sets, self.care)
                for patient in self.patients
            ]
            if not any(owed):
                return True
            time.sleep(PAYING_PAUSE_S)
        return False

    def is_conserved(self) -> bool:
        """Say whether all money that was issued is somewhere, once nothing moves."""
        contracts = (self.sets.address, self.care.address)
        holders = [each.address for each in (*self.patients, self._cast.sponsor)]
        held = [self._client.read_balance(self.money, each) for each in (*holders, *contracts)]
        return sum(held) == int(self.token.supply())


def _salt(word: str) -> Hash:
    """Return a salted digest; who may know keeps word and salt."""
    return Hash(sha256(secrets.token_bytes(32) + word.encode()).digest())
