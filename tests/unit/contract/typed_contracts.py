"""Whole files of well-typed contracts: two that inherit from a third, call each other and back.

The forms of `typed_programs`, and more, fill the bodies of a fixed frame: stored lists, parties,
promises, money of two currencies, records of every kind of value, schedules, a transfer rule.

Rules
-----
1. Every body has the same names: what its method's parameters leave out, it makes itself.
2. Bodies of what only reads and of shared parts are made of `READING`, which calls no method of
   the frame but through the peer: so nothing calls itself. Other bodies are made of `CHANGING`.
"""

from random import Random

from tests.unit.contract.program_files import IMPORTS
from tests.unit.contract.typed_programs import (
    BEGINNING,
    CHANGE,
    READING,
    Choose,
    Grammar,
    expand,
    join,
)

DEPTH_MAX = 2
READS = {
    "int": """
len(self.items) | self.items[{int}] | self.rows[{int}][{int}] | len(self.crowd)
self.ranks.get({rate}, {int}) | self.shades.get(shade, {int})
self.dues.get({time}, {int})
({won} // {won}) | {dollar}.units | {trail}[{int}].right | {deed}.count
self.truths.get({bool}, {int}) | {deed}.pair.left | {won}.units
self.wealth.get({won}, {int})
Peer(self.peer).look({given}) | Stranger(who).look({int})
""",
    "bool": """
({int} in self.items) | (who in self.crowd) | ({won} in self.offers) | ({rate} in self.ranks)
({won} not in self.wealth) | ({hash} in self.trades) | {time} != {time} | {hash} in self.proofs
(shade in self.shades) | {dollar} < {dollar} | (shade in self.colours) | {deed}.done
({rate} in self.rates) | ({time} in self.dues) | self.crowd[{int}] == who
Peer(self.peer).is_open({deed})
""",
    "text": "{deed}.note",
    "amount": "{deed}.fund | self.funds.get({hash}, {amount})",
    "won": "{deed}.price | self.holding_of(self.won, who)",
    "dollar": """
tip | self.tip | Dollar.of({int}) | ({dollar} + {dollar}) | ({dollar} - {dollar})
({dollar} * {rate}) | self.balance_of(self.dollars) | self.tips.get({rate}, {dollar})
({dollar} // {int}) | ({dollar} if {bool} else {dollar})
""",
    "rate": "{deed}.rate",
    "hash": "{deed}.seal",
    "time": "{deed}.due",
    "duration": "self.ages.get(who, {duration})",
    "pair": "{deed}.pair | self.trail[{int}] | {trail}[{int}]",
    "trail": "{deed}.trail | [{pair}, {pair}] | [Pair(1, 2)]",
    "deed": """
deed | self.trades[{hash}] | self.deeds[{int}] | {deed}.replace(price={won}) | self.newest
{deed}.replace(seal={hash}, rate={rate}, fund={amount}) | {deed}.replace(pair={pair}, note={text})
{deed}.replace(due={time}, trail={trail}, done={bool}, shade=Shade.RED)
Peer(self.peer).find_deed({hash})
""",
    "bytes": "encode({deed}, {dollar}, {trail}, {time}, {duration}, shade)",
    "list": "self.rows[{int}]",
    "given": """
number, text, data, numbers, who, asset | {int}, {text}, {bytes}, {list}, who, asset
""",
    "asset": "self.won | self.theirs",
    "statement": "deed = {deed} | tip = {dollar} | tip += {dollar}",
    "head": """
for local in self.items: | for pair in self.trail: | for local, other in enumerate(self.items):
for pair in {trail}: | for who in self.crowd: | for deed in self.deeds: | for numbers in self.rows:
""",
}
CHANGES = {
    "int": """
self.items.pop() | self.rows.pop()[{int}] | Peer(self.peer).act({given})
Peer(self.peer).paying({asset}, {won}).take({int}, {deed})
Peer(self.peer).act_again({given}) | self.schedule({time}, self.later, {int})
self.weigh({int}, {won})
""",
    "due": """
self.later, number | self.much_later, {int}, {text}, {bytes}, {bool}, who, {hash}, asset, \
self.won, {amount}, {won}, {time}, {duration}, {list}, {pair}, {deed}, shade, {rate}, {trail}
""",
    "bool": "self.cancel({int}) | self.is_sound()",
    "won": "self.ask_rule(who, who, {won})",
    "pair": "self.trail.pop()",
    "deed": "self.deeds.pop() | self.change({deed}, {won})",
    "statement": """
self.items.append({int}) | self.items[{int}] = {int} | self.items[{int}] += {int}
self.rows.append({list}) | self.rows[{int}] = {list} | self.crowd.append(who)
self.crowd[{int}] = self.sender | self.trail.append({pair}) | self.trail[{int}] = {pair}
self.deeds.append({deed}) | self.deeds[{int}] = {deed} | self.newest = {deed}
self.trades[{hash}] = {deed} | self.ranks[{rate}] = {int} | self.ranks[{rate}] += {int}
self.wealth[{won}] = {int} | self.wealth.remove({won}) | self.trades.remove({hash})
self.tip = {dollar} | self.tip += {dollar} | self.tips[{rate}] = {dollar}
self.funds[{hash}] = {amount} | self.funds[{hash}] += {amount}
self.dues[{time}] = {int}
self.shades[shade] = {int} | self.truths[{bool}] = {int} | self.ages[who] = {duration}
self.pay(self.dollars, who, {dollar}) | self.pay({asset}, self.peer, {won})
self.mint(self.won, who, {won}) | self.burn(self.won, self.address, {won})
self.freeze(self.won, who, {bool}) | self.move(self.won, who, self.address, {won})
self.mint(self.dollars, self.address, {dollar}) | self.set_transfer_rule(self.won, self.ask_rule)
self.offers.append({won}) | self.proofs.append({hash}) | self.colours.append(shade)
self.rates.append({rate}) | self.rates[{int}] *= {rate} | self.offers[{int}] += {won}
self.keeper = who | self.keeper = self.sender | local = Peer(self.peer).act({given})
local = Peer(self.peer).paying({asset}, {won}).take({int}, {deed})
self.emit(Told({deed}, {won}, {dollar}, {rate}, {hash}, {time}, shade, {trail}))
local = self.schedule(self.now + seconds({int}), {due}, gas=60_000)
local = self.schedule({time}, {due})
local = self.schedule(self.now + hours(2), {due}, gas=60_000)
""",
}
MOSTLY = {
    "[{int}]": "[{place}]",
    "// {int}": "// {small}",
    "% {int}": "% {small}",
    "<< {int}": "<< {small}",
    "** {int}": "** {small}",
    "range({int}, {int})": "range({place}, {small})",
    "self.trades[{hash}]": "self.trades[{proof}]",
    "require({bool}, {text})": "require({bool} or number < 9, {text})",
}
"""What would nearly always be refused while it runs, and what stands there instead."""
RARELY = {
    "place": "0 | 0 | -1 | -1 | 0 | {int}",
    "small": "1 | 2 | 3 | 7 | 10 | {int}",
    "proof": "sha256(b'') | self.newest.seal | {hash}",
    "deed": "deed | deed | self.newest",
}


def soften(forms: Grammar) -> Grammar:
    """Return forms that mostly come to a result."""
    for hard, soft in MOSTLY.items():
        forms = {
            kind: tuple(text.replace(hard, soft) for text in texts) for kind, texts in forms.items()
        }
    return forms


READS_ONLY = soften(join(READING, READS, RARELY))
CHANGING = soften(join(READING, READS, RARELY, {"statement": CHANGE}, CHANGES))
OWN = {**CHANGING, "int": (*CHANGING["int"], "self.look({given})")}

LIBRARY = {
    "Pausable": ("pausable", "self.require_running()", ""),
    "Ownable": ("ownership", 'require(self.current_owner() == self.sender, "owner")', "ownership"),
    "Roles": ("roles", 'self.require_role("clerk")', "ownership"),
    "Allowances": ("allowances", "self.use_allowance(who, Amount(1))", ""),
}
"""Contracts to inherit from: module, a line that uses it, and what its `@init` begins."""

DECLARATIONS = """
class Shade(Choice):
    RED = "red"
    BLUE = "blue"

class Won(Currency):
    "Korean won."

class Dollar(Currency):
    "US dollars."

class Rate(Decimal):
    places = 6

class Price(Decimal):
    places = 2
    rounding = Rounding.DOWN

class Pair(Record):
    left: int
    right: int

class Deed(Record):
    count: int
    note: str
    done: bool
    fund: Amount
    price: Amount[Won]
    rate: Rate
    seal: Hash
    due: Time
    age: Duration
    holder: Address
    pair: Pair
    trail: list[Pair]
    shade: Shade

class Happened(Event):
    number: int

class Told(Event):
    deed: Deed
    price: Amount[Won]
    tip: Amount[Dollar]
    rate: Rate
    seal: Hash
    due: Time
    shade: Shade
    trail: list[Pair]

class Stranger(Interface):
    @view
    def look(self, number: int) -> int: ...

class Peer(Interface):
    @view
    def look(
        self, number: int, text: str, data: bytes, numbers: list[int], who: Address, asset: Asset
    ) -> int: ...

    @view
    def is_open(self, deed: Deed) -> bool: ...

    @view
    def find_deed(self, seal: Hash) -> Deed: ...

    @call
    def act(
        self, number: int, text: str, data: bytes, numbers: list[int], who: Address, asset: Asset
    ) -> int: ...

    @call
    def act_again(
        self, number: int, text: str, data: bytes, numbers: list[int], who: Address, asset: Asset
    ) -> int: ...

    @call
    def take(self, number: int, deed: Deed) -> int: ...

class Ground(Contract):
    total: Var[int]
    money: Var[Asset]
    pairs: Map[int, Pair]
    lists: Map[str, list[int]]
    nested: Map[int, Map[int, int]]
    items: List[int] = List(limit=5)
    rows: List[list[int]] = List(limit=3)
    crowd: List[Address] = List(limit=3)
    offers: List[Amount[Won]] = List(limit=3)
    proofs: List[Hash] = List(limit=3)
    colours: List[Shade] = List(limit=3)
    rates: List[Rate] = List(limit=3)
    trail: List[Pair] = List(limit=4)
    deeds: List[Deed] = List(limit=2)
    newest: Var[Deed]
    trades: Map[Hash, Deed]
    ranks: Map[Rate, int]
    wealth: Map[Amount[Won], int]
    funds: Map[Hash, Amount]
    tips: Map[Rate, Amount[Dollar]]
    dues: Map[Time, int]
    shades: Map[Shade, int]
    truths: Map[bool, int]
    ages: Map[Address, Duration]
    rate: Var[Rate]
    fund: Var[Amount]
    seals: Map[Hash, int]
    won: Var[Asset[Won]]
    theirs: Var[Asset[Won]]
    dollars: Var[Asset[Dollar]]
    price: Var[Amount[Won]]
    tip: Var[Amount[Dollar]]
    peer: Var[Address]
    keeper: Var[Address]

    @init
    def lay(self, asset: Asset) -> None:
        self.money = asset
        self.keeper = self.sender
        self.newest = Deed(1, "", False, Amount(2), Won.of(3), Rate("0.25"), sha256(b""), self.now,
            hours(1), self.sender, Pair(1, 2), [Pair(3, 4)], Shade.BLUE)
        self.won = self.create_asset("WON", 0)
        self.dollars = self.create_asset("USD", 2)
        self.mint(self.won, self.address, Won.of(1_000))
        self.mint(self.won, self.sender, Won.of(1_000))
        self.mint(self.dollars, self.address, Dollar.of(70))
        for number in [4, 2, 9]:
            self.items.append(number)
        self.crowd.append(self.sender)
        self.trail.append(Pair(1, 2))
        self.rows.append([7, 8])
        self.deeds.append(self.newest)
        self.offers.append(Won.of(5))
        self.rates.append(Rate("1.5"))
        self.trades[sha256(b"")] = self.newest
        self.pairs[1] = Pair(5, 6)
        self.lists['a'] = [1]

    @call
    def meet(self, peer: Address, theirs: Asset[Won]) -> None:
        self.peer = peer
        self.theirs = theirs
        self.schedule(self.now + hours(1), self.later, 3, gas=90_000)
        self.schedule(self.now + hours(2), self.much_later, 3, "text", b"data", True, peer,
            sha256(b""), self.money, self.won, Amount(5), Won.of(6), self.now, hours(1), [1, 2],
            Pair(1, 2), self.newest, Shade.BLUE, Rate("0.5"), [Pair(3, 4)], gas=90_000)

    @call
    def charge(self) -> None:
        self.set_transfer_rule(self.won, self.ask_rule)

    @view
    def issues(self) -> Asset[Won]:
        return self.won

    @view
    def ask(self, number: int) -> int:
        return number
"""

LOCALS = {
    **{line.split(" = ")[0]: line for line in BEGINNING},
    "number": "number = 5",
    "text": "text = 'abc'",
    "data": "data = b'xyz'",
    "numbers": "numbers = [3, 1, 2]",
    "who": "who = self.sender",
    "asset": "asset = self.money",
    "deed": "deed = self.newest",
    "tip": "tip = Dollar.of(4)",
}
PARAMETERS = "number: int, text: str, data: bytes, numbers: list[int], who: Address, asset: Asset"
LATER_PARAMETERS = (
    "number: int, text: str, data: bytes, flag: bool, who: Address, seal: Hash, asset: Asset, "
    "won: Asset[Won], fee: Amount, price: Amount[Won], due: Time, age: Duration, "
    "numbers: list[int], pair: Pair, deed: Deed, shade: Shade, rate: Rate, trail: list[Pair]"
)


class Writer:
    """Writes a file of contracts, from one seed."""

    def __init__(self, seed: int) -> None:
        self._chance = Random(seed)
        self._choose: Choose = self._chance.choice

    def write(self) -> str:
        """Return the file: `Example` and `Second` are to be deployed."""
        ground = [
            self._method("weigh", "number: int, price: Amount[Won]", "int"),
            self._method("change", "deed: Deed, price: Amount[Won]", "Deed"),
            self._method("is_sound", "", "bool", mark="@invariant"),
            self._method("is_open", "deed: Deed", "bool", mark=self._mark("view")),
            self._method("find_deed", "seal: Hash", "Deed", mark=self._mark("view")),
            self._write_rule(),
            self._method("later", "number: int", "", mark="@scheduled", forms=CHANGING),
            self._method("much_later", LATER_PARAMETERS, "", mark="@scheduled", forms=CHANGING),
            self._method(
                "act_again", PARAMETERS, "int", mark="@call(reentrant=True)", forms=CHANGING
            ),
        ]
        parts = [IMPORTS, DECLARATIONS, *ground]
        library = self._chance.choice(sorted(LIBRARY))
        module, use, begun = LIBRARY[library]
        parts.insert(1, f"from dure.contract.library.{module} import {library}\n")
        begins = f"        self.begin_{begun}()\n" if begun else ""
        for name, bases in (("Example", f"Ground, {library}"), ("Second", "Ground")):
            parts.append(f"\nclass {name}({bases}):\n")
            if library in bases:
                parts.append(
                    "    @init\n    def begin(self, asset: Asset) -> None:\n"
                    f"{begins}        self.lay(asset)\n"
                )
                parts.append(f"\n    def use(self, who: Address) -> None:\n        {use}\n")
            parts += self._write_own()
        return "".join(parts)

    def _write_own(self) -> list[str]:
        return [
            self._method("look", PARAMETERS, "int", mark=self._mark("view")),
            self._method("act", PARAMETERS, "int", mark=self._mark("call"), forms=OWN),
            self._method(
                "take", "number: int, deed: Deed", "int", mark=self._mark("pays"), forms=OWN
            ),
            self._method("probe", PARAMETERS, "", mark="@call", forms=OWN),
        ]

    def _write_rule(self) -> str:
        parameters = "source: Address, target: Address, amount: Amount[Won]"
        share = self._chance.choice(("amount // 50", "amount - amount", "min(amount, Won.of(2))"))
        rule = self._method("ask_rule", parameters, "", mark="@transfer_rule")
        return rule.replace("-> None:", "-> Amount[Won]:") + f"        return {share}\n"

    def _mark(self, name: str) -> str:
        """Return how a method is marked: who may call it, and whether in the middle of a call."""
        manner = ['pays="theirs"'] if name == "pays" else []
        manner += ["reentrant=True"] if self._chance.random() < 0.7 else []
        kind = f"@{name.replace('pays', 'call')}"
        lines = [f"{kind}({', '.join(manner)})" if manner else kind]
        if name == "call":
            callers = ('party="crowd"', 'party="keeper"', 'party="peer"', 'role="clerk"')
            lines += [f"@only({each})" for each in callers if self._chance.random() < 0.12]
        return "\n    ".join(lines)

    def _method(
        self,
        name: str,
        parameters: str,
        result: str,
        *,
        mark: str = "",
        forms: Grammar = READS_ONLY,
    ) -> str:
        given = {each.split(":")[0] for each in parameters.split(", ")}
        lines = [line for local, line in LOCALS.items() if local not in given]
        for _ in range(self._chance.randint(1, 3)):
            lines += self._write_lines(forms)
        if result:
            kind = {"int": "int", "bool": "bool", "Deed": "deed"}[result]
            lines = [line.replace("return", "local = 0") for line in lines]
            lines.append(f"return {expand(kind, self._choose, forms, DEPTH_MAX)}")
        body = "\n".join("        " + line for line in lines)
        comma = ", " if parameters else ""
        marked = f"    {mark}\n" if mark else ""
        return f"\n{marked}    def {name}(self{comma}{parameters}) -> {result or None}:\n{body}\n"

    def _write_lines(self, forms: Grammar) -> list[str]:
        count = self._chance.randint(1, 2)
        inner = [expand("statement", self._choose, forms, DEPTH_MAX) for _ in range(count)]
        if self._chance.random() < 0.7:
            return inner
        head = expand("head", self._choose, forms, DEPTH_MAX)
        return [head, *("    " + line for line in inner)]


def write_file(seed: int) -> str:
    """Return the file of a seed."""
    return Writer(seed).write()
