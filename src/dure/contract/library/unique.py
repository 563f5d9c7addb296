"""Unique assets: things of which there is one each, and which somebody owns.

A deed, a ticket, a work of art: each has a number, the hash of the document that describes it, and
an owner, who may hand it on or let somebody else do so once.
"""

from dure.contract.language import Address, Hash, call, only, require
from dure.contract.library.unique_items import UniqueItems


class UniqueAssets(UniqueItems):
    """A list of things and their owners, kept by an issuer whom the members appoint."""

    # The issuer

    @call
    @only(role="issuer")
    def issue(self, to: Address, document: Hash) -> int:
        """Give somebody a new thing that a document describes; return its number."""
        return self.add_item(to, document)

    # The owner

    @call
    def transfer(self, number: int, to: Address) -> None:
        """Hand a thing on; the owner may, and so may a delegate, once."""
        item = self.items[number]
        require(self.sender in [item.owner, item.delegate], "only owner or delegate may hand it on")
        self.hand_on(number, to)

    @call
    def approve(self, number: int, delegate: Address) -> None:
        """Let somebody else hand a thing on once; naming oneself ends that."""
        self.name_delegate(number, delegate)

    @call
    def end(self, number: int) -> None:
        """End a thing of one's own; its number and its document are never used again."""
        item = self.items[number]
        require(self.sender == item.owner, "only the owner may end a thing")
        self.remove_item(number)


"""en:
number = number of the thing
to = receiver
"""

"""ko:
UniqueAssets = 고유 물건 목록: 구성원들이 정한 발행인이 물건과 그 소유자의 목록을 관리한다.
issuer = 발행인
issue = 발행: 문서가 설명하는 새 물건을 어떤 사람에게 주고 그 번호를 받는다.
transfer = 양도: 물건을 넘긴다. 소유자가 할 수 있고, 대리인은 한 번 할 수 있다.
approve = 대리인 지정: 다른 사람이 물건을 한 번 넘길 수 있게 한다. 자기를 정하면 지정이 끝난다.
end = 말소: 자기 물건을 목록에서 지운다. 그 번호와 문서는 다시 쓰이지 않는다.
only owner or delegate may hand it on = 소유자나 대리인만 넘길 수 있다
only the owner may end a thing = 소유자만 물건을 말소할 수 있다
to = 받는 사람
document = 물건을 설명하는 문서의 해시
delegate = 대리인
owner = 소유자
item = 물건
number = 물건 번호
"""
