"""Agreements in plain words: every sentence of both languages, and what they must never say."""

import importlib
import pkgutil
import re
from pathlib import Path

import msgspec
import pytest

import dure.contract.library
from dure.application import find_applications
from dure.contract.agreement import Agreement, LanguageCode, explain, render
from dure.contract.agreement.english import DURATIONS, TEMPLATES
from dure.contract.agreement.korean import DURATIONS as KOREAN_DURATIONS
from dure.contract.agreement.korean import TEMPLATES as KOREAN
from dure.contract.agreement.korean import add_particle, conjugate
from dure.contract.bundle import Source
from dure.contract.language import Contract
from dure.contract.problems import UnsafeSource
from dure.contract.source import bundle, read_source

HERE = Path(__file__).parent
HEAD = """from dure.contract.language import (
    Address, Amount, Asset, Contract, Event, Map, Time, Var, call, days, init, require, view,
)


"""


def list_contracts() -> list[Source]:
    found = [each for application in find_applications() for each in application.contracts]
    for module in pkgutil.iter_modules(dure.contract.library.__path__):
        loaded = importlib.import_module(f"dure.contract.library.{module.name}")
        found += [
            each
            for each in vars(loaded).values()
            if isinstance(each, type)
            and issubclass(each, Contract)
            and each.__module__ == loaded.__name__
        ]
    return [read_source(each) for each in found]


SOURCES = list_contracts()


def read(text: str, name: str = "Box") -> Agreement:
    return explain(bundle(HEAD + text, name))


def read_clause(body: str, head: str = "") -> str:
    """Return the English page of a contract with one method of this body."""
    lines = "\n".join(f"        {line}" for line in body.splitlines())
    fields = "    money: Var[Asset]\n    count: Var[int]\n    owner: Var[Address]\n"
    text = (
        f"{head}class Box(Contract):\n{fields}\n    @call\n    def do(self, number: int) -> None:\n"
    )
    return render(read(text + lines + "\n"), "en")


@pytest.mark.parametrize("language", ["en", "ko"])
def test_a_contract_with_everything_reads_as_it_should(language: LanguageCode) -> None:
    source = bundle((HERE / "lease.txt").read_text("utf-8"), "House")
    expected = (HERE / f"lease.{language}.md").read_text("utf-8")
    assert render(explain(source), language) == expected


@pytest.mark.parametrize("language", ["en", "ko"])
@pytest.mark.parametrize("source", SOURCES, ids=lambda source: source.class_name)
def test_every_contract_of_ours_can_be_read(source: Source, language: LanguageCode) -> None:
    page = render(explain(source), language)
    assert page.startswith("# ")
    assert page == render(explain(source), language)
    assert "\nen:" not in page
    assert "\nko:" not in page


@pytest.mark.parametrize("source", SOURCES, ids=lambda source: source.class_name)
def test_every_contract_of_ours_reads_fully_korean(source: Source) -> None:
    page = render(explain(source), "ko")
    # Names of standards and their codes are the same in every language.
    page = re.sub("SHA-256|UA1545 EWR-IAH|`[^`]*`|\\b[A-Z][A-Z0-9/]*(?![A-Za-z])", "", page)
    assert [line for line in page.splitlines() if re.search("[A-Za-z]", line)] == []


@pytest.mark.parametrize("source", SOURCES, ids=lambda source: source.class_name)
def test_every_word_of_ours_is_of_something_in_the_files(source: Source) -> None:
    texts = [source.text, *(each.text for each in source.library)]
    files = " ".join(re.split(r'\n"""(?:en|ko):\n', text)[0] for text in texts)
    for words in explain(source).words.values():
        assert [key for key in words if key not in files] == []


def test_the_same_agreement_comes_back_from_its_json() -> None:
    agreement = explain(SOURCES[0])
    assert msgspec.json.decode(msgspec.json.encode(agreement), type=Agreement) == agreement


def test_both_tables_say_the_same_things() -> None:
    assert TEMPLATES.keys() == KOREAN.keys()
    assert DURATIONS.keys() == KOREAN_DURATIONS.keys()


def test_a_contract_that_a_chain_would_refuse_has_no_agreement() -> None:
    with pytest.raises(UnsafeSource):
        read("class Box(Contract):\n    x: Var[float]\n")
    with pytest.raises(UnsafeSource):
        read("class Box(Contract):\n    x: Var[int]\n", "Other")


def test_a_refusal_s_reason_is_never_taken_for_the_condition() -> None:
    page = read_clause('require(self.count < 3, "the box is full")')
    assert "* The count is less than 3. Otherwise it is refused: “the box is full”" in page


def test_what_has_no_plain_words_is_quoted() -> None:
    page = read_clause('require(self.count & 1 == 0, "odd")')
    assert "* `self.count & 1` is 0." in page


def test_an_early_return_is_a_condition_of_what_follows() -> None:
    page = read_clause(
        "if self.count > 3:\n    return\nself.pay(self.money, self.owner, Amount(5))"
    )
    assert "* Where the count is at most 3:\n  * Pays 5 in “money” to the owner." in page


def test_two_records_of_a_kind_are_told_apart() -> None:
    head = "class Slot(Record):\n    who: Address\n\n\n".replace("Record", "Record")
    text = (
        HEAD.replace("Contract,", "Contract, Record,")
        + head
        + """class Box(Contract):
    slots: Map[int, Slot]

    @call
    def swap(self, first: int, second: int) -> None:
        a = self.slots[first]
        b = self.slots[second]
        require(a.who != b.who, "the same")
"""
    )
    page = render(explain(bundle(text, "Box")), "en")
    assert "* The “who” of the slot is not the “who” of the slot for the second." in page


def test_a_state_change_ends_what_was_established() -> None:
    body = 'require(self.count == 0, "no")\nself.count = 5\nif self.count == 0:\n'
    page = read_clause(body + "    self.pay(self.money, self.owner, Amount(5))")
    assert "* Where the count is 0:" in page


def test_what_was_required_is_not_repeated() -> None:
    body = 'require(self.count == 0, "no")\nif self.count == 0:\n'
    page = read_clause(body + "    self.pay(self.money, self.owner, Amount(5))")
    assert "Then it:\n\n* Pays 5 in “money” to the owner." in page


def test_a_source_that_doubles_at_every_helper_is_read_in_bounded_time() -> None:
    methods = ["    def h0(self) -> None:\n        self.count += 1\n"]
    for i in range(1, 11):
        calls = f"        self.h{i - 1}()\n" * 8
        methods.append(f"    def h{i}(self) -> None:\n{calls}")
    text = "class Box(Contract):\n    count: Var[int]\n\n" + "\n".join(methods)
    text += "\n    @call\n    def do(self) -> None:\n        self.h10()\n"
    assert "Does more than this page tells: see the source" in render(read(text), "en")


def test_a_constant_without_a_unit_of_its_own_is_told_in_milliseconds() -> None:
    text = "NONE = days(0)\n\n\nclass Box(Contract):\n    x: Var[int]\n"
    page = render(explain(bundle(HEAD + text, "Box")), "en")
    assert "* None: 0 milliseconds." in page


@pytest.mark.parametrize(
    ("word", "pair", "expected"),
    [
        ("보증금", "을/를", "보증금을"),
        ("기한과", "이/가", "기한과가"),
        ("서울", "으로/로", "서울로"),
        ("집", "으로/로", "집으로"),
        ("7", "으로/로", "7로"),
        ("1,000", "이/가", "1,000이"),
        ("2", "은/는", "2는"),
        ("3", "은/는", "3은"),
        ("premium", "을/를", "premium을(를)"),
        ("money", "으로/로", "money(으)로"),
        ("“손님”", "이/가", "“손님”이"),
        ("값", "에 따라", "값에 따라"),
    ],
)
def test_korean_particles_follow_the_sound(word: str, pair: str, expected: str) -> None:
    assert add_particle(word, pair) == expected


WORDS = '''from dure.contract.language import (
    Address, Amount, Asset, Contract, Currency, Decimal, Hash, List, Map, Record, Time, Var, call,
    days, encode, hours, init, require, sha256, verify_ed25519, view,
)


class Won(Currency):
    """Korean won."""


class Rate(Decimal):
    """A rate."""

    places = 3


class Bid(Record):
    price: Amount[Won]


FEE = Won.of(5_000)
BASE = Rate("0.125")


class Words(Contract):
    money: Var[Asset[Won]]
    prices: Map[Address, Amount[Won]]
    bids: Map[int, Bid]
    pairs: Map[int, Map[int, int]]
    numbers: List[int] = List(limit=9)
    total: Var[int]
    isopen: Var[bool]

    @call
    def say(self, key: bytes, sign: bytes, rate: Rate, fee: Amount[Won], count: int) -> list[int]:
        require(%s, "no")
        return [1]
'''


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("verify_ed25519(key, encode(count, sign), sign)",
         "the sign is a valid signature of the bytes of the count and the sign by the key the key"),
        ("sha256(key) == sha256(sign)",
         "the SHA-256 digest of the key is the SHA-256 digest of the sign"),
        ("fee > FEE", "the fee is more than 5,000 Won"),
        ("fee > Won.of(count)", "the fee is more than the count Won"),
        ("rate > BASE", "the rate is more than 0.125"),
        ("self.prices.get(self.sender, Won.of(0)) > fee",
         "the prices of the caller is more than the fee"),
        ("self.now > Time(0) + hours(count + 1)",
         "the time of the call is after (the count plus 1) in hours after 0"),
        ("count + 0 == -count", "the count is minus the count"),
        ("-(count + 1) < 3", "minus (the count plus 1) is less than 3"),
        ("(1 if count > 2 else 3) == count",
         "(1 if the count is more than 2, otherwise 3) is the count"),
        ("count in [1, count]", "the count is one of 1 and the count"),
        ("not (count == 1 or (count == 2 and count < 9))",
         "the count is not 1 and (the count is not 2 or is at least 9)"),
        ("not verify_ed25519(key, key, sign)",
         "it is not so that the sign is a valid signature of the key by the key the key"),
        ("not (not verify_ed25519(key, key, sign))",
         "the sign is a valid signature of the key by the key the key"),
        ("self.isopen == (count == 1)", "“isopen” is the count is 1"),
        ("self.isopen == (not count == 1)", "“isopen” is the count is not 1"),
        ("self.pairs[count].get(1, 0) == 5", "the pairs of the count and 1 is 5"),
        ("self.prices.get(self.sender, Won.of(7)) > fee",
         "the prices of the caller (or, where there is none, 7 Won) is more than the fee"),
        ("self.numbers[count] == 1",
         "the one of the numbers at place the count (counted from 0) is 1"),
        ("fee > Won.of(0)", "the fee is more than 0"),
        ("~count == 3", "`~count` is 3"),
        ("self.bids[1].price == fee", "the price of the bid for 1 is the fee"),
        ("len(self.numbers) == max(sorted([3, count]))",
         "the number of items in the numbers is the larger of 3 and the count, sorted"),
        ("sum([count]) == len(key[1:])",
         "the sum of the count is the number of bytes of `key[1:]`"),
        ("max(count, len(key)) > min(self.total, count)",
         ("the larger of the count and the number of bytes of the key is more than "
          "the smaller of the total and the count")),
        ("Amount(abs(count)).units == min([4, count])",
         "the size of the count (whatever its sign) is the smaller of 4 and the count"),
        ("key.startswith(sign)", "`key.startswith(sign)`"),
        ("fee.units == count", "the fee is the count"),
    ],
)  # fmt: skip
def test_every_expression_has_words_or_is_quoted(source: str, said: str) -> None:
    page = render(explain(bundle(WORDS % source, "Words")), "en")
    assert f"* {said[:1].upper()}{said[1:]}. Otherwise it is refused: “no”" in page


def test_kinds_of_values_are_named_with_their_money_and_places() -> None:
    page = render(explain(bundle(WORDS % "count > 0", "Words")), "en")
    assert (
        "key (bytes), sign (bytes), rate (a number with 3 decimals), fee (an amount of Won)" in page
    )
    assert "* Fee: 5,000 Won." in page
    assert "* Base: 0.125." in page


def test_a_record_that_was_stored_may_be_another_when_it_is_read_again() -> None:
    body = """bid = self.bids[count]
        self.bids[count] = bid.replace(price=fee)
        again = self.bids[count]
        require(bid.price != again.price, "same")
        return [1]"""
    text = (WORDS % "count > 0").replace("return [1]", body)
    page = render(explain(bundle(text, "Words")), "en")
    assert "* The price of the bid is not the price of the bid by then." in page
    twice = text.replace(
        "again = self.bids[count]", "again = bid\n        again = self.bids[count]"
    )
    page = render(explain(bundle(twice, "Words")), "en")
    assert "is not the price of the bid by then." in page


def test_long_expressions_are_quoted_whole() -> None:
    long = " + ".join(["count * 2"] * 30)
    page = render(explain(bundle(WORDS % f"{long} > 3", "Words")), "en")
    assert "`" in page


FOUR = """from dure.contract.language import (
    Address, Amount, Asset, Choice, Contract, Var, call, require,
)


class Four(Choice):
    A = "a"
    B = "b"
    C = "c"
    D = "d"


class Box(Contract):
    money: Var[Asset]
    owner: Var[Address]
    state: Var[Four]

    @call
    def do(self, flag: bool) -> None:
        %s
"""


def read_four(*lines: str) -> str:
    return render(explain(bundle(FOUR % "\n        ".join(lines), "Box")), "en")


def test_what_is_left_of_a_choice_is_said_once() -> None:
    pay = "self.pay(self.money, self.owner, Amount(1))"
    lines = [
        "if self.state == Four.A:",
        "    return",
        "if self.state == Four.B:",
        "    return",
        pay,
    ]
    assert "* Where the state is “c” or “d”:\n  * Pays 1" in read_four(*lines)
    lines[4:] = ["if self.state != Four.C:", f"    {pay}"]
    assert "* Where the state is “d”:\n  * Pays 1" in read_four(*lines)


def test_the_other_way_out_is_a_condition_too() -> None:
    pay = "self.pay(self.money, self.owner, Amount(1))"
    page = read_four("if flag:", "    pass", "else:", "    return", pay, pay)
    assert "* Where “flag” is true:\n  * Pays 1 in “money” to the owner.\n\n" in page


def test_what_says_nothing_is_left_out() -> None:
    page = read_four(
        "self.pay(self.money, self.owner, Amount(0))",
        'require(Four.A == Four.A, "always")',
        "if flag:",
        '    require(flag, "again")',
        '    require(self.state == Four.A, "once")',
        '    require(self.state == Four.A, "once")',
    )
    assert "Pays" not in page
    assert "always" not in page
    assert "again" not in page
    assert page.count("“once”") == 1


def test_many_methods_together_are_read_in_bounded_time_too() -> None:
    pays = "".join(
        f"        self.pay(self.money, self.sender, Amount({i} + self.count))\n" for i in range(50)
    )
    shared = f"    def shared(self) -> None:\n{pays}"
    calls = "".join(
        f"\n    @call\n    def do{i}(self) -> None:\n        self.shared()\n" for i in range(250)
    )
    text = f"class Box(Contract):\n    money: Var[Asset]\n    count: Var[int]\n\n{shared}{calls}"
    agreement = read(text)
    (duties,) = agreement.duties
    assert len(duties.clauses) == 250
    told = [len(clause.acts) for clause in duties.clauses]
    assert (told[0], told[-1]) == (50, 1)
    assert duties.clauses[-1].acts[0].words.key == "more"


def test_words_at_the_end_of_a_file_have_the_last_say() -> None:
    text = '''class Box(Contract):
    held: Var[Amount]
    closed_at: Var[Time]
    owner: Var[Address]

    @call
    def empty(self) -> None:
        """Take everything out."""
        require(self.held > Amount(0), "nothing there")
        require(self.now > self.closed_at, "too early")


"""en:
held = money in the
    box
closed_at = closing time
empty = take everything: Take the money out of the box.
no entry
"""

"""ko:
Box = 상자
held = 상자 속의 돈(원)
empty = 비우기: 상자를 비운다.
nothing there = 상자가 비었다
"""
'''
    page = render(read(text), "en")
    assert "### 2.1 Take everything\n\nTake the money out of the box.\n" in page
    assert "* The money in the box is more than 0. Otherwise it is refused: “nothing there”" in page
    assert "* The time of the call is after the closing time." in page
    page = render(read(text), "ko")
    assert page.startswith("# 상자: 쉬운 말로 쓴 계약서\n")
    assert "### 2.1 비우기\n\n상자를 비운다.\n" in page
    assert "* 상자 속의 돈(원)이 0보다 클 것. 아니면 거절된다: “상자가 비었다”" in page


def test_a_number_of_rounds_rounded_up_is_said_so() -> None:
    page = read_clause(
        "rounds = (number + 8 - 1) // 8\nfor turn in range(rounds):\n"
        "    self.pay(self.money, self.owner, Amount(1))"
    )
    assert "* As many times as the number divided by 8 (rounded up):" in page
    page = read_clause(
        "rounds = (number + 8 - 1) // 9\nfor turn in range(rounds):\n"
        "    self.pay(self.money, self.owner, Amount(1))"
    )
    assert "* As many times as ((the number plus 8) minus 1) divided by 9 (rounded down):" in page


@pytest.mark.parametrize(
    ("sentence", "form", "expected"),
    [
        ("돈이 0보다 큼", "면", "돈이 0보다 크면"),
        ("돈이 0보다 작음", "면", "돈이 0보다 작으면"),
        ("둘이 다름", "것", "둘이 다를 것"),
        ("서명임", "고", "서명이고"),
        ("서명이 아님", "거나", "서명이 아니거나"),
        ("`a.b(c)`", "면", "`a.b(c)`이면"),
        ("(하나이거나 둘임)", "고", "(하나이거나 둘임)이고"),
    ],
)
def test_korean_conditions_take_other_forms(sentence: str, form: str, expected: str) -> None:
    assert conjugate(sentence, form) == expected
