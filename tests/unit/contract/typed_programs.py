"""A grammar of well-typed programs: nearly everything that it writes is accepted.

A form is text with the kinds of its parts in braces. Forms without parts end the growth.
"""

import re

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

DEPTH_MAX = 3

INTEGER = """
0 | 1 | -1 | 7 | (1 << 62) | (1 << 200) | number | local | self.total | self.height
numbers[0] | data[0] | numbers.pop() | self.pairs[1].left | len({text}) | len({bytes}) | len({list})
({int} + {int}) | ({int} - {int}) | ({int} * {int}) | ({int} // {int}) | ({int} % {int})
({int} ** {int}) | ({int} << {int}) | ({int} >> {int}) | ({int} & {int}) | ({int} ^ {int})
({int} if {bool} else {int}) | sum({list}) | min({list}) | max({int}, {int}) | abs({int}) | -{int}
{list}[{int}] | self.ask({int}) | {pair}.left | {time}.milliseconds | {duration}.milliseconds
self.nested[{int}].get({int}, {int}) | ({duration} // {duration})
"""
TEXT = """
text | 'é' | '' | long | ({text} + {text}) | str({int}) | {text}[{int}:{int}] | {text}[{int}]
{bytes}.hex() | f'{number} and {text}{local}'
"""
TRUTH = """
True | False | who == self.sender | shade != Shade.RED | {int} == {int} | {int} < {int} <= {int}
{text} == {text} | {text} < {text} | {text} in {text} | {time} >= {time} | ({bool} and {bool})
({bool} or {bool}) | (not {bool}) | ({int} in {list}) | ({int} not in self.pairs)
{text}.startswith({text})
"""
LIST = """
numbers | self.lists['a'] | [1, 2] | ({list} + {list}) | sorted({list}) | [{int}, {int}]
{list}[{int}:{int}] | self.lists.get({text}, {list})
"""
STATEMENT = """
local = {int} | local += {int} | local *= {int} | local //= {int} | local <<= {int} | return
self.total = {int} | self.total += {int} | self.nested[{int}][{int}] = {int}
numbers[{int}] = {int} | numbers[{int}] *= {int} | numbers.append({int})
numbers = {list} | self.lists[{text}] = {list}
self.pairs[{int}] = {pair} | self.pairs.remove({int}) | pair = {pair} | long += {text}
require({bool}, {text}) | self.emit(Happened({int})) | self.pay(asset, who, Amount({int}))
local = self.schedule({time}, self.later, {int}, gas={int})
"""
GRAMMAR = {
    "int": INTEGER,
    "text": TEXT,
    "bool": TRUTH,
    "list": LIST,
    "bytes": "data | b'' | ({bytes} + {bytes}) | {bytes}[{int}:]",
    "time": "self.now | Time(5) | ({time} + {duration}) | ({time} - {duration})",
    "duration": "hours(2) | Duration(5) | ({time} - {time}) | ({duration} * 3) | seconds({int})",
    "pair": "pair | Pair(3, 4) | Pair(left={int}, right={int}) | {pair}.replace(right={int})",
    "statement": STATEMENT,
    "head": "if {bool}: | for local in {list}: | for local in range({int}, {int}): "
    "| for local, other in enumerate({list}):",
}
FORMS = {kind: re.split(r"\s*[|\n]\s*", text.strip()) for kind, text in GRAMMAR.items()}
PART = re.compile("{(" + "|".join(GRAMMAR) + ")}")
BEGINNING = ["local = 1", "long = ''", "pair = Pair(3, 4)", "shade = Shade.RED"]


@st.composite
def expand(draw: st.DrawFn, kind: str, depth: int = DEPTH_MAX) -> str:
    """Return a text of the kind, at most `depth` forms deep."""
    forms = FORMS[kind]
    if depth == 0:
        forms = [form for form in forms if not PART.search(form)]
    form = draw(st.sampled_from(forms))
    if form.startswith("f'"):
        return form
    return PART.sub(lambda part: draw(expand(part[1], max(0, depth - 1))), form)


@st.composite
def bodies(draw: st.DrawFn) -> str:
    """Return a body of the method `probe` of `program_files.AROUND_BODY`."""
    lines = [*BEGINNING]
    for _ in range(draw(st.integers(1, 4))):
        inner = [draw(expand("statement")) for _ in range(draw(st.integers(1, 3)))]
        if draw(st.booleans()):
            inner = [draw(expand("head")), *("    " + line for line in inner)]
        lines += inner
    return "\n".join("        " + line for line in lines)


def generate(count: int) -> list[str]:
    """Return bodies of the grammar, the same ones in each run."""
    found: list[str] = []

    @settings(
        max_examples=count,
        database=None,
        derandomize=True,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(bodies())
    def collect(body: str) -> None:
        found.append(body)

    collect()
    return found
