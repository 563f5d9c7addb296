"""An agreement on a real node that is no party to it: proved offline, and never on its disk."""

from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest

from dure.apps.agreements.commitments import Debt, build_change, draw_blinding
from dure.apps.agreements.contract import Agreements
from dure.apps.agreements.offchain import (
    Terms,
    build_obligation_key,
    build_version_key,
    check_debt,
    check_version,
    open_terms,
    pack_terms,
    seal_terms,
)
from dure.cli.access import load_authority
from dure.contract.source import read_source
from dure.core.errors import InvalidProof
from dure.core.types import Address, Hash
from dure.identity.envelopes.files import Place
from dure.identity.envelopes.sealing import derive_reading_key
from dure.identity.keys import generate_key
from dure.proof import decode_proof, encode_proof, trust_chain
from dure.sdk import Client, LocalAccount
from tests.e2e.processes import Town, found_town, run_dure, wait_until

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(300)]

HOUR_MS = 3_600_000
SECRET = "The seller redeems at 100,000,000 won, which the market must not know."


@pytest.fixture(scope="module")
def solo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    folder = tmp_path_factory.mktemp("record") / "net"
    town = found_town(folder, "--members", "alpha", "--engine", "solo", "--kind", "private")
    try:
        yield town
    finally:
        town.close()


def list_files(folder: Path) -> Iterator[Path]:
    return (path for path in folder.rglob("*") if path.is_file())


def test_both_sides_prove_their_version_and_the_node_never_saw_it(
    solo: Town, tmp_path: Path
) -> None:
    seller_key, buyer_key = generate_key(), generate_key()
    seller, buyer = LocalAccount(seller_key), LocalAccount(buyer_key)
    reading = derive_reading_key(buyer_key)
    with solo.connect() as client:
        client.enrol([seller.address, buyer.address], by=solo.get_account("alpha"))
        record = client.deploy(
            read_source(Agreements), by=load_authority(solo.folder), owner=seller.address
        )
        now = client.get_status().ledger_time
        debt = Debt(
            debtor=buyer.address,
            creditor=seller.address,
            due=now + 24 * HOUR_MS,
            grace=0,
            amount=98_765_432,
            currency="KRW",
            what="price",
            blinding=draw_blinding(),
        )
        content = pack_terms(Terms(SECRET, (debt,)))
        place = Place(solo.chain_id, record.address, Hash(draw_blinding()), 1)
        sealed = seal_terms(content, place, {buyer.address: reading.public})
        opened, salt = open_terms(sealed, place, buyer.address, reading)
        agree(client, record.address, seller, buyer, build_change(sealed.document, [debt]))
        # Lists are read from the index, which follows.
        list_begun = partial(client.list_events, contract=record.address, name="ObligationBegun")
        wait_until(list_begun, "the index has the obligation")
        (begun,) = list_begun()
        assert begun.event.fields is not None
        owed = Hash(bytes.fromhex(begun.event.fields["obligation"]))
        keys = (
            build_version_key(record.address, 1, 1),
            build_obligation_key(record.address, owed),
        )
        files = [tmp_path / "version.proof.json", tmp_path / "debt.proof.json"]
        for key, file in zip(keys, files, strict=True):
            file.write_bytes(encode_proof(client.prove_state(key)))
    for file in files:
        assert run_dure("verify", file, "--chain", solo.network.chain_id).code == 0
    trust = trust_chain(solo.chain_id)
    version, owing = (decode_proof(file.read_bytes()) for file in files)
    assert check_version(version, trust, keys[0], content=opened, salt=salt).is_proved
    assert check_debt(owing, trust, keys[1], debt).is_proved
    with pytest.raises(InvalidProof, match="another text"):
        check_version(version, trust, keys[0], content=opened + b" ", salt=salt)
    with pytest.raises(InvalidProof, match="something else"):
        check_version(owing, trust, keys[0], content=opened, salt=salt)
    solo.stop("alpha")
    needles = (SECRET.encode(), b"98765432", debt.blinding, salt)
    held = [path for path in list_files(solo.folder) if has_any(path, needles)]
    assert held == []


def agree(
    client: Client, address: Address, seller: LocalAccount, buyer: LocalAccount, change: object
) -> None:
    record = client.contract(address)
    record.begin(
        by=seller,
        parties=[seller.address, buyer.address],
        auditors=[],
        change=change,
        answer_by=client.get_status().ledger_time + HOUR_MS,
    )
    record.accept(by=buyer, proposal=1, digest=record.proposal(1)["digest"])


def has_any(path: Path, needles: tuple[bytes, ...]) -> bool:
    data = path.read_bytes()
    return any(needle in data for needle in needles)
