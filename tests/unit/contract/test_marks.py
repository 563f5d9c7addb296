"""Marks on methods: who may call, when, and what is asked of the contract itself."""

import pytest

from dure.contract.bundle import Source
from dure.contract.ports import Refusal
from dure.contract.source import bundle
from dure.contract.values import encode_arguments, get_method
from tests.unit.contract.fake_ledger import Bench, person
from tests.unit.contract.program_files import contract

SOURCE = contract("""
insurer: Var[Address]
fee_collector: Var[Address]
signers: List[Address] = List(limit=5)
total: Var[int]

@init
def begin(self, insurer: Address) -> None:
    self.insurer = insurer
    self.signers.append(insurer)
    self.signers.append(self.sender)

@call
@only(role="issuer")
def by_role(self) -> None:
    self.total += 1

@call
@only(party="insurer")
def by_party(self) -> None:
    self.total += 1

@call
@only(party="fee_collector")
def by_nobody_yet(self) -> None:
    self.total += 1

@call
@only(party="signers")
def by_list(self) -> None:
    self.total += 1

@call
@only(role="auditor")
@only(role="issuer")
@only(party="insurer")
@only(party="signers")
def by_any(self) -> None:
    self.total += 1

@view
@only(role=WATCHER)
def watched(self) -> int:
    return self.total

@invariant
def sound(self) -> bool:
    return self.total >= 0

@call
def check(self) -> bool:
    return self.sound()
""").replace("class Example", 'WATCHER = "watcher"\n\n\nclass Example')
INSURER, DEPLOYER, STRANGER = person(1), person(2), person(3)


@pytest.fixture
def bench() -> Bench:
    made = Bench(SOURCE)
    made.call("init", INSURER, by=DEPLOYER)
    return made


@pytest.mark.parametrize(
    ("method", "message"),
    [
        ("by_role", "not an issuer"),
        ("by_party", "not the insurer"),
        ("by_nobody_yet", "not the fee collector"),
        ("by_list", "not one of the signers"),
        (
            "by_any",
            "not an auditor and not an issuer and not the insurer and not one of the signers",
        ),
        ("watched", "not a watcher"),
    ],
)
def test_a_stranger_is_told_who_may_call(bench: Bench, method: str, message: str) -> None:
    with pytest.raises(Refusal) as refused:
        bench.call(method, by=STRANGER)
    assert (refused.value.code, refused.value.message) == ("not_permitted", message)


@pytest.mark.parametrize(
    ("method", "caller"),
    [
        ("by_party", INSURER),
        ("by_list", INSURER),
        ("by_list", DEPLOYER),
        ("by_any", INSURER),
        ("by_any", DEPLOYER),
    ],
)
def test_whom_a_mark_means_may_call(bench: Bench, method: str, caller: bytes) -> None:
    bench.call(method, by=caller)  # type: ignore[arg-type]  # callers are bytes here


def test_a_role_is_enough_where_several_marks_stand(bench: Bench) -> None:
    bench.ledger.roles.add((bench.address, "issuer", STRANGER))
    bench.call("by_any", by=STRANGER)
    bench.call("by_role", by=STRANGER)


def test_the_interface_tells_who_may_call(bench: Bench) -> None:
    method = get_method(bench.machine.get_interface(bench.machine.load(whole())), "by_any")
    assert method.roles == ("auditor", "issuer")
    assert method.parties == ("insurer", "signers")


def test_an_invariant_is_asked_as_a_view_from_outside_and_inside(bench: Bench) -> None:
    interface = bench.machine.get_interface(bench.machine.load(whole()))
    assert interface.methods["sound"].kind == "invariant"
    assert encode_arguments(interface, "sound", (), {}) == b"\x90"
    assert bench.call("sound") is True
    assert bench.call("check") is True


def whole() -> Source:
    """Return the source with what comes along."""
    return bundle(SOURCE, "Example")
