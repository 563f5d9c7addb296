"""Anchors: events of records outside of the chain, each known here by its hash, once.

A contract that inherits it decides who may anchor what, and calls `self.take_anchor`.
"""

from dure.contract.language import Address, Contract, Event, Hash, Map, require, view


class EventAnchored(Event):
    """Somebody anchored an event of the own records."""

    number: int
    by: Address
    event: Hash


class Anchors(Contract):
    """Which event outside belongs to which thing here."""

    anchors: Map[Hash, int]

    @view
    def anchor_of(self, event: Hash) -> int:
        """Return the number to which an event was anchored; 0 where it is not anchored."""
        return self.anchors.get(event, 0)

    # Shared parts

    def take_anchor(self, number: int, event: Hash) -> None:
        require(event not in self.anchors, "that event is anchored already")
        self.anchors[event] = number
        self.emit(EventAnchored(number, self.sender, event))


"""en:
event = hash of the event
anchors = anchored events
take_anchor = anchoring
"""

"""ko:
Anchors = 사건 고정: 체인 밖의 어느 기록이 여기의 무엇에 속하는지 해시로 적는다.
anchors = 고정된 기록
event = 기록의 해시
number = 번호
by = 적은 사람
anchor_of = 고정된 번호: 기록이 고정된 번호. 고정되지 않았으면 0.
take_anchor = 고정
EventAnchored = 기록 고정: 누군가 자기 기록 하나를 해시로 고정하였다.
that event is anchored already = 이미 고정된 기록이다
"""
