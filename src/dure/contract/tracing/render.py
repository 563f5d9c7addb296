"""A trace as JSON, in the contract's own words: names of fields, values by their types.

| step | members beside `step`, `module` and `line` |
|---|---|
| `read` | `field`, `keys`, `value`; where no field is known, `key` in hexadecimal and `value` |
| `write` | the same with `before` and `after` in place of `value`; null where nothing is stored |
| `event` | `name`, `fields` |
| `money` | `action`, `asset`, `source`, `target`, `amount` |
| `balance` | `asset`, `holder`, `amount` |
| `role` | `role`, `holder`, `held` |
| `schedule` | `number`, `at`, `method`, `arguments`, `gas` |
| `cancel` | `number`, `was_waiting` |
| `call` | those of a call, with `lines` and `steps` of its own |

`line` is null while a contract is being entered or left. Bytes that are longer than
`VALUE_BYTES_SHOWN` are shown by their size alone (`{"bytes": 70000}`), and those that no type is
known for in hexadecimal.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from dure.contract.interface import Interface
from dure.contract.tracing.places import find_place, render_value
from dure.contract.tracing.steps import (
    BalanceRead,
    CallTrace,
    Cancelled,
    Emitted,
    LedgerAsked,
    LineCost,
    MoneyMoved,
    Place,
    Refused,
    RoleAsked,
    Scheduled,
    StateRead,
    StateWrite,
    Step,
    Visit,
)
from dure.contract.values import (
    decode_arguments,
    decode_event,
    decode_result,
    get_method,
    to_json,
    to_json_fields,
)
from dure.core.address import encode_address
from dure.core.errors import InvalidEncoding
from dure.core.types import Address, Hash

Json = dict[str, Any]

VALUE_BYTES_SHOWN: Final = 4096


@dataclass(frozen=True, slots=True)
class Program:
    """What is known of a contract's code."""

    interface: Interface
    lines: Mapping[str, Sequence[str]]
    """The source's lines by module; the contract's own file has no name."""

    def get_text(self, place: Place) -> str:
        """Return the source's text at a place, without indentation."""
        return self.lines[place.module][place.line - 1].strip()


FindProgram = Callable[[Hash], Program]


def render_visit(visit: Visit, find: FindProgram) -> Json:
    """Return a visit of the machine in JSON form."""
    outside = _Steps(None, find)
    return {
        "gas_used": visit.gas_used,
        "entry_gas": visit.entry_gas,
        "refusal": _render_refusal(visit.refusal),
        "steps": [outside.render(step) for step in visit.steps],
        "steps_left_out": visit.steps_left_out,
    }


def _render_call(call: CallTrace, find: FindProgram) -> Json:
    program = find(call.code_hash)
    inside = _Steps(program.interface, find)
    return {
        "depth": call.depth,
        "contract": encode_address(call.contract),
        "class": program.interface.name,
        "code_hash": call.code_hash.hex(),
        "method": call.method,
        "sender": encode_address(call.sender),
        "paid": call.payment and {"asset": call.payment.asset.hex(), "amount": call.payment.amount},
        "arguments": inside.render_arguments(call.method, call.arguments),
        "result": inside.render_result(call.method, call.result),
        "refusal": _render_refusal(call.refusal),
        "gas_used": call.gas_used,
        "entry_gas": call.entry_gas,
        "unreached_gas": call.unreached_gas,
        "lines": [_render_line(line, program) for line in call.lines],
        "steps": [inside.render(step) for step in call.steps],
    }


def _render_line(line: LineCost, program: Program) -> Json:
    text = program.get_text(line.place)
    return {**_render_place(line.place), "text": text, "hits": line.hits, "gas": line.gas}


def _render_place(place: Place | None) -> Json:
    return {
        "module": "" if place is None else place.module,
        "line": None if place is None else place.line,
    }


def _render_refusal(refusal: Refused | None) -> Json | None:
    if refusal is None:
        return None
    return {**_render_place(refusal.at), "code": refusal.code, "message": refusal.message}


def _render_holder(holder: Address | None) -> str | None:
    return None if holder is None else encode_address(holder)


def _render_bytes(data: bytes | None) -> object:
    if data is None:
        return None
    return {"bytes": len(data)} if len(data) > VALUE_BYTES_SHOWN else data.hex()


@dataclass(frozen=True, slots=True)
class _Steps:
    """Steps in the words of one contract, or of none where no contract takes them."""

    interface: Interface | None
    find: FindProgram

    def render(self, step: Step) -> Json:
        """Return a step in JSON form."""
        name, members = self._describe(step)
        return {"step": name, **_render_place(step.at), **members}

    def _describe(self, step: Step) -> tuple[str, Json]:
        match step:
            case StateRead():
                return "read", self._name(step.key, value=step.value)
            case StateWrite():
                return "write", self._name(step.key, before=step.before, after=step.after)
            case Emitted(name=name, data=data):
                return "event", {"name": name, "fields": self._render_event(name, data)}
            case Scheduled():
                return "schedule", self._render_scheduled(step)
            case CallTrace():
                return "call", _render_call(step, self.find)
            case Cancelled(number=number, was_waiting=was_waiting):
                return "cancel", {"number": number, "was_waiting": was_waiting}
            case RoleAsked(role=role, holder=holder, is_held=is_held):
                return "role", {"role": role, "holder": encode_address(holder), "held": is_held}
            case LedgerAsked(method=method, arguments=arguments, result=result):
                shown = {"arguments": _render_bytes(arguments), "result": _render_bytes(result)}
                return "ledger", {"method": method, **shown}
            case MoneyMoved() | BalanceRead():
                return _describe_money(step)

    def _name(self, key: bytes, **values: bytes | None) -> Json:
        """Return the name of a stored place and what stands there."""
        place = None if self.interface is None else find_place(self.interface, key)
        if place is None or self.interface is None:
            shown = {name: _render_bytes(data) for name, data in values.items()}
            return {"key": key.hex(), **shown}
        interface, kind = self.interface, place.kind
        shown = {
            name: self._show(data, lambda data: render_value(interface, kind, data))
            for name, data in values.items()
        }
        return {"field": place.field, "keys": list(place.keys), **shown}

    def _render_scheduled(self, step: Scheduled) -> Json:
        return {
            "number": step.number,
            "at": step.time,
            "method": step.method,
            "arguments": self.render_arguments(step.method, step.arguments),
            "gas": step.gas,
        }

    def _render_event(self, name: str, data: bytes) -> object:
        interface = self._require()
        fields = interface.events[name].fields
        return self._show(
            data,
            lambda data: to_json_fields(interface, fields, decode_event(interface, name, data)),
        )

    def render_arguments(self, method: str, data: bytes) -> object:
        """Return arguments by name; as bytes where they do not fit, which was the refusal."""
        interface = self._require()
        parameters = get_method(interface, method).parameters

        def render(data: bytes) -> object:
            try:
                named = decode_arguments(interface, method, data)
            except InvalidEncoding:
                return _render_bytes(data)
            return to_json_fields(interface, parameters, named)

        return self._show(data, render)

    def render_result(self, method: str, data: bytes | None) -> object:
        """Return a result by its type; None too where there is none."""
        interface = self._require()
        kind = get_method(interface, method).result
        return self._show(
            data, lambda data: to_json(interface, kind, decode_result(interface, method, data))
        )

    def _show(self, data: bytes | None, render: Callable[[bytes], object]) -> object:
        if data is None or len(data) > VALUE_BYTES_SHOWN:
            return _render_bytes(data)
        return render(data)

    def _require(self) -> Interface:
        assert self.interface is not None, "only contracts emit, schedule and are called"
        return self.interface


def _describe_money(step: MoneyMoved | BalanceRead) -> tuple[str, Json]:
    if isinstance(step, BalanceRead):
        holder = encode_address(step.holder)
        return "balance", {"asset": step.asset.hex(), "holder": holder, "amount": step.amount}
    return "money", {
        "action": step.action,
        "asset": step.asset.hex(),
        "source": _render_holder(step.source),
        "target": _render_holder(step.target),
        "amount": step.amount,
    }
