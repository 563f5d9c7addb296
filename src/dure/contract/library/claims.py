"""Claims against money that is kept back until the work is done.

Whoever works earns an amount; whoever it is done for may have a claim against it, up to the whole.
Money with an open claim waits: until both sides agree, a surveyor decides, or the time for claims
has run out. A contract that inherits it calls `self.keep_back`, `self.open_claim`, `self.earn`.
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
    days,
    invariant,
    only,
    require,
    scheduled,
    view,
)
from dure.contract.library.payouts import Money, Payouts

CLAIM_WITHIN = days(365)
BAR_GAS = 60_000


class ClaimState(Choice):
    """What became of a claim."""

    NONE = "there is no claim"
    OPEN = "the money waits until the claim is settled"
    SETTLED = "both sides agreed, or the surveyor decided"
    BARRED = "nobody settled the claim in time"


class KeptBack(Record):
    """Money that is kept back; `offer` is what the worker would give for the claim."""

    worker: Address
    claimant: Address
    amount: Amount[Money]
    earned: bool
    claim: ClaimState
    offer: Amount[Money]


class ClaimOpened(Event):
    """Somebody has a claim against money that is kept back."""

    number: int
    claimant: Address
    worker: Address
    evidence: Hash


class ClaimOffered(Event):
    """The worker offers so much for the claim."""

    number: int
    amount: Amount[Money]


class ClaimClosed(Event):
    """The claim is settled, or its time has run out."""

    number: int
    claim: ClaimState
    amount: Amount[Money]


class Claims(Payouts):
    """Money waits until it is earned, and longer while there is a claim."""

    kept_back: Map[int, KeptBack]

    @call
    def collect(self) -> None:
        """Take what the contract owes the caller and could not pay by itself."""
        self.hand_over_money(self.sender)

    @call
    def offer(self, number: int, amount: Amount[Money]) -> None:
        """Offer so much of the money to settle the claim."""
        kept = self.open_claim_of(number)
        require(self.sender == kept.worker, "only who earns the money offers")
        require(Money.of(0) < amount <= kept.amount, "an offer is above zero, at most what is kept")
        self.kept_back[number] = kept.replace(offer=amount)
        self.emit(ClaimOffered(number, amount))

    @call
    def agree(self, number: int, amount: Amount[Money]) -> None:
        """Settle the claim for exactly what is offered."""
        kept = self.open_claim_of(number)
        require(self.sender == kept.claimant, "only the claimant agrees")
        require(kept.offer > Money.of(0), "nothing is offered")
        require(amount == kept.offer, "another amount is offered")
        self.settle(number, amount)

    @call
    @only(role="surveyor")
    def decide(self, number: int, amount: Amount[Money]) -> None:
        """Decide how much goes to the claimant; the rest is the worker's."""
        kept = self.open_claim_of(number)
        require(amount <= kept.amount, "a claim is at most what is kept")
        self.settle(number, amount)

    @scheduled
    def bar_claim(self, number: int) -> None:
        """Pay the worker once the time for claims has run out."""
        kept = self.kept_back[number]
        if kept.claim == ClaimState.OPEN:
            self.close_claim(number, ClaimState.BARRED, Money.of(0))

    @view
    def claim_of(self, number: int) -> KeptBack:
        """Return what is kept back, and the claim against it."""
        require(number in self.kept_back, "nothing is kept back")
        return self.kept_back[number]

    @invariant
    def money_is_there(self) -> bool:
        """The contract holds all money that it took and has not paid out."""
        return self.balance_of(self.money) >= self.money_held

    # Shared parts

    def keep_back(
        self, number: int, worker: Address, claimant: Address, amount: Amount[Money]
    ) -> None:
        none = ClaimState.NONE
        self.kept_back[number] = KeptBack(worker, claimant, amount, False, none, Money.of(0))

    def open_claim(self, number: int, evidence: Hash) -> None:
        kept = self.kept_back[number]
        if kept.claim == ClaimState.NONE and not kept.earned:
            self.kept_back[number] = kept.replace(claim=ClaimState.OPEN)
            self.emit(ClaimOpened(number, kept.claimant, kept.worker, evidence))

    def earn(self, number: int) -> None:
        kept = self.kept_back[number]
        self.kept_back[number] = kept.replace(earned=True)
        if kept.claim == ClaimState.OPEN:
            self.schedule(self.now + CLAIM_WITHIN, self.bar_claim, number, gas=BAR_GAS)
        else:
            self.owe_money(kept.worker, kept.amount)

    def open_claim_of(self, number: int) -> KeptBack:
        kept = self.claim_of(number)
        require(kept.claim == ClaimState.OPEN, "there is no open claim")
        return kept

    def settle(self, number: int, amount: Amount[Money]) -> None:
        require(self.kept_back[number].earned, "a claim is settled once the work is done")
        self.close_claim(number, ClaimState.SETTLED, amount)

    def close_claim(self, number: int, claim: ClaimState, amount: Amount[Money]) -> None:
        kept = self.kept_back[number]
        self.kept_back[number] = kept.replace(claim=claim)
        self.owe_money(kept.claimant, amount)
        self.owe_money(kept.worker, kept.amount - amount)
        self.emit(ClaimClosed(number, claim, amount))


"""en:
number = number
worker = who earns the money
claimant = who has the claim
kept_back = money kept back
CLAIM_WITHIN = time in which a claim is settled
BAR_GAS = computing work set aside for the end of a claim, in gas
"""

"""ko:
Claims = 유보금과 손해 청구: 일이 끝날 때까지 돈을 잡아 두고, 청구가 있으면 더 잡아 둔다.
surveyor = 검정인
KeptBack = 유보금
kept_back = 유보금
worker = 돈을 받을 쪽
claimant = 청구인
amount = 금액
earned = 일이 끝남
claim = 청구
number = 번호
evidence = 증거의 해시
ClaimState = 청구의 상태: 청구가 어떻게 되었는지를 뜻한다.
there is no claim = 청구 없음
the money waits until the claim is settled = 청구가 정리될 때까지 돈이 기다림
both sides agreed, or the surveyor decided = 양쪽이 합의하였거나 검정인이 정함
nobody settled the claim in time = 기한 안에 정리되지 않음
collect = 찾아가기: 저절로 받지 못한 돈을 찾아간다.
money_is_there = 돈이 있음: 받고 아직 내주지 않은 돈이 모두 계약에 있다.
offer = 청구 합의 제안: 청구를 끝내기 위하여 유보금에서 얼마를 주겠다고 제안한다.
agree = 제안 수락: 제안된 바로 그 금액으로 청구를 끝낸다.
decide = 검정인의 결정: 청구인에게 얼마가 가는지 정한다. 나머지는 일한 쪽의 것이다.
bar_claim = 청구 기한 만료: 청구 기한이 지나면 일한 쪽에 지급한다.
claim_of = 유보금과 청구: 잡아 둔 돈과 그에 대한 청구.
keep_back = 유보
open_claim = 청구 개시
earn = 일의 완료
open_claim_of = 열린 청구
settle = 청구 정리
close_claim = 청구 종결
ClaimOpened = 손해 청구: 잡아 둔 돈에 대하여 청구가 있다.
ClaimOffered = 합의 제안: 일한 쪽이 청구에 대하여 금액을 제안하였다.
ClaimClosed = 청구 종결: 청구가 정리되었거나 기한이 지났다.
only who earns the money offers = 돈을 받을 쪽만 제안할 수 있다
an offer is above zero, at most what is kept = 제안은 0보다 크고 유보금까지이다
only the claimant agrees = 청구인만 수락할 수 있다
nothing is offered = 제안된 것이 없다
another amount is offered = 제안된 금액과 다르다
a claim is at most what is kept = 청구는 유보금까지이다
nothing is kept back = 잡아 둔 돈이 없다
there is no open claim = 열린 청구가 없다
a claim is settled once the work is done = 청구는 일이 끝난 뒤에 정리한다
CLAIM_WITHIN = 청구를 정리하는 기한
BAR_GAS = 청구 만료에 배정된 연산량(가스)
"""
