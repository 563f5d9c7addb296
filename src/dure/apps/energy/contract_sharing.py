"""Sharing of metering data: who may read whose, for what, until when, and every use of it.

The data lie sealed with the house; the chain holds their salted digest, the permission, and each
use. The rules R13 and R14 are in README.md.
"""

from dure.contract.language import (
    Address,
    Choice,
    Contract,
    Event,
    Hash,
    Map,
    Record,
    Time,
    Var,
    call,
    days,
    require,
    view,
)

PERMISSION_MAX = days(366)


class Purpose(Choice):
    """What the data may be used for."""

    ADVICE = "advice about saving energy"
    TARIFF = "an offer of another tariff"
    PLANNING = "planning of the grid"


class Permission(Record):
    """Leave to read metering data until a moment, for one purpose."""

    purpose: Purpose
    until: Time
    is_given: bool


class DataDeposited(Event):
    """A house keeps sealed metering data of a day with this salted digest."""

    house: Address
    day: int
    digest: Hash


class PermissionGranted(Event):
    """A house lets somebody read."""

    house: Address
    reader: Address
    purpose: Purpose
    until: Time


class PermissionWithdrawn(Event):
    """A house ends a permission."""

    house: Address
    reader: Address


class DataUsed(Event):
    """Somebody reads a day's data; without this entry the house hands nothing over."""

    house: Address
    reader: Address
    day: int
    purpose: Purpose


class MeterSharing(Contract):
    """Metering data are read with permission only, and every use is on record."""

    digests: Map[Address, Map[int, Hash]]
    permissions: Map[Address, Map[Address, Permission]]
    uses: Map[Address, int]
    uses_in_all: Var[int]

    @call
    def deposit_data(self, day: int, digest: Hash) -> None:
        """Write down the salted digest of the own data of a day, counted from 1970; once."""
        require(day not in self.digests[self.sender], "that day is written down already")
        self.digests[self.sender][day] = digest
        self.emit(DataDeposited(self.sender, day, digest))

    @call
    def grant(self, reader: Address, purpose: Purpose, until: Time) -> None:
        """Let somebody read the own data, for one purpose and until a moment."""
        require(until > self.now, "a permission ends in the future")
        require(until <= self.now + PERMISSION_MAX, "a permission lasts at most 366 days")
        require(reader != self.sender, "nobody needs leave to read the own data")
        self.permissions[self.sender][reader] = Permission(purpose, until, is_given=True)
        self.emit(PermissionGranted(self.sender, reader, purpose, until))

    @call
    def withdraw_grant(self, reader: Address) -> None:
        """End a permission at once."""
        require(reader in self.permissions[self.sender], "there is no such permission")
        known = self.permissions[self.sender][reader]
        require(known.is_given, "there is no such permission")
        self.permissions[self.sender][reader] = known.replace(is_given=False)
        self.emit(PermissionWithdrawn(self.sender, reader))

    @call
    def record_use(self, house: Address, day: int, purpose: Purpose) -> Hash:
        """Write down a use, and get the digest by which the data are checked."""
        require(self.may_read(house, self.sender, purpose), "there is no such permission")
        require(day in self.digests[house], "there are no data of that day")
        self.uses[house] = self.uses_of(house) + 1
        self.uses_in_all += 1
        self.emit(DataUsed(house, self.sender, day, purpose))
        return self.digests[house][day]

    @view
    def may_read(self, house: Address, reader: Address, purpose: Purpose) -> bool:
        """Say whether a permission for that purpose holds now."""
        if reader not in self.permissions[house]:
            return False
        known = self.permissions[house][reader]
        return known.is_given and known.purpose == purpose and self.now < known.until

    @view
    def uses_of(self, house: Address) -> int:
        """Return how often a house's data were used."""
        return self.uses.get(house, 0)


"""ko:
MeterSharing = 계량 자료 공유: 허락을 받아야만 계량 자료를 읽으며, 쓸 때마다 기록이 남는다.
PERMISSION_MAX = 허락의 최장 기간
Purpose = 이용 목적: 자료를 무엇에 써도 되는지를 뜻한다.
purpose = 이용 목적
advice about saving energy = 절전 상담
an offer of another tariff = 다른 요금제 제안
planning of the grid = 배전망 계획
Permission = 허락: 한 가지 목적으로 어느 때까지 읽어도 된다는 허락.
permissions = 허락 목록
until = 기한
is_given = 유효 여부
house = 가구
reader = 열람자
day = 날
digest = 다이제스트
digests = 다이제스트 목록
uses = 이용 횟수
uses_in_all = 모든 이용 횟수
deposit_data = 자료 등록: 자기 하루 자료의 다이제스트를 한 번 적는다. 날은 1970년부터 센다.
grant = 허락: 다른 이에게 한 가지 목적으로 어느 때까지 자기 자료를 읽게 한다.
withdraw_grant = 허락 철회: 허락을 바로 끝낸다.
record_use = 이용 기록: 이용을 적고, 자료를 확인할 다이제스트를 받는다.
may_read = 허락 여부: 그 목적의 허락이 지금 있는지.
uses_of = 이용 횟수: 한 가구의 자료가 쓰인 횟수.
DataDeposited = 자료 등록: 가구가 하루의 봉인한 자료를 지니고 있다.
PermissionGranted = 허락: 가구가 다른 이에게 읽기를 허락하였다.
PermissionWithdrawn = 허락 철회: 가구가 허락을 끝냈다.
DataUsed = 자료 이용: 하루의 자료를 읽는다.
that day is written down already = 이미 적힌 날이다
a permission ends in the future = 허락의 기한은 앞날이어야 한다
a permission lasts at most 366 days = 허락은 366일을 넘지 못한다
nobody needs leave to read the own data = 자기 자료를 읽는 데에는 허락이 필요 없다
there is no such permission = 그런 허락이 없다
there are no data of that day = 그날의 자료가 없다
"""
