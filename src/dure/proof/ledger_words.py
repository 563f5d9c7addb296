"""The ledger's own calls and events, opened.

It has no contract interface, so their fields are named here.
"""

from typing import Any, Final

from dure.chain.system import METHODS
from dure.core.codec import decode
from dure.core.errors import InvalidEncoding
from dure.core.types import Address, Amount, AssetId, Hash, Height, Instant, Milliseconds, Unsigned
from dure.core.validators import ValidatorSet
from dure.proof.json_form import Json, render

_ASSET: Final = ("asset", AssetId)
_AMOUNT: Final = ("amount", Amount)
_ACCOUNT: Final = ("account", Address)
_CONTRACT: Final = ("contract", Address)
_ORGANISATION: Final = ("organisation", str)

EVENTS: Final[dict[str, tuple[tuple[str, Any], ...]]] = {
    "transferred": (_ASSET, ("source", Address), ("target", Address), _AMOUNT),
    "moved": (_ASSET, ("source", Address), ("target", Address), _AMOUNT),
    "transfer_rule_set": (_ASSET, ("method", str)),
    "asset_created": (_ASSET, ("issuer", Address), ("code", str), ("decimals", Unsigned)),
    "minted": (_ASSET, ("target", Address), _AMOUNT),
    "burned": (_ASSET, ("source", Address), _AMOUNT),
    "frozen": (_ASSET, ("holder", Address)),
    "unfrozen": (_ASSET, ("holder", Address)),
    "contract_upgraded": (_CONTRACT, ("version", Unsigned), ("code_hash", Hash)),
    "contract_stopped": (_CONTRACT, ("reason", str)),
    "contract_started": (_CONTRACT,),
    "session_granted": (_ACCOUNT, ("key", Address), ("expires", Instant)),
    "session_withdrawn": (_ACCOUNT, ("key", Address)),
    "guardians_set": (_ACCOUNT, ("guardians", Address | None), ("delay", Milliseconds)),
    "recovery_begun": (_ACCOUNT, ("policy", Address), ("at", Instant)),
    "recovery_stopped": (_ACCOUNT, ("by", Address)),
    "account_recovered": (_ACCOUNT, ("policy", Address)),
    "organisation_admitted": (("name", str), ("account", Address)),
    "organisation_expelled": (("name", str), ("account", Address)),
    "organisation_rotated": (("name", str), ("account", Address)),
    "authorities_set": (_ORGANISATION, ("count", Unsigned)),
    "attributes_set": (_ORGANISATION,),
    "certificate_revoked": (_ORGANISATION, ("serial", bytes)),
    "device_registered": (_ORGANISATION, ("device", Address)),
    "device_removed": (_ORGANISATION, ("device", Address)),
    "role_given": (("role", str), ("holder", Address)),
    "role_taken": (("role", str), ("holder", Address)),
    "version_announced": (_ORGANISATION, ("version", Unsigned)),
    "version_chosen": (("version", Unsigned), ("from_height", Height)),
    "validators_chosen": (("from_height", Height), ("validators", ValidatorSet)),
    "validators_withdrawn": (("from_height", Height),),
}
"""Fields of the events that `dure.chain.money` and `dure.chain.system` leave."""


def name_event(name: str, data: bytes) -> dict[str, Json] | None:
    """Return a ledger event's fields; None where it is not known here."""
    fields = EVENTS.get(name)
    if fields is None:
        return None
    try:
        values = decode(tuple[tuple(type_ for _, type_ in fields)], data)  # type: ignore[misc]
    except InvalidEncoding:
        return None
    return {
        field: render(type_, value) for (field, type_), value in zip(fields, values, strict=True)
    }


def name_arguments(method: str, arguments: bytes) -> dict[str, Json] | None:
    """Return a ledger call's arguments; None where they do not fit."""
    entry = METHODS.get(method)
    if entry is None:
        return None
    try:
        form = render(entry[0], decode(entry[0], arguments))
    except InvalidEncoding:
        return None
    assert isinstance(form, dict)
    return form
