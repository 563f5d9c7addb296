"""A change of the validators as an operator words it, and what the chain would say to it.

Words
-----
KEY is a validator key in hexadecimal, or the name of a node in the network's folder.

| option | meaning |
|---|---|
| `--add ORGANISATION=KEY` | one more validator; `--add NAME` where node and organisation share it |
| `--remove KEY` | a validator that goes; also an organisation's name where it has one only |
| `--replace KEY=KEY` | another key in the place of the first, for the same organisation |
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from dure.chain.genesis.document import EngineKind
from dure.chain.system import SetValidatorsArguments, Standing, judge_change
from dure.cli.network.founding import Network
from dure.contract.ports import Refusal
from dure.core.attestation import Attestation
from dure.core.errors import ConfigurationError, DureError, NotFound
from dure.core.types import ChainId, Height, Instant, PublicKey
from dure.core.validators import Validator, ValidatorSet, compute_faults_tolerated


class ChangeRefused(DureError):
    """The chain would refuse this change of the validators, so it was not sent.

    `refusal` is the code that the chain would give.
    """


@dataclass(frozen=True, slots=True)
class Wish:
    """What an operator asks for, in the words of the options."""

    add: Sequence[str] = ()
    remove: Sequence[str] = ()
    replace: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Facts:
    """What a node says of the chain now."""

    chain_id: ChainId
    height: Height
    """The newest block."""
    present: ValidatorSet
    changes: int
    engine: EngineKind


def read_facts(status: dict[str, Any], history: dict[str, Any]) -> Facts:
    """Return the facts in a node's answers to `/v1/status` and `/v1/validators`."""
    members = history["validators"]["members"]
    return Facts(
        chain_id=ChainId(bytes.fromhex(status["chain_id"])),
        height=Height(history["height"]),
        present=ValidatorSet(
            tuple(
                Validator(PublicKey(bytes.fromhex(each["key"])), each["organisation"])
                for each in members
            )
        ),
        changes=history["changes"],
        engine=EngineKind(status["engine"]),
    )


def compute_members(wish: Wish, present: ValidatorSet, network: Network) -> tuple[Validator, ...]:
    """Return the new set; raise `ConfigurationError` for words that name nobody."""
    members = list(present.members)
    for text in wish.remove:
        members.remove(_find_member(text, members, network))
    for text in wish.replace:
        old, mark, new = text.partition("=")
        if not mark:
            raise ConfigurationError(f"a replacement is given as KEY=KEY, not {text!r}")
        found = _find_member(old, members, network)
        place = members.index(found)
        members[place] = Validator(_find_key(new, network), found.organisation)
    for text in wish.add:
        organisation, mark, key = text.partition("=")
        members.append(Validator(_find_key(key if mark else text, network), organisation))
    return tuple(members)


def parse_height(text: str, head: Height) -> Height:
    """Return a height that is written as a number, or as `+5` above the newest block."""
    digits = text.removeprefix("+")
    if not (digits.isascii() and digits.isdigit() and len(digits) < 19):
        raise ConfigurationError(f"a height is a number, or +NUMBER above the newest: {text!r}")
    return Height(int(digits) + (head if text.startswith("+") else 0))


def judge(
    given: SetValidatorsArguments, facts: Facts, now: Instant, strangers: Sequence[str]
) -> Refusal | None:
    """Return why the next block would refuse the change; None where it would not.

    `strangers` are organisations that no transaction admits.
    """
    standing = Standing(
        chain_id=facts.chain_id,
        height=Height(facts.height + 1),
        time=now,
        validators=facts.present,
        changes=facts.changes,
        has_one_validator=facts.engine is EngineKind.SOLO,
        is_organisation=lambda name: name not in strangers,
    )
    try:
        judge_change(given, standing)
    except Refusal as refusal:
        return refusal
    return None


def choose_attestations(
    attestations: Iterable[Attestation], members: Iterable[Validator]
) -> tuple[Attestation, ...]:
    """Return the newest attestation of each member that has one."""
    newest: dict[PublicKey, Attestation] = {}
    for attestation in sorted(attestations, key=lambda each: each.statement.time):
        newest[attestation.statement.validator] = attestation
    return tuple(newest[member.key] for member in members if member.key in newest)


def list_warnings(members: Sequence[Validator]) -> list[str]:
    """Return what is allowed and not wise."""
    faults = compute_faults_tolerated(len(members))
    warnings = []
    if faults == 0 and len(members) > 1:
        warnings.append("none of the new validators may fail: four or more tolerate one")
    organisations = [member.organisation for member in members]
    for name in dict.fromkeys(organisations):
        count = organisations.count(name)
        if faults < count < len(members) and count > 1:
            warnings.append(
                f"{name} has {count} of {len(members)} validators: it alone can stop all"
            )
    return warnings


def _find_key(text: str, network: Network) -> PublicKey:
    for member in network.members:
        if member.name == text:
            return PublicKey(bytes.fromhex(member.validator_key))
    try:
        key = bytes.fromhex(text)
    except ValueError:
        key = b""
    if len(key) != 32:
        message = f"{text!r} is neither a node of {network.name} nor a key of 64 hexadecimal digits"
        raise ConfigurationError(message)
    return PublicKey(key)


def _find_member(text: str, members: Sequence[Validator], network: Network) -> Validator:
    """Return the member of that node, key, or organisation."""
    of_organisation = [member for member in members if member.organisation == text]
    if len(of_organisation) == 1:
        return of_organisation[0]
    key = _find_key(text, network)
    for member in members:
        if member.key == key:
            return member
    raise NotFound(f"{text} is no validator of the present set")
