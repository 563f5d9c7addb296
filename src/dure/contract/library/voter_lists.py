"""Lists of voters of any length, of which the chain keeps one digest.

A list is published outside of the chain, and its Merkle root is fixed here. Whoever stands on it
shows the way from the own place to the root. A part of the list may be drawn by lot: the lot of
each voter is a digest of the address and of a seed that nobody knows while the list is made.
"""

from dure.contract.language import (
    Address,
    Contract,
    Hash,
    Map,
    Record,
    encode,
    require,
    sha256,
    view,
)

VOTERS_LISTED_MAX = 1_000_000_000
LIST_PATH_MAX = 30
LOT_DIGITS = 4


class VoterList(Record):
    """The root of a list, and how many stand on it.

    `lot_below` is empty where all of them may vote. Else it is four hexadecimal digits: whoever
    draws less by lot may.
    """

    root: Hash
    size: int
    lot_below: str
    seed: Hash


class VoterLists(Contract):
    """Lists of who may take part, by number."""

    voter_lists: Map[int, VoterList]

    @view
    def is_listed(self, number: int, voter: Address, place: int, siblings: list[Hash]) -> bool:
        """Say whether somebody stands at a place of a list, counted from 0."""
        listed = self.voter_lists[number]
        if place < 0 or place >= listed.size or len(siblings) > LIST_PATH_MAX:
            return False
        node = sha256(b"\x00" + encode(voter))
        position = place
        last = listed.size - 1
        used = 0
        for turn in range(LIST_PATH_MAX):
            if last > 0:
                if position % 2 == 1 or position < last:
                    if used == len(siblings):
                        return False
                    sibling = encode(siblings[used])[3:]
                    own = encode(node)[3:]
                    joined = sibling + own if position % 2 == 1 else own + sibling
                    node = sha256(b"\x01" + joined)
                    used += 1
                position = position // 2
                last = last // 2
        size = encode(listed.size + 4_294_967_296)[6:]
        root = sha256(b"\x02\x00\x00\x00\x00" + size + encode(node)[3:])
        return used == len(siblings) and root == listed.root

    @view
    def is_drawn(self, number: int, voter: Address) -> bool:
        """Say whether somebody is asked by lot; where no lot is drawn, everybody is."""
        listed = self.voter_lists[number]
        if listed.lot_below == "":
            return True
        return sha256(encode(listed.seed, voter)).hex() < listed.lot_below

    # Shared parts

    def fix_list(self, number: int, root: Hash, size: int, lot_below: str) -> None:
        require(0 < size <= VOTERS_LISTED_MAX, "1 to 1,000,000,000 voters are listed")
        digits = len(lot_below)
        require(digits in [0, LOT_DIGITS], "a lot has four digits or none")
        self.voter_lists[number] = VoterList(root, size, lot_below, sha256(b""))

    def draw_lots(self, number: int, seed: Hash) -> None:
        self.voter_lists[number] = self.voter_lists[number].replace(seed=seed)

    def check_voter(self, number: int, place: int, siblings: list[Hash]) -> None:
        is_there = self.is_listed(number, self.sender, place, siblings)
        require(is_there, "the caller is not on the list of voters")
        require(self.is_drawn(number, self.sender), "the lot fell on others")


"""ko:
VoterLists = 선거인 명부: 참여할 수 있는 사람의 명부를 번호로 둔다.
VoterList = 선거인 명부: 명부의 뿌리와 인원. 추첨이 없으면 추첨 기준이 비어 있고, 있으면 16진수
    네 자리보다 작은 수를 뽑은 사람이 참여한다.
voter_lists = 선거인 명부
listed = 선거인 명부
root = 명부의 머클 뿌리
size = 인원
lot_below = 추첨 기준
seed = 추첨 씨앗
voter = 투표인
place = 명부에서의 자리
siblings = 이웃 마디
sibling = 이웃 마디
node = 마디
position = 줄에서의 자리
last = 줄의 마지막 자리
used = 쓴 이웃 마디의 수
own = 지금의 마디
joined = 이은 두 마디
turn = 차례 수
digits = 자릿수
number = 번호
is_there = 명부에 있는지
is_listed = 명부에 있는지 보기: 명부의 그 자리(0부터)에 있는 사람인지.
is_drawn = 추첨되었는지 보기: 추첨에 뽑힌 사람인지. 추첨이 없으면 모두 참여한다.
fix_list = 명부 확정
draw_lots = 추첨
check_voter = 투표인 확인
1 to 1,000,000,000 voters are listed = 명부에는 1명에서 1,000,000,000명까지 오른다
a lot has four digits or none = 추첨 기준은 네 자리이거나 비어 있다
the caller is not on the list of voters = 선거인 명부에 없는 사람이다
the lot fell on others = 추첨에 뽑히지 않은 사람이다
VOTERS_LISTED_MAX = 명부의 최대 인원
LIST_PATH_MAX = 명부 경로의 최대 길이
LOT_DIGITS = 추첨 기준의 자릿수
"""
