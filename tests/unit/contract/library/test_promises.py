"""Whatever is called with whatever arguments, each contract keeps its promises."""

import ast
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from dure.contract import library
from dure.contract.checker.check import check_declarations
from dure.contract.language import Amount, Contract
from dure.contract.library.approval import Approval
from dure.contract.library.auction import Auction
from dure.contract.library.ballot import BallotBox
from dure.contract.library.escrow import Escrow
from dure.contract.library.instalments import InstalmentPlan
from dure.contract.library.order_book import OrderBook
from dure.contract.library.registry import Registry
from dure.contract.library.regulated_token import RegulatedToken, TransferFee
from dure.contract.library.sealed_auction import SealedAuction
from dure.contract.library.shared_account import SharedAccount
from dure.contract.library.token import Token
from dure.contract.library.unique import UniqueAssets
from dure.contract.library.vesting import Vesting
from dure.contract.problems import Problems
from dure.contract.source import bundle, check_text
from dure.testing import Deployed, Person, World
from dure.testing.invariants import check_invariants
from tests.conformance.tree import ROOT

MODULES = sorted(Path(library.__path__[0]).glob("[a-z]*.py"))
RICH = 100_000


def starting(
    contract_class: type[Contract],
    *roles: str,
    build: Callable[[World, tuple[Person, ...]], dict[str, object]] = lambda *_: {},
) -> Callable[[World], Deployed]:
    """Return how a story of three people begins; the first holds every role."""

    def start(world: World) -> Deployed:
        people = world.people("ann", "bob", "cho", won=RICH, usd=RICH)
        holders = dict.fromkeys(roles, people[0])
        arguments = build(world, people)
        return world.deploy(contract_class, by=people[0], roles=holders, **arguments)

    return start


def money(world: World, people: tuple[Person, ...]) -> dict[str, object]:
    return {"money": world.asset("won")}


STARTS: dict[type[Contract], Callable[[World], Deployed]] = {
    Approval: starting(Approval, build=lambda _, people: {"signatories": people, "enough": 2}),
    Auction: starting(
        Auction, build=lambda world, _: {"goods": world.asset("usd"), "money": world.asset("won")}
    ),
    BallotBox: starting(BallotBox, "registrar", "chair"),
    Escrow: starting(Escrow, build=money),
    InstalmentPlan: starting(InstalmentPlan, build=money),
    OrderBook: starting(
        OrderBook,
        build=lambda world, _: {
            "base": world.asset("usd"),
            "quote": world.asset("won"),
            "lot": Amount(1),
        },
    ),
    Registry: starting(Registry, "issuer"),
    RegulatedToken: starting(
        RegulatedToken,
        "issuer",
        "registrar",
        "guardian",
        build=lambda _, people: {
            "code": "REG",
            "decimals": 0,
            "collector": people[2],
            "share": TransferFee("0.01"),
            "most": Amount(9),
        },
    ),
    SealedAuction: starting(
        SealedAuction,
        build=lambda world, _: {"goods": world.asset("usd"), "money": world.asset("won")},
    ),
    SharedAccount: starting(
        SharedAccount,
        build=lambda world, people: {
            "money": world.asset("won"),
            "signatories": people,
            "enough": 2,
        },
    ),
    Token: starting(Token, "issuer", build=lambda *_: {"code": "PT", "decimals": 0}),
    UniqueAssets: starting(UniqueAssets, "issuer"),
    Vesting: starting(Vesting, build=money),
}


@pytest.mark.parametrize("contract_class", STARTS, ids=lambda each: each.__name__)
def test_no_call_breaks_a_promise(contract_class: type[Contract]) -> None:
    check_invariants(contract_class, start=STARTS[contract_class], examples=6, steps=20)()


@pytest.mark.parametrize("module", MODULES, ids=lambda each: each.stem)
def test_the_checker_accepts_it(module: Path) -> None:
    assert check_text(module.read_text("utf-8")) == []


def test_any_of_them_can_be_used_together_because_each_name_has_one_meaning() -> None:
    seen: dict[str, str] = {}
    for module in MODULES:
        own = check_declarations(bundle(module.read_text("utf-8"), ""), Problems()).own
        for name in own.places:
            assert name not in seen, f"{name} stands in {seen[name]} and in {module.stem}"
            seen[name] = module.stem
    assert {"Escrow", "Auction", "InstalmentPlan", "BallotBox"} <= seen.keys()


IMPORTED = re.compile(
    r"^from ((?:dure\.contract\.library|dure\.apps|tests\.unit)(?:\.\w+)+) import", re.MULTILINE
)


def read_module(name: str) -> str:
    """Return a module's text, of library, application or tests; of what is none, nothing."""
    folder = ROOT / "src" if name.startswith("dure.") else ROOT
    path = folder / f"{name.replace('.', '/')}.py"
    return path.read_text("utf-8") if path.is_file() else ""


def reach(text: str) -> set[str]:
    """Return what a test uses of the library: what it and its own parts import, and so on."""
    reached, waiting = set[str](), set(IMPORTED.findall(text))
    while waiting:
        name = waiting.pop()
        reached.add(name)
        waiting |= set(IMPORTED.findall(read_module(name))) - reached
    return {
        name.rpartition(".")[2] for name in reached if name.startswith("dure.contract.library.")
    }


def collect_tests() -> dict[str, str]:
    """Return, by module of the library, the tests of contracts that use it, wherever they are."""
    tests: dict[str, str] = {module.stem: "" for module in MODULES}
    folders = (ROOT / "tests" / "unit", ROOT / "src" / "dure" / "apps")
    for path in sorted(path for folder in folders for path in folder.rglob("test_*.py")):
        text = path.read_text("utf-8")
        for name in reach(text) & tests.keys():
            tests[name] += text
    return tests


def list_refusals(module: Path) -> Iterator[str]:
    """Yield the reasons of a module; one with a name in it counts by the words before the name."""
    for node in ast.walk(ast.parse(module.read_text("utf-8"))):
        match node:
            case ast.Call(
                func=ast.Name(id="require"),
                args=[
                    _,
                    ast.Constant(value=str() as reason)
                    | ast.JoinedStr(values=[ast.Constant(value=str() as reason), *_]),
                ],
            ):
                yield reason
            case _:
                pass


def test_every_refusal_of_the_library_is_expected_by_a_test_that_uses_its_module() -> None:
    tests = collect_tests()
    missing = [
        f"{module.stem}: {reason}"
        for module in MODULES
        for reason in list_refusals(module)
        if reason not in tests[module.stem]
    ]
    assert missing == []
