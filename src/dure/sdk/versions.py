"""The codes that a contract has had: a new one put on the chain, an old one read and proved."""

from collections.abc import Mapping

from dure.chain import state
from dure.contract.agreement import Agreement
from dure.contract.agreement import explain as read_agreement
from dure.contract.bundle import LibraryModule, Source
from dure.contract.interface import build_interface
from dure.contract.machine import compute_code_hash
from dure.contract.values import encode_arguments
from dure.core.address import encode_address
from dure.core.codec import decode, encode
from dure.core.errors import NotFound
from dure.core.types import Address, Unsigned
from dure.sdk import answers, ledger_calls
from dure.sdk.connection.exchange import Operation, get
from dure.sdk.errors import InvalidAnswer
from dure.sdk.governance import Authority
from dure.sdk.session import Session


def upgrade(
    session: Session,
    contract: Address,
    source: Source,
    *,
    by: Authority,
    arguments: Mapping[str, object] | None = None,
) -> Operation[int]:
    """Replace a contract's code and return the number of the new version.

    `by` is the authority, or the owner where deployment is open. `arguments` are those of the new
    code's `@migrate`. Raise `UnsafeSource` or `InvalidValue` before anything is sent.
    """
    interface = build_interface(source)
    given = encode(())
    if arguments or interface.migration is not None:
        given = encode_arguments(interface, "migrate", (), arguments or {})
    call = ledger_calls.upgrade(contract, source, arguments=given)
    receipt = yield from session.send(by, [call])
    return decode(Unsigned, receipt.results[0])


def explain(session: Session, contract: Address) -> Operation[Agreement]:
    """Return what the present version says in plain words; that it is the present one is proved.

    Raise `NotFound` where there is no contract.
    """
    value = yield from session.read_state(state.key_contract(contract))
    if value is None:
        raise NotFound("there is no contract at that address")
    version = decode(state.ContractRecord, value).version
    return read_agreement((yield from read_source(session, contract, version)))


def read_source(session: Session, contract: Address, version: int) -> Operation[Source]:
    """Return the whole source of one version: its hash is the one that the chain proves.

    Raise `NotFound` where the contract has no such version.
    """
    value = yield from session.read_state(state.key_version(contract, version))
    if value is None:
        raise NotFound("the contract has no version of that number")
    path = f"/v1/contracts/{encode_address(contract)}/versions/{version}"
    answer = yield from get(answers.VersionSource, path)
    modules = tuple(LibraryModule(each.name, each.text) for each in answer.library)
    source = Source(answer.name, answer.source, modules)
    if compute_code_hash(source) != decode(state.VersionRecord, value).code_hash:
        raise InvalidAnswer("the node showed another source than the one that the chain names")
    return source
