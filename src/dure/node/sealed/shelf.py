"""Where whole sealed files lie: a folder, or a bucket (`dure.node.sealed.bucket`)."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Protocol

from dure.identity.files import sync_folder


class Shelf(Protocol):
    """Holds whole files under names that are hashes. Its methods block."""

    def put(self, name: str, file: Path) -> None:
        """Take a whole file, which is gone from its place afterwards."""
        ...

    def has(self, name: str) -> bool:
        """Say whether there is a file of that name."""
        ...

    def read(self, name: str, offset: int, length: int) -> bytes:
        """Return a part of a file."""
        ...

    def destroy(self, name: str) -> None:
        """Let a file be gone; nothing happens where there is none."""
        ...

    def list_names(self) -> Iterator[str]:
        """Yield the names of all files."""
        ...

    def clear(self) -> None:
        """Remove what was left of files that were not taken to the end."""
        ...


class FolderShelf:
    """Plain files in a folder."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._folder = folder

    def put(self, name: str, file: Path) -> None:
        file.rename(self._folder / name)
        sync_folder(self._folder)

    def has(self, name: str) -> bool:
        return (self._folder / name).is_file()

    def read(self, name: str, offset: int, length: int) -> bytes:
        with (self._folder / name).open("rb") as file:
            return os.pread(file.fileno(), length, offset)

    def destroy(self, name: str) -> None:
        (self._folder / name).unlink(missing_ok=True)
        sync_folder(self._folder)

    def list_names(self) -> Iterator[str]:
        for file in self._folder.iterdir():
            yield file.name

    def clear(self) -> None:
        """Nothing is left: a file comes by being renamed."""
