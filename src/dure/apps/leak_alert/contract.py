"""The alert.

A supervisor reports leaked identities as keyed digests; every member finds its own customers among
them, freezes what is theirs for review, and says so without saying who. The rules R1 to R14 are in
README.md.
"""

from dure.contract.language import (
    Address,
    Choice,
    Event,
    Hash,
    Map,
    Record,
    Time,
    Var,
    call,
    invariant,
    only,
    require,
    view,
)
from dure.contract.library.cases import Cases

DIGESTS_MAX = 1_000


class Standing(Choice):
    """What the list says of a digest."""

    UNKNOWN = "was never reported"
    REPORTED = "is reported as leaked"
    CLEARED = "was reported, and the alarm was called off"


class ClearReason(Choice):
    """Why an alarm is called off."""

    WRONG_IDENTITY = "another identity was meant"
    NOTHING_LEAKED = "nothing had leaked"
    NO_LONGER_USED = "what leaked is no longer in use"


class Epoch(Record):
    """The time during which one key is used.

    `key_check` tells whoever holds a key whether it is this one.
    """

    key_check: Hash
    begun: Time


class Batch(Record):
    """What was reported at once.

    `incident` is the salted digest of the supervisor's own file on where the leak came from.
    """

    epoch: int
    incident: Hash
    reported: Time
    digests: int
    cleared: int


class Alarm(Record):
    """What is known of one digest, and in which batch it was reported last."""

    batch: int
    standing: Standing


class Totals(Record):
    """What the supervisor did so far."""

    batches: int
    reported: int
    cleared: int


class EpochBegun(Event):
    """Another key is used from now on."""

    epoch: int
    key_check: Hash


class LeakReported(Event):
    """These identities have leaked."""

    batch: int
    epoch: int
    incident: Hash
    digests: list[Hash]


class AlarmsCleared(Event):
    """These alarms are called off."""

    digests: list[Hash]
    reason: ClearReason


class BatchAcknowledged(Event):
    """A member has compared a batch with its customers."""

    batch: int
    member: Address


class LeakAlert(Cases):
    """A list of leaked identities that only its members can read, and what they did about it."""

    key_is_old: Var[bool]
    epochs_begun: Var[int]
    epochs: Map[int, Epoch]
    keys_used: Map[Hash, int]
    batches_reported: Var[int]
    batches: Map[int, Batch]
    alarms: Map[Hash, Alarm]
    reported: Var[int]
    cleared: Var[int]
    acknowledgements: Map[int, Map[Address, Time]]
    compared: Map[Address, int]

    # The supervisor

    @call
    @only(role="supervisor")
    def admit(self, member: Address) -> None:
        """Let an institution take part; the key is given to it outside of the chain."""
        self.add_member(member)

    @call
    @only(role="supervisor")
    def dismiss(self, member: Address) -> None:
        """End a membership; nothing more is reported under the key that the member knows."""
        self.remove_member(member)
        self.key_is_old = True

    @call
    @only(role="supervisor")
    def begin_epoch(self, key_check: Hash) -> int:
        """Use another key from now on; return the number of its epoch."""
        require(key_check not in self.keys_used, "that key was used before")
        number = self.epochs_begun + 1
        self.epochs_begun = number
        self.keys_used[key_check] = number
        self.epochs[number] = Epoch(key_check, self.now)
        self.key_is_old = False
        self.emit(EpochBegun(number, key_check))
        return number

    @call
    @only(role="supervisor")
    def report(self, epoch: int, incident: Hash, digests: list[Hash]) -> int:
        """Say that these identities have leaked; return the number of the batch."""
        require(epoch == self.epochs_begun, "digests are made with the key of this epoch")
        require(epoch > 0, "no epoch has begun")
        require(not self.key_is_old, "a member has left: begin an epoch with another key first")
        require(0 < len(digests) <= DIGESTS_MAX, "a batch has 1 to 1000 digests")
        number = self.batches_reported + 1
        for digest in digests:
            known = self.alarm(digest)
            require(known.standing != Standing.REPORTED, "a digest is reported already")
            self.alarms[digest] = Alarm(number, Standing.REPORTED)
        self.batches_reported = number
        self.reported += len(digests)
        self.batches[number] = Batch(epoch, incident, self.now, len(digests), 0)
        self.emit(LeakReported(number, epoch, incident, digests))
        return number

    @call
    @only(role="supervisor")
    def clear(self, digests: list[Hash], reason: ClearReason) -> None:
        """Call alarms off; that they were raised stays on the record."""
        require(0 < len(digests) <= DIGESTS_MAX, "1 to 1000 digests are cleared at once")
        for digest in digests:
            known = self.alarm(digest)
            require(known.standing == Standing.REPORTED, "there is no such alarm")
            self.alarms[digest] = known.replace(standing=Standing.CLEARED)
            batch = self.batches[known.batch]
            self.batches[known.batch] = batch.replace(cleared=batch.cleared + 1)
        self.cleared += len(digests)
        self.emit(AlarmsCleared(digests, reason))

    # The members

    @call
    @only(party="members")
    def acknowledge(self, batch: int) -> None:
        """Say that a batch was compared with all customers; once is enough."""
        require(0 < batch <= self.batches_reported, "there is no such batch")
        require(self.sender not in self.acknowledgements[batch], "that was acknowledged already")
        self.acknowledgements[batch][self.sender] = self.now
        self.compared[self.sender] = self.compared_by(self.sender) + 1
        self.emit(BatchAcknowledged(batch, self.sender))

    # What everybody may read

    @view
    def standing(self, digest: Hash) -> Standing:
        """Say what the list holds of a digest."""
        return self.alarm(digest).standing

    @view
    def batch(self, number: int) -> Batch:
        """Return a batch; they are numbered from 1."""
        return self.batches[number]

    @view
    def epoch(self, number: int) -> Epoch:
        """Return an epoch; they are numbered from 1."""
        return self.epochs[number]

    @view
    def current_epoch(self) -> int:
        """Return the number of the epoch whose key is used now; 0 before the first."""
        return self.epochs_begun

    @view
    def missing(self, batch: int) -> list[Address]:
        """Return the members who have not compared a batch with their customers."""
        silent: list[Address] = []
        for member in self.members:
            if member not in self.acknowledgements[batch]:
                silent.append(member)
        return silent

    @view
    def compared_by(self, member: Address) -> int:
        """Return how many batches a member has compared with its customers."""
        return self.compared.get(member, 0)

    @view
    def totals(self) -> Totals:
        """Return what was reported and cleared so far."""
        return Totals(self.batches_reported, self.reported, self.cleared)

    @invariant
    def no_more_is_cleared_than_reported(self) -> bool:
        """Every alarm that was called off had been raised."""
        return self.cleared <= self.reported

    # Shared parts

    def alarm(self, digest: Hash) -> Alarm:
        return self.alarms.get(digest, Alarm(0, Standing.UNKNOWN))


"""ko:
LeakAlert = 개인정보 노출 경보: 회원사만 읽을 수 있는 노출 목록과, 회원사가 그에 대하여 한 일이다.
key_is_old = 열쇠 교체 필요 여부
key_check = 열쇠 확인값
keys_used = 이미 쓴 열쇠
Epoch = 열쇠 기간
epoch = 열쇠 기간: 열쇠 기간 하나의 내용. 번호는 1부터이다.
epochs = 열쇠 기간 목록
epochs_begun = 시작된 열쇠 기간 수
begun = 시작 시각
Batch = 신고 묶음
batch = 신고 묶음: 신고 묶음 하나의 내용. 번호는 1부터이다.
batches = 신고 묶음
batches_reported = 신고된 묶음 수
incident = 사고 자료의 다이제스트
digests = 다이제스트
digest = 다이제스트
Alarm = 경보
alarm = 경보
alarms = 경보 목록
reported = 신고된 다이제스트 수
cleared = 취소된 다이제스트 수
acknowledgements = 대조 완료 기록
compared = 회원사별 대조한 묶음 수
compared_by = 대조한 묶음 수: 회원사 하나가 고객과 대조한 신고 묶음의 수.
Totals = 누계

admit = 회원사 가입: 금융회사를 받아들인다. 열쇠는 체인 밖에서 건네준다.
dismiss = 회원사 탈퇴: 참여를 끝낸다. 그 회원사가 아는 열쇠로는 더 신고하지 않는다.
begin_epoch = 열쇠 교체: 이때부터 다른 열쇠를 쓰며, 새 열쇠 기간의 번호를 받는다.
report = 노출 신고: 이 정보들이 노출되었음을 알리고 신고 묶음의 번호를 받는다.
clear = 경보 취소: 경보를 거두어들인다. 경보가 있었다는 기록은 남는다.
acknowledge = 대조 완료: 신고 묶음 하나를 모든 고객과 대조하였음을 한 번 알린다.
standing = 등재 상태: 다이제스트 하나가 목록에 어떻게 올라 있는지.
current_epoch = 지금의 열쇠 기간: 지금 쓰는 열쇠가 속한 기간의 번호. 첫 기간이 시작되기 전에는
    0이다.
missing = 미대조 회원사: 신고 묶음을 아직 고객과 대조하지 않은 회원사.
totals = 누계: 지금까지 신고된 것과 취소된 것의 수.
no_more_is_cleared_than_reported = 신고된 것만 취소됨: 취소된 경보는 모두 앞서 신고된 것이다.

MemberAdmitted = 회원사 가입: 회원사가 참여하며, 열쇠는 체인 밖에서 받는다.
MemberDismissed = 회원사 탈퇴: 회원사가 더는 참여하지 않으며, 그 회원사가 아는 열쇠는 다시 쓰지
    않는다.
EpochBegun = 열쇠 교체: 이때부터 다른 열쇠를 쓴다.
LeakReported = 노출 신고: 이 정보들이 노출되었다.
AlarmsCleared = 경보 취소: 이 경보들이 취소되었다.
BatchAcknowledged = 대조 완료: 회원사가 신고 묶음을 고객과 대조하였다.

Standing = 등재 상태: 다이제스트 하나가 목록에 어떻게 올라 있는지를 뜻한다.
was never reported = 신고된 적 없음
is reported as leaked = 노출된 것으로 신고됨
was reported, and the alarm was called off = 신고되었다가 경보가 취소됨
ClearReason = 취소 사유: 경보를 취소하는 까닭을 뜻한다.
another identity was meant = 다른 사람의 정보를 잘못 신고함
nothing had leaked = 노출된 것이 없음
what leaked is no longer in use = 노출된 정보가 더는 쓰이지 않음

that key was used before = 이미 쓴 적이 있는 열쇠이다
digests are made with the key of this epoch = 다이제스트는 지금 기간의 열쇠로 만들어야 한다
no epoch has begun = 아직 시작된 열쇠 기간이 없다
a member has left: begin an epoch with another key first = 탈퇴한 회원사가 있으므로 먼저 열쇠를
    바꾸어야 한다
a batch has 1 to 1000 digests = 신고 묶음 하나에는 다이제스트가 1개에서 1,000개까지 들어간다
a digest is reported already = 이미 신고된 다이제스트가 있다
1 to 1000 digests are cleared at once = 한 번에 1개에서 1,000개까지 취소할 수 있다
there is no such alarm = 그런 경보가 없다
there is no such batch = 그런 신고 묶음이 없다
that was acknowledged already = 이미 대조를 마쳤다고 알린 신고 묶음이다

DIGESTS_MAX = 한 번에 다룰 수 있는 최대 다이제스트 수
"""
