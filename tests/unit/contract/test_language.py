"""One rule of the language a test, through `invoke` and `view`."""

import pytest

from dure.contract.language import Time, hours
from dure.contract.ports import Refusal
from dure.contract.source import check_text
from tests.unit.contract.fake_ledger import Bench, asset
from tests.unit.contract.program_files import contract

WON = asset(9)


def run(body: str, *arguments: object, before: str = "") -> object:
    """Run the method `probe` of a fresh contract."""
    source = contract(body, before)
    assert check_text(source) == []
    return Bench(source).call("probe", *arguments)


def returning(expression: str, parameters: str = "a: int, b: int", result: str = "int") -> str:
    """Return a body whose `probe` returns an expression."""
    return f"@call\ndef probe(self, {parameters}) -> {result}:\n    return {expression}"


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ("a + b", 17 + -5),
        ("a - b", 17 - -5),
        ("a * b", 17 * -5),
        ("a // b", 17 // -5),
        ("a % b", 17 % -5),
        ("a ** 3", 17**3),
        ("a << 4", 17 << 4),
        ("b >> 1", -5 >> 1),
        ("a & b | a ^ b", 17 & -5 | 17 ^ -5),
        ("-a + +b + ~a", -17 - 5 + ~17),
        ("abs(b) + min(a, b) + max(a, b)", 5 - 5 + 17),
        ("a if a > b else b", 17),
        ("a * a * a * a * a * a // (a ** 6)", 1),
        ("(1 << 254) // (1 << 253)", 2),
    ],
)
def test_integer_arithmetic_is_pythons(expression: str, value: int) -> None:
    assert run(returning(expression), 17, -5) == value


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ("1 < a < 20", True),
        ("a == 17 and not b == 17", True),
        ("a in [1, 17] and b not in [1, 17]", True),
        ("a == 1 or b == 1", False),
    ],
)
def test_conditions_are_pythons(expression: str, value: object) -> None:
    assert run(returning(expression, result="bool"), 17, -5) is value


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ('f"{a} of {b}: {t}"', "17 of -5: héllo"),
        ("t[1:3] + t[0]", "élh"),
        ("t[-2:]", "lo"),
        ("str(a)", "17"),
        ("t if t.startswith('h') and t.endswith('o') and 'll' in t else ''", "héllo"),
        ("t if t > 'a' and t != 'b' else ''", "héllo"),
    ],
)
def test_text_is_pythons(expression: str, value: str) -> None:
    body = returning(expression, "a: int, b: int, t: str", "str")
    assert run(body, 17, -5, "héllo") == value


def test_lists_are_made_changed_sorted_and_walked() -> None:
    body = """
@call
def probe(self, numbers: list[int]) -> list[int]:
    result: list[int] = []
    for place, number in enumerate(sorted(numbers)):
        if number == 4:
            continue
        if number > 8:
            break
        result.append(number * 10 + place)
    result[0] = len(numbers)
    result[-1] += 1000
    last = result.pop()
    for index in range(2, 0, -1):
        result.append(index)
    return result + [last, sum(numbers), min(numbers), max(numbers)] + numbers[1:2]
"""
    assert run(body, [9, 4, 1, 7]) == [4, 2, 1, 1072, 21, 1, 9, 4]


def test_times_and_durations_keep_their_kinds() -> None:
    body = """
@call
def probe(self, start: Time, pause: Duration) -> list[int]:
    later = start + pause * 2 + minutes(1)
    gap = later - start
    early = Time(5) < start and seconds(3) <= pause
    half = (gap // 2).milliseconds
    return [later.milliseconds, gap.milliseconds, gap // pause, half, 1 if early else 0]
"""
    assert run(body, Time(10_000), hours(1)) == [7_270_000, 7_260_000, 2, 3_630_000, 1]


def test_a_field_never_set_reads_as_its_empty_value() -> None:
    body = """
number: Var[int]
truth: Var[bool]
text: Var[str]
data: Var[bytes]

@view
def probe(self) -> bool:
    return self.number == 0 and not self.truth and self.text == "" and self.data == b""
"""
    assert run(body) is True


def test_an_entry_can_be_read_asked_for_and_removed() -> None:
    body = """
pairs: Map[int, Pair]
nested: Map[str, Map[Address, int]]

@call
def probe(self) -> list[int]:
    self.pairs[1] = Pair(left=3, right=4)
    self.nested["a"][self.sender] = 5
    self.nested["a"][self.sender] += 6
    self.nested["b"][self.sender] = 7
    before = self.pairs.get(1, Pair(0, 0)).left if 1 in self.pairs else 0
    self.pairs.remove(1)
    after = self.pairs.get(1, Pair(0, 0)).left if 1 not in self.pairs else 9
    return [before, after, self.nested["a"][self.sender], self.nested["b"].get(self.address, 8)]
"""
    before = "class Pair(Record):\n    left: int\n    right: int"
    assert run(body, before=before) == [3, 0, 11, 8]


def test_a_records_list_is_a_copy() -> None:
    body = """
@call
def probe(self) -> int:
    items = [1]
    box = Box(items)
    items.append(2)
    inner = box.items
    inner.append(3)
    return len(box.items)
"""
    assert run(body, before="class Box(Record):\n    items: list[int]") == 1


def test_keys_of_a_changed_entry_are_worked_out_once() -> None:
    body = """
count: Var[int]
entries: Map[int, int]

def next(self) -> int:
    self.count += 1
    return self.count

@call
def probe(self) -> int:
    self.entries[1] = 10
    self.entries[self.next()] += 5
    return self.count * 100 + self.entries[1]
"""
    assert run(body) == 115


def test_a_choice_is_stored_and_compared_by_its_name() -> None:
    body = """
shade: Var[Shade]

@call
def probe(self, shade: Shade) -> Shade:
    self.shade = shade
    return Shade.BLUE if self.shade == Shade.RED else Shade.RED
"""
    before = 'class Shade(Choice):\n    RED = "red"\n    BLUE = "blue"'
    assert run(body, "RED", before=before) == "BLUE"


def test_constants_are_worked_out_by_the_checker() -> None:
    before = "DAY = hours(24)\nMANY: int = 2 ** 20 - 1\nNAME = 'x'\nTWICE = DAY * 2 + seconds(1)"
    body = returning("MANY + (DAY + TWICE).milliseconds + len(NAME)", "a: int")
    assert run(body, 1, before=before) == 2**20 - 1 + 3 * 86_400_000 + 1000 + 1


def test_a_refused_require_gives_its_reason() -> None:
    body = """
@call
def probe(self, number: int) -> None:
    require(number > 5, f"{number} is too small")
"""
    bench = Bench(contract(body))
    bench.call("probe", 6)
    with pytest.raises(Refusal) as refused:
        bench.call("probe", 5)
    assert (refused.value.code, refused.value.message) == ("refused", "5 is too small")
