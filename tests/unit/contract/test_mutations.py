"""Real contract files with mistakes in them: the checker answers whatever it is given.

Bytes, tokens and lines of library and application contracts are dropped, doubled, swapped and
replaced. The checker says what is wrong or nothing at all; no exception leaves it, and it looks at
no more than its bounds allow. What it accepts compiles, and each of its methods ends in a result or
a refusal within its gas, the same in a machine that watches.
"""

import ast
import io
import os
import tokenize
from contextlib import suppress
from importlib import resources
from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import dure.apps
from dure.contract.bundle import Source
from dure.contract.interface import Interface
from dure.contract.machine import InProcessMachine
from dure.contract.ports import Invocation, Ledger, Machine, Meter, Refusal
from dure.contract.shapes import SCALARS
from dure.contract.source import bundle, check_text
from dure.contract.tracing import TracingMachine
from dure.core.codec import encode
from tests.unit.contract.fake_ledger import FakeLedger, person

EXAMPLES = int(os.environ.get("DURE_FUZZ_EXAMPLES", "80"))
GAS = 200_000
ME = person(200)

LIBRARY = sorted(
    Path(str(file))
    for file in resources.files("dure.contract.library").iterdir()
    if file.name.endswith(".py") and file.name != "__init__.py"
)
APPLICATIONS = sorted(Path(next(iter(dure.apps.__path__))).glob("*/contract.py"))
TEXTS = [file.read_text("utf-8") for file in [*LIBRARY, *APPLICATIONS]]

WORDS = [
    *("self", "int", "str", "None", "True", "Address", "Map", "Var", "List", "Amount", "require"),
    *("def", "class", "return", "if", "else", "for", "in", "not", "and", "or", "import", "pass"),
    *("while", "lambda", "yield", "try", "del", "global", "async", "await", "match", "type"),
    *("(", ")", "[", "]", "{", "}", ":", ",", ".", "=", "==", "+=", "->", "@", "*", "**", "//"),
    *("0", "-1", "1 << 300", "0.5", "1j", "'x'", "f'{self}'", "b''", "...", "__class__", "_x"),
    *("eval", "getattr", "range", "sum", "sorted", "hash", "9" * 100, "\uff41", "\x00", "\ud800"),
    *("\n", "\t", "    ", ";", "\\", "#", '"""'),
]


def split(text: str) -> list[str]:
    """Return the tokens of a text with the space between them; characters where it has none."""
    try:
        tokens = list(tokenize.generate_tokens(io.StringIO(text).readline))
    except (tokenize.TokenError, SyntaxError):
        return list(text)
    lines = text.splitlines(keepends=True)
    found, row, column = [], 1, 0
    for token in tokens:
        while row < token.start[0]:
            found.append(lines[row - 1][column:])
            row, column = row + 1, 0
        found.append(lines[row - 1][column : token.start[1]] if row <= len(lines) else "")
        found.append(token.string)
        row, column = token.end
    return [part for part in found if part]


PARTS = [split(text) for text in TEXTS]


@st.composite
def mutants(draw: st.DrawFn) -> str:
    """Return the text of a contract file with one to four mistakes."""
    parts = list(draw(st.sampled_from(PARTS)))
    for _ in range(draw(st.integers(1, 4))):
        place = draw(st.integers(0, len(parts) - 1))
        other = draw(st.integers(0, len(parts) - 1))
        match draw(st.integers(0, 5)):
            case 0:
                del parts[place]
            case 1:
                parts.insert(place, draw(st.sampled_from(WORDS)))
            case 2:
                parts[place] = draw(st.sampled_from(WORDS))
            case 3:
                parts[place], parts[other] = parts[other], parts[place]
            case 4:
                parts.insert(place, parts[other])
            case _:
                parts[place] = draw(st.text(max_size=3))
        parts = parts or [""]
    return "".join(parts)


@settings(
    max_examples=EXAMPLES,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
@given(mutants())
def test_the_checker_answers_for_every_mutant(text: str) -> None:
    try_out(text)


@settings(max_examples=EXAMPLES, deadline=None)
@given(st.binary(max_size=200), st.sampled_from(TEXTS), st.integers(0, 5_000))
def test_the_checker_answers_for_damaged_bytes(noise: bytes, text: str, place: int) -> None:
    data = text.encode()
    damaged = data[:place] + noise + data[place + len(noise) :]
    try_out(damaged.decode("utf-8", errors="surrogateescape"))


def test_files_without_mistakes_are_tried_out_too() -> None:
    tried = [try_out(text) for text in TEXTS]
    assert sum(tried) >= len(APPLICATIONS)


def test_what_python_warns_of_hides_no_import() -> None:
    text = "from dure.contract.library.pausable import Pausable\n\nX = '\\o'\n"
    assert [module.name for module in bundle(text, "").library] == ["pausable"]
    assert "escape" in {problem.rule for problem in check_text(text)}


def try_out(text: str) -> int:
    """Check a file and run what is accepted; return how many calls were made."""
    if check_text(text):
        return 0
    calls = 0
    for name in [node.name for node in ast.parse(text).body if isinstance(node, ast.ClassDef)]:
        source = bundle(text, name)
        with suppress(Refusal):
            calls += run_all(source)
    return calls


def run_all(source: Source) -> int:
    """Call every method with the plainest arguments, plainly and watched; both do the same."""
    plain, watched = InProcessMachine(), TracingMachine()
    watched.is_watching = True
    code_hash = plain.load(source)
    assert watched.load(source) == code_hash
    interface = plain.get_interface(code_hash)
    seen = [call_all(machine, interface, code_hash) for machine in (plain, watched)]
    assert seen[0] == seen[1]
    return len(interface.methods)


def call_all(machine: Machine, interface: Interface, code_hash: object) -> list[object]:
    """Return how each method of a contract ends."""
    ledger = FakeLedger(programs={ME: code_hash})  # type: ignore[dict-item]  # a code hash stands for its program
    found: list[object] = []
    for method in sorted(interface.methods.values(), key=lambda each: each.kind != "init"):
        values = [PLAIN.get(each.type, 0) for each in method.parameters]
        name = "init" if method.kind == "init" else method.name
        call = Invocation(ME, name, encode(values), person(1), None)
        found.append((method.name, attempt(machine, ledger, call, is_view=method.kind == "view")))
    return [*found, ledger.state, ledger.events, ledger.waiting, ledger.balances]


def attempt(machine: Machine, ledger: Ledger, call: Invocation, *, is_view: bool) -> object:
    """Return the result or the refusal, and the gas."""
    meter = Meter(GAS)
    try:
        running = machine.open(ledger, meter)
        return running.view(call) if is_view else running.invoke(call), meter.used
    except Refusal as refusal:
        assert meter.used <= GAS
        return refusal.code, refusal.message, meter.used


PLAIN: dict[str, object] = {
    **dict.fromkeys(SCALARS, 3),
    "bool": True,
    "str": "text",
    "bytes": b"data",
    "Address": person(1),
    "Asset": person(9),
    "Hash": person(8),
}
