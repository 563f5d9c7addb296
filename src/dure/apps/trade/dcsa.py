"""The bill's life in the JSON of DCSA: endorsement chain, surrender request and its answer.

Follows the Digital Container Shipping Association's electronic bill of lading 3.0, documents
`EBL_SUR` (surrender) and `EBL_END` (endorsement chain). On the chain the register decides who holds
a bill; these documents say it to carriers' systems that know DCSA alone. A party is named by its
address on the chain, under the code list provider and the platform `DURE`.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from itertools import pairwise
from typing import Any, Final

import msgspec
import rfc8785

from dure.core.address import encode_address
from dure.core.errors import InvalidEncoding
from dure.core.types import Address, Instant

PLATFORM: Final = "DURE"
NAME_MAX: Final = 70
REFERENCE_MAX: Final = 20
REQUEST_MAX: Final = 100
COMMENTS_MAX: Final = 255
ANSWER_BYTES_MAX: Final = 65_536


class UnreadableBillMessage(InvalidEncoding):
    """A document about a bill breaks the rules of DCSA; the text says which."""


class Action(StrEnum):
    """What happened to a bill, in the words of the endorsement chain."""

    ISSUE = "ISSUE"
    ENDORSE = "ENDORSE"
    SURRENDER_FOR_DELIVERY = "SURRENDER_FOR_DELIVERY"
    SURRENDER_FOR_AMENDMENT = "SURRENDER_FOR_AMENDMENT"


class SurrenderCode(StrEnum):
    """For what a bill is handed in."""

    DELIVERY = "SREQ"
    AMENDMENT = "AREQ"


@dataclass(frozen=True, slots=True)
class BillParty:
    """Somebody in a bill's life."""

    name: str
    address: Address


@dataclass(frozen=True, slots=True)
class Link:
    """One step of a bill's life."""

    at: Instant
    action: Action
    actor: BillParty
    recipient: BillParty
    source: str = ""
    """Id of the transaction on the chain that did it, in hexadecimal."""


@dataclass(frozen=True, slots=True)
class SurrenderAnswer:
    """What a carrier answers."""

    reference: str
    is_accepted: bool
    comments: str


def write_endorsement_chain(reference: str, links: Sequence[Link]) -> bytes:
    """Return the endorsement chain of a bill: who gave it to whom, the oldest first."""
    document: dict[str, Any] = {
        "transportDocumentReference": _check("a reference", reference, REFERENCE_MAX),
        "endorsementChain": _describe_links(links),
    }
    return rfc8785.dumps(document)


def write_surrender_request(
    request: str, reference: str, code: SurrenderCode, links: Sequence[Link], comments: str = ""
) -> bytes:
    """Return the request by which a holder hands a bill in; the chain of its holders is in it."""
    document: dict[str, Any] = {
        "surrenderRequestReference": _check("a request's reference", request, REQUEST_MAX),
        "transportDocumentReference": _check("a reference", reference, REFERENCE_MAX),
        "surrenderRequestCode": str(code),
        "endorsementChain": _describe_links(links),
    }
    if comments:
        document["comments"] = _check("a comment", comments, COMMENTS_MAX)
    return rfc8785.dumps(document)


def write_surrender_answer(answer: SurrenderAnswer) -> bytes:
    """Return the carrier's answer to a request."""
    document: dict[str, Any] = {
        "surrenderRequestReference": _check("a request's reference", answer.reference, REQUEST_MAX),
        "action": "SURR" if answer.is_accepted else "SREJ",
    }
    if answer.comments:
        document["comments"] = _check("a comment", answer.comments, COMMENTS_MAX)
    return rfc8785.dumps(document)


class _AnswerForm(msgspec.Struct, forbid_unknown_fields=False):
    """The part of an answer that is read; DCSA adds fields in minor versions."""

    surrenderRequestReference: str  # noqa: N815 - the field's name in DCSA
    action: str
    comments: str = ""


def read_surrender_answer(data: bytes) -> SurrenderAnswer:
    """Read a carrier's answer; raise `UnreadableBillMessage`."""
    if len(data) > ANSWER_BYTES_MAX:
        raise UnreadableBillMessage(f"an answer has at most {ANSWER_BYTES_MAX} bytes")
    try:
        form = msgspec.json.decode(data, type=_AnswerForm)
    except (msgspec.MsgspecError, RecursionError, UnicodeError) as problem:
        raise UnreadableBillMessage(f"this is no answer of DCSA: {problem}") from problem
    if form.action not in {"SURR", "SREJ"}:
        raise UnreadableBillMessage(f"{form.action[:20]!r} is neither SURR nor SREJ")
    reference = _check("a request's reference", form.surrenderRequestReference, REQUEST_MAX)
    comments = form.comments and _check("a comment", form.comments, COMMENTS_MAX)
    return SurrenderAnswer(reference, form.action == "SURR", comments)


def _describe_links(links: Sequence[Link]) -> list[dict[str, Any]]:
    if not links or links[0].action is not Action.ISSUE:
        raise UnreadableBillMessage("a bill's life begins with its issue")
    times = [link.at for link in links]
    if times != sorted(times):
        raise UnreadableBillMessage("the links of a chain follow one another in time")
    for before, link in pairwise(links):
        if before.recipient.address != link.actor.address:
            raise UnreadableBillMessage("who gives a bill away is who received it")
    return [_describe_link(link) for link in links]


def _describe_link(link: Link) -> dict[str, Any]:
    moment = datetime.fromtimestamp(link.at / 1000, UTC)
    described: dict[str, Any] = {
        "actionDateTime": moment.strftime("%Y-%m-%dT%H:%M:%S.") + f"{link.at % 1000:03}Z",
        "actionCode": str(link.action),
        "actor": _describe_party(link.actor),
        "recipient": _describe_party(link.recipient),
    }
    if link.source:
        described["auditReference"] = link.source
    return described


def _describe_party(party: BillParty) -> dict[str, Any]:
    code = {"codeListProvider": PLATFORM, "partyCode": encode_address(party.address)}
    return {
        "partyName": _check("a name", party.name, NAME_MAX),
        "eblPlatform": PLATFORM,
        "identifyingCodes": [code],
    }


def _check(what: str, text: str, most: int) -> str:
    if not 0 < len(text) <= most or text != text.strip() or not text.isprintable():
        message = f"{what} has 1 to {most} characters, and no space at its ends"
        raise UnreadableBillMessage(message)
    return text
