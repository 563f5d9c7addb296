"""The door of a node's listener: whose node it is, and whom the chain has admitted since."""

import datetime as dt
from pathlib import Path
from types import SimpleNamespace
from typing import cast

import msgspec
import pytest

from dure.api.access.roles import Role
from dure.chain import membership, state
from dure.cli.network.founding import Plan, found_network
from dure.cli.operating.door import Door, open_door
from dure.core.codec import encode
from dure.core.types import Address
from dure.core.validators import Validator, ValidatorSet, build_validator_set
from dure.identity.authorities.profile import (
    Kind,
    Subject,
    build_authority_certificate,
    build_member_certificate,
    read_authority,
)
from dure.identity.certificates import encode_certificate, save_tls_files
from dure.identity.keys import SigningKey
from dure.node.configuration import load_configuration, locate_files
from dure.node.gateway import Gateway

NOW = dt.datetime.now(dt.UTC)
KEYS = {name: SigningKey(name.encode().ljust(32, b".")) for name in ("one", "late")}
AUTHORITIES = {name: build_authority_certificate(key, name, NOW) for name, key in KEYS.items()}
VALIDATOR, TLS = SigningKey(b"v" * 32), SigningKey(b"t" * 32)


def certify(organisation: str, kind: Kind, name: str) -> bytes:
    key, authority = KEYS[organisation], read_authority(AUTHORITIES[organisation])
    subject = Subject(organisation, kind, name)
    return build_member_certificate(key, authority, subject, TLS.public, now=NOW)


class Chain:
    """A chain that has admitted an organisation after its genesis, behind a node."""

    def __init__(self, validators: ValidatorSet) -> None:
        self.items = {state.ORGANISATIONS: encode(tuple(sorted(AUTHORITIES)))}
        for name, der in AUTHORITIES.items():
            member = membership.Membership((der,), (), ())
            self.items[state.key_organisation(name)] = Address(name.encode().ljust(32, b"."))
            self.items[membership.key_membership(name)] = encode(member)
        self.head = SimpleNamespace(validators=validators)
        self.genesis = SimpleNamespace(organisations=())

    def view(self) -> state.View:
        return state.View(self.items)


def open_node(folder: Path, *, shows: bytes | None, validator: str) -> Door:
    """Open the door of a node that shows a certificate; `validator` is whose validator runs."""
    found_network(folder / "net", Plan(name="net", members=("one",), first_api_port=0))
    home = folder / "net" / "one"
    for name in ("tls.key", "tls.pem"):
        (home / name).unlink(missing_ok=True)
    save_tls_files(home / "tls.key", home / "tls.pem", TLS, "one")
    if shows is not None:
        (home / "tls.pem").write_text(encode_certificate(shows))
    settings = load_configuration(home / "node.toml")
    api = msgspec.structs.replace(
        settings.api, certificate="tls.pem", tls_key="tls.key", client_certificates="members"
    )
    settings = msgspec.structs.replace(settings, api=api)
    other = SigningKey(b"o" * 32)
    chain = Chain(build_validator_set([Validator(other.public, "one")]))
    if validator:
        chain = Chain(build_validator_set([Validator(VALIDATOR.public, validator)]))
    status = SimpleNamespace(validator_key=VALIDATOR.public)
    gateway = SimpleNamespace(executor=chain, get_status=lambda: status)
    return open_door(settings, locate_files(home / "node.toml", settings), cast("Gateway", gateway))


def find_role(door: Door, organisation: str) -> Role | None:
    der = certify(organisation, Kind.ADMINISTRATOR, "duty")
    caller = door.callers.find_by_certificate(der)
    return None if caller is None else caller.role


def list_trusted(door: Door) -> set[bytes]:
    assert door.tls is not None
    assert door.tls.sni_callback is not None
    door.tls.sni_callback(None, None, door.tls)  # type: ignore[arg-type]  # it looks at none of them
    return set(door.tls.get_ca_certs(binary_form=True))


def test_an_organisation_that_was_admitted_after_the_genesis_is_trusted(tmp_path: Path) -> None:
    door = open_node(tmp_path, shows=None, validator="one")
    assert list_trusted(door) == set(AUTHORITIES.values())


@pytest.mark.parametrize(
    ("shows", "validator", "at_home"),
    [
        (None, "one", "one"),
        ("late", "", "late"),
        # The chain's word goes before the certificate's.
        ("late", "one", "one"),
        (None, "", None),
    ],
)
def test_whose_node_it_is_the_chain_says_or_else_its_certificate(
    tmp_path: Path, shows: str | None, validator: str, at_home: str | None
) -> None:
    der = None if shows is None else certify(shows, Kind.NODE, "one")
    door = open_node(tmp_path, shows=der, validator=validator)
    for organisation in AUTHORITIES:
        expected = Role.OPERATOR if organisation == at_home else Role.READER
        assert find_role(door, organisation) is expected
