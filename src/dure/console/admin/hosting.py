"""What the admin console asks of whoever holds the networks of a host: one port.

The command line brings what is behind it (`dure.cli.network.hosting`), and so do tests. Answers are
values that become the JSON of the API as they are; `docs/guides/console-admin.md` says what is in
them. Every method blocks, some of them for a minute, and raises errors of `dure.core.errors` whose
messages an operator may read.
"""

from collections.abc import Mapping
from typing import Protocol

from msgspec import Struct

from dure.console.admin.acts import AnyAct


class Hosting(Protocol):
    """The networks of one host."""

    def list_networks(self) -> Struct:
        """Return all of them, by name."""
        ...

    def watch(self, network: str) -> Struct:
        """Return a network as it stands now; raise `NotFound`."""
        ...

    def read_log(self, network: str, node: str) -> Struct:
        """Return the end of a node's log; raise `NotFound`."""
        ...

    def list_contracts(self, network: str) -> Struct:
        """Return the contracts of a running network; raise `NotFound` or `Unavailable`."""
        ...

    def perform(self, act: AnyAct) -> Mapping[str, str]:
        """Do it, or raise why it cannot be done.

        Return what it came to beside what was asked, for the audit log; mostly nothing.
        """
        ...

    def show_copy(self, network: str) -> Struct:
        """Return the copy of a network's data, where one was taken; raise `NotFound`."""
        ...

    def show_parts(self, network: str, height: int) -> Struct:
        """Return a block of the copy; raise `NotFound`."""
        ...

    def judge_copy(self, network: str) -> Struct:
        """Look at the copy as nodes look at what they are given; raise `NotFound`."""
        ...
