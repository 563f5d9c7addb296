"""A key that several trustees make together, and of which no few of them hold enough.

Each trustee deals a polynomial by Feldman's scheme: commitments for all to see, and a sealed share
for each other trustee. Whoever is dealt a wrong share opens it for all. What is encrypted to the
sum of the first commitments is opened by as many trustees as the threshold says. The chain keeps
what each gave and when; the points and proofs in it are checked outside of the chain by anybody.
Observers who find a proof false object: more than half of them take the deposit away.
"""

from dure.contract.language import (
    Address,
    Amount,
    Choice,
    Event,
    Hash,
    Map,
    Record,
    call,
    encode,
    require,
    sha256,
    view,
)
from dure.contract.library.payouts import Money, Payouts

TRUSTEES_MAX = 7
OBSERVERS_MAX = 9
POINT_BYTES = 32
KNOWLEDGE_BYTES = 64
PART_BYTES = 96


class KeyState(Choice):
    """What a joint key is used for."""

    MADE = "the trustees make it"
    HELD = "is in use, and nothing may be opened"
    OPENING = "the trustees open what was sealed with it"
    CLOSED = "is no longer used"


class KeyFinding(Choice):
    """What an observer found false when recomputing."""

    WRONG_KEY = "the key is not that of the trustees"
    WRONG_SHARE = "a trustee dealt a wrong share"
    FALSE_ACCUSATION = "a trustee accused another falsely"
    WRONG_PART = "a part of the opening is not proved"
    WRONG_RESULT = "the result is not what was opened"
    WRONG_LIST = "the list of voters is wrong"


class JointKey(Record):
    """A joint key: whose it is, and how far the trustees are."""

    owner: Address
    state: KeyState
    threshold: int
    deposit: Amount[Money]
    forfeits_to: Address
    values: int
    dealt: int
    confirmed: int
    parts: int
    transcript: Hash
    settled: bool


class TrusteeJoined(Event):
    """A trustee takes part, with the key to which others seal its shares."""

    number: int
    trustee: Address
    sealing_key: bytes
    proof: bytes


class SharesDealt(Event):
    """A trustee has dealt its part of the key, a sealed share for each trustee."""

    number: int
    trustee: Address
    commitments: list[bytes]
    proof: bytes
    sealed_shares: list[bytes]


class SharesConfirmed(Event):
    """A trustee has opened its shares, and they are right."""

    number: int
    trustee: Address


class DealerAccused(Event):
    """A trustee opens a share that was dealt to it; everybody can recompute who lies."""

    number: int
    trustee: Address
    dealer: Address
    shared: bytes
    proof: bytes


class PartGiven(Event):
    """A trustee gives its part of the opening."""

    number: int
    trustee: Address
    parts: bytes


class ObjectionRaised(Event):
    """An observer objects; the digest is that of its report."""

    number: int
    observer: Address
    accused: Address
    finding: KeyFinding
    report: Hash


class PartyStruck(Event):
    """More than half of the observers objected to somebody, whose deposit is forfeit."""

    number: int
    accused: Address


class TrusteeMissing(Event):
    """A trustee did not do its part in time; its deposit is forfeit."""

    number: int
    trustee: Address


class JointKeys(Payouts):
    """Joint keys by number, with deposits of the owner and the trustees."""

    joint_keys: Map[int, JointKey]
    trustees: Map[int, list[Address]]
    observers: Map[int, list[Address]]
    key_steps: Map[int, Map[Address, int]]
    objected: Map[int, Map[Address, Map[Address, bool]]]
    objections: Map[int, Map[Address, int]]
    forfeited: Map[int, Map[Address, bool]]

    # The trustees

    @call(pays="money")
    def join(self, number: int, sealing_key: bytes, proof: bytes) -> None:
        """Take part as a trustee, with the deposit and an own key."""
        joint = self.find_key(number, KeyState.MADE, 0)
        require(self.paid == joint.deposit, "the payment is not the deposit")
        require(len(sealing_key) == POINT_BYTES, "a key has 32 bytes")
        require(len(proof) == KNOWLEDGE_BYTES, "a proof has 64 bytes")
        self.money_held += self.paid
        self.key_steps[number][self.sender] = 1
        self.emit(TrusteeJoined(number, self.sender, sealing_key, proof))

    @call
    def deal(
        self, number: int, commitments: list[bytes], proof: bytes, sealed_shares: list[bytes]
    ) -> None:
        """Deal a part of the key, once all trustees have joined."""
        joint = self.find_key(number, KeyState.MADE, 1)
        for trustee in self.trustees[number]:
            has_joined = self.key_steps[number].get(trustee, 0) >= 1
            require(has_joined, "not all trustees have joined")
        require(len(commitments) == joint.threshold, "there is a commitment for each degree")
        require(len(sealed_shares) == len(self.trustees[number]), "there is a share for each")
        for given in commitments + sealed_shares:
            require(len(given) == POINT_BYTES, "commitments and shares have 32 bytes")
        require(len(proof) == KNOWLEDGE_BYTES, "a proof has 64 bytes")
        self.key_steps[number][self.sender] = 2
        transcript = sha256(encode(joint.transcript, self.sender, commitments))
        self.joint_keys[number] = joint.replace(dealt=joint.dealt + 1, transcript=transcript)
        self.emit(SharesDealt(number, self.sender, commitments, proof, sealed_shares))

    @call
    def confirm(self, number: int) -> None:
        """Say that all shares that were dealt to the caller are right."""
        joint = self.find_key(number, KeyState.MADE, 2)
        require(joint.dealt == len(self.trustees[number]), "not all trustees have dealt")
        self.key_steps[number][self.sender] = 3
        self.joint_keys[number] = joint.replace(confirmed=joint.confirmed + 1)
        self.emit(SharesConfirmed(number, self.sender))

    @call
    def accuse(self, number: int, dealer: Address, shared: bytes, proof: bytes) -> None:
        """Open a wrong share for all to see; the key is not used any more."""
        joint = self.find_key(number, KeyState.MADE, 2)
        has_dealt = self.key_steps[number].get(dealer, 0) >= 2
        require(has_dealt, "the accused has dealt nothing")
        require(len(shared) == POINT_BYTES, "a key has 32 bytes")
        require(len(proof) == KNOWLEDGE_BYTES, "a proof has 64 bytes")
        self.joint_keys[number] = joint.replace(state=KeyState.CLOSED)
        self.emit(DealerAccused(number, self.sender, dealer, shared, proof))

    @call
    def give_part(self, number: int, parts: bytes) -> None:
        """Give the own part of the opening with its proofs: 96 bytes for each value."""
        joint = self.find_key(number, KeyState.OPENING, 3)
        is_whole = len(parts) == PART_BYTES * joint.values
        require(is_whole, "a part has 96 bytes for each value")
        self.key_steps[number][self.sender] = 4
        self.joint_keys[number] = joint.replace(parts=joint.parts + 1)
        self.emit(PartGiven(number, self.sender, parts))

    # The observers

    @call
    def object(self, number: int, accused: Address, finding: KeyFinding, report: Hash) -> None:
        """Object to the owner or to a trustee; more than half of the observers strike it."""
        joint = self.joint_keys[number]
        require(not joint.settled, "the deposits are settled")
        require(self.sender in self.observers[number], "only an observer may object")
        is_party = accused == joint.owner or accused in self.trustees[number]
        require(is_party, "the accused has no part in it")
        has_objected = self.objected[number][accused].get(self.sender, False)
        require(not has_objected, "the observer has objected already")
        self.objected[number][accused][self.sender] = True
        count = self.objections[number].get(accused, 0) + 1
        self.objections[number][accused] = count
        self.emit(ObjectionRaised(number, self.sender, accused, finding, report))
        observers = len(self.observers[number])
        if count * 2 > observers and (count - 1) * 2 <= observers:
            self.forfeited[number][accused] = True
            self.emit(PartyStruck(number, accused))

    @call
    def collect(self) -> None:
        """Take what is owed and could not be paid by itself."""
        require(self.owed(self.sender) > Money.of(0), "nothing is owed")
        self.hand_over_money(self.sender)

    # What everybody may read

    @view
    def joint_key(self, number: int) -> JointKey:
        """Return how far a joint key is; they are numbered from 1."""
        return self.joint_keys[number]

    @view
    def has_forfeited(self, number: int, party: Address) -> bool:
        """Say whether somebody was struck or missing, so that the deposit is forfeit."""
        return self.forfeited[number].get(party, False)

    # Shared parts

    def new_key(
        self,
        threshold: int,
        deposit: Amount[Money],
        forfeits_to: Address,
        values: int,
        transcript: Hash,
    ) -> JointKey:
        return JointKey(
            owner=self.sender,
            state=KeyState.MADE,
            threshold=threshold,
            deposit=deposit,
            forfeits_to=forfeits_to,
            values=values,
            dealt=0,
            confirmed=0,
            parts=0,
            transcript=transcript,
            settled=False,
        )

    def found_key(
        self, number: int, joint: JointKey, trustees: list[Address], observers: list[Address]
    ) -> None:
        require(2 <= len(trustees) <= TRUSTEES_MAX, "there are 2 to 7 trustees")
        require(1 <= len(observers) <= OBSERVERS_MAX, "there are 1 to 9 observers")
        is_majority = len(trustees) < joint.threshold * 2 and joint.threshold <= len(trustees)
        require(is_majority, "the threshold is more than half of the trustees")
        seen: list[Address] = [joint.owner]
        for party in trustees + observers:
            require(party not in seen, "owner, trustees and observers are different")
            seen.append(party)
        self.trustees[number] = trustees
        self.observers[number] = observers
        self.joint_keys[number] = joint

    def hold_key(self, number: int, key: bytes) -> Hash:
        joint = self.joint_keys[number]
        require(joint.state == KeyState.MADE, "the key is not made any more")
        is_ready = joint.confirmed == len(self.trustees[number])
        require(is_ready, "not all trustees have confirmed")
        require(len(key) == POINT_BYTES, "a key has 32 bytes")
        transcript = sha256(encode(joint.transcript, key))
        self.joint_keys[number] = joint.replace(state=KeyState.HELD, transcript=transcript)
        return transcript

    def begin_opening(self, number: int) -> None:
        self.joint_keys[number] = self.joint_keys[number].replace(state=KeyState.OPENING)

    def close_key(self, number: int) -> None:
        lowest = 4
        joint = self.joint_keys[number]
        if joint.state == KeyState.MADE:
            for trustee in self.trustees[number]:
                lowest = min(lowest, self.key_steps[number].get(trustee, 0))
        is_due = joint.state == KeyState.OPENING or lowest < 3
        late = 3 if joint.state == KeyState.OPENING else lowest
        for trustee in self.trustees[number]:
            if is_due and self.key_steps[number].get(trustee, 0) <= late:
                self.forfeited[number][trustee] = True
                self.emit(TrusteeMissing(number, trustee))
        self.joint_keys[number] = joint.replace(state=KeyState.CLOSED)

    def check_used(self, number: int, used: list[Address]) -> None:
        is_enough = len(used) == self.joint_keys[number].threshold
        require(is_enough, "as many parts are used as the threshold says")
        seen: list[Address] = []
        for trustee in used:
            has_given = trustee not in seen and self.key_steps[number].get(trustee, 0) == 4
            require(has_given, "each part that is used was given, and stands once")
            require(not self.has_forfeited(number, trustee), "the trustee was struck")
            seen.append(trustee)

    def settle_deposits(self, number: int) -> None:
        joint = self.joint_keys[number]
        self.joint_keys[number] = joint.replace(settled=True)
        self.return_deposit(number, joint, joint.owner)
        for trustee in self.trustees[number]:
            if self.key_steps[number].get(trustee, 0) > 0:
                self.return_deposit(number, joint, trustee)

    def return_deposit(self, number: int, joint: JointKey, party: Address) -> None:
        is_forfeit = self.has_forfeited(number, party)
        self.owe_money(joint.forfeits_to if is_forfeit else party, joint.deposit)

    def find_key(self, number: int, state: KeyState, step: int) -> JointKey:
        joint = self.joint_keys[number]
        require(joint.state == state, "the key is in another state")
        require(self.sender in self.trustees[number], "only a trustee may do that")
        is_next = self.key_steps[number].get(self.sender, 0) == step
        require(is_next, "another step comes first, or that was done already")
        return joint


"""ko:
JointKeys = 공동 열쇠: 여럿이 함께 만든 열쇠를 번호로 두고, 소유자와 수탁자의 보증금을 맡는다.
KeyState = 열쇠 상태: 공동 열쇠를 어디에 쓰는지를 뜻한다.
state = 상태
the trustees make it = 수탁자들이 만드는 중
is in use, and nothing may be opened = 쓰는 중, 아무것도 열 수 없음
the trustees open what was sealed with it = 봉인한 것을 여는 중
is no longer used = 더는 쓰지 않음
KeyFinding = 확인 결과: 참관인이 다시 계산하여 거짓으로 밝힌 것을 뜻한다.
finding = 확인 결과
the key is not that of the trustees = 수탁자들의 열쇠가 아님
a trustee dealt a wrong share = 틀린 조각을 나누어 줌
a trustee accused another falsely = 거짓으로 고발함
a part of the opening is not proved = 여는 몫이 증명되지 않음
the result is not what was opened = 결과가 연 것과 다름
the list of voters is wrong = 선거인 명부가 틀림
JointKey = 공동 열쇠: 누구의 열쇠이며 수탁자들이 어디까지 하였는지를 뜻한다.
joint_keys = 공동 열쇠
joint_key = 공동 열쇠: 공동 열쇠 하나가 어디까지 왔는지. 번호는 1부터이다.
joint = 공동 열쇠
owner = 소유자
threshold = 필요한 수탁자 수
deposit = 보증금
forfeits_to = 몰수금을 받을 사람
values = 열 값의 수
dealt = 조각을 나눈 수탁자 수
confirmed = 확인한 수탁자 수
parts = 여는 몫
transcript = 기록의 다이제스트
settled = 정산 여부
trustee = 수탁자
trustees = 수탁자 목록
observer = 참관인
observers = 참관인
key_steps = 수탁자의 단계
objected = 이의를 낸 참관인
objections = 이의 수
forfeited = 보증금 몰수 여부
accused = 이의를 받은 사람
report = 보고서의 다이제스트
number = 번호
sealing_key = 봉인 열쇠
proof = 증명
commitments = 약속값
sealed_shares = 봉인한 조각
dealer = 조각을 나눈 수탁자
shared = 함께 아는 값
used = 쓰인 몫의 수탁자
key = 열쇠
party = 당사자
given = 받은 값
count = 이의 수
seen = 이미 본 사람
lowest = 가장 낮은 단계
late = 늦은 단계
step = 단계
join = 참여: 보증금과 자기 봉인 열쇠를 내고 수탁자로 참여한다.
deal = 조각 나누기: 모두 참여한 뒤에 열쇠의 자기 몫을 나누어 준다.
confirm = 조각 확인: 받은 조각이 모두 맞다고 알린다.
accuse = 고발: 틀린 조각을 모두에게 열어 보인다. 그 열쇠는 더는 쓰지 않는다.
give_part = 여는 몫 내기: 증명을 붙인 자기 몫을 낸다. 값마다 96바이트이다.
object = 이의 제기: 소유자나 수탁자에게 이의를 낸다. 참관인의 절반이 넘으면 제외된다.
collect = 찾아가기: 저절로 받지 못한 돈을 찾아간다.
has_forfeited = 몰수 여부 보기: 제외되었거나 빠져서 보증금을 잃는지.
has_joined = 참여하였는지
has_dealt = 나누었는지
has_objected = 이의를 냈는지
has_given = 몫을 냈는지
is_whole = 온전한지
is_party = 당사자인지
is_majority = 과반인지
is_ready = 모두 확인하였는지
is_due = 기한이 되었는지
is_enough = 수가 맞는지
is_forfeit = 몰수되는지
is_next = 다음 단계인지
new_key = 새 열쇠
found_key = 열쇠 시작
hold_key = 열쇠 쓰기
begin_opening = 열기 시작
close_key = 열쇠 닫기
check_used = 쓰인 몫 확인
settle_deposits = 보증금 정산
return_deposit = 보증금 돌려주기
find_key = 열린 열쇠
TrusteeJoined = 수탁자 참여: 자기 봉인 열쇠를 내고 참여한다.
SharesDealt = 조각 나눔: 수탁자가 저마다에게 봉인한 조각을 나누어 주었다.
SharesConfirmed = 조각 확인: 수탁자가 조각을 열어 보았고 맞았다.
DealerAccused = 고발: 받은 조각을 열어 보였다. 누가 거짓인지 누구나 다시 계산할 수 있다.
PartGiven = 여는 몫: 수탁자가 여는 몫을 냈다.
ObjectionRaised = 이의: 참관인이 이의를 냈다. 다이제스트는 보고서의 것이다.
PartyStruck = 제외: 참관인의 절반이 넘게 이의를 냈다. 보증금은 몰수된다.
TrusteeMissing = 수탁자 불참: 제때 할 일을 하지 않았다. 보증금은 몰수된다.
the payment is not the deposit = 낸 돈이 보증금과 다르다
a key has 32 bytes = 열쇠는 32바이트이다
a proof has 64 bytes = 증명은 64바이트이다
not all trustees have joined = 아직 모든 수탁자가 참여하지 않았다
there is a commitment for each degree = 약속값은 차수마다 하나이다
there is a share for each = 조각은 수탁자마다 하나이다
commitments and shares have 32 bytes = 약속값과 조각은 32바이트이다
not all trustees have dealt = 아직 모든 수탁자가 나누지 않았다
the accused has dealt nothing = 고발된 사람은 나누어 준 것이 없다
a part has 96 bytes for each value = 여는 몫은 값마다 96바이트이다
the deposits are settled = 보증금이 이미 정산되었다
only an observer may object = 참관인만 이의를 낸다
the accused has no part in it = 당사자가 아닌 사람이다
the observer has objected already = 이미 이의를 낸 참관인이다
nothing is owed = 받을 돈이 없다
there are 2 to 7 trustees = 수탁자는 2명에서 7명까지이다
there are 1 to 9 observers = 참관인은 1명에서 9명까지이다
the threshold is more than half of the trustees = 필요한 수탁자 수는 과반이어야 한다
owner, trustees and observers are different = 소유자, 수탁자, 참관인은 서로 달라야 한다
the key is not made any more = 열쇠를 만드는 때가 아니다
not all trustees have confirmed = 아직 모든 수탁자가 확인하지 않았다
as many parts are used as the threshold says = 쓰인 몫의 수가 필요한 수탁자 수와 다르다
each part that is used was given, and stands once = 내지 않았거나 두 번 든 몫이 있다
the trustee was struck = 제외된 수탁자이다
the key is in another state = 열쇠가 다른 상태이다
only a trustee may do that = 수탁자만 할 수 있다
another step comes first, or that was done already = 먼저 할 일이 있거나 이미 하였다
TRUSTEES_MAX = 최대 수탁자 수
OBSERVERS_MAX = 최대 참관인 수
POINT_BYTES = 점의 바이트 수
KNOWLEDGE_BYTES = 지식 증명의 바이트 수
PART_BYTES = 값 하나를 여는 몫의 바이트 수
"""
