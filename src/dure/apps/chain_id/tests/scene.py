"""The parties and the contract with which every test of this folder begins."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import SimpleNamespace
from typing import cast

from dure.apps.chain_id.contract import Application, Check, Claim, Entry, Identity, Purpose, Status
from dure.apps.chain_id.offchain import Terms, issue_certificate
from dure.apps.chain_id.presentations import ClaimValue
from dure.apps.chain_id.stories import Register, apply, digest, in_three_years, open_register
from dure.contract.language import Hash, Time
from dure.contract.library.association import Institution
from dure.core.types import Address
from dure.sdk import Account, LocalAccount
from dure.testing import Deployed, Person, Refused, World

CLAIMS: Mapping[Claim, ClaimValue] = {
    Claim.ADULT: True,
    Claim.RESIDENT: True,
    Claim.NAME: "김민지 Kim Minji",
    Claim.BIRTHDATE: "1994-05-17",
}


@dataclass
class Scene:
    world: World
    register: Register
    person: Person
    stranger: Person
    made: int = 0

    @property
    def chain(self) -> Deployed:
        return self.register.chain

    def apply(self, person: Person | None = None, institution: Person | None = None) -> None:
        apply(self.register, person or self.person, institution or self.register.broker)

    def issue(self, person: Person | None = None, by: Person | None = None) -> int:
        """Verify a person, whose certificate is `certificate(n)` for the n-th issued here."""
        holder, issuer = person or self.person, by or self.register.broker
        self.apply(holder, issuer)
        return self.issue_without_applying(issuer, holder)

    def issue_without_applying(self, by: Person, person: Person | None = None) -> int:
        number = self.chain.issue(by=by, applicant=person or self.person, **self.terms())
        assert isinstance(number, int)
        return number

    def terms(self, expires: Time | None = None) -> dict[str, object]:
        """Evidence, certificate and expiry of the next certificate."""
        self.made += 1
        return {
            "evidence": digest(f"evidence {self.made}"),
            "certificate": self.certificate(self.made),
            "expires": expires or in_three_years(self.world),
        }

    @staticmethod
    def certificate(number: int) -> Hash:
        return digest(f"certificate {number}")

    def certify(self, person: Person | None = None, days_valid: int = 1_095) -> str:
        """Verify a person and return the certificate that their phone keeps."""
        holder, issuer = person or self.person, self.register.broker
        self.apply(holder)
        issued_s = self.now_s
        terms = Terms(
            self.chain.address,
            issuer.address,
            holder.address,
            holder.account.keys[0].public,
            issued_s,
            issued_s + days_valid * 86_400,
        )
        certificate, digest_of_it = issue_certificate(terms, CLAIMS, issuer.account.keys[0])
        self.made += 1
        self.chain.issue(
            by=issuer,
            applicant=holder,
            evidence=digest(f"evidence {self.made}"),
            certificate=digest_of_it,
            expires=Time(terms.expires_s * 1000),
        )
        return certificate

    @property
    def now_s(self) -> int:
        return self.world.now.milliseconds // 1000

    def sign_in(
        self,
        challenge: str = "challenge",
        *,
        by: Person | None = None,
        at: Person | None = None,
        claims: tuple[Claim, ...] = (),
    ) -> None:
        self.chain.sign_in(
            by=by or self.person,
            institution=at or self.register.bank,
            purpose=Purpose.SIGN_IN,
            challenge=digest(challenge),
            claims=list(claims),
        )

    def status(self, number: int = 1) -> Status:
        found = self.chain.status_of(number)
        assert isinstance(found, Status)
        return found


def begin(world: World | None = None) -> Scene:
    world = world or World()
    register = open_register(world)
    person, stranger = world.people("person", "stranger", won=1_000)
    return Scene(world, register, person, stranger)


class WorldRegister:
    """The contract of a story as the port that institutions ask."""

    def __init__(self, chain: Deployed, *people: Person) -> None:
        self.people = people
        self._chain = chain
        self.contract = chain.address

    async def call(self, method: str, *, by: Account, **arguments: object) -> object:
        """Act as whoever stands in the story with that account."""
        assert isinstance(by, LocalAccount)
        person = next(each for each in self.people if each.address == by.address)
        return SimpleNamespace(result=getattr(self._chain, method)(by=person, **arguments))

    async def check(self, certificate: Hash) -> Check:
        return cast("Check", self._chain.check(certificate))

    async def find_answer(self, institution: Address, challenge: Hash) -> Entry | None:
        try:
            return cast("Entry", self._chain.answer(institution, challenge))
        except Refused:
            return None

    async def get_status(self, identity: int) -> Status:
        return cast("Status", self._chain.status_of(identity))

    async def get_identity(self, identity: int) -> Identity:
        return cast("Identity", self._chain.identity(identity))

    async def find_application(self, applicant: Address) -> Application | None:
        try:
            return cast("Application", self._chain.application(applicant))
        except Refused:
            return None

    async def find_identity(self, holder: Address) -> int | None:
        try:
            return cast("int", self._chain.number_of(holder))
        except Refused:
            return None

    async def get_institution(self, institution: Address) -> Institution:
        return cast("Institution", self._chain.institution(institution))

    async def get_site(self, institution: Address) -> str:
        return cast("str", self._chain.site(institution))

    async def count_history(self, identity: int) -> int:
        return cast("int", self._chain.history_length(identity))

    async def list_history(self, identity: int, start: int) -> Sequence[Entry]:
        return cast("Sequence[Entry]", self._chain.history(identity, start))
