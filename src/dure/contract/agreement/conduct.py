"""What a method requires and does, its helpers included.

The statements are walked in order with everything that must hold for each to be reached. Rules
-----
1. A local that is assigned once and briefly is replaced by what it stands for; one that holds a
   record goes by the record's name.
2. A branch that surely is not taken, a member compared with another member, is left out.
3. What a method has required before it changed anything is not repeated as a condition.
4. The walk is bounded; what lies beyond is said to be there.
"""

import ast
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from typing import Final

import msgspec

from dure.contract.agreement.expressions import (
    NOTHING_MORE,
    Place,
    decide,
    join,
    measure,
    name,
    name_value,
    negate,
    read,
    read_arguments,
    read_condition,
)
from dure.contract.agreement.model import Act, Condition, Part, Phrase
from dure.contract.checker.vocabulary import HOST_PARAMETERS
from dure.contract.shapes import BOOL, ChoiceShape, Method, Sort

STATEMENTS_MAX: Final = 3_000
"""Statements looked at for one method, each time that it is reached."""
CONTRACT_STATEMENTS_MAX: Final = 10_000
"""Statements looked at for all methods of a contract."""
INLINE_SIZE_MAX: Final = 14
When = tuple[Phrase, ...]
CALLER: Final = Phrase("caller")
RECORDS: Final = frozenset({"record", "record_of", "record_then", "new_record"})
LOOPS: Final = frozenset({"each", "turns", "turns_as"})

PARAMETERS: Final = {
    **{name: HOST_PARAMETERS[name] for name in ("pay", "mint", "burn", "freeze", "move", "cancel")},
    "create_asset": HOST_PARAMETERS["create_asset"],
    "set_transfer_rule": ("asset", "method"),
}
"""What the ledger is asked to do, and the names of the arguments."""


@dataclass(slots=True)
class Conduct:
    """What was found in one method."""

    conditions: list[Condition] = field(default_factory=list)
    acts: list[Act] = field(default_factory=list)
    parties: list[Phrase] = field(default_factory=list)
    """Who the caller must be."""
    settings: list[tuple[str, Phrase]] = field(default_factory=list)
    """Fields of the contract that are given a value, and which."""
    builds: list[tuple[str, str, Phrase]] = field(default_factory=list)
    """Records that are made: record, field, value."""
    schedules: list[tuple[str, Phrase]] = field(default_factory=list)
    """Scheduled methods, and for when."""


def follow_all(methods: Iterable[Method], place: Place) -> list[tuple[Method, Conduct]]:
    """Return what each method requires and does."""
    found = []
    left = CONTRACT_STATEMENTS_MAX
    for method in methods:
        walk = _Walk(choices=place.known.choices, left=min(STATEMENTS_MAX, max(left, 1)))
        left -= walk.left
        walk.body(method, replace(place, records={}, changed=set()), ())
        left += max(walk.left, 0)
        found.append((method, walk.found))
    return found


@dataclass(slots=True)
class _Walk:
    left: int
    """Statements that may still be looked at."""
    found: Conduct = field(default_factory=Conduct)
    established: list[Phrase] = field(default_factory=list)
    choices: dict[str, ChoiceShape] = field(default_factory=dict)
    noted: set[bytes] = field(default_factory=set)
    """What was found, encoded: an agreement may have thousands of parts."""

    def body(self, method: Method, place: Place, when: When) -> None:
        counts = Counter(_assigned(method.node))
        self.block(method.node.body, _Local(place, counts), when)

    def block(self, statements: list[ast.stmt], local: "_Local", when: When) -> bool:
        """Walk the statements; say whether they surely end the method."""
        for statement in statements:
            self.left -= 1
            if self.left == 0:
                self.act(Phrase("more"), ())
            if self.left <= 0:
                return True
            match statement:
                case ast.If():
                    ends, when = self.branch(statement, local, when)
                case ast.For():
                    ends = self.loop(statement, local, when)
                case ast.Return() | ast.Break() | ast.Continue():
                    self.expressions(statement, local, when)
                    ends = True
                case _:
                    self.plain(statement, local, when)
                    ends = False
            if ends:
                return True
        return False

    def branch(self, node: ast.If, local: "_Local", when: When) -> tuple[bool, When]:
        """Walk both ways; return whether both end, and what holds afterwards."""
        self.expressions(node.test, local, when)
        test = read_condition(node.test, local.place)
        known = decide(test)
        if known is not None:
            return self.block(node.body if known else node.orelse, local, when), when
        opposite = negate(test)
        then_ends = self.block(node.body, local, self.narrow(when, test))
        else_ends = self.block(node.orelse, local, self.narrow(when, opposite))
        if then_ends and not else_ends:
            when = self.narrow(when, opposite)
        elif else_ends and not then_ends:
            when = self.narrow(when, test)
        return then_ends and else_ends, when

    def narrow(self, when: When, test: Phrase) -> When:
        is_known = test in when or test in self.established
        return when if is_known else _combine(when, test, self.choices)

    def loop(self, node: ast.For, local: "_Local", when: When) -> bool:
        self.expressions(node.iter, local, when)
        self.block(node.body, local, (*when, _read_loop(node, local.place)))
        return False

    def plain(self, node: ast.stmt, local: "_Local", when: When) -> None:
        match node:
            case ast.Expr(
                value=ast.Call(func=ast.Name(id="require"), args=[test, reason], keywords=[])
            ):
                self.require(test, reason, local, when=when)
                return
            case _:
                self.expressions(node, local, when)
        match node:
            case ast.Assign(targets=[ast.Name(id=target)], value=value):
                local.bind(target, value, when)
            case ast.AnnAssign(target=ast.Name(id=target), value=ast.expr() as value):
                local.bind(target, value, when)
            case ast.Assign(
                targets=[ast.Attribute(value=ast.Name(id="self"), attr=target)], value=value
            ):
                self.found.settings.append((target, read(value, local.place)))
                self.established.clear()
            case ast.Assign(value=value):
                kind = local.place.type_of(value)
                if kind is not None and kind.sort is Sort.RECORD:
                    local.place.changed.add(kind.name)
                self.established.clear()
            case ast.AugAssign(target=ast.Attribute() | ast.Subscript()):
                self.established.clear()
            case _:
                pass

    def require(self, test: ast.expr, reason: ast.expr, local: "_Local", *, when: When) -> None:
        self.expressions(test, local, when)
        words = read_condition(test, local.place)
        party = None if when else _read_parties(words)
        if party is not None:
            self.found.parties.append(party)
            return
        if decide(words) is True or words in when:
            return
        condition = Condition(words, _read_text(reason, local.place), when)
        if self.is_new(condition):
            self.found.conditions.append(condition)
        if not when:
            self.established.append(words)

    def expressions(self, node: ast.AST, local: "_Local", when: When) -> None:
        """Note what the calls in a statement do, inner ones first."""
        for call in _find_calls(node):
            match call.func:
                case ast.Attribute(value=ast.Name(id="self"), attr=called):
                    self.own(call, called, local, when=when)
                case ast.Name(id=record) if record in local.place.known.records:
                    self.build(call, record, local)
                case ast.Attribute(value=ast.Attribute(attr=target), attr=called) if (
                    target in local.place.contract.state
                ):
                    self.change_field(call, target, called, local)
                case ast.Attribute(value=target, attr=called):
                    self.remote(target, called, local, when=when)
                case _:
                    pass

    def own(self, node: ast.Call, called: str, local: "_Local", *, when: When) -> None:
        place = local.place
        method = place.contract.methods.get(called)
        if method is not None:
            given = read_arguments(node, place)
            names = [each.name for each in method.parameters]
            self.body(method, place.having(dict(zip(names, given, strict=False))), when)
        elif called == "emit":
            self.emit(node, when)
        elif called == "schedule":
            self.schedule(node, local, when)
        elif called in PARAMETERS:
            parts = dict(_bind(node, PARAMETERS[called], place))
            if parts.get("amount") != NOTHING_MORE:
                self.act(_name_act(called, parts), when)

    def emit(self, node: ast.Call, when: When) -> None:
        event = node.args[0]
        assert isinstance(event, ast.Call), "the checker lets an event be built in `emit` only"
        assert isinstance(event.func, ast.Name), "an event is built by its class"
        self.act(Phrase("emit", {"event": event.func.id}), when)

    def schedule(self, node: ast.Call, local: "_Local", when: When) -> None:
        at, method = node.args[0], node.args[1]
        assert isinstance(method, ast.Attribute), "the checker asks for `self.method`"
        moment = read(at, local.place)
        self.found.schedules.append((method.attr, moment))
        self.act(Phrase("schedule", {"method": name(method.attr), "at": moment}), when)

    def build(self, node: ast.Call, record: str, local: "_Local") -> None:
        names = [each.name for each in local.place.known.records[record].fields]
        for label, value in _bind(node, names, local.place):
            self.found.builds.append((record, label, value))

    def change_field(self, node: ast.Call, target: str, called: str, local: "_Local") -> None:
        """Note `self.bidders.append(…)`, and that a stored list or map may have changed."""
        if called == "append":
            self.found.settings += [(target, each) for each in read_arguments(node, local.place)]
        if called not in ("get", "has"):
            self.established.clear()

    def remote(self, target: ast.expr, called: str, local: "_Local", *, when: When) -> None:
        payment: list[Phrase] = []
        match target:
            case ast.Call(func=ast.Attribute(value=inner, attr="paying")):
                payment = read_arguments(target, local.place)
                target = inner
            case _:
                pass
        kind = local.place.type_of(target)
        if kind is None or kind.sort is not Sort.INTERFACE or called == "paying":
            return
        parts: dict[str, Part] = {
            "method": name(called),
            "interface": kind.name,
            "at": _read_target(target, local),
        }
        if len(payment) == 2:
            asset, amount = payment
            self.act(Phrase("call_paying", {**parts, "asset": asset, "amount": amount}), when)
        else:
            self.act(Phrase("call", parts), when)

    def act(self, words: Phrase, when: When) -> None:
        act = Act(words, when)
        if self.is_new(act):
            self.found.acts.append(act)

    def is_new(self, found: Act | Condition) -> bool:
        """Say whether it was not found before, and remember it."""
        digest = msgspec.json.encode(found)
        is_new = digest not in self.noted
        self.noted.add(digest)
        return is_new


@dataclass(slots=True)
class _Local:
    """The locals of one method while it is walked."""

    place: Place
    counts: Counter[str]

    def bind(self, target: str, value: ast.expr, when: When) -> None:
        """Remember what a local stands for, where that is brief and never changes."""
        kind = self.place.type_of(value)
        if kind is not None and kind.sort is Sort.RECORD:
            phrase = read(value, self.place)
            if phrase.key == "record_of":
                phrase = self.place.call_record(kind.name, phrase)
            if phrase.key not in RECORDS or self.counts[target] > 1:
                is_changed = kind.name in self.place.changed
                phrase = Phrase("record_then", {"name": kind.name}) if is_changed else name(target)
        elif self.counts[target] == 1 and not any(each.key in LOOPS for each in when):
            is_truth = kind == BOOL
            phrase = read_condition(value, self.place) if is_truth else read(value, self.place)
            if phrase.key == "source" or (measure(phrase) > INLINE_SIZE_MAX and not is_truth):
                phrase = name_value(target, kind)
        else:
            phrase = name_value(target, kind)
        self.place = replace(self.place, values={**self.place.values, target: phrase})


def _combine(when: When, test: Phrase, choices: dict[str, ChoiceShape]) -> When:
    """Return the conditions with one more; what is known of a choice is said once."""
    left, possible = _read_possible(test, choices)
    if left is None:
        return (*when, test)
    kept: list[Phrase] = []
    for each in when:
        other, members = _read_possible(each, choices)
        if other == left:
            possible = [member for member in possible if member in members]
        else:
            kept.append(each)
    if len(kept) == len(when):
        return (*when, test)
    if len(possible) == 1:
        return (*kept, Phrase("eq", {"left": left, "right": possible[0]}))
    return (*kept, Phrase("is_any", {"left": left, "members": tuple(possible)}))


def _read_possible(
    test: Phrase, choices: dict[str, ChoiceShape]
) -> tuple[Phrase | None, list[Phrase]]:
    """Return what a condition compares with members of a choice, and which of them may be."""
    match test.key, test.parts:
        case "is_any", {"left": Phrase() as left, "members": tuple() as members}:
            return left, list(members)
        case "eq" | "ne" as key, {
            "left": Phrase() as left,
            "right": Phrase(
                key="member", parts={"choice": str() as choice, "name": str() as member}
            ),
        }:
            names = [label for label, _ in choices[choice].members]
            possible = [each for each in names if (each == member) == (key == "eq")]
            return left, [Phrase("member", {"choice": choice, "name": each}) for each in possible]
        case _:
            return None, []


def _find_calls(node: ast.AST) -> Iterator[ast.Call]:
    """Yield the calls inside, in the order in which they happen."""
    for child in ast.iter_child_nodes(node):
        yield from _find_calls(child)
    if isinstance(node, ast.Call):
        yield node


def _assigned(node: ast.FunctionDef) -> Iterator[str]:
    for part in ast.walk(node):
        if isinstance(part, ast.Name) and isinstance(part.ctx, ast.Store):
            yield part.id


def _read_parties(words: Phrase) -> Phrase | None:
    """Return who the caller must be, where that is what a condition asks."""
    match words.key, words.parts:
        case "eq", {"left": Phrase() as left, "right": Phrase() as right}:
            other = right if left == CALLER else left
            is_party = CALLER in (left, right) and other.key in ("name", "field", "entry")
            return other if is_party else None
        case "among", {"item": Phrase() as item, "list": Phrase() as listed} if item == CALLER:
            items = listed.parts.get("items")
            if listed.key == "one_of" and isinstance(items, tuple):
                return join("either", list(items))
            return Phrase("one_among", {"list": listed}) if listed.key == "name" else None
        case _:
            return None


def _read_text(node: ast.expr, place: Place) -> str:
    """Return a reason; what is filled in when the contract runs stays as `{name}`."""
    if isinstance(node, ast.JoinedStr):
        parts = [
            str(part.value) if isinstance(part, ast.Constant) else "{" + _unparse_part(part) + "}"
            for part in node.values
        ]
        return "".join(parts)
    found = read(node, place)
    return str(found.parts["text"]) if found.key == "quoted" else "{" + ast.unparse(node) + "}"


def _unparse_part(part: ast.expr) -> str:
    return ast.unparse(part.value) if isinstance(part, ast.FormattedValue) else ""


def _bind(
    node: ast.Call, names: list[str] | tuple[str, ...], place: Place
) -> list[tuple[str, Phrase]]:
    given: dict[str, ast.expr] = dict(zip(names, node.args, strict=False))
    given.update({str(each.arg): each.value for each in node.keywords})
    return [(label, read(value, place)) for label, value in given.items()]


def _name_act(called: str, parts: dict[str, Phrase]) -> Phrase:
    if called == "freeze":
        frozen = parts.get("frozen", Phrase("no"))
        key = {"yes": "freeze", "no": "unfreeze"}.get(frozen.key, "freeze_by")
        return Phrase(key, dict(parts))
    return Phrase(called, dict(parts))


def _read_loop(node: ast.For, place: Place) -> Phrase:
    match node.iter:
        case ast.Call(func=ast.Name(id="range"), args=[count]):
            times = read(count, place)
            return Phrase("turns" if times.key == "number" else "turns_as", {"count": times})
        case ast.Call(func=ast.Name(id="enumerate"), args=[source]):
            return Phrase("each", {"list": read(source, place)})
        case _:
            return Phrase("each", {"list": read(node.iter, place)})


def _read_target(node: ast.expr, local: _Local) -> Phrase:
    """Return the address in `Price(address)`, or of a local that holds such."""
    is_built = isinstance(node, ast.Call) and len(node.args) == 1
    return read(node.args[0] if isinstance(node, ast.Call) and is_built else node, local.place)
