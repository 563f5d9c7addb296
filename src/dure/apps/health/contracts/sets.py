# mypy: disable-error-code="empty-body"
"""De-identified sets: for the researcher who helps keep the ledger; patients who share are paid.

The rules R10 to R14 are in README.md. A set is a sealed record; who shares in it consented, in the
contract of health records, that this researcher uses this resource type for research.
"""

from dure.contract.language import (
    Address,
    Amount,
    Asset,
    Event,
    Hash,
    Interface,
    Map,
    Record,
    Var,
    call,
    encode,
    init,
    invariant,
    only,
    require,
    sha256,
    view,
)
from dure.contract.library.payouts import Money, Payouts
from dure.contract.library.sealed_keeping import SealedKeeping, SealedState

MEMBERS_MAX = 50
RESEARCH = "HRESCH"


class PatientConsents(Interface):
    """The contract of health records, as this one sees it."""

    @view
    def has_consent(self, subject: Address, reader: Address, kind: str, purpose: str) -> bool: ...


class SharedSet(Record):
    """For whom a set is, what is in it, and which patients share in it."""

    researcher: Address
    kind: str
    members: list[Address]


class FundPaid(Event):
    """Money for rewards came in."""

    sponsor: Address
    amount: Amount[Money]


class BlocksCounted(Event):
    """A researcher's node proposed some of these blocks, as their headers say."""

    researcher: Address
    first: int
    last: int
    proposed: int
    counted_by: Address


class SetReleased(Event):
    """A researcher may read a set."""

    set: Hash
    researcher: Address
    kind: str
    members: int


class SharingRewarded(Event):
    """A patient is paid for sharing."""

    set: Hash
    patient: Address
    amount: Amount[Money]


class SharedSets(SealedKeeping, Payouts):
    """Hospitals make sets of what patients share; researchers earn them with blocks."""

    sponsor: Var[Address]
    records: Var[Address]
    reward: Var[Amount[Money]]
    blocks_for_set: Var[int]
    members_min: Var[int]
    free: Var[Amount[Money]]
    counted_until: Map[Address, int]
    earned: Map[Address, int]
    shared_sets: Map[Hash, SharedSet]
    rewarded: Map[Hash, Hash]

    @init
    def start(
        self,
        money: Asset[Money],
        records: Address,
        reward: Amount[Money],
        blocks_for_set: int,
        members_min: int,
    ) -> None:
        """Open the programme: who deploys is the sponsor."""
        require(blocks_for_set > 0, "a set is earned with blocks")
        require(1 <= members_min <= MEMBERS_MAX, "a set has 1 to 50 members")
        self.sponsor = self.sender
        self.money = money
        self.records = records
        self.reward = reward
        self.blocks_for_set = blocks_for_set
        self.members_min = members_min

    # The sponsor

    @call(pays="money")
    def fund(self) -> None:
        """Pay in money for rewards; anybody may."""
        require(self.paid > Money.of(0), "the payment is above zero")
        self.money_held += self.paid
        self.free += self.paid
        self.emit(FundPaid(self.sender, self.paid))

    @call
    @only(party="sponsor")
    def take_back(self, amount: Amount[Money]) -> None:
        """Take back money with which nobody was rewarded."""
        require(amount <= self.free, "the fund has not so much")
        self.free -= amount
        self.owe_money(self.sponsor, amount)

    # The hospitals

    @call
    @only(role="depositor")
    def count_blocks(self, researcher: Address, first: int, last: int, proposed: int) -> None:
        """Say how many of these blocks a researcher's node proposed; each is counted once."""
        require(self.has_role("researcher", researcher), "that is no researcher")
        require(researcher != self.sender, "nobody counts their own blocks")
        require(first > self.counted_until.get(researcher, 0), "those blocks were counted before")
        require(first <= last, "the last block comes after the first")
        require(last < self.height, "those blocks are not there yet")
        require(0 <= proposed <= last - first + 1, "that is more than there are blocks")
        self.counted_until[researcher] = last
        self.earned[researcher] = self.earned.get(researcher, 0) + proposed
        self.emit(BlocksCounted(researcher, first, last, proposed, self.sender))

    @call
    @only(role="depositor")
    def deposit(
        self,
        name: Hash,
        salted: Hash,
        sealed: Hash,
        size: int,
        keepers: list[Address],
        readers: list[Address],
    ) -> None:
        """Have a set kept sealed; nobody reads it before it is released."""
        require(len(readers) == 0, "a set is released, not handed out")
        self.open_entry(name, salted, sealed, size, keepers)

    @call
    def release(self, name: Hash, researcher: Address, kind: str, members: list[Address]) -> None:
        """Give a researcher a set that was earned with blocks; every patient in it is paid."""
        self.entry_of_depositor(name)
        require(name not in self.shared_sets, "the set was released before")
        require(self.has_role("researcher", researcher), "that is no researcher")
        require(self.members_min <= len(members), "the set has too few members")
        require(len(members) <= MEMBERS_MAX, "a set has 1 to 50 members")
        blocks = self.earned.get(researcher, 0)
        require(blocks >= self.blocks_for_set, "the researcher has not earned a set")
        self.earned[researcher] = blocks - self.blocks_for_set
        self.shared_sets[name] = SharedSet(researcher, kind, members)
        for member in members:
            is_willing = self.consents(member, researcher, kind)
            require(is_willing, "a member does not consent")
            self.reward_member(name, researcher, kind, member)
        self.add_reader(name, researcher)
        self.emit(SetReleased(name, researcher, kind, len(members)))

    # The patients

    @call
    def collect(self) -> None:
        """Take what the contract owes the caller and could not pay by itself."""
        self.hand_over_money(self.sender)

    # The keepers

    @call
    def note_reading(self, name: Hash, version: int, reader: Address) -> int:
        """Note that a reader is about to be handed the key; return the number of the reading."""
        require(self.may_read(name, reader), "a member's consent is missing, or the release")
        return self.add_reading(name, version, reader)

    # What everybody may read

    @view
    def may_read(self, name: Hash, reader: Address) -> bool:
        """Say whether somebody may be handed the key: as long as every member consents."""
        if name not in self.sealed_entries:
            return False
        entry = self.sealed_entries[name]
        if entry.state != SealedState.KEPT:
            return False
        if reader == entry.depositor:
            return True
        if name not in self.shared_sets or reader not in entry.readers:
            return False
        shared = self.shared_sets[name]
        for member in shared.members:
            if not self.consents(member, shared.researcher, shared.kind):
                return False
        return True

    @view
    def set_of(self, name: Hash) -> SharedSet:
        """Return what a set is."""
        require(name in self.shared_sets, "there is no such set")
        return self.shared_sets[name]

    @view
    def blocks_earned(self, researcher: Address) -> int:
        """Return how many counted blocks a researcher has not used up."""
        return self.earned.get(researcher, 0)

    @view
    def last_counted(self, researcher: Address) -> int:
        """Return the last block that was counted for a researcher."""
        return self.counted_until.get(researcher, 0)

    @view
    def fund_left(self) -> Amount[Money]:
        """Return the money with which nobody was rewarded yet."""
        return self.free

    @invariant
    def money_is_kept(self) -> bool:
        """The contract holds all money that it took and has not paid out."""
        return self.balance_of(self.money) >= self.money_held and self.free <= self.money_held

    # Shared parts

    def consents(self, member: Address, researcher: Address, kind: str) -> bool:
        return PatientConsents(self.records).has_consent(member, researcher, kind, RESEARCH)

    def reward_member(self, name: Hash, researcher: Address, kind: str, member: Address) -> None:
        place = sha256(encode("reward", member, researcher, kind))
        require(place not in self.rewarded, "a member was rewarded for this before")
        require(self.reward <= self.free, "the fund has not so much")
        self.rewarded[place] = name
        self.free -= self.reward
        self.owe_money(member, self.reward)
        self.emit(SharingRewarded(name, member, self.reward))


"""en:
name = random name of the set
records = contract of health records
free = money with which nobody was rewarded
blocks_for_set = blocks that earn a set
members_min = fewest members of a set
counted_until = last block counted
earned = blocks not used up
rewarded = rewards by patient, researcher and kind
set = set
first = first block
last = last block
kind = resource type
consents = consent to research
is_willing = willingness
reward_member = reward of a member
start = opening
MEMBERS_MAX = most members of a set
RESEARCH = purpose of use for research
"""

"""ko:
SharedSets = 비식별 자료: 병원은 환자가 나눈 것으로 자료를 만들고, 연구자는 블록으로 자료를 얻는다.
depositor = 병원
researcher = 연구자
sponsor = 후원자
records = 건강 기록 계약
reward = 보상액
blocks_for_set = 자료 하나에 드는 블록 수
members_min = 자료의 최소 인원
free = 남은 보상 재원
counted_until = 세어 둔 마지막 블록
earned = 남은 블록 수
shared_sets = 비식별 자료 목록
rewarded = 보상 기록
SharedSet = 비식별 자료 내용: 누구를 위한 무슨 자료이고 어떤 환자의 것이 들어 있는지.
kind = 자료 종류
members = 나눈 환자들
member = 나눈 환자
set = 자료
patient = 환자
amount = 금액
money = 대금 통화
first = 첫 블록
last = 마지막 블록
proposed = 제안한 블록 수
counted_by = 센 병원
name = 자료의 무작위 이름
start = 시작: 사업을 연다. 이 계약을 체인에 올린 쪽이 후원자이다.
fund = 재원 내기: 보상에 쓸 돈을 낸다. 누구나 낼 수 있다.
take_back = 재원 거두기: 보상에 쓰이지 않은 돈을 거두어들인다.
count_blocks = 블록 세기: 연구자의 노드가 제안한 블록 수를 적는다. 블록은 한 번만 센다.
deposit = 자료 맡기기: 자료를 봉인하여 보관하게 한다. 내주기 전에는 아무도 읽지 못한다.
release = 자료 내주기: 블록으로 얻은 자료를 연구자에게 내주고, 나눈 환자 모두에게 보상한다.
collect = 찾아가기: 저절로 받지 못한 돈을 찾아간다.
note_reading = 열람 기록: 읽는 사람에게 곧 열쇠를 건넴을 적고 열람 번호를 받는다.
may_read = 열람 가능 여부: 나눈 환자 모두의 동의가 유효한 동안 열쇠를 받을 수 있는지.
set_of = 자료 보기: 자료의 내용.
blocks_earned = 남은 블록 수: 연구자가 아직 쓰지 않은 블록 수.
last_counted = 마지막으로 센 블록: 연구자에 대하여 마지막으로 센 블록.
fund_left = 남은 재원: 아직 보상에 쓰이지 않은 돈.
money_is_kept = 돈이 있음: 받고 아직 내주지 않은 돈이 모두 계약에 있다.
consents = 연구 동의
has_consent = 동의 여부
is_willing = 동의한 환자인지
reward_member = 환자 보상
PatientConsents = 환자 동의
FundPaid = 재원 납입: 보상에 쓸 돈이 들어왔다.
BlocksCounted = 블록 계수: 연구자의 노드가 그 블록들 가운데 몇을 제안하였다.
SetReleased = 자료 제공: 연구자가 자료를 읽을 수 있다.
SharingRewarded = 나눔 보상: 환자가 나눈 보상을 받는다.
a set is earned with blocks = 자료는 블록으로 얻는다
a set has 1 to 50 members = 자료의 인원은 1명에서 50명까지이다
the payment is above zero = 낸 돈은 0보다 커야 한다
the fund has not so much = 재원이 모자란다
that is no researcher = 연구자가 아니다
nobody counts their own blocks = 자기의 블록을 스스로 세지 못한다
those blocks were counted before = 이미 센 블록이다
the last block comes after the first = 마지막 블록은 첫 블록보다 앞설 수 없다
those blocks are not there yet = 아직 없는 블록이다
that is more than there are blocks = 블록 수보다 많다
a set is released, not handed out = 자료는 내주기로만 읽게 된다
the set was released before = 이미 내준 자료이다
the set has too few members = 자료의 인원이 모자란다
the researcher has not earned a set = 연구자가 아직 자료를 얻지 못하였다
a member does not consent = 동의하지 않은 환자가 있다
a member was rewarded for this before = 이미 이 일로 보상받은 환자가 있다
a member's consent is missing, or the release = 환자의 동의가 없거나 내주지 않은 자료이다
there is no such set = 없는 자료이다
MEMBERS_MAX = 자료의 최대 인원
RESEARCH = 연구 목적
"""
