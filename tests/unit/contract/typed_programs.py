"""A grammar of well-typed programs: nearly everything that it writes is accepted.

A form is text with the kinds of its parts in braces. Forms without parts end the growth.
"""

import re
from collections.abc import Callable, Mapping

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
self.nested[{int}].get({int}, {int}) | ({duration} // {duration}) | ({amount} // {amount})
{amount}.units | {rate}.units | {rate}.scale({int}) | len({hash}.hex()) | self.seals.get({hash}, 0)
"""
TEXT = """
text | 'é' | '' | long | ({text} + {text}) | str({int}) | {text}[{int}:{int}] | {text}[{int}]
{bytes}.hex() | f'{number} and {text}{local}'
"""
TRUTH = """
True | False | who == self.sender | shade != Shade.RED | {int} == {int} | {int} < {int} <= {int}
{text} == {text} | {text} < {text} | {text} in {text} | {time} >= {time} | ({bool} and {bool})
({bool} or {bool}) | (not {bool}) | ({int} in {list}) | ({int} not in self.pairs)
{text}.startswith({text}) | {amount} < {amount} <= {amount} | {won} == {won} | {rate} >= {rate}
{hash} == {hash} | ({amount} in [{amount}]) | verify_ed25519({bytes}, {bytes}, {bytes})
self.has_role({text}, who)
"""
AMOUNT = """
self.fund | fee | Amount({int}) | ({amount} + {amount}) | ({amount} - {amount}) | ({amount} * {int})
({amount} * {rate}) | ({amount} // {int}) | ({amount} % {int}) | max({amount}, {amount})
sum([{amount}, {amount}], {amount}) | min([{amount}]) | self.balance_of(asset)
({amount} if {bool} else {amount}) | self.holding_of(asset, who) | sorted([{amount}])[{int}]
"""
WON = """
self.price | Won.of({int}) | ({won} + {won}) | ({won} - {won}) | ({won} * {rate})
min({won}, {won})
self.balance_of(self.won)
"""
RATE = """
self.rate | rate | Rate("0.035") | Rate("-12") | Rate.from_units({int}) | Rate.ratio({int}, {int})
({rate} + {rate}) | ({rate} - {rate}) | (-{rate}) | ({rate} * {int}) | ({rate} * {rate})
({rate} * {price}) | {rate}.divided_by({int}) | {rate}.divided_by({rate}) | Rate.round({price})
max({rate}, {rate}) | sum([{rate}], {rate})
"""
LIST = """
numbers | self.lists['a'] | [1, 2] | ({list} + {list}) | sorted({list}) | [{int}, {int}]
{list}[{int}:{int}] | self.lists.get({text}, {list})
"""
STATEMENT = """
local = {int} | local += {int} | local *= {int} | local //= {int} | local <<= {int}
numbers[{int}] = {int} | numbers[{int}] *= {int} | numbers.append({int})
numbers = {list} | fee = {amount} | fee += {amount} | rate *= {rate} | rate = {rate}
pair = {pair} | long += {text} | require({bool}, {text})
"""
CHANGE = """
self.total = {int} | self.total += {int} | self.nested[{int}][{int}] = {int} | return
self.lists[{text}] = {list} | self.fund = {amount} | self.fund += {amount} | self.fund *= {rate}
self.price = {won} | self.rate = {rate} | self.rate *= {price} | self.seals[{hash}] = {int}
self.won = self.create_asset({text}, {int}) | self.pay(self.won, who, {won})
self.move(asset, who, self.sender, {amount}) | self.pay(asset, who, {amount})
self.pairs[{int}] = {pair} | self.pairs.remove({int}) | self.emit(Happened({int}))
local = self.schedule({time}, self.later, {int}, gas={int})
"""
READING = {
    "int": INTEGER,
    "text": TEXT,
    "bool": TRUTH,
    "list": LIST,
    "bytes": "data | b'' | ({bytes} + {bytes}) | {bytes}[{int}:] | encode({int}, {text}, {list}) | "
    "encode({amount}, {won}, {rate}, {hash}, {pair}) | {text}.encode()",
    "amount": AMOUNT,
    "won": WON,
    "rate": RATE,
    "price": 'Price("1.5") | Price.round({rate}) | Price.ratio({int}, {int}) | ({price} * {rate})',
    "hash": "sha256(data) | sha256({bytes}) | sha256(encode({hash}, {int}))",
    "time": "self.now | Time(5) | ({time} + {duration}) | ({time} - {duration})",
    "duration": "hours(2) | Duration(5) | ({time} - {time}) | ({duration} * 3) | seconds({int})",
    "pair": "pair | Pair(3, 4) | Pair(left={int}, right={int}) | {pair}.replace(right={int})",
    "statement": STATEMENT,
    "head": "if {bool}: | for local in {list}: | for local in range({int}, {int}): "
    "| for local, other in enumerate({list}):",
}
BEGINNING = ["local = 1", "long = ''", "pair = Pair(3, 4)", "shade = Shade.RED"]
BEGINNING += ["fee = Amount(3)", 'rate = Rate("0.5")']

Grammar = Mapping[str, tuple[str, ...]]
Choose = Callable[[tuple[str, ...]], str]
"""Takes one of some forms."""


def join(*grammars: Mapping[str, str]) -> Grammar:
    """Return the forms of each kind, of all grammars together."""
    kinds = {kind: None for grammar in grammars for kind in grammar}
    written = {kind: [grammar[kind] for grammar in grammars if kind in grammar] for kind in kinds}
    return {
        kind: tuple(form for text in texts for form in re.split(r"\s*[|\n]\s*", text.strip()))
        for kind, texts in written.items()
    }


FORMS = join(READING, {"statement": CHANGE})
PART = re.compile("{([a-z]+)}")


def expand(kind: str, choose: Choose, forms: Grammar = FORMS, depth: int = DEPTH_MAX) -> str:
    """Return a text of the kind, at most `depth` forms deep."""
    fitting = forms[kind]
    if depth <= 0:
        fitting = tuple(form for form in fitting if not PART.search(form))
    form = choose(fitting)
    if form.startswith("f'"):
        return form
    return PART.sub(lambda part: expand(part[1], choose, forms, depth - 1), form)


@st.composite
def bodies(draw: st.DrawFn) -> str:
    """Return a body of the method `probe` of `program_files.AROUND_BODY`."""
    lines = [*BEGINNING]

    def choose(forms: tuple[str, ...]) -> str:
        return draw(st.sampled_from(forms))

    for _ in range(draw(st.integers(1, 4))):
        inner = [expand("statement", choose) for _ in range(draw(st.integers(1, 3)))]
        if draw(st.booleans()):
            inner = [expand("head", choose), *("    " + line for line in inner)]
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
