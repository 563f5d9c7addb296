"""Every error has a code of its own that programs can rely on."""

from collections.abc import Iterator

from dure.core import errors
from dure.core.errors import DureError, InvalidTransaction, TransactionExpired


def list_errors(root: type[DureError]) -> Iterator[type[DureError]]:
    yield root
    for child in root.__subclasses__():
        yield from list_errors(child)


def test_codes_are_snake_case_and_never_shared() -> None:
    ours = [e for e in list_errors(DureError) if e.__module__ == errors.__name__]
    codes = [error.code for error in ours]
    assert len(set(codes)) == len(codes)
    assert TransactionExpired.code == "transaction_expired"
    assert DureError.code == "dure_error"
    assert all(code == code.lower() and code.isidentifier() for code in codes)


def test_an_error_carries_a_message_for_people_and_facts_for_programs() -> None:
    error = TransactionExpired("it is too late", valid_until=5, now=7)
    assert str(error) == error.message == "it is too late"
    assert error.facts == {"valid_until": 5, "now": 7}
    assert isinstance(error, InvalidTransaction)


def test_every_error_says_in_a_sentence_what_it_means() -> None:
    for error in list_errors(DureError):
        if error.__module__ == errors.__name__:
            assert error.__doc__, error
            assert error.__doc__.strip().splitlines()[0].endswith("."), error
