"""How commands find what a node keeps: by its configuration, its folder, or its folder of data."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from dure.node.configuration import NodeFiles, load_configuration, locate_files
from dure.node.durable.store import Store

CONFIGURATION = "node.toml"


def find_files(path: Path) -> NodeFiles | None:
    """Return where a node's files are; None where only its folder of data was named."""
    file = path if path.name == CONFIGURATION else path / CONFIGURATION
    if path.name != CONFIGURATION and not file.is_file():
        return None
    return locate_files(file, load_configuration(file))


def find_data(path: Path) -> Path:
    """Return a node's folder of data."""
    files = find_files(path)
    return path if files is None else files.data


@contextmanager
def open_store(path: Path) -> Iterator[Store]:
    """Open a node's store for reading, whether it runs or not."""
    store = Store.open_for_reading(find_data(path))
    try:
        yield store
    finally:
        store.close()
