"""Lists in the state: each item has a key of its own and is paid for when it is read."""

from hypothesis import given
from hypothesis import strategies as st

from dure.contract.gas import STORAGE_READ
from dure.core.codec import encode
from tests.unit.contract.fake_ledger import Bench
from tests.unit.contract.program_files import contract

SOURCE = contract("""
items: List[int] = List(limit=LIMIT)
rows: List[list[str]] = List(limit=10)

@call
def add(self, number: int) -> int:
    self.items.append(number)
    return len(self.items)

@call
def take(self) -> int:
    return self.items.pop()

@call
def put(self, index: int, number: int) -> None:
    self.items[index] = number

@call
def raise_item(self, index: int) -> None:
    self.items[index] += 100

@view
def at(self, index: int) -> int:
    return self.items[index]

@view
def has(self, number: int) -> bool:
    return number in self.items and not number not in self.items

@view
def every(self) -> list[int]:
    result: list[int] = []
    for item in self.items:
        result.append(item)
    for place, item in enumerate(self.items):
        require(result[place] == item, "another order")
    return result

@call
def double(self) -> None:
    for item in self.items:
        self.items.append(item)

@call
def add_row(self, row: list[str]) -> list[str]:
    self.rows.append(row)
    last = self.rows[-1]
    last.append("more")
    return self.rows[-1]
""").replace("class Example", "LIMIT = 20\n\n\nclass Example")


def filled(*numbers: int) -> Bench:
    """Return a contract with these items."""
    bench = Bench(SOURCE)
    for number in numbers:
        bench.call("add", number)
    return bench


def test_each_item_stands_under_a_key_of_its_own_beside_the_length() -> None:
    bench = filled(7, 8)
    state = {key: value for (_, key), value in bench.ledger.state.items()}
    assert state == {
        encode(("items",)): encode(2),
        encode(("items", 0)): encode(7),
        encode(("items", 1)): encode(8),
    }


def test_items_are_read_and_changed_from_both_ends() -> None:
    bench = filled(7, 8, 9)
    bench.call("put", 0, 1)
    bench.call("put", -1, 3)
    bench.call("raise_item", -2)
    assert bench.call("every") == [1, 108, 3]
    assert [bench.call("at", index) for index in (0, -3, 2, -1)] == [1, 1, 3, 3]


def test_what_is_taken_off_leaves_nothing_behind() -> None:
    bench = filled(7)
    assert bench.call("take") == 7
    assert [key for (_, key) in bench.ledger.state] == [encode(("items",))]
    assert bench.call("every") == []


def test_membership_stops_at_the_first_match() -> None:
    bench = filled(7, 8, 9)
    assert (bench.call("has", 8), bench.call("has", 1)) == (True, False)


def test_a_loop_goes_to_the_length_at_its_beginning() -> None:
    bench = filled(1, 2)
    bench.call("double")
    assert bench.call("every") == [1, 2, 1, 2]


def test_a_list_inside_is_a_copy() -> None:
    bench = Bench(SOURCE)
    assert bench.call("add_row", ["a"]) == ["a"]


def test_a_walk_pays_for_each_item_and_one_item_costs_the_same_however_many() -> None:
    short, long = filled(1), filled(*range(10))
    short.call("at", 0)
    long.call("at", 0)
    assert short.gas_used == long.gas_used
    short.call("every")
    long.call("every")
    assert long.gas_used - short.gas_used > 2 * 9 * STORAGE_READ


STEPS = st.one_of(
    st.tuples(st.just("add"), st.integers(0, 9)),
    st.tuples(st.just("take")),
    st.tuples(st.just("put"), st.integers(-4, 4), st.integers(0, 9)),
)


@given(st.lists(STEPS, max_size=12))
def test_it_does_what_a_list_does(steps: list[tuple[str, ...]]) -> None:
    bench, plain = Bench(SOURCE), list[object]()
    for name, *arguments in steps:
        if name == "add":
            plain.append(*arguments)
        elif not plain:
            continue
        elif name == "take":
            assert bench.call(name) == plain.pop()
            continue
        else:
            index, value = arguments
            if not -len(plain) <= int(index) < len(plain):
                continue
            plain[int(index)] = value
        bench.call(name, *arguments)
    assert bench.call("every") == plain
