"""Programs from a grammar: the checker always answers, and what it accepts ends by our own rules.

No exception but a refusal may leave the machine: it would be a hole in the static types, or words
of CPython's.
"""

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dure.contract.ports import Refusal
from dure.contract.source import check_text
from tests.unit.contract.fake_ledger import Bench, asset, person
from tests.unit.contract.program_files import AROUND_BODY
from tests.unit.contract.typed_programs import bodies


def words(text: str) -> st.SearchStrategy[str]:
    """Return the strategy of one of the words of `text`."""
    return st.sampled_from(text.split())


ATOMS = words(
    "number text data numbers who asset True 0 1 -1 7 (1<<64) 'a' 'é' [] [1] ['a'] [[1]] "
    "self.now self.sender self.paid self.height self.address self.total self.owner self.texts "
    "self.pairs[1] self.lists['a'] self.nested[1][2] self.nested[1] Shade.RED hours(2) Time(5) "
    "Pair(1,2) Pair(left=number,right=0) local item pair Other(who) self.ask(3) self"
)
BINARY = words("+ - * // % ** << >> & | ^ == != < <= > >= in and or")


def indent(body: list[str]) -> str:
    """Return statements one level further in."""
    return "\n".join("    " + line for part in body for line in part.split("\n"))


def forms(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    """Return larger expressions made of smaller ones."""
    unary = ["-{}", "not {}", "~{}", "len({})", "abs({})", "sum({})", "sorted({})", "min({})"]
    unary += ["str({})", "max({})", "{}.left", "{}.milliseconds", "{}[1:]", "{}.hex()", "hours({})"]
    unary += ["[{}]", "({})", "self.ask({})", "{}.pop()", "{}.startswith('a')", "self.pairs[{}]"]
    unary += ["{}.replace(left=1)", "{} in self.pairs", "self.nested[1].get(2, {})", "Time({})"]
    return st.one_of(
        st.builds("({} {} {})".format, inner, BINARY, inner),
        st.builds(lambda form, part: form.format(part), st.sampled_from(unary), inner),
        st.builds("({} if {} else {})".format, inner, inner, inner),
        st.builds("{}[{}]".format, inner, inner),
        st.builds("min({}, {})".format, inner, inner),
        st.builds("Pair({}, {})".format, inner, inner),
        st.builds("self.schedule({}, self.later, {})".format, inner, inner),
    )


EXPRESSIONS = st.recursive(ATOMS, forms, max_leaves=6)
TARGETS = words(
    "local item number text numbers numbers[0] self.total self.owner self.texts self.pairs[1] "
    "self.lists[text] self.nested[1][number] self.pairs[1].left"
)
SIMPLE = st.one_of(
    st.builds("{} = {}".format, TARGETS, EXPRESSIONS),
    st.builds("{} {}= {}".format, TARGETS, words("+ - * // % << ^"), EXPRESSIONS),
    st.builds("require({}, {})".format, EXPRESSIONS, EXPRESSIONS),
    st.builds("numbers.append({})".format, EXPRESSIONS),
    st.builds("self.emit(Happened({}))".format, EXPRESSIONS),
    st.builds("self.pay({}, {}, {})".format, EXPRESSIONS, EXPRESSIONS, EXPRESSIONS),
    st.builds("self.pairs.remove({})".format, EXPRESSIONS),
    st.builds("text = f'{{number}} {{{}}}'".format, st.sampled_from(["text", "local", "who"])),
    EXPRESSIONS,
    st.just("return"),
)


def blocks(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    """Return compound statements around smaller ones."""
    body = st.lists(inner, min_size=1, max_size=3).map(indent)
    heads = st.one_of(
        st.builds("if {}:".format, EXPRESSIONS),
        st.builds("for item in {}:".format, EXPRESSIONS),
        st.builds("for local in range({}):".format, EXPRESSIONS),
        st.builds("for local, item in enumerate({}):".format, EXPRESSIONS),
    )
    return st.builds("{}\n{}".format, heads, body)


STATEMENTS = st.lists(st.recursive(SIMPLE, blocks, max_leaves=4), min_size=1, max_size=4)


@settings(max_examples=60, suppress_health_check=[HealthCheck.too_slow])
@given(STATEMENTS)
def test_the_checker_answers_whatever_is_written(body: list[str]) -> None:
    run(AROUND_BODY + indent([indent(["local = 1", "pair = Pair(3, 4)", *body])]))


@settings(max_examples=150, suppress_health_check=[HealthCheck.too_slow])
@given(bodies())
def test_what_is_accepted_ends_in_a_result_or_a_refusal_and_always_the_same(body: str) -> None:
    first, second = run(AROUND_BODY + body), run(AROUND_BODY + body)
    assert first == second


def run(source: str) -> object:
    """Run a program where the checker accepts it; return all that can be seen of it afterwards."""
    problems = check_text(source)
    if problems:
        return problems
    bench = Bench(source)
    bench.ledger.balances[asset(9), bench.address] = 10
    code = ""
    try:
        bench.call("probe", 5, "abc", b"xyz", [3, 1, 2], person(2), asset(9), gas=300_000)
    except Refusal as refused:
        code = refused.code
    ledger = bench.ledger
    return code, bench.gas_used, ledger.state, ledger.events, ledger.waiting, ledger.balances
