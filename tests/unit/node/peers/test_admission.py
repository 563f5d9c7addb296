"""Certificates of members' authorities: the chain's state says who is connected, block by block."""

import datetime as dt
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest

from dure.chain import membership, state
from dure.core.codec import encode
from dure.core.types import Address, Height, Instant, PublicKey
from dure.core.validators import Validator, ValidatorSet, build_validator_set
from dure.identity.authorities.authority import OpenAuthority, create_authority, open_authority
from dure.identity.authorities.profile import (
    Certificate,
    Kind,
    Subject,
    build_member_certificate,
)
from dure.identity.certificates import encode_certificate, save_tls_files
from dure.identity.files import replace_file
from dure.identity.keys import SigningKey
from dure.node.peers.admission import ChainAdmission
from dure.node.peers.directory import Peer, build_peer
from dure.node.peers.network import LocalNode
from tests.unit.identity.authorities.spoiled import build_spoiled
from tests.unit.node.peers.town import CHAIN, Node, find_free_port, run, wait_until

NOW = dt.datetime(2026, 5, 4, 12, 0, tzinfo=dt.UTC)
DAY = dt.timedelta(days=1)
NAMES = ("bank", "port", "city")
KEYS = dict(zip(NAMES, sorted(SigningKey(bytes([n]) * 32).public for n in (1, 2, 3)), strict=True))


@dataclass
class Chain:
    """What the nodes' heads say: one state for all of them."""

    items: dict[bytes, bytes] = field(default_factory=dict)
    validators: ValidatorSet = field(
        default_factory=lambda: build_validator_set(
            [Validator(PublicKey(b"v" * 32), "somebody else")]
        )
    )
    now: dt.datetime = NOW

    @property
    def admission(self) -> ChainAdmission:
        return ChainAdmission(
            lambda: state.View(self.items),
            lambda: self.validators,
            lambda: Instant(int(self.now.timestamp() * 1000)),
        )

    def admit(self, organisation: str, *authorities: bytes) -> None:
        self.items[state.key_organisation(organisation)] = account_of(organisation)
        member = membership.Membership(authorities, (), ())
        self.items[membership.key_membership(organisation)] = encode(member)

    def expel(self, organisation: str) -> None:
        del self.items[state.key_organisation(organisation)]

    def revoke(self, organisation: str, serial: bytes) -> None:
        key = membership.key_revocation(account_of(organisation), serial)
        self.items[key] = encode(membership.Revocation(Height(1), "stolen"))


def account_of(organisation: str) -> Address:
    return Address(organisation.encode().ljust(32, b"."))


class Members:
    """Three nodes of three organisations, each certified by its own authority."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.chain = Chain()
        self.authorities = {name: self._found(name) for name in NAMES}
        self.certificates: dict[str, Certificate] = {}
        self.nodes = {name: self._make(name) for name in NAMES}

    @property
    def peers(self) -> list[Peer]:
        return [node.peer for node in self.nodes.values()]

    def certify(
        self,
        name: str,
        *,
        by: str | None = None,
        subject: Subject | None = None,
        now: dt.datetime | None = None,
    ) -> Certificate:
        """Give a node another certificate, of its organisation's authority or of another one."""
        authority = self.authorities[by or name]
        about = subject or Subject(authority.authority.organisation, Kind.NODE, name)
        made = authority.issue(about, tls_key_of(name).public, now or NOW)
        pem = encode_certificate(made.der).encode()
        replace_file(self.folder / f"{name}.crt", pem, mode=0o644)
        self.certificates[name] = made
        return made

    def decide(self) -> None:
        """Let every node look at the new head."""
        for node in self.nodes.values():
            if node.network is not None:
                node.network.review()

    async def start(self) -> None:
        for node in self.nodes.values():
            await node.start(self.peers)

    async def stop(self) -> None:
        for node in self.nodes.values():
            await node.stop()

    def connected(self, one: str, other: str) -> bool:
        first, second = self.nodes[one], self.nodes[other]
        return first.sees(second) and second.sees(first)

    def are_all_connected(self) -> bool:
        return all(self.connected(a, b) for a in NAMES for b in NAMES if a != b)

    def is_cut_off(self, name: str) -> bool:
        others = [other for other in NAMES if other != name]
        return not any(self.nodes[other].sees(self.nodes[name]) for other in others)

    def problem(self, of: str, seen_by: str) -> str:
        return str(self.nodes[seen_by].status(self.nodes[of]).problem)

    def _found(self, name: str) -> OpenAuthority:
        folder = self.folder / f"authority of {name}"
        authority = create_authority(folder, name, NOW)
        self.chain.admit(name, authority.der)
        return open_authority(folder)

    def _make(self, name: str) -> Node:
        certificate, secret = self.folder / f"{name}.crt", self.folder / f"{name}.key"
        save_tls_files(secret, certificate, tls_key_of(name), name)
        self.certify(name)
        port = find_free_port()
        local = LocalNode(KEYS[name], CHAIN, "127.0.0.1", port, certificate, secret)
        peer = build_peer(name, KEYS[name], address=("127.0.0.1", port), organisation=name)
        return Node(local, peer, admission=self.chain.admission)


def tls_key_of(name: str) -> SigningKey:
    return SigningKey(name.encode().ljust(32, b"."))


def test_nodes_whose_authorities_the_chain_names_connect(tmp_path: Path) -> None:
    async def story() -> None:
        members = Members(tmp_path)
        await members.start()
        await wait_until(members.are_all_connected)
        await members.stop()

    run(story)


def test_an_expelled_organisations_node_is_cut_off_at_the_next_head(tmp_path: Path) -> None:
    async def story() -> None:
        members = Members(tmp_path)
        await members.start()
        await wait_until(members.are_all_connected)
        members.chain.expel("port")
        members.decide()
        await wait_until(lambda: members.is_cut_off("port"))
        assert members.connected("bank", "city")
        # It calls, or is called, again and again, and is let in only when it is a member again.
        await wait_until(lambda: "no member of this chain" in members.problem("port", "city"))
        members.chain.admit("port", members.authorities["port"].authority.der)
        members.decide()
        await wait_until(members.are_all_connected)
        await members.stop()

    run(story)


def test_a_revoked_certificate_is_cut_off_and_the_next_one_is_let_in(tmp_path: Path) -> None:
    async def story() -> None:
        members = Members(tmp_path)
        await members.start()
        await wait_until(members.are_all_connected)
        stolen = members.certificates["city"]
        members.chain.revoke("city", stolen.serial)
        members.decide()
        await wait_until(lambda: members.is_cut_off("city"))
        assert "was revoked" in members.problem("city", "bank")
        assert members.connected("bank", "port")
        members.certify("city")
        members.nodes["city"].network.reload_certificate()  # type: ignore[union-attr]  # it has started
        await wait_until(members.are_all_connected)
        await members.stop()

    run(story)


def test_a_renewed_certificate_is_shown_from_then_on_and_nothing_is_cut(tmp_path: Path) -> None:
    async def story() -> None:
        members = Members(tmp_path)
        await members.start()
        await wait_until(members.are_all_connected)
        members.certify("bank")
        members.nodes["bank"].network.reload_certificate()  # type: ignore[union-attr]  # it has started
        members.decide()
        assert members.are_all_connected()
        bank, city = members.nodes["bank"], members.nodes["city"]
        assert city.status(bank).connections == 1
        city.network.disconnect(bank.key, "for once")  # type: ignore[union-attr]  # it has started
        await wait_until(lambda: city.status(bank).connections == 2)
        await members.stop()

    run(story)


def test_a_connection_outlives_its_certificate_and_a_new_one_does_not_begin(
    tmp_path: Path,
) -> None:
    async def story() -> None:
        members = Members(tmp_path)
        members.certify("bank", now=NOW - 60 * DAY)
        await members.start()
        await wait_until(lambda: members.connected("port", "city"))
        await wait_until(lambda: "has ended" in members.problem("bank", "city"))
        assert members.is_cut_off("bank")
        members.certify("bank")
        members.nodes["bank"].network.reload_certificate()  # type: ignore[union-attr]  # it has started
        await wait_until(members.are_all_connected)
        members.chain.now = NOW + 365 * DAY
        members.decide()
        assert members.are_all_connected()
        await members.stop()

    run(story)


def test_a_validator_has_a_week_of_grace_for_new_connections(tmp_path: Path) -> None:
    members = Members(tmp_path)
    chain, peer = members.chain, members.nodes["bank"].peer
    certificate = members.certificates["bank"]

    def flaw(after: dt.timedelta) -> str | None:
        chain.now = certificate.not_after + after
        return chain.admission.find_flaw(peer, certificate.der, is_new=True)

    assert flaw(dt.timedelta(minutes=5)) is None
    assert "has ended" in str(flaw(dt.timedelta(minutes=6)))
    chain.validators = build_validator_set([Validator(peer.key, "bank")])
    assert flaw(7 * DAY) is None
    assert "has ended" in str(flaw(8 * DAY))
    assert chain.admission.find_flaw(peer, certificate.der, is_new=False) is None


def test_nobody_comes_in_under_anothers_name(tmp_path: Path) -> None:
    members = Members(tmp_path)
    chain = members.chain
    bank, port = members.nodes["bank"].peer, members.nodes["port"].peer
    foreign = members.certify("port").der
    assert "about node port of port" in str(chain.admission.find_flaw(bank, foreign, is_new=True))
    # The bank's authority is replaced: what the old one signed counts no more.
    old = members.certify("bank").der
    create_authority(tmp_path / "next", "bank", NOW)
    after = open_authority(tmp_path / "next")
    chain.admit("bank", members.authorities["bank"].authority.der, after.authority.der)
    assert chain.admission.find_flaw(bank, old, is_new=True) is None
    chain.admit("bank", after.authority.der)
    assert "no authority that the chain names" in str(
        chain.admission.find_flaw(bank, old, is_new=False)
    )
    chain.admit("port")
    assert chain.admission.find_flaw(port, foreign, is_new=True) is not None


@pytest.mark.parametrize(
    "subject",
    [
        Subject("bank", Kind.SERVICE, "bank"),
        Subject("bank", Kind.ADMINISTRATOR, "bank"),
        Subject("bank", Kind.NODE, "bank-2"),
    ],
)
def test_a_certificate_for_something_else_is_nobodys(tmp_path: Path, subject: Subject) -> None:
    async def story() -> None:
        members = Members(tmp_path)
        members.certify("bank", subject=subject)
        await members.start()
        await wait_until(lambda: members.connected("port", "city"))
        await wait_until(lambda: members.problem("city", seen_by="bank") != "None")
        assert members.is_cut_off("bank")
        await members.stop()

    run(story)


def test_what_the_chain_names_as_an_authority_may_be_anything(tmp_path: Path) -> None:
    async def story() -> None:
        members = Members(tmp_path)
        good = members.authorities["bank"].authority.der
        members.chain.admit("bank", b"junk", members.certificates["port"].der, good, good[:-1])
        members.chain.admit("port", b"junk")
        await members.start()
        await wait_until(lambda: members.connected("bank", "city"))
        assert members.nodes["city"].admission.list_authorities("bank") == (good,)
        assert members.is_cut_off("port")
        members.chain.admit("port", members.authorities["port"].authority.der)
        members.decide()
        await wait_until(members.are_all_connected)
        await members.stop()

    run(story)


def test_an_authority_that_nobody_can_read_stops_no_node(tmp_path: Path) -> None:
    names = ("version 2", "a key of no kind", "ends in the year 0", "a name of bits")

    async def story() -> None:
        members = Members(tmp_path)
        await members.start()
        await wait_until(members.are_all_connected)
        spoiled = build_spoiled("port")
        members.chain.admit("port", *(spoiled[name] for name in names))
        members.decide()
        await wait_until(lambda: members.is_cut_off("port"))
        assert members.connected("bank", "city")
        await members.stop()

    run(story)


def test_a_certificate_that_ends_on_the_last_of_all_days_is_let_in(tmp_path: Path) -> None:
    members = Members(tmp_path)
    last = dt.datetime(9999, 12, 31, 23, 59, 59, tzinfo=dt.UTC)
    authority = replace(members.authorities["bank"].authority, not_after=last)
    der = build_member_certificate(
        members.authorities["bank"].key,
        authority,
        Subject("bank", Kind.NODE, "bank"),
        tls_key_of("bank").public,
        now=NOW,
        lifetime=last - NOW,
    )
    peer = members.nodes["bank"].peer
    assert members.chain.admission.find_flaw(peer, der, is_new=True) is None


def test_a_node_that_knows_none_of_todays_authorities_comes_in_by_a_pin(tmp_path: Path) -> None:
    async def story() -> None:
        members = Members(tmp_path)
        behind = Chain()
        for name in NAMES:
            behind.admit(name)
        bank = members.nodes["bank"] = replace(members.nodes["bank"], admission=behind.admission)
        await members.start()
        await wait_until(lambda: members.connected("port", "city"))
        assert members.is_cut_off("bank")
        pem = encode_certificate(members.certificates["city"].der)
        peers = {each.name: each for each in members.peers}
        pinned = build_peer(
            "city", KEYS["city"], address=(peers["city"].host, peers["city"].port), certificate=pem
        )
        bank.network.change_peers([peers["bank"], peers["port"], pinned])  # type: ignore[union-attr]  # it has started
        await wait_until(lambda: members.connected("bank", "city"))
        await members.stop()

    run(story)


def test_a_pinned_key_may_also_need_its_organisation(tmp_path: Path) -> None:
    members = Members(tmp_path)
    pem = encode_certificate(members.certificates["bank"].der)
    pinned = build_peer("bank", KEYS["bank"], address=("127.0.0.1", 1), certificate=pem)
    both = replace_organisation(pinned, "bank")
    members.chain.expel("bank")
    der = members.certificates["bank"].der
    assert members.chain.admission.find_flaw(pinned, der, is_new=True) is None
    assert "no member" in str(members.chain.admission.find_flaw(both, der, is_new=False))


def replace_organisation(peer: Peer, organisation: str) -> Peer:
    return Peer(
        peer.name, peer.key, peer.host, peer.port, peer.certificate, peer.tls_key, organisation
    )


def test_a_node_without_a_chain_lets_in_pinned_keys_only(tmp_path: Path) -> None:
    async def story() -> None:
        members = Members(tmp_path)
        for name, node in members.nodes.items():
            members.nodes[name] = replace(node, admission=Node.admission)
        await members.start()
        assert all(members.is_cut_off(name) for name in NAMES)
        await members.stop()

    run(story)


def test_a_file_of_its_own_that_cannot_be_read_stops_no_node(tmp_path: Path) -> None:
    async def story() -> None:
        members = Members(tmp_path)
        await members.start()
        await wait_until(members.are_all_connected)
        (tmp_path / "bank.crt").unlink()
        create_authority(tmp_path / "next", "port", NOW)
        members.chain.admit(
            "port",
            members.authorities["port"].authority.der,
            open_authority(tmp_path / "next").authority.der,
        )
        members.decide()
        assert members.are_all_connected()
        await members.stop()

    run(story)
