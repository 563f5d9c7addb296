"""Pledges: an asset secures one agreement at a time, whatever its holder promises to others.

What is pledged is named by a digest over its holder and a commitment, so that nobody pledges an
asset of somebody else, and nobody learns which asset it is.
"""

from dure.contract.language import (
    Address,
    Contract,
    Event,
    Hash,
    Map,
    Record,
    encode,
    require,
    sha256,
    view,
)


class Pledge(Record):
    """An asset of `holder`, without whose signature nothing pledges it."""

    holder: Address
    sealed: Hash


class AssetPledged(Event):
    """An asset secures this agreement, and no other; 0 where it secures none any more."""

    asset: Hash
    agreement: int


class Pledges(Contract):
    """Which asset secures which agreement.

    A contract that inherits this has the holders sign before it calls `pledge_assets`.
    """

    pledged: Map[Hash, int]

    @view
    def secures(self, asset: Hash) -> int:
        """Return which agreement an asset secures; 0 where none."""
        return self.pledged.get(asset, 0)

    # Shared parts

    def pledge_assets(self, agreement: int, pledges: list[Pledge]) -> None:
        for pledge in pledges:
            asset = sha256(encode("asset", pledge.holder, pledge.sealed))
            require(asset not in self.pledged, "the asset secures an agreement already")
            self.pledged[asset] = agreement
            self.emit(AssetPledged(asset, agreement))

    def free_assets(self, agreement: int, assets: list[Hash]) -> None:
        for asset in assets:
            require(self.secures(asset) == agreement, "the asset does not secure this")
            self.pledged.remove(asset)
            self.emit(AssetPledged(asset, 0))


"""en:
sealed = commitment to the asset
"""

"""ko:
Pledges = 담보 장부: 담보 자산 하나는 한 번에 한 약정만 담보한다.
Pledge = 담보 제공: 보유자의 서명 없이는 담보가 되지 않는 자산.
pledge = 담보 제공
pledges = 새 담보
holder = 보유자
sealed = 자산의 봉인값
pledged = 담보 대상 약정
asset = 담보 자산
assets = 해제하는 담보
agreement = 약정
secures = 담보: 이 자산이 어느 약정의 담보인지. 없으면 0.
pledge_assets = 담보 설정
free_assets = 담보 해제
AssetPledged = 담보 변동: 이 자산은 이 약정만을 담보한다. 0이면 더는 어느 약정도 담보하지 않는다.
the asset does not secure this = 이 약정의 담보가 아니다
the asset secures an agreement already = 이미 다른 약정의 담보이다
"""
