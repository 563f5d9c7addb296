"""Known answers of the contract machine: (source, calls) to (code, gas, result, state, events).

`tests/vectors/contracts.json` holds them, made on one Python and checked on every other by
`make pythons`. Each body stands in the method `probe` of one contract, which is called twice.
"""

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Final

from dure.contract.gas import GAS_TABLE_VERSION
from dure.contract.limits import LANGUAGE_VERSION
from dure.contract.machine import compute_code_hash
from dure.contract.ports import Refusal
from dure.contract.source import bundle, check_text
from tests.unit.contract.fake_ledger import Bench, asset, person
from tests.unit.contract.program_files import AROUND_BODY, IMPORTS, read_programs

VECTORS: Final = Path(__file__).parents[2] / "vectors" / "contracts.json"
GAS: Final = 400_000
"""Of each call, so that programs that never end stay quick."""
GENERATED: Final = 100

Answer = dict[str, Any]


def build_answers(generated: Iterable[str]) -> Answer:
    """Return the whole file."""
    golden = read_programs("golden.txt", "", 8)
    stopped = read_programs("stopped.txt", "", 8)
    named = {**golden, **stopped, **{f"generated {i}": body for i, body in enumerate(generated)}}
    return {
        "language_version": LANGUAGE_VERSION,
        "gas_table_version": GAS_TABLE_VERSION,
        "around": AROUND_BODY,
        "programs": [run_body(name, body) for name, body in named.items()],
        "refused": [check_refused(*each) for each in list_refused()],
    }


def run_body(name: str, body: str) -> Answer:
    """Return what two calls of a body give and leave."""
    source = bundle(AROUND_BODY + body, "Example")
    if problems := check_text(source.text):
        return {"name": name, "body": body, "problems": [[p.line, p.rule] for p in problems]}
    bench = Bench(source)
    bench.ledger.balances[asset(9), bench.address] = 10
    calls = [call(bench, number) for number in (5, 6)]
    ledger = bench.ledger
    return {
        "name": name,
        "body": body,
        "code_hash": compute_code_hash(source).hex(),
        "calls": calls,
        "state": {key.hex(): value.hex() for (_, key), value in sorted(ledger.state.items())},
        "events": [[event, data.hex()] for _, event, data in ledger.events],
        "scheduled": [
            [number, at, method, data.hex(), gas]
            for number, (_, at, method, data, gas) in ledger.waiting.items()
        ],
    }


def call(bench: Bench, number: int) -> Answer:
    """Return the code, the words and the gas of one call.

    What is written stays even where it is refused: this ledger undoes nothing.
    """
    code, message = "ok", ""
    try:
        bench.call("probe", number, "abc", b"xyz", [3, 1, 2], person(2), asset(9), gas=GAS)
    except Refusal as refusal:
        code, message = refusal.code, refusal.message
    return {"number": number, "code": code, "message": message, "gas": bench.gas_used}


def list_refused() -> list[tuple[str, str]]:
    """Return the programs that the checker refuses, by name."""
    files = (("bodies.txt", AROUND_BODY, 8), ("modules.txt", IMPORTS, 0))
    return [
        (f"{file} {name}", source)
        for file, around, indent in files
        for name, source in read_programs(file, around, indent).items()
    ]


def check_refused(name: str, source: str) -> Answer:
    """Return every rule that a program breaks, by line; of a syntax error the rule alone."""
    found = sorted({(problem.line, problem.rule) for problem in check_text(source)})
    if "syntax" in {rule for _, rule in found}:
        return {"name": name, "problems": ["syntax"]}
    return {"name": name, "problems": [list(each) for each in found]}


def load() -> Answer:
    """Return the stored file."""
    stored: Answer = json.loads(VECTORS.read_text("utf-8"))
    return stored


def list_differences(stored: Answer) -> list[str]:
    """Return what this Python answers otherwise than the stored file, one line a program."""
    programs = [(each, run_body(each["name"], each["body"])) for each in stored["programs"]]
    sources = dict(list_refused())
    refused = [
        (each, check_refused(each["name"], sources[each["name"]])) for each in stored["refused"]
    ]
    return [
        f"{before['name']}: {_compare(before, now)}"
        for before, now in [*programs, *refused]
        if before != json.loads(json.dumps(now))
    ]


def _compare(before: Answer, now: Answer) -> str:
    changed = [key for key in before if before[key] != now.get(key)]
    return "; ".join(f"{key} was {before[key]} and is {now.get(key)}" for key in changed)[:400]
