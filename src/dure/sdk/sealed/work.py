"""A version that is being made: sealed on this disk first, then named on the chain, then sent.

Should the program end on the way, the next run finds the folder and goes on. It holds the sealed
file and the sealed keys only: nothing in it opens anything without a reader's key. Once a keeper
has the file it is not needed here; what the version was made from stays noted until all have it, so
that whoever asks for the same again meanwhile does not make it a second time.
"""

import shutil
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

import msgspec

from dure.core.address import decode_address, encode_address
from dure.core.codec import encode
from dure.core.errors import ConfigurationError, InvalidEncoding
from dure.core.types import Address, Hash
from dure.identity.envelopes.files import (
    ContentDigest,
    DataKey,
    Digests,
    FileDigest,
    Place,
    compute_file_size,
    draw_data_key,
    seal_pieces,
)
from dure.identity.envelopes.sealing import seal_data_key
from dure.identity.files import replace_file

FILE = "file"
NOTE = "version.json"
DELIVERED = "delivered.json"
NOTE_BYTES_MAX = 64 * 1024


class _Note(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`version.json`, written when everything else is there."""

    source: str
    """What the content was made from, so that another run knows whether it is the same."""
    name: str
    version: int
    salted: str
    sealed: str
    size: int
    keys: dict[str, str]


@dataclass(frozen=True, slots=True)
class PreparedVersion:
    """A sealed version that is ready to be named on the chain and sent."""

    folder: Path
    source: str
    name: Hash
    version: int
    digests: Digests
    keys: dict[Address, bytes]
    """The data key sealed to each reader."""

    @property
    def file(self) -> Path:
        """The sealed file."""
        return self.folder / FILE

    def remove(self) -> None:
        """Forget it."""
        shutil.rmtree(self.folder, ignore_errors=True)

    def mark_delivered(self) -> None:
        """Note that a keeper has all of it, and remove the sealed file."""
        (self.folder / NOTE).replace(self.folder / DELIVERED)
        self.file.unlink()


def prepare_version(
    folder: Path,
    place: Place,
    *,
    source: str,
    content: tuple[int, Iterable[bytes]],
    readers: Mapping[Address, bytes],
) -> PreparedVersion:
    """Seal content of a known length to these readers, under a new data key."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True, mode=0o700)
    key = draw_data_key()
    digests = _seal(key, place, content, folder / FILE)
    prepared = PreparedVersion(
        folder=folder,
        source=source,
        name=place.name,
        version=place.version,
        digests=digests,
        keys={
            reader: seal_data_key(key, public, place, reader) for reader, public in readers.items()
        },
    )
    _save(prepared)
    return prepared


def find_prepared(folder: Path) -> PreparedVersion | None:
    """Return what another run prepared; None where there is nothing whole."""
    prepared = _read(folder, NOTE)
    if prepared is not None and _get_size(prepared.file) != prepared.digests.size:
        message = f"the sealed file in {folder} has another length: remove the folder"
        raise ConfigurationError(message, folder=str(folder))
    return prepared


def find_delivered(folder: Path) -> PreparedVersion | None:
    """Return what another run delivered to one keeper; None where there is nothing."""
    return _read(folder, DELIVERED)


def forget_delivered(work: Path, name: Hash) -> None:
    """Forget what was delivered of a record, in whichever folder below `work`."""
    for note in work.glob(f"*/{DELIVERED}"):
        delivered = find_delivered(note.parent)
        if delivered is not None and delivered.name == name:
            shutil.rmtree(note.parent, ignore_errors=True)


def describe_source(file: Path, *parties: Sequence[Address]) -> str:
    """Return what tells whether a file is still the same, and meant for the same parties."""
    try:
        seen = file.stat()
    except OSError as problem:
        raise ConfigurationError(f"cannot read {file}: {problem.strerror}") from problem
    meant = sha256(encode(parties)).hexdigest()
    return f"{file.resolve()} {seen.st_size} {seen.st_mtime_ns} {meant}"


def _get_size(file: Path) -> int:
    return file.stat().st_size if file.is_file() else -1


def _read(folder: Path, file: str) -> PreparedVersion | None:
    try:
        data = (folder / file).read_bytes()
    except FileNotFoundError:
        return None
    try:
        note = msgspec.json.decode(data[:NOTE_BYTES_MAX], type=_Note)
        digests = Digests(_hash(note.salted), _hash(note.sealed), note.size)
        keys = {decode_address(reader): bytes.fromhex(key) for reader, key in note.keys.items()}
        return PreparedVersion(folder, note.source, _hash(note.name), note.version, digests, keys)
    except (msgspec.MsgspecError, InvalidEncoding, ValueError) as problem:
        message = f"what an earlier run left in {folder} cannot be used ({problem}): remove it"
        raise ConfigurationError(message, folder=str(folder)) from problem


def _seal(key: DataKey, place: Place, content: tuple[int, Iterable[bytes]], file: Path) -> Digests:
    size, parts = content
    salted, sealed = ContentDigest(key), FileDigest()
    with file.open("xb") as target:
        for part in seal_pieces(key, place, size, salted.pass_on(parts)):
            target.write(part)
            sealed.add(part)
    return Digests(salted.finish(), sealed.finish(), compute_file_size(size))


def _save(prepared: PreparedVersion) -> None:
    note = _Note(
        source=prepared.source,
        name=prepared.name.hex(),
        version=prepared.version,
        salted=prepared.digests.salted.hex(),
        sealed=prepared.digests.sealed.hex(),
        size=prepared.digests.size,
        keys={encode_address(reader): key.hex() for reader, key in prepared.keys.items()},
    )
    replace_file(prepared.folder / NOTE, msgspec.json.encode(note), mode=0o600)


def _hash(text: str) -> Hash:
    data = bytes.fromhex(text)
    if len(data) != 32:
        raise InvalidEncoding("a digest has 32 bytes")
    return Hash(data)
