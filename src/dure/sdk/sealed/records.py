"""Sealed data as a program uses it: put, renew, grant, revoke, get, list, erase.

Rules
-----
1. What the chain says (who may read, whose key is whose, what a file's digests are) is proved
   before it is used: a node that names its own key as a reader's is found out.
2. A version is sealed on this disk before it is named on the chain, and named before it is sent;
   every step can be repeated, so a program that was ended goes on where it was.
3. Content is written only as far as it was checked, under another name until all of it was.
4. To withdraw a reader is to seal the content anew: it is opened and sealed piece by piece and does
   not touch the disk in between.
"""

import os
import secrets
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import BinaryIO, Final, TypeVar

import httpx

from dure.chain.transaction import Call
from dure.core.errors import (
    AccessDenied,
    ConfigurationError,
    DureError,
    NotFound,
    TimedOut,
    Unavailable,
)
from dure.core.types import Address, Hash, Instant
from dure.identity.envelopes.files import (
    HEADER_BYTES,
    PIECE_BYTES,
    ContentDigest,
    DataKey,
    FileDigest,
    InvalidSeal,
    Place,
    decode_header,
    open_pieces,
)
from dure.identity.envelopes.sealing import derive_reading_key, seal_data_key
from dure.identity.keys import SigningKey
from dure.proof.claims import StateClaim
from dure.sdk.accounts import LocalAccount
from dure.sdk.client import Client, wall_time
from dure.sdk.sealed.entries import ERASED, KEPT, Entry, SealedCalls, SealedState
from dure.sdk.sealed.keeper_node import Asker, KeeperNode, Report
from dure.sdk.sealed.work import (
    PreparedVersion,
    describe_source,
    find_delivered,
    find_prepared,
    forget_delivered,
    prepare_version,
)

WAIT_S: Final = 120.0
POLL_S: Final = 0.1

T = TypeVar("T")


def _say_nothing(done: int, size: int) -> None:
    """Report progress to nobody."""


@dataclass(frozen=True, slots=True)
class Sealed:
    """A version that is on its way to its keepers."""

    name: Hash
    version: int
    size: int


@dataclass(frozen=True, slots=True)
class Opened:
    """Content that was read and checked."""

    name: Hash
    version: int
    size: int
    reading: int
    """Number of the chain's entry about this reading."""


@dataclass(frozen=True, slots=True)
class Listed:
    """One record as the chain has it."""

    name: Hash
    entry: Entry
    kept_by: tuple[str, ...]
    """Keepers that confirmed the present version."""
    keepers_missing: tuple[str, ...]
    """Keepers that have not."""
    receipts_missing: tuple[str, ...]
    """Keepers that have not confirmed an erasure."""


class SealedData:
    """The records of one contract, as one account sees them.

    `by` signs calls and requests; `key` opens what is sealed, and is the account's own where it is
    not given. `work` is a folder for versions that are being made. `transport` and `now` are for
    tests.
    """

    def __init__(  # noqa: PLR0913 - who, with which keys, where, and what tests exchange
        self,
        client: Client,
        contract: Address,
        *,
        by: LocalAccount,
        work: Path,
        key: SigningKey | None = None,
        report: Report = _say_nothing,
        transport: httpx.BaseTransport | None = None,
        now: Callable[[], Instant] = wall_time,
    ) -> None:
        self._client = client
        self._by = by
        self._work = work
        self._report = report
        self._transport = transport
        self._reading_key = derive_reading_key(_choose_key(by) if key is None else key)
        self._state = SealedState(client.chain_id, contract, self._read_proved)
        self._calls = SealedCalls(contract)
        self._asker = Asker(client.chain_id, contract, by.address, by.keys[0], now)

    @property
    def account(self) -> Address:
        """Whose view this is."""
        return self._by.address

    # Keys

    def name_reading_key(self) -> bytes:
        """Have the chain say which key belongs to the account; return the public key."""
        public = self._reading_key.public
        if self._state.get_reading_key(self._by.address) != public:
            self._send(self._calls.name_reading_key(public))
        return public

    # Making versions

    def put(self, file: Path, *, keepers: Sequence[Address], readers: Sequence[Address]) -> Sealed:
        """Have a file kept sealed; return when one keeper has all of it.

        The depositor can always read. Raise `ConfigurationError` where somebody has named no key.
        """
        source = describe_source(file, keepers, readers)
        folder = self._work / f"put-{sha256(str(file.resolve()).encode()).hexdigest()[:24]}"
        if again := self._find_spreading(folder, source):
            return again
        prepared = find_prepared(folder)
        if prepared is None or prepared.source != source:
            place = self._state.place(Hash(secrets.token_bytes(32)), 1)
            keys = self._find_keys((self._by.address, *readers))
            with file.open("rb") as content:
                prepared = prepare_version(
                    folder,
                    place,
                    source=source,
                    content=(file.stat().st_size, _read(content)),
                    readers=keys,
                )
        if self._state.get_entry(prepared.name) is None:
            call = self._calls.deposit(
                prepared.name, prepared.digests, tuple(keepers), tuple(dict.fromkeys(readers))
            )
            self._send(call)
        return self._deliver(prepared)

    def renew(self, name: Hash, file: Path) -> Sealed:
        """Replace a record's content, under a new key; return when one keeper has all of it."""
        entry, folder = self._get_own(name), self._work / f"renew-{name.hex()}"
        source = describe_source(file)
        if again := self._find_spreading(folder, source):
            return again
        prepared = self._find_next(folder, entry, source)
        if prepared is None:
            keys = self._find_keys(entry.may_read)
            place = self._state.place(name, entry.version + 1)
            with file.open("rb") as content:
                prepared = prepare_version(
                    folder,
                    place,
                    source=source,
                    content=(file.stat().st_size, _read(content)),
                    readers=keys,
                )
        if entry.sealed != prepared.digests.sealed:
            self._send(self._calls.renew(name, prepared.digests))
        return self._deliver(prepared)

    def revoke(self, name: Hash, reader: Address) -> Sealed:
        """Let somebody read no longer: a new version with a new key is made of the same content."""
        entry, folder = self._get_own(name), self._work / f"revoke-{name.hex()}"
        source = f"without {reader.hex()}"
        if again := self._find_spreading(folder, source):
            return again
        prepared = self._find_next(folder, entry, source)
        if prepared is None:
            if reader not in entry.readers:
                raise NotFound("they may not read the record")
            rest = [each for each in entry.may_read if each != reader]
            keys = self._find_keys(rest)
            place = self._state.place(name, entry.version + 1)
            with self._open_version(name, entry) as (_, size, content):
                prepared = prepare_version(
                    folder, place, source=source, content=(size, content), readers=keys
                )
        if entry.sealed != prepared.digests.sealed:
            self._send(self._calls.withdraw_reader(name, reader, prepared.digests))
        return self._deliver(prepared)

    def grant(self, name: Hash, reader: Address) -> None:
        """Let somebody read the present version and those that follow."""
        entry = self._get_own(name)
        public = self._find_keys([reader])[reader]
        key, _ = self._ask_key(name, entry)
        place = self._state.place(name, entry.version)
        if reader not in entry.readers:
            self._send(self._calls.admit_reader(name, reader))
        sealed = seal_data_key(key, public, place, reader)
        self._ask_all(entry, lambda node: node.send_keys(name, entry.version, {reader: sealed}))

    # Reading

    def get(self, name: Hash, target: Path) -> Opened:
        """Read a record into a new file; the chain notes it before the key is handed out.

        Raise `AccessDenied` where the account may not read, `InvalidSeal` where what the keepers
        hold is not what the chain says.
        """
        if target.exists():
            raise _refuse_overwriting(target)
        entry = self._get(name)
        opening = target.with_name(f".{target.name}.{secrets.token_hex(8)}")
        try:
            opened = self._open_version(name, entry)
            with opened as (reading, size, content), _create(opening) as file:
                for piece in content:
                    file.write(piece)
            try:
                # The name is taken first: a file that was made there meanwhile is not lost.
                _create(target).close()
            except FileExistsError:
                raise _refuse_overwriting(target) from None
            opening.replace(target)
        finally:
            opening.unlink(missing_ok=True)
        return Opened(name, entry.version, size, reading)

    def list(self, *, everybody: bool = False) -> list[Listed]:
        """Return the records in which the account takes part, or all of the contract's."""
        count = self._state.get_changes()
        changed = (self._state.get_changed(number) for number in range(1, count + 1))
        names = dict.fromkeys(name for name in changed if name is not None)
        listed = [self.describe(name) for name in names]
        own = self._by.address
        return [
            each
            for each in listed
            if everybody or own in (*each.entry.may_read, *each.entry.keepers)
        ]

    def describe(self, name: Hash) -> Listed:
        """Return one record; raise `NotFound`."""
        entry = self._get(name)
        kept = [
            each
            for each in entry.keepers
            if entry.state == KEPT and self._state.get_kept_version(name, each) == entry.version
        ]
        lacking = [each for each in entry.keepers if entry.state == KEPT and each not in kept]
        missing = [
            each
            for each in entry.keepers
            if entry.state not in {KEPT, ERASED}
            and not self._state.has_confirmed_erasure(name, each)
        ]
        return Listed(name, entry, *map(self._name_all, (kept, lacking, missing)))

    # Ending

    def erase(self, name: Hash) -> None:
        """Have every keeper destroy file and keys."""
        if self._get(name).state == KEPT:
            self._send(self._calls.ask_erasure(name))

    def wait_kept(self, name: Hash, timeout_s: float = WAIT_S) -> Listed:
        """Return when every keeper confirmed the present version; raise `TimedOut`."""
        listed = self._wait(name, timeout_s, lambda it: not it.keepers_missing)
        forget_delivered(self._work, name)
        return listed

    def wait_erased(self, name: Hash, timeout_s: float = WAIT_S) -> Listed:
        """Return when every keeper signed its receipt; `TimedOut` names those that did not."""
        return self._wait(name, timeout_s, lambda it: it.entry.state == ERASED)

    # What the chain says

    def _read_proved(self, key: bytes) -> bytes | None:
        claim = self._client.prove_state(key).claim
        assert isinstance(claim, StateClaim), "the client checked it"
        return claim.value

    def _send(self, call: Call) -> None:
        self._client.submit_and_wait([call], by=self._by)

    def _get(self, name: Hash) -> Entry:
        entry = self._state.get_entry(name)
        if entry is None:
            raise NotFound("the chain has no sealed record of that name")
        return entry

    def _get_own(self, name: Hash) -> Entry:
        entry = self._get(name)
        if entry.depositor != self._by.address:
            raise AccessDenied("only the record's depositor may do that")
        if entry.state != KEPT:
            raise NotFound("the record is erased or being erased")
        return entry

    def _find_keys(self, readers: Iterable[Address]) -> dict[Address, bytes]:
        found = {}
        for reader in readers:
            public = self._state.get_reading_key(reader)
            if public is None:
                message = "somebody has named no reading key yet: `dure seal key` does that"
                raise ConfigurationError(message, reader=reader)
            found[reader] = public
        return found

    def _name_all(self, keepers: Iterable[Address]) -> tuple[str, ...]:
        known = [(self._state.get_keeper(each), each) for each in keepers]
        return tuple(each.hex() if keeper is None else keeper.title for keeper, each in known)

    def _wait(self, name: Hash, timeout_s: float, is_done: Callable[[Listed], bool]) -> Listed:
        deadline = time.monotonic() + timeout_s
        while not is_done(listed := self.describe(name)):
            if time.monotonic() > deadline:
                waiting = ", ".join(listed.receipts_missing or listed.keepers_missing)
                raise TimedOut(f"not in {timeout_s:g} seconds; it still waits for {waiting}")
            time.sleep(POLL_S)
        return listed

    # Sealing and opening

    def _find_next(self, folder: Path, entry: Entry, source: str) -> PreparedVersion | None:
        """Return what an earlier run prepared, where it is of that source and still fits."""
        prepared = find_prepared(folder)
        if prepared is None or prepared.source != source:
            return None
        is_named = prepared.digests.sealed == entry.sealed
        return prepared if is_named or prepared.version == entry.version + 1 else None

    def _find_spreading(self, folder: Path, source: str) -> Sealed | None:
        """Return the version of that source that one keeper has, and others still fetch."""
        known = find_delivered(folder)
        if known is None or known.source != source:
            return None
        listed = self.describe(known.name)
        if listed.entry.version != known.version or not listed.keepers_missing:
            return None
        return Sealed(known.name, known.version, known.digests.size)

    def _deliver(self, prepared: PreparedVersion) -> Sealed:
        name, version = prepared.name, prepared.version
        entry = self._get(name)
        self._ask_all(entry, lambda node: node.send_keys(name, version, prepared.keys))
        self._ask_one(entry, lambda node: node.upload(name, version, prepared.file, self._report))
        (prepared.mark_delivered if len(entry.keepers) > 1 else prepared.remove)()
        return Sealed(name, version, prepared.digests.size)

    @contextmanager
    def _open_version(self, name: Hash, entry: Entry) -> Iterator[tuple[int, int, Iterator[bytes]]]:
        """Give the reading's number, the content's length and the content, checked piece by piece.

        That it is the content whose digest the chain has is known, or refused, at its end.
        """
        file = self._fetch(name, entry)
        key, reading = self._ask_key(name, entry)
        try:
            with file.open("rb") as source:
                _, size = decode_header(source.read(HEADER_BYTES))
                source.seek(0)
                yield (
                    reading,
                    size,
                    _check_content(
                        key, self._state.place(name, entry.version), source, entry.salted
                    ),
                )
        finally:
            file.unlink(missing_ok=True)

    def _fetch(self, name: Hash, entry: Entry) -> Path:
        """Return the sealed file, its digest compared; what an earlier run has of it is used."""
        self._work.mkdir(parents=True, exist_ok=True, mode=0o700)
        file = self._work / f"get-{entry.sealed.hex()}"

        def download(node: KeeperNode) -> None:
            # What another keeper, or an earlier run, has left of it may be wrong: then once more.
            for _ in range(1 + file.exists()):
                node.download(name, entry.version, size=entry.size, file=file, report=self._report)
                if _digest(file) == entry.sealed:
                    return
                file.unlink()
            raise InvalidSeal("a keeper sent another file than the chain names")

        self._ask_one(entry, download)
        return file

    def _ask_key(self, name: Hash, entry: Entry) -> tuple[DataKey, int]:
        place = self._state.place(name, entry.version)

        def ask(node: KeeperNode) -> tuple[DataKey, int]:
            sealed, reading = node.ask_key(name, entry.version)
            return self._reading_key.open(sealed, place, self._by.address), reading

        return self._ask_one(entry, ask)

    # Asking the keepers

    def _ask_one(self, entry: Entry, ask: Callable[[KeeperNode], T]) -> T:
        """Return what the first keeper answers that can; raise what the last one refused."""
        problem: DureError = Unavailable("the record has no keeper whose node is known")
        for node in self._connect(entry):
            with node:
                try:
                    return ask(node)
                except DureError as refused:
                    problem = refused
        raise problem

    def _ask_all(self, entry: Entry, ask: Callable[[KeeperNode], object]) -> None:
        """Ask every keeper; those that cannot answer fetch it from the others later."""
        problem: DureError | None = None
        answered = 0
        for node in self._connect(entry):
            with node:
                try:
                    ask(node)
                    answered += 1
                except DureError as refused:
                    problem = refused
        if not answered:
            raise problem or Unavailable("the record has no keeper whose node is known")

    def _connect(self, entry: Entry) -> Iterator[KeeperNode]:
        for address in entry.keepers:
            keeper = self._state.get_keeper(address)
            if keeper is not None:
                yield KeeperNode(keeper.place, address, self._asker, self._transport)


def _choose_key(account: LocalAccount) -> SigningKey:
    key = account.keys[0]
    if isinstance(key, SigningKey):
        return key
    message = "this account's key cannot leave its token: give a key file to read with"
    raise ConfigurationError(message)


def _create(file: Path) -> BinaryIO:
    """Open a new file that is its owner's from the beginning; raise `FileExistsError`."""
    return os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb")


def _refuse_overwriting(target: Path) -> ConfigurationError:
    return ConfigurationError(f"{target} exists already and is not overwritten")


def _check_content(key: DataKey, place: Place, source: BinaryIO, salted: Hash) -> Iterator[bytes]:
    digest = ContentDigest(key)
    yield from digest.pass_on(open_pieces(key, place, source))
    if digest.finish() != salted:
        raise InvalidSeal("the content is not the one whose digest stands on the chain")


def _digest(file: Path) -> Hash:
    digest = FileDigest()
    with file.open("rb") as source:
        for part in _read(source):
            digest.add(part)
    return digest.finish()


def _read(file: BinaryIO) -> Iterator[bytes]:
    while part := file.read(PIECE_BYTES):
        yield part
