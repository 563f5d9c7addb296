"""Phone numbers that lead to accounts, under digests with a key that the banks alone have.

A plain hash of a phone number is found by trying all numbers; without the key nobody can try. The
rule R18 is in README.md.
"""

from dure.contract.language import (
    Address,
    Asset,
    Contract,
    Event,
    Hash,
    Map,
    Record,
    call,
    only,
    require,
    view,
)


class Listing(Record):
    """The account behind a phone number, and the bank that knows whose number it is."""

    bank: Address
    money: Asset
    holder: Address


class NumberListed(Event):
    """A phone number leads to an account."""

    digest: Hash
    bank: Address
    money: Asset


class NumberStruck(Event):
    """A phone number leads nowhere any longer."""

    digest: Hash


class PhoneDirectory(Contract):
    """Where money goes that is sent to a phone number."""

    listings: Map[Hash, Listing]

    @call
    @only(role="bank")
    def list_number(self, digest: Hash, money: Asset, holder: Address) -> None:
        """Let a number lead to a customer's account, whose number the bank has checked."""
        if digest in self.listings:
            listed = self.listings[digest]
            is_own = listed.bank == self.sender and listed.holder == holder
            require(is_own, "another account has this number")
        self.listings[digest] = Listing(self.sender, money, holder)
        self.emit(NumberListed(digest, self.sender, money))

    @call
    def strike_number(self, digest: Hash) -> None:
        """Let a number lead nowhere, as the holder of the account or the bank that listed it."""
        listed = self.look_up(digest)
        is_theirs = self.sender in [listed.holder, listed.bank]
        require(is_theirs, "only its holder and its bank may strike a number")
        self.listings.remove(digest)
        self.emit(NumberStruck(digest))

    @view
    def look_up(self, digest: Hash) -> Listing:
        """Return the account behind a number's digest."""
        require(digest in self.listings, "no account has this number")
        return self.listings[digest]


"""en:
digest = keyed digest of the number
listings = numbers and their accounts
"""

"""ko:
PhoneDirectory = 전화번호 주소록: 전화번호로 보낸 돈이 갈 곳을 적어 둔다.
Listing = 등재: 전화번호의 계좌와 그 번호를 확인한 은행.
bank = 은행
money = 은행 화폐
holder = 계좌 보유자
digest = 전화번호의 키 해시
listings = 등재 목록
list_number = 번호 등재: 은행이 확인한 고객의 번호가 계좌로 이어지게 한다.
strike_number = 번호 삭제: 번호가 더는 계좌로 이어지지 않게 한다.
look_up = 번호 조회: 번호의 해시로 찾은 계좌.
NumberListed = 번호 등재: 전화번호가 계좌로 이어진다.
NumberStruck = 번호 삭제: 전화번호가 더는 계좌로 이어지지 않는다.
another account has this number = 다른 계좌의 번호이다
only its holder and its bank may strike a number = 보유자와 등재한 은행만 번호를 지울 수 있다
no account has this number = 이 번호의 계좌가 없다
"""
