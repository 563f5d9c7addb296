"""Tokens: random, shown once, kept as a hash, compared in a time that tells nothing."""

import hmac
from collections.abc import Callable

import pytest

from dure.api.access import tokens
from dure.api.access.roles import Role
from dure.api.access.tokens import TOKEN_LENGTH, generate_token, is_digest_of, read_caller_id
from tests.unit.api.access.callers import Gate, build_record


def test_a_token_carries_its_callers_id_and_256_random_bits() -> None:
    made = [generate_token() for _ in range(100)]
    assert len({token.text for token in made}) == 100
    for token in made:
        assert len(token.text) == TOKEN_LENGTH
        assert read_caller_id(token.text) == token.caller_id
        assert is_digest_of(token.digest, token.text)


def test_neither_what_is_kept_nor_what_is_printed_holds_the_secret() -> None:
    token = generate_token()
    secret = token.text.rpartition("_")[2]
    assert token.text not in repr(token)
    assert secret not in repr(build_record(token, Role.READER))


@pytest.mark.parametrize("change", [lambda t: t[:-1], lambda t: t + "A", lambda t: t.upper()])
def test_another_text_is_no_token_of_it(change: Callable[[str], str]) -> None:
    token = generate_token()
    other = change(token.text)
    assert read_caller_id(other) is None
    assert not is_digest_of(token.digest, other)


def test_text_of_another_length_is_not_even_looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tokens, "_FORM", None)
    assert read_caller_id("dure_" + "0" * 10_000_000) is None


def test_digests_are_compared_in_constant_time_whoever_is_named(
    closed: Gate, monkeypatch: pytest.MonkeyPatch
) -> None:
    compared: list[tuple[str, str]] = []

    def compare(one: str, other: str) -> bool:
        compared.append((one, other))
        return hmac.compare_digest(one, other)

    monkeypatch.setattr(tokens, "compare_digest", compare)
    known = closed.admit(Role.READER)
    wrong = known[:-1] + ("A" if known[-1] != "A" else "B")
    unknown = generate_token().text
    found = [closed.known.find_by_token(text) for text in (known, wrong, unknown)]
    assert [each is not None for each in found] == [True, False, False]
    assert len(compared) == 3
    assert {len(one) for one, _ in compared} == {64}
