"""Purchases with the money in escrow: the shop is paid when the buyer accepts the goods.

This is the library's escrow with bank money: one milestone, an arbiter for disputes, and a deadline
at which the side that the buyer named is paid. The rule R17 is in README.md.
"""

from dure.contract.language import Asset, init
from dure.contract.library.escrow import Escrow


class PurchaseEscrow(Escrow):
    """Buyers' money, held until they accept what they bought."""

    @init
    def open_shop(self, money: Asset) -> None:
        """Begin with the money in which the purchases are paid."""
        self.begin(money)


"""ko:
PurchaseEscrow = 구매 안전 결제: 구매자가 물건을 받아들일 때까지 돈을 맡아 둔다.
money = 은행 화폐
open_shop = 시작: 물건 값을 치를 은행 화폐를 정한다.
"""
