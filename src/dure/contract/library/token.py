"""A token: money that one contract issues, held in the ledger's own balances.

Holders move it by the ledger's transfers. This contract creates it, destroys it, freezes it, and
lets a holder allow somebody else to move a sum.
"""

from dure.contract.language import Address, Amount, call, only
from dure.contract.library.allowances import Allowances
from dure.contract.library.issuance import Issuance


class Token(Issuance, Allowances):
    """Money of one kind.

    The issuer, whom the members appoint, creates it and may freeze a holder; every holder may
    destroy what is their own, and allow others to move it.
    """

    @call
    @only(role="issuer")
    def issue(self, to: Address, amount: Amount) -> None:
        """Create money for somebody."""
        self.create(to, amount)

    @call
    def transfer_from(self, holder: Address, to: Address, amount: Amount) -> None:
        """Move money in a holder's place, who has allowed it."""
        self.use_allowance(holder, amount)
        self.move(self.money, holder, to, amount)


"""ko:
Token = 토큰: 한 가지 돈이다.
issue = 발행: 어떤 사람에게 돈을 발행한다.
transfer_from = 대신 이체: 위임한 보유자 대신 그의 돈을 옮긴다.
"""
