"""Puts the agreement together from the checked declarations and the syntax of each method."""

from dure.contract.agreement.conduct import Conduct, follow_all
from dure.contract.agreement.expressions import (
    Place,
    find_only_result,
    fix,
    join,
    name,
    read_condition,
)
from dure.contract.agreement.model import (
    Agreement,
    Choices,
    Clause,
    Duties,
    Member,
    Parameter,
    Phrase,
    Scheduled,
    Term,
    Told,
)
from dure.contract.agreement.parties import Found, keep_once, list_assets, list_parties
from dure.contract.agreement.texts import Glossary, read_glossary
from dure.contract.bundle import Source
from dure.contract.checker.check import Checked, check_source
from dure.contract.checker.declared.selection import select_declarations
from dure.contract.problems import Problems, UnsafeSource
from dure.contract.shapes import NOTHING, ContractShape, Declarations, Kind, Method, Sort, Type


def explain(source: Source) -> Agreement:
    """Return the agreement of a contract; raise `UnsafeSource` where the checker refuses it."""
    problems = Problems()
    checked = check_source(source, problems)
    if checked is not None and source.class_name not in checked.bundle.contracts:
        problems.add("no-contract", None)
    if checked is None or problems:
        raise UnsafeSource(problems.listed())
    return _read_contract(checked, checked.bundle.contracts[source.class_name])


def _read_contract(checked: Checked, contract: ContractShape) -> Agreement:
    known = select_declarations(checked.bundle, contract)
    place = Place(known, contract, checked.notes.types)
    own_first = sorted(
        contract.entries, key=lambda each: contract.origins[each.name] != contract.name
    )
    found = follow_all(own_first, place)
    glossary = read_glossary(checked.bundle.modules)
    clauses = {
        method.name: _read_clause(method, conduct, place, glossary=glossary)
        for method, conduct in found
    }

    def of_kind(kind: Kind) -> tuple[Clause, ...]:
        return tuple(clauses[method.name] for method, _ in found if method.kind == kind)

    return Agreement(
        name=contract.name,
        text=glossary.get_text(contract.name, contract.docstring),
        words=glossary.names,
        parties=list_parties(known, contract, found),
        assets=list_assets(contract, found),
        beginning=next(iter(of_kind("init")), None),
        duties=_read_duties(found, clauses),
        scheduled=_read_scheduled(found, clauses),
        promises=of_kind("invariant"),
        transfer_rules=of_kind("transfer_rule"),
        readings=of_kind("view"),
        terms=_read_terms(known),
        choices=_read_choices(known, glossary),
        events=tuple(
            Told(each.name, glossary.get_text(each.name, each.docstring))
            for each in known.events.values()
        ),
        migration=next(iter(of_kind("migrate")), None),
    )


def _read_clause(method: Method, conduct: Conduct, place: Place, *, glossary: Glossary) -> Clause:
    cost, conditions = None, tuple(conduct.conditions)
    if method.pays:
        prices = [each for each in conditions if not each.when and _is_price(each.words)]
        asset = Phrase("asset", {"name": method.pays})
        cost = Phrase("cost_any", {"asset": asset})
        if len(prices) == 1:
            parts = prices[0].words.parts
            left, right = parts["left"], parts["right"]
            amount = right if left == Phrase("paid") else left
            cost = Phrase("cost", {"amount": amount, "asset": asset})
    return Clause(
        name=method.name,
        text=glossary.get_text(method.name, method.docstring),
        parameters=tuple(
            Parameter(each.name, describe_type(each.type, place.known))
            for each in method.parameters
        ),
        result=None if method.result == NOTHING else describe_type(method.result, place.known),
        cost=cost,
        conditions=conditions,
        acts=tuple(conduct.acts),
        promise=_read_promise(method, place) if method.kind == "invariant" else None,
    )


def _read_promise(method: Method, place: Place) -> Phrase | None:
    result = find_only_result(method)
    return None if result is None else read_condition(result, place)


def _is_price(words: Phrase) -> bool:
    sides = (words.parts.get("left"), words.parts.get("right"))
    return words.key == "eq" and Phrase("paid") in sides


def _read_duties(found: Found, clauses: dict[str, Clause]) -> tuple[Duties, ...]:
    """Return what may be called, sorted by who may; what anybody may comes last."""
    anybody = Phrase("anybody")
    groups: list[tuple[Phrase, list[Clause]]] = []
    for method, conduct in found:
        if method.kind != "call":
            continue
        who = _read_who(method, conduct) or anybody
        group = next((each for each in groups if each[0] == who), None)
        if group is None:
            groups.append(group := (who, []))
        group[1].append(clauses[method.name])
    groups.sort(key=lambda group: group[0] == anybody)
    return tuple(Duties(who, tuple(listed)) for who, listed in groups)


def _read_who(method: Method, conduct: Conduct) -> Phrase | None:
    marked = [Phrase("role_holder", {"role": role}) for role in method.roles]
    marked += [name(party) for party in method.parties]
    callers = [join("either", marked)] if marked else []
    callers += keep_once(conduct.parties)
    return join("both", callers) if callers else None


def _read_scheduled(found: Found, clauses: dict[str, Clause]) -> tuple[Scheduled, ...]:
    scheduled = []
    for method, _ in found:
        if method.kind == "scheduled":
            moments = [
                at
                for _, conduct in found
                for name_, at in conduct.schedules
                if name_ == method.name
            ]
            scheduled.append(Scheduled(clauses[method.name], keep_once(moments)))
    return tuple(scheduled)


def _read_terms(known: Declarations) -> tuple[Term, ...]:
    return tuple(
        Term(each.name, fix(each.type, each.value, known)) for each in known.constants.values()
    )


def _read_choices(known: Declarations, glossary: Glossary) -> tuple[Choices, ...]:
    return tuple(
        Choices(
            each.name,
            glossary.get_text(each.name, each.docstring),
            tuple(Member(label, text) for label, text in each.members),
        )
        for each in known.choices.values()
    )


def describe_type(kind: Type, known: Declarations) -> Phrase:
    """Return what kind of value a type holds."""
    match kind.sort:
        case Sort.LIST:
            return Phrase("type.list", {"item": describe_type(kind.item, known)})
        case Sort.DECIMAL:
            return Phrase("type.decimal", {"places": known.decimals[kind.name].places})
        case Sort.SCALAR if kind.items:
            return Phrase(f"type.{kind.name}.of", {"currency": kind.item.name})
        case Sort.SCALAR:
            return Phrase(f"type.{kind.name}")
        case _:
            return Phrase(f"type.{kind.sort.value}", {"name": kind.name})
