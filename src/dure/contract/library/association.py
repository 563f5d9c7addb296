"""An association and its institutions: who takes part, who may issue, and whom all still trust.

A contract that inherits it asks `require_active` and `require_issuing` before an institution acts.
Whoever is expelled names nobody: the association does, so that what was issued stays looked after.
"""

from dure.contract.language import (
    Address,
    Choice,
    Contract,
    Event,
    Map,
    Record,
    Var,
    call,
    init,
    only,
    require,
    view,
)

KEY_BYTES = 32
SITE_LENGTH_MAX = 200


class Trust(Choice):
    """What the association says of an institution."""

    ACTIVE = "takes part"
    SUSPENDED = "is suspended for now"
    EXPELLED = "was expelled for good"


class Institution(Record):
    """An institution: its name, the Ed25519 key of what it issues, and whether it may issue."""

    name: str
    key: bytes
    issues: bool
    trust: Trust


class InstitutionAdmitted(Event):
    """An institution takes part."""

    institution: Address
    name: str
    issues: bool


class TrustChanged(Event):
    """An institution was suspended, resumed or expelled."""

    institution: Address
    trust: Trust


class IssuingKeyChanged(Event):
    """An institution signs with another key from now on."""

    institution: Address
    key: bytes


class SiteChanged(Event):
    """An institution signs people in at another site from now on."""

    institution: Address
    site: str


class Association(Contract):
    """An association says which institutions take part; what they issue stands and falls so."""

    association: Var[Address]
    institutions: Map[Address, Institution]
    successors: Map[Address, Address]
    sites: Map[Address, str]

    @init
    def found_association(self) -> None:
        """Who deploys the contract is the association."""
        self.association = self.sender

    # The association

    @call
    @only(party="association")
    def admit(self, institution: Address, name: str, key: bytes, issues: bool) -> None:
        """Let an institution take part, and say whether it may issue."""
        require(institution not in self.institutions, "the institution was admitted before")
        require(0 < len(name) <= 64, "a name has 1 to 64 characters")
        require(len(key) == KEY_BYTES, "a key has 32 bytes")
        self.institutions[institution] = Institution(name, key, issues, Trust.ACTIVE)
        self.emit(InstitutionAdmitted(institution, name, issues))

    @call
    @only(party="association")
    def set_trust(self, institution: Address, trust: Trust) -> None:
        """Suspend an institution, or let it go on."""
        require(trust != Trust.EXPELLED, "whoever expels names a successor")
        self.change_trust(institution, trust)

    @call
    @only(party="association")
    def expel(self, institution: Address, successor: Address) -> None:
        """Expel an institution for good; the successor looks after what it issued."""
        require(successor != institution, "the successor is another institution")
        self.require_issuing(successor)
        self.change_trust(institution, Trust.EXPELLED)
        self.successors[institution] = successor

    # The institutions

    @call
    def change_issuing_key(self, key: bytes) -> None:
        """Sign with another key from now on."""
        require(len(key) == KEY_BYTES, "a key has 32 bytes")
        self.require_active(self.sender)
        self.institutions[self.sender] = self.institutions[self.sender].replace(key=key)
        self.emit(IssuingKeyChanged(self.sender, key))

    @call
    def set_site(self, site: str) -> None:
        """Say at which site the institution asks people; an empty one says that it has none."""
        require(len(site) <= SITE_LENGTH_MAX, "a site has at most 200 characters")
        self.require_active(self.sender)
        self.sites[self.sender] = site
        self.emit(SiteChanged(self.sender, site))

    # What everybody may read

    @view
    def institution(self, address: Address) -> Institution:
        """Return what is known of an institution."""
        require(address in self.institutions, "that is no institution")
        return self.institutions[address]

    @view
    def site(self, address: Address) -> str:
        """Return at which site an institution asks people; an empty text where it has none."""
        return self.sites.get(address, "")

    @view
    def is_trusted(self, address: Address) -> bool:
        """Say whether an institution takes part now."""
        if address not in self.institutions:
            return False
        return self.institutions[address].trust == Trust.ACTIVE

    # Shared parts

    def require_active(self, address: Address) -> None:
        require(address in self.institutions, "that is no institution")
        require(self.is_trusted(address), "the institution is suspended or expelled")

    def require_issuing(self, address: Address) -> None:
        self.require_active(address)
        require(self.institutions[address].issues, "the institution may not issue")

    def keeper_of(self, issuer: Address) -> Address:
        """Return who looks after what an institution issued: itself, or its last successor."""
        keeper = issuer
        for step in range(8):
            if keeper not in self.successors:
                break
            keeper = self.successors[keeper]
        return keeper

    def change_trust(self, institution: Address, trust: Trust) -> None:
        require(institution in self.institutions, "that is no institution")
        known = self.institutions[institution]
        require(known.trust != Trust.EXPELLED, "an expelled institution does not come back")
        self.institutions[institution] = known.replace(trust=trust)
        self.emit(TrustChanged(institution, trust))


"""ko:
Association = 협회: 협회가 참여 기관을 정하며, 기관이 발행한 것의 신뢰는 그 기관의 신뢰를 따른다.
association = 협회
institutions = 참여 기관
successors = 승계 기관
sites = 기관별 사이트
site = 사이트: 기관이 사람에게 묻는 사이트. 없으면 빈 글이다.
Institution = 기관
institution = 기관: 기관에 대하여 등록된 것.
address = 기관
name = 이름
key = 공개키
issues = 발행 자격
trust = 신뢰 상태
issuer = 발행 기관
successor = 승계 기관
found_association = 설립: 이 계약을 체인에 올린 사람이 협회이다.
admit = 가입 승인: 기관을 참여하게 하고 발행 자격이 있는지 정한다.
set_trust = 신뢰 변경: 기관을 정지시키거나 다시 참여하게 한다.
expel = 제명: 기관을 아주 내보낸다. 승계 기관이 그 기관이 발행한 것을 돌본다.
set_site = 사이트 등록: 기관이 사람에게 묻는 사이트를 밝힌다. 빈 글이면 사이트가 없다.
change_issuing_key = 발행 키 변경: 앞으로 다른 키로 서명한다.
is_trusted = 참여 여부: 기관이 지금 참여하고 있는지.
keeper_of = 담당 기관
change_trust = 신뢰 상태 기록
require_active = 참여 확인
require_issuing = 발행 자격 확인
KEY_BYTES = 공개키의 바이트 수
SITE_LENGTH_MAX = 사이트의 최대 길이
SiteChanged = 사이트 변경: 기관이 이때부터 다른 사이트에서 사람에게 묻는다.
InstitutionAdmitted = 기관 가입: 기관이 참여한다.
TrustChanged = 신뢰 변경: 기관이 정지되었거나 다시 참여하거나 제명되었다.
IssuingKeyChanged = 발행 키 변경: 기관이 이때부터 다른 키로 서명한다.
Trust = 신뢰 상태: 협회가 기관에 대하여 말하는 것을 뜻한다.
takes part = 참여 중
is suspended for now = 정지됨
was expelled for good = 제명됨
the institution was admitted before = 이미 가입한 기관이다
a name has 1 to 64 characters = 이름은 1자에서 64자까지이다
a key has 32 bytes = 공개키는 32바이트이다
a site has at most 200 characters = 사이트는 200자까지이다
whoever expels names a successor = 제명할 때에는 승계 기관을 정하여야 한다
the successor is another institution = 승계 기관은 다른 기관이어야 한다
that is no institution = 참여 기관이 아니다
the institution is suspended or expelled = 정지되었거나 제명된 기관이다
the institution may not issue = 발행 자격이 없는 기관이다
an expelled institution does not come back = 제명된 기관은 돌아오지 못한다
"""
