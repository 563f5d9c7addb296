"""Names and shapes that collide with what the runtime itself says: no result changes by them."""

import pytest

from dure.contract.ports import Refusal
from tests.unit.contract.fake_ledger import Bench
from tests.unit.contract.program_files import contract

ODD_FIELDS = ("record", "frame", "struct", "changes", "values", "match", "case", "type", "mro")


@pytest.mark.parametrize("field", ODD_FIELDS)
def test_a_record_may_have_a_field_of_any_name(field: str) -> None:
    before = f"class Odd(Record):\n    {field}: int\n    other: int\n"
    bench = Bench(
        contract(
            f"""
            kept: Var[Odd]
            @call
            def probe(self, number: int) -> int:
                odd = Odd({field}=number, other=2)
                self.kept = odd.replace({field}=odd.{field} + 1)
                return self.kept.{field}
            """.replace("\n            ", "\n"),
            before,
        )
    )
    assert bench.call("probe", 5) == 6


def test_what_a_record_holds_does_not_change_with_the_lists_that_it_was_made_of() -> None:
    bench = Bench(
        contract(
            """
@call
def put_in(self) -> int:
    rows = [[1]]
    table = Table(rows)
    inner = rows[0]
    inner.append(2)
    copy = table.rows
    return len(copy[0])
@call
def taken_out(self) -> int:
    rows = [[[1]]]
    table = Table([[1], [2]])
    mine = table.rows
    row = mine[1]
    row.append(9)
    copy = table.rows
    return len(copy[1])
""",
            "class Table(Record):\n    rows: list[list[int]]\n",
        )
    )
    assert (bench.call("put_in"), bench.call("taken_out")) == (1, 1)


def test_a_long_text_is_compared_by_its_length_though_it_is_written_in_the_source() -> None:
    text = "a" * 40_000
    bench = Bench(
        contract(
            f"""
@call
def short(self, text: str) -> bool:
    return text == "aaaa"
@call
def long(self, text: str) -> bool:
    return text == "{text}"
"""
        )
    )
    assert bench.call("short", text) is False
    price = bench.gas_used
    assert bench.call("long", text) is True
    assert bench.gas_used >= price + len(text) // 8


def test_a_refusal_of_many_roles_is_cut_like_any_reason() -> None:
    marks = "".join(f'@only(role="role{n}")\n' for n in range(200))
    bench = Bench(contract(marks + "@call\ndef probe(self) -> None:\n    pass\n"))
    with pytest.raises(Refusal) as refused:
        bench.call("probe")
    assert (refused.value.code, len(refused.value.message)) == ("not_permitted", 256)
