"""Who takes part, and how one becomes it: from the fields and records that hold addresses."""

from collections.abc import Iterable

from dure.contract.agreement.conduct import Conduct
from dure.contract.agreement.expressions import name
from dure.contract.agreement.model import Party, Phrase
from dure.contract.shapes import ContractShape, Declarations, Method, Sort, Type

Found = list[tuple[Method, Conduct]]
"""The methods that can be called, with what each does."""


def list_parties(known: Declarations, contract: ContractShape, found: Found) -> tuple[Party, ...]:
    """Return everybody who has a name in this contract."""
    parties = [*_roles(found), *_fields(contract, found), *_of_records(known, contract, found)]
    return tuple(parties)


def list_assets(contract: ContractShape, found: Found) -> tuple[Party, ...]:
    """Return the kinds of money, and where each comes from."""
    assets = [label for label, kind in contract.state.items() if kind.name == "Asset"]
    return tuple(
        Party(Phrase("asset", {"name": label}), _settings(label, contract, found))
        for label in assets
    )


def _roles(found: Found) -> Iterable[Party]:
    roles = dict.fromkeys(role for method, _ in found for role in method.roles)
    for role in roles:
        yield Party(Phrase("role_holder", {"role": role}), (Phrase("granted"),))


def _fields(contract: ContractShape, found: Found) -> Iterable[Party]:
    for label, kind in contract.state.items():
        if _holds_address(kind) and kind.sort is not Sort.MAP:
            yield Party(name(label), _settings(label, contract, found))


def _holds_address(kind: Type) -> bool:
    return kind.name == "Address" or any(_holds_address(item) for item in kind.items)


def _settings(label: str, contract: ContractShape, found: Found) -> tuple[Phrase, ...]:
    own = frozenset(contract.state)
    ways = [
        _describe_source(value, method, own)
        for method, conduct in sorted(found, key=lambda each: each[0].kind != "init")
        for target, value in conduct.settings
        if target == label
    ]
    return keep_once(ways)


def _of_records(known: Declarations, contract: ContractShape, found: Found) -> Iterable[Party]:
    ways: dict[tuple[str, str], list[Phrase]] = {}
    for method, conduct in found:
        for record, label, value in conduct.builds:
            field = known.records[record].find(label)
            if field is not None and field.type.name == "Address":
                ways.setdefault((record, label), []).append(
                    _describe_source(value, method, frozenset(contract.state))
                )
    for (record, label), how in ways.items():
        owner = Phrase("record", {"name": record})
        yield Party(Phrase("field_of_each", {"field": name(label), "owner": owner}), keep_once(how))


def _describe_source(value: Phrase, method: Method, fields: frozenset[str]) -> Phrase:
    """Return who stands there after this method; a bare name may be a field of the contract."""
    at_start = method.kind == "init"
    stated = {each.name for each in method.parameters}
    match value.key:
        case "caller":
            return (
                Phrase("deployer")
                if at_start
                else Phrase("caller_of", {"method": name(method.name)})
            )
        case "stated" if value.parts["name"] in stated:
            return _say_named(method)
        case "name" | "asset" | "label" if value.parts["name"] in stated - fields:
            return _say_named(method)
        case "source" if "self.create_asset(" in str(value.parts["text"]):
            return Phrase("founded_here")
        case _:
            return Phrase("set_by", {"value": value, "method": name(method.name)})


def _say_named(method: Method) -> Phrase:
    key = "named_at_start" if method.kind == "init" else "named_by_caller"
    return Phrase(key, {"method": name(method.name)})


def keep_once(phrases: Iterable[Phrase]) -> tuple[Phrase, ...]:
    """Return each phrase once, in order."""
    seen: list[Phrase] = []
    for each in phrases:
        if each not in seen:
            seen.append(each)
    return tuple(seen)
