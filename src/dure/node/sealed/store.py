"""What a keeper's node has on its disk.

```
sealed/
  contracts.json      for which contracts this node keeps records
  cursor.json         how far it has followed each
  files/<hash>        a whole sealed file (or in a bucket)
  notes/<hash>.json   of which record and version it is; nothing in it is secret
  parts/<hash>        a file that the depositor is handing in
  parts/<hash>.<keeper>  a file that is being fetched from another keeper
  keys/<hash>/<reader>  one sealed key
```
Rules
-----
1. Names are hashes of chain, contract, record and version: a listing tells nothing.
2. Keys lie apart from files. Back up `files` and `notes`, never `keys`: what is restored then opens
   for nobody until the record's other keepers hand the keys over, which they do only while the
   chain says so.
3. A file is whole when its digest is the chain's; until then it is a part. What is written is
   written whole and durably, but parts, whose digest is checked at the end.
4. A part holds the bytes of one source: wrong ones of one keeper spoil nobody else's.
5. Whether a sealed key is right, no keeper can tell. So keys from another keeper are added where a
   reader has none here, and only the depositor's own replace one.
6. All that records may take is bounded by a quota, counted by the sizes that the chain names.
"""

import os
import shutil
import threading
from collections.abc import Mapping
from hashlib import sha256
from pathlib import Path
from typing import Final

import msgspec

from dure.core import hashing
from dure.core.codec import encode
from dure.core.errors import ConfigurationError, DureError, NotFound, Unavailable
from dure.core.types import Address, ChainId, Hash
from dure.identity.envelopes.files import FileDigest, Place
from dure.identity.envelopes.sealing import SEALED_KEY_BYTES
from dure.identity.files import replace_file
from dure.node.sealed.shelf import Shelf

NOTE_BYTES_MAX: Final = 4096
DIGEST_STEP: Final = 1024 * 1024


class SealedStoreFull(Unavailable):
    """The keeper's quota for sealed files is used up."""


class WrongPart(DureError):
    """A part that does not go on where the file ends, is too long, or made another file."""


class _Note(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Of which record and version a file is."""

    chain_id: str
    contract: str
    name: str
    version: int
    size: int
    sealed: str


class Store:
    """Files and keys by place. Its methods block; those of one place are not called at once."""

    def __init__(self, folder: Path, shelf: Shelf, *, bytes_max: int) -> None:
        self._folder = folder
        self._shelf = shelf
        self._bytes_max = bytes_max
        self._counting = threading.Lock()
        for part in ("notes", "parts", "keys"):
            (folder / part).mkdir(parents=True, exist_ok=True, mode=0o700)
        self._known = {
            compute_store_name(place): (place, size) for place, size in self._read_notes()
        }

    @property
    def used(self) -> int:
        """Bytes that all versions here have, or will have."""
        return sum(size for _, size in self._known.values())

    # Files

    def get_received(self, place: Place, source: Address | None = None) -> int:
        """Return how many bytes are here of a part from that keeper, or the depositor (None)."""
        try:
            return self._part(place, source).stat().st_size
        except FileNotFoundError:
            return 0

    def is_whole(self, place: Place) -> bool:
        """Say whether the whole file is here."""
        return self._shelf.has(compute_store_name(place))

    def append(
        self,
        place: Place,
        *,
        size: int,
        sealed: Hash,
        offset: int,
        data: bytes,
        source: Address | None = None,
    ) -> int:
        """Add a part's next bytes; return how many there are, all of them being a whole file.

        `source` is the keeper that sent them; None is the depositor. A part that begins ends those
        of other keepers. Raise `SealedStoreFull`, `WrongPart`.
        """
        if self.finish(place, size=size, sealed=sealed, source=source):
            return size
        received = self.get_received(place, source)
        if offset != received and self.is_whole(place):
            return size
        if offset != received or received + len(data) > size or not data:
            message = f"the part does not go on at {received} of {size} bytes"
            raise WrongPart(message, received=received, size=size)
        self.reserve(place, size, sealed)
        if source is not None and not received:
            self._drop_parts(place)
        with self._part(place, source).open("ab") as file:
            file.write(data)
        self.finish(place, size=size, sealed=sealed, source=source)
        return received + len(data)

    def finish(
        self, place: Place, *, size: int, sealed: Hash, source: Address | None = None
    ) -> bool:
        """Make a part that has all its bytes a whole file; say whether it had.

        A part may have all of them for a while: a process ended while it computed the digest, or
        the shelf did not answer. Raise `WrongPart` where they make another file: they are gone.
        """
        part, digest = self._part(place, source), FileDigest()
        if self.get_received(place, source) != size:
            return False
        with part.open("rb") as file:
            os.fsync(file.fileno())
            while data := file.read(DIGEST_STEP):
                digest.add(data)
        if digest.finish() != sealed:
            part.unlink()
            raise WrongPart("the parts make another file than the chain names; send it again")
        self._shelf.put(compute_store_name(place), part)
        self._drop_parts(place)
        self._part(place, None).unlink(missing_ok=True)
        return True

    def read(self, place: Place, offset: int, length: int) -> bytes:
        """Return a part of a whole file; raise `NotFound` where it is not here."""
        try:
            return self._shelf.read(compute_store_name(place), offset, length)
        except FileNotFoundError:
            message = "this keeper does not have the whole file; ask another"
            raise NotFound(message) from None

    # Keys

    def add_keys(self, place: Place, keys: Mapping[Address, bytes]) -> None:
        """Keep sealed keys of readers that have none here."""
        known = self.load_keys(place)
        missing = {reader: key for reader, key in keys.items() if reader not in known}
        self.save_keys(place, missing)

    def save_keys(self, place: Place, keys: Mapping[Address, bytes]) -> None:
        """Keep sealed keys; one that is here is replaced."""
        folder = self._keys(place)
        folder.mkdir(exist_ok=True, mode=0o700)
        for reader, key in keys.items():
            if len(key) != SEALED_KEY_BYTES:
                raise WrongPart(f"a sealed key has {SEALED_KEY_BYTES} bytes, not {len(key)}")
            replace_file(folder / reader.hex(), key, mode=0o600)

    def load_key(self, place: Place, reader: Address) -> bytes | None:
        """Return the key sealed to a reader, where it is here."""
        try:
            return (self._keys(place) / reader.hex()).read_bytes()
        except FileNotFoundError:
            return None

    def load_keys(self, place: Place) -> dict[Address, bytes]:
        """Return all sealed keys of a version."""
        try:
            found = sorted(each for each in self._keys(place).iterdir() if len(each.name) == 64)
        except FileNotFoundError:
            return {}
        return {Address(bytes.fromhex(each.name)): each.read_bytes() for each in found}

    # The end

    def destroy_key(self, place: Place, reader: Address) -> None:
        """Overwrite and remove one key; nothing happens where there is none."""
        _destroy_key(self._keys(place) / reader.hex())

    def destroy_keys(self, place: Place) -> None:
        """Overwrite and remove all keys of a version."""
        folder = self._keys(place)
        if folder.is_dir():
            for file in folder.iterdir():
                _destroy_key(file)
            shutil.rmtree(folder)

    def destroy(self, place: Place) -> None:
        """Remove keys, file, part and note of a version; nothing happens where there are none."""
        self.destroy_keys(place)
        name = compute_store_name(place)
        self._part(place, None).unlink(missing_ok=True)
        self._drop_parts(place)
        self._shelf.destroy(name)
        self._note(place).unlink(missing_ok=True)
        with self._counting:
            self._known.pop(name, None)

    def list_places(self) -> list[Place]:
        """Return every version of which there is anything here."""
        with self._counting:
            return [place for place, _ in self._known.values()]

    def sweep(self) -> None:
        """Remove what lies here and belongs to no version that is noted."""
        # What came in after the listing is noted by now: a note is made before anything else.
        known = self._known
        for folder in ("parts", "keys"):
            for each in (self._folder / folder).iterdir():
                if each.name.partition(".")[0] in known:
                    continue
                if each.is_dir():
                    shutil.rmtree(each)
                else:
                    each.unlink()
        for name in list(self._shelf.list_names()):
            if name not in known:
                self._shelf.destroy(name)
        self._shelf.clear()

    def reserve(self, place: Place, size: int, sealed: Hash) -> None:
        """Note of which record the version is, and count its size; raise `SealedStoreFull`."""
        name = compute_store_name(place)
        with self._counting:
            if name in self._known:
                return
            if self.used + size > self._bytes_max:
                message = "this keeper has no room for the file: ask its operator for more"
                raise SealedStoreFull(message, bytes_max=self._bytes_max)
            self._known[name] = (place, size)
        note = _Note(
            chain_id=place.chain_id.hex(),
            contract=place.contract.hex(),
            name=place.name.hex(),
            version=place.version,
            size=size,
            sealed=sealed.hex(),
        )
        replace_file(self._note(place), msgspec.json.encode(note), mode=0o600)

    def _read_notes(self) -> list[tuple[Place, int]]:
        found = []
        for file in (self._folder / "notes").glob("*.json"):
            try:
                note = msgspec.json.decode(file.read_bytes()[:NOTE_BYTES_MAX], type=_Note)
                place = Place(
                    ChainId(bytes.fromhex(note.chain_id)),
                    Address(bytes.fromhex(note.contract)),
                    Hash(bytes.fromhex(note.name)),
                    note.version,
                )
            except (msgspec.MsgspecError, ValueError) as problem:
                message = f"{file} is damaged ({problem}): remove it, the file is fetched again"
                raise ConfigurationError(message, file=str(file)) from problem
            found.append((place, note.size))
        return found

    def _drop_parts(self, place: Place) -> None:
        """Remove what was fetched from keepers and is no whole file."""
        for part in (self._folder / "parts").glob(f"{compute_store_name(place)}.*"):
            part.unlink(missing_ok=True)

    def _part(self, place: Place, source: Address | None) -> Path:
        name = compute_store_name(place)
        return self._folder / "parts" / (name if source is None else f"{name}.{source.hex()}")

    def _keys(self, place: Place) -> Path:
        return self._folder / "keys" / compute_store_name(place)

    def _note(self, place: Place) -> Path:
        return self._folder / "notes" / f"{compute_store_name(place)}.json"


def compute_store_name(place: Place) -> str:
    """Return the name under which a version lies on a keeper's disk: 64 hexadecimal digits."""
    named = encode((place.chain_id, place.contract, place.name, place.version))
    return sha256(hashing.SEALED_PLACE + named).hexdigest()


def _destroy_key(file: Path) -> None:
    """Write zeros over a key, as far as the disk does what it is told, and remove it."""
    try:
        with file.open("r+b") as key:
            key.write(bytes(file.stat().st_size))
            key.flush()
            os.fsync(key.fileno())
        file.unlink()
    except FileNotFoundError:
        return
