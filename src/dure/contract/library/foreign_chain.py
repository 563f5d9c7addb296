"""What happened on another chain, believed for the seals of its validators alone.

The contract knows the other chain's id and who decides it. Whoever brings a header, the seals of a
quorum, and the paths of `docs/spec/proof.md` from the header's receipt root down to one call's
events proves to it that the other chain said so. No relay is trusted; anybody may bring it.

Rules
-----
1. The header is of the known chain, and its height lies in the span of the set that is named.
2. The header names that set, and a quorum of distinct members sealed it, all in one round.
3. The receipt stands under the header's receipt root, the outcome under the receipt's root.
4. A new set is taken over only from a header that the set before it sealed.
5. No event is used twice: `self.use_event(...)` takes each once.
"""

from dure.contract.language import (
    Address,
    Contract,
    Event,
    Hash,
    Map,
    Record,
    Var,
    call,
    encode,
    require,
    sha256,
    verify_ed25519,
    view,
)

FOREIGN_VALIDATORS_MAX = 128
FOREIGN_EVENTS_MAX = 64
FOREIGN_PATH_MAX = 32
FOREIGN_LEAVES_MAX = 4_294_967_295
FOREIGN_HEADER = b"dure/v1/header\x00"
FOREIGN_SEAL = b"dure/v1/seal\x00"
FOREIGN_SET = b"dure/v1/validators\x00"


class ForeignValidator(Record):
    """A validator of the other chain."""

    key: bytes
    organisation: str


class ForeignHeader(Record):
    """A header of the other chain, field by field."""

    version: int
    chain_id: Hash
    height: int
    time: int
    previous: Hash
    transaction_root: Hash
    state_root: Hash
    receipt_root: Hash
    validators_root: Hash
    next_validators_root: Hash
    parameters_root: Hash
    proposer: bytes
    engine: bytes


class ForeignSeal(Record):
    """A validator's seal under a header."""

    validator: bytes
    signature: bytes


class ForeignPath(Record):
    """The place of a leaf in a tree, and the nodes it is joined with."""

    index: int
    size: int
    siblings: list[Hash]


class ForeignEvent(Record):
    """Something that a contract of the other chain said."""

    contract: Address
    name: str
    data: bytes


class ForeignProof(Record):
    """One call's events, with all that leads from them to a sealed header."""

    header: ForeignHeader
    round: int
    seals: list[ForeignSeal]
    kind: str
    identity: Hash
    gas_used: int
    receipt_path: ForeignPath
    result: bytes
    events: list[ForeignEvent]
    outcome_path: ForeignPath


class ForeignSetAdopted(Event):
    """The other chain's validators handed over to the next ones."""

    epoch: int
    first_height: int


class ForeignChain(Contract):
    """Knows another chain's validators, and checks what it says."""

    foreign_id: Var[Hash]
    foreign_epoch: Var[int]
    foreign_sets: Map[int, list[ForeignValidator]]
    foreign_first: Map[int, int]
    foreign_last: Map[int, int]
    foreign_used: Map[Hash, bool]

    @call
    def hand_over(
        self,
        header: ForeignHeader,
        sealed_in: int,
        seals: list[ForeignSeal],
        following: list[ForeignValidator],
    ) -> None:
        """Take over the next validators from a header that those of now sealed."""
        epoch = self.foreign_epoch
        self.check_final(header, sealed_in, seals, epoch)
        root = sha256(FOREIGN_SET + encode(following))
        require(root == header.next_validators_root, "the header names other validators to follow")
        require(root != header.validators_root, "the validators do not change")
        self.foreign_last[epoch] = header.height
        self.adopt_set(epoch + 1, header.height + 1, following)

    @view
    def foreign_validators(self, epoch: int) -> list[ForeignValidator]:
        """Return the other chain's validators of an epoch; they are numbered from 1."""
        return self.foreign_sets[epoch]

    @view
    def foreign_epochs(self) -> int:
        """Return how many sets of validators are known."""
        return self.foreign_epoch

    # Shared parts

    def know_chain(self, chain_id: Hash, validators: list[ForeignValidator]) -> None:
        require(self.foreign_epoch == 0, "the chain is known already")
        self.foreign_id = chain_id
        self.adopt_set(1, 1, validators)

    def adopt_set(self, epoch: int, first: int, validators: list[ForeignValidator]) -> None:
        is_bounded = 0 < len(validators) <= FOREIGN_VALIDATORS_MAX
        require(is_bounded, "a chain has 1 to 128 validators")
        before = b""
        for each in validators:
            require(len(each.key) == 32 and before < each.key, "validators are sorted by key")
            before = each.key
        self.foreign_epoch = epoch
        self.foreign_sets[epoch] = validators
        self.foreign_first[epoch] = first
        self.emit(ForeignSetAdopted(epoch, first))

    def use_event(
        self, proof: ForeignProof, epoch: int, contract: Address, name: str, data: bytes
    ) -> None:
        is_shown = False
        for each in proof.events:
            if each.contract == contract and each.name == name and each.data == data:
                is_shown = True
        require(is_shown, "no such event is shown")
        self.check_proof(proof, epoch)
        identity = sha256(encode(contract, name, data))
        require(identity not in self.foreign_used, "the event was used already")
        self.foreign_used[identity] = True

    def check_proof(self, proof: ForeignProof, epoch: int) -> None:
        self.check_final(proof.header, proof.round, proof.seals, epoch)
        require(len(proof.events) <= FOREIGN_EVENTS_MAX, "at most 64 events are shown")
        outcome = encode(proof.result, proof.events)
        outcomes_root = self.climb(outcome, proof.outcome_path)
        receipt = (
            b"\x97"
            + encode(proof.kind)[1:]
            + encode(proof.identity)[1:]
            + encode("ok")[1:]
            + encode("")[1:]
            + b"\xc0"
            + encode(proof.gas_used)[1:]
            + encode(outcomes_root)[1:]
        )
        root = self.climb(receipt, proof.receipt_path)
        require(root == proof.header.receipt_root, "the receipt is not of that block")

    def check_final(
        self, header: ForeignHeader, sealed_in: int, seals: list[ForeignSeal], epoch: int
    ) -> None:
        require(epoch in self.foreign_sets, "no such validators are known")
        require(header.version == 1, "the header's version is not known")
        require(header.chain_id == self.foreign_id, "the header is of another chain")
        is_after = header.height >= self.foreign_first[epoch]
        last = self.foreign_last.get(epoch, header.height)
        require(is_after and header.height <= last, "other validators decided that block")
        validators = self.foreign_sets[epoch]
        root = sha256(FOREIGN_SET + encode(validators))
        require(root == header.validators_root, "the header names other validators")
        statement = encode(header.chain_id, header.height, sealed_in, self.identify(header))
        message = self.raw(sha256(FOREIGN_SEAL + statement))
        self.count_seals(seals, validators, message)

    def count_seals(
        self, seals: list[ForeignSeal], validators: list[ForeignValidator], message: bytes
    ) -> None:
        count = len(validators)
        require(len(seals) <= count, "more seals than validators")
        require(len(seals) >= (count + (count - 1) // 3 + 2) // 2, "fewer seals than a quorum")
        place = 0
        for seal in seals:
            found = False
            for step in range(place, count):
                if not found and validators[step].key == seal.validator:
                    found = True
                    place = step + 1
            require(found, "a seal is of no validator, or the seals are not sorted")
            is_good = verify_ed25519(seal.validator, message, seal.signature)
            require(is_good, "a seal does not verify")

    def identify(self, header: ForeignHeader) -> Hash:
        return sha256(
            FOREIGN_HEADER
            + encode(
                header.version,
                header.chain_id,
                header.height,
                header.time,
                header.previous,
                header.transaction_root,
                header.state_root,
                header.receipt_root,
                header.validators_root,
                header.next_validators_root,
                header.parameters_root,
                header.proposer,
                header.engine,
            )
        )

    def climb(self, leaf: bytes, path: ForeignPath) -> Hash:
        is_sound = 0 <= path.index < path.size <= FOREIGN_LEAVES_MAX
        require(is_sound and len(path.siblings) <= FOREIGN_PATH_MAX, "a path has a wrong shape")
        node = sha256(b"\x00" + leaf)
        position = path.index
        last = path.size - 1
        used = 0
        for turn in range(FOREIGN_PATH_MAX):
            if last > 0:
                if position % 2 == 1 or position < last:
                    require(used < len(path.siblings), "a path has a wrong shape")
                    sibling = self.raw(path.siblings[used])
                    own = self.raw(node)
                    joined = sibling + own if position % 2 == 1 else own + sibling
                    node = sha256(b"\x01" + joined)
                    used += 1
                position = position // 2
                last = last // 2
        require(used == len(path.siblings), "a path has a wrong shape")
        size = encode(path.size + 4_294_967_296)[6:]
        return sha256(b"\x02\x00\x00\x00\x00" + size + self.raw(node))

    def raw(self, digest: Hash) -> bytes:
        return encode(digest)[3:]


"""en:
foreign_id = identity of the other chain
identity = id of the transaction or call
following = validators that follow
sealed_in = round of the seals
FOREIGN_VALIDATORS_MAX = most validators of the other chain
FOREIGN_EVENTS_MAX = most events shown
FOREIGN_PATH_MAX = most nodes of a path
FOREIGN_LEAVES_MAX = most leaves of a tree
FOREIGN_HEADER = domain of a header's hash
FOREIGN_SEAL = domain of a seal's hash
FOREIGN_SET = domain of the hash of the validators
"""

"""ko:
ForeignChain = 다른 체인: 다른 체인의 검증인을 알고, 그 체인이 말한 것을 확인한다.
ForeignValidator = 다른 체인의 검증인
ForeignHeader = 다른 체인의 블록 머리
ForeignSeal = 검증인의 봉인
ForeignPath = 머클 경로
ForeignEvent = 다른 체인의 사건
ForeignProof = 다른 체인의 증명: 사건에서 봉인된 블록 머리까지 이어지는 모든 것.
ForeignSetAdopted = 검증인 교체: 다른 체인의 검증인이 다음 검증인에게 넘겼다.
foreign_id = 다른 체인의 번호
foreign_epoch = 알려진 검증인 구성의 수
foreign_sets = 검증인 구성
foreign_first = 구성의 첫 블록
foreign_last = 구성의 마지막 블록
foreign_used = 이미 쓴 사건
key = 키
organisation = 기관
version = 판
chain_id = 체인 번호
height = 높이
time = 시각
previous = 앞 블록
transaction_root = 거래 뿌리
state_root = 상태 뿌리
receipt_root = 영수증 뿌리
validators_root = 검증인 뿌리
next_validators_root = 다음 검증인 뿌리
parameters_root = 매개변수 뿌리
proposer = 제안자
engine = 합의 엔진의 값
validator = 검증인
signature = 서명
index = 자리
size = 잎의 수
siblings = 이웃 마디
contract = 계약
name = 이름
data = 내용
header = 블록 머리
round = 라운드
seals = 봉인
kind = 종류
identity = 거래나 호출의 번호
gas_used = 사용한 연산량
receipt_path = 영수증의 경로
result = 결과
events = 사건
outcome_path = 결과의 경로
epoch = 구성 번호
first_height = 첫 높이
following = 다음 검증인
sealed_in = 봉인한 라운드
found = 검증인을 찾음
is_good = 서명이 맞음
is_shown = 보이는지
each = 검증인 하나
before = 앞의 키
last = 줄의 마지막 자리
position = 줄에서의 자리
used = 쓴 이웃 마디의 수
own = 지금의 마디
joined = 이은 두 마디
sibling = 이웃 마디
node = 마디
leaf = 잎
path = 경로
outcomes_root = 결과의 뿌리
receipt = 영수증
root = 뿌리
statement = 봉인하는 말
message = 봉인하는 말의 해시
count = 검증인의 수
place = 다음 검증인의 자리
is_sound = 꼴이 맞음
climb = 뿌리
is_after = 구성의 첫 블록보다 앞이 아님
hand_over = 검증인 교체: 지금의 검증인이 봉인한 블록 머리에서 다음 검증인을 받아들인다.
foreign_validators = 검증인: 어느 구성의 다른 체인 검증인. 번호는 1부터이다.
foreign_epochs = 구성의 수: 알려진 검증인 구성이 몇인지.
the header names other validators to follow = 블록 머리가 다른 다음 검증인을 가리킨다
the validators do not change = 검증인이 바뀌지 않는다
the chain is known already = 이미 아는 체인이다
a chain has 1 to 128 validators = 체인의 검증인은 1에서 128까지이다
validators are sorted by key = 검증인은 키의 순서로 놓인다
no such event is shown = 그런 사건이 보이지 않는다
the event was used already = 이미 쓴 사건이다
at most 64 events are shown = 사건은 64건까지 보인다
the receipt is not of that block = 그 블록의 영수증이 아니다
no such validators are known = 그런 검증인 구성을 알지 못한다
the header's version is not known = 모르는 판의 블록 머리이다
the header is of another chain = 다른 체인의 블록 머리이다
other validators decided that block = 다른 검증인이 정한 블록이다
the header names other validators = 블록 머리가 다른 검증인을 가리킨다
more seals than validators = 봉인이 검증인보다 많다
fewer seals than a quorum = 봉인이 정족수에 못 미친다
a seal is of no validator, or the seals are not sorted = 검증인의 봉인이 아니거나 순서가 틀렸다
a seal does not verify = 봉인의 서명이 맞지 않는다
a path has a wrong shape = 경로의 꼴이 틀렸다
FOREIGN_VALIDATORS_MAX = 다른 체인의 최대 검증인 수
FOREIGN_EVENTS_MAX = 보이는 사건의 최대 수
FOREIGN_PATH_MAX = 경로의 최대 마디 수
FOREIGN_LEAVES_MAX = 나무의 최대 잎 수
FOREIGN_HEADER = 블록 머리 해시의 영역
FOREIGN_SEAL = 봉인 해시의 영역
FOREIGN_SET = 검증인 해시의 영역
"""
