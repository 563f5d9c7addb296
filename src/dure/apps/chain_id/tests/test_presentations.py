"""Certificates and presentations: what is shown, to whom, and what is refused."""

import asyncio
import json
from base64 import urlsafe_b64encode
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from joserfc import jws
from joserfc.jwk import OctKey

from dure.apps.chain_id.contract import Status
from dure.apps.chain_id.offchain import (
    Presented,
    Terms,
    compute_evidence_digest,
    issue_certificate,
    verify_presentation,
)
from dure.apps.chain_id.presentations import (
    BYTES_MAX,
    Confirmation,
    Payload,
    PresentationRefused,
    build_jwk,
    compute_digest,
    encode_base64,
    issue,
    open_claims,
    open_disclosure,
    present,
    read_presentation,
    write_disclosure,
)
from dure.apps.chain_id.tests.scene import CLAIMS, Scene, WorldRegister, begin
from dure.contract.library.association import Trust
from dure.core.codec import encode
from dure.identity.keys import Key, generate_key
from dure.testing import MemoryStage

AUDIENCE = "https://bank.example"


def show(scene: Scene, certificate: str, names: set[str], **changes: Any) -> str:
    key: Key = changes.pop("key", scene.person.account.keys[0])
    facts: dict[str, Any] = {"audience": AUDIENCE, "nonce": "n", "now_s": scene.now_s}
    return present(certificate, names, key, **(facts | changes))


def believe(scene: Scene, text: str, **changes: Any) -> Presented:
    facts: dict[str, Any] = {"audience": AUDIENCE, "nonce": "n", "now_s": scene.now_s}
    facts["institution"] = scene.register.bank.address
    register = WorldRegister(scene.chain)
    return asyncio.run(verify_presentation(text, register, **(facts | changes)))


def test_r16_a_presentation_shows_what_was_chosen_and_no_more(scene: Scene) -> None:
    certificate = scene.certify()
    text = show(scene, certificate, {"adult", "resident"})
    shown = believe(scene, text)
    assert shown == Presented(1, scene.register.broker.address, {"adult": True, "resident": True})
    assert believe(scene, show(scene, certificate, set())).claims == {}
    for clear in ("Minji", "1994", encode_base64(b"Minji")):
        assert clear not in text
    opened = [open_disclosure(each)[0] for each in read_presentation(text).disclosures]
    assert sorted(opened) == ["adult", "resident"]
    with pytest.raises(PresentationRefused, match="does not say salary"):
        show(scene, certificate, {"salary"})


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"audience": "https://other.example"}, "for somebody else"),
        ({"nonce": "another"}, "answers another challenge"),
        ({"now_s": 0}, "not signed just now"),
    ],
)
def test_r16_it_is_for_one_institution_one_challenge_and_now(
    scene: Scene, change: dict[str, Any], reason: str
) -> None:
    certificate = scene.certify()
    with pytest.raises(PresentationRefused, match=reason):
        believe(scene, show(scene, certificate, {"adult"}, **change))


def test_r16_a_listener_cannot_show_it_again_later(scene: Scene) -> None:
    text = show(scene, scene.certify(), {"adult"})
    with pytest.raises(PresentationRefused, match="not signed just now"):
        believe(scene, text, now_s=scene.now_s + 301)
    with pytest.raises(PresentationRefused, match="not signed just now"):
        believe(scene, text, now_s=scene.now_s - 61)


def test_r16_disclosures_cannot_be_added_or_taken_away(scene: Scene) -> None:
    certificate = scene.certify()
    whole = read_presentation(certificate)
    text = show(scene, certificate, {"adult"})
    shown = read_presentation(text)
    more = "~".join((shown.jwt, *whole.disclosures, shown.binding))
    none = f"{shown.jwt}~{shown.binding}"
    for changed in (more, none):
        with pytest.raises(PresentationRefused, match="added or taken away"):
            believe(scene, changed)


def test_a_disclosure_that_the_issuer_did_not_sign_is_refused(scene: Scene) -> None:
    certificate = scene.certify()
    forged = certificate + write_disclosure("salt", "salary", 1) + "~"
    with pytest.raises(PresentationRefused, match="not of this certificate"):
        believe(scene, show(scene, forged, {"salary"}))


def test_a_disclosure_is_shown_once(scene: Scene) -> None:
    parts = read_presentation(scene.certify())
    twice = parts.disclosures[0]
    payload = msgspec.json.decode(jws.extract_compact(parts.jwt.encode()).payload, type=Payload)
    doubled = read_presentation(f"{parts.jwt}~{twice}~{twice}~")
    with pytest.raises(PresentationRefused, match="there already"):
        open_claims(doubled, payload)


@pytest.mark.parametrize("name", ["_sd", "_sd_alg", "iss", "exp", "cnf", "..."])
def test_a_disclosure_cannot_pass_for_what_the_issuer_says(scene: Scene, name: str) -> None:
    text = write_disclosure("salt", name, "x")
    payload = build_payload(scene, digests=(compute_digest(text),))
    with pytest.raises(PresentationRefused, match="there already"):
        open_claims(read_presentation(f"jwt~{text}~"), payload)


def build_payload(scene: Scene, digests: tuple[str, ...] = ()) -> Payload:
    key = build_jwk(scene.person.account.keys[0].public)
    return Payload("urn:dure:x", "v", "urn:dure:y", 1, 2, Confirmation(key), digests, "sha-256")


def test_a_forged_certificate_is_unknown_whoever_signed_it(scene: Scene) -> None:
    """Even with the stolen key of an issuer, since its account has not registered the digest."""
    scene.certify()
    terms = Terms(
        scene.chain.address,
        scene.register.broker.address,
        scene.stranger.address,
        scene.stranger.account.keys[0].public,
        scene.now_s,
        scene.now_s + 86_400,
    )
    for key in (generate_key(), scene.register.broker.account.keys[0]):
        forged, _ = issue_certificate(terms, CLAIMS, key)
        text = show(scene, forged, {"adult"}, key=scene.stranger.account.keys[0])
        with pytest.raises(PresentationRefused, match="never issued"):
            believe(scene, text)


def test_a_registered_digest_does_not_replace_the_issuers_signature(scene: Scene) -> None:
    """An institution that registers what another key signed has issued nothing."""
    scene.apply()
    terms = Terms(
        scene.chain.address,
        scene.register.broker.address,
        scene.person.address,
        scene.person.account.keys[0].public,
        scene.now_s,
        scene.now_s + 86_400,
    )
    certificate, digest = issue_certificate(terms, CLAIMS, generate_key())
    expires = scene.world.now.__class__(terms.expires_s * 1000)
    made = {"evidence": digest, "certificate": digest, "expires": expires}
    scene.chain.issue(by=scene.register.broker, applicant=scene.person, **made)
    with pytest.raises(PresentationRefused, match="a signature does not hold"):
        believe(scene, show(scene, certificate, {"adult"}))


def test_another_persons_certificate_cannot_be_presented(scene: Scene) -> None:
    certificate = scene.certify()
    with pytest.raises(PresentationRefused, match="a signature does not hold"):
        believe(scene, show(scene, certificate, {"name"}, key=scene.stranger.account.keys[0]))
    with pytest.raises(PresentationRefused, match="has not signed"):
        believe(scene, certificate)


@pytest.mark.parametrize(
    ("act", "status"),
    [
        ("suspend", Status.SUSPENDED),
        ("revoke", Status.REVOKED),
        ("distrust", Status.UNTRUSTED),
        ("expel", Status.UNTRUSTED),
        ("expire", Status.EXPIRED),
        ("renew", Status.REPLACED),
    ],
)
def test_what_the_register_no_longer_holds_is_refused_at_the_next_block(
    scene: Scene, act: str, status: Status
) -> None:
    certificate = scene.certify(days_valid=1)
    text = show(scene, certificate, {"adult"})
    assert believe(scene, text).identity == 1
    register, chain = scene.register, scene.chain
    match act:
        case "distrust":
            chain.set_trust(
                by=register.association, institution=register.broker, trust=Trust.SUSPENDED
            )
        case "expel":
            chain.expel(
                by=register.association, institution=register.broker, successor=register.bank
            )
        case "expire":
            scene.world.wait(days=1)
        case "renew":
            scene.apply(institution=register.bank)
            chain.renew(by=register.bank, applicant=scene.person, **scene.terms())
        case _:
            getattr(chain, act)(by=register.broker, number=1)
    with pytest.raises(PresentationRefused, match=status.value):
        believe(scene, text)


def test_certificate_and_register_must_say_the_same(scene: Scene) -> None:
    scene.apply()
    terms = Terms(
        scene.stranger.address,
        scene.register.bank.address,
        scene.stranger.address,
        scene.stranger.account.keys[0].public,
        scene.now_s,
        scene.now_s + 999,
    )
    certificate, digest = issue_certificate(terms, CLAIMS, scene.register.broker.account.keys[0])
    made = scene.terms() | {"certificate": digest}
    scene.chain.issue(by=scene.register.broker, applicant=scene.person, **made)
    with pytest.raises(PresentationRefused, match="disagree: register, issuer, key, expiry"):
        believe(scene, show(scene, certificate, set()))


def test_other_algorithms_and_headers_are_refused(scene: Scene) -> None:
    certificate = scene.certify()
    text = show(scene, certificate, set())
    parts = read_presentation(text)
    header, payload, _ = parts.binding.split(".")
    unsigned = urlsafe_b64encode(json.dumps({"alg": "none"}).encode()).decode().rstrip("=")
    public = OctKey.import_key(scene.person.account.keys[0].public)
    body = jws.extract_compact(parts.binding.encode()).payload
    by_hmac = jws.serialize_compact({"alg": "HS256", "typ": "kb+jwt"}, body, public, ["HS256"])
    critical = {"alg": "Ed25519", "typ": "kb+jwt", "crit": 1}
    for odd in (json.dumps(critical), "[]", "1"):
        with pytest.raises(PresentationRefused):
            believe(scene, f"{parts.shown}{encode_base64(odd.encode())}.{payload}.AA")
    for binding in (f"{unsigned}.{payload}.", by_hmac, f"{header}.{payload}.", parts.jwt, "x", "."):
        with pytest.raises(PresentationRefused):
            believe(scene, parts.shown + binding)


@settings(max_examples=150, deadline=None)
@given(st.integers(0, 10_000), st.binary(min_size=1, max_size=4), st.sampled_from("+-~"))
def test_a_changed_presentation_is_refused(place: int, noise: bytes, kind: str) -> None:
    scene, text = PREPARED
    at = place % len(text)
    new = encode_base64(noise)
    changed = {
        "+": text[:at] + new + text[at:],
        "-": text[:at] + text[at + len(new) :],
        "~": text[:at] + "~" + text[at:],
    }[kind]
    with pytest.raises(PresentationRefused):
        believe(scene, changed)


@settings(max_examples=100, deadline=None)
@given(st.text(max_size=60))
def test_what_is_no_presentation_is_refused(text: str) -> None:
    with pytest.raises(PresentationRefused):
        believe(PREPARED[0], text)


def test_what_is_too_large_is_refused_unread(scene: Scene) -> None:
    with pytest.raises(PresentationRefused, match=str(BYTES_MAX)):
        read_presentation("a" * (BYTES_MAX + 1))
    with pytest.raises(PresentationRefused, match="at most 16 disclosures"):
        read_presentation("jwt" + "~a" * 17 + "~")
    deep = encode_base64(b'["s","n",' + b"[" * 5_000 + b"]" * 5_000 + b"]")
    with pytest.raises(PresentationRefused, match="cannot be read"):
        open_disclosure(deep)


def test_digests_are_those_of_the_standard() -> None:
    """RFC 9901, section 4.2.3: the family name of its example."""
    text = "WyJfMjZiYzRMVC1hYzZxMktJNmNCVzVlcyIsICJmYW1pbHlfbmFtZSIsICJNw7ZiaXVzIl0"
    assert open_disclosure(text) == ("family_name", "Möbius")
    assert compute_digest(text) == "X9yH0Ajrdm1Oij4tWso9UzzKJvPoDxwmuEcO3XAdRC0"


def test_two_certificates_of_the_same_person_cannot_be_linked_by_their_digests(
    scene: Scene,
) -> None:
    key, payload = generate_key(), build_payload(scene)
    first, second = (read_presentation(issue(payload, {"adult": True}, key)) for _ in range(2))
    assert first.disclosures != second.disclosures
    assert first.jwt != second.jwt


def test_evidence_without_its_salt_cannot_be_guessed() -> None:
    paper = b"passport M12345678"
    assert compute_evidence_digest(paper, bytes(32)) != compute_evidence_digest(paper, b"\1" * 32)
    with pytest.raises(AssertionError, match="32 bytes"):
        compute_evidence_digest(paper, b"")


def test_r15_nothing_personal_is_on_the_chain(scene: Scene) -> None:
    certificate = scene.certify()
    scene.sign_in(claims=tuple(CLAIMS))
    believe(scene, show(scene, certificate, {"name", "birthdate"}))
    stage = scene.world._stage
    assert isinstance(stage, MemoryStage)
    state = dict(stage._executor.view().base.items())
    written = b"".join(encode(block) for block in stage.blocks)
    written += b"".join(key + value for key, value in state.items())
    secrets = [str(value).encode() for value in CLAIMS.values() if not isinstance(value, bool)]
    secrets += [each.encode() for each in read_presentation(certificate).disclosures]
    secrets += [encode_base64(each).encode() for each in secrets]
    secrets += [b"Kim", b"Minji", "민지".encode(), b"1994"]
    assert [each for each in secrets if each in written] == []
    assert b"Hanbit Securities" in written


def prepare() -> tuple[Scene, str]:
    scene = begin()
    return scene, show(scene, scene.certify(), {"adult"})


PREPARED = prepare()
