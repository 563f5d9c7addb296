"""Versions are chained: whoever has the newest digest has all of them."""

from hashlib import sha256

from dure.contract.library.versions import Version, VersionAccepted
from dure.core.codec import encode
from dure.core.types import Hash
from dure.testing import World
from tests.unit.contract.library.chancery import Chancery

START = Hash(bytes(32))


def chain(before: Hash, number: int, document: Hash) -> Hash:
    return Hash(sha256(encode(("version", before, number, document))).digest())


def test_each_version_is_chained_to_all_before_it(world: World) -> None:
    clerk = world.person("clerk")
    book = world.deploy(Chancery, by=clerk)
    documents = [Hash(bytes([number]) * 32) for number in (1, 2, 3)]
    head, expected = START, START
    for number, document in enumerate(documents, start=1):
        head = book.write(by=clerk, group=7, number=number, before=head, document=document)
        expected = chain(expected, number, document)
        assert head == expected
        assert book.version(7, number) == Version(document, head, world.now)
    (*_, last) = world.events(VersionAccepted)
    assert last == VersionAccepted(7, 3, documents[2], head)
    assert chain(chain(START, 1, documents[1]), 2, documents[0]) != book.version(7, 2).chained
