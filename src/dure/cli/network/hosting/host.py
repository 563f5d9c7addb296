"""The networks of one host in one folder, as `dure console --admin` asks for them.

```
networks/
  shop/            a network's folder, as `dure network init` makes it; its name is the network's
  trial/
```
Names come from outside: they are letters, digits and hyphens and are checked before they get here
(`dure.console.admin.acts`), and again by looking them up among the folders that there are.
"""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final

from dure.cli.network.founding import load_network
from dure.cli.network.hosting.creating import (
    Wanted,
    create_network,
    list_ports,
    sweep_unready,
)
from dure.cli.network.hosting.growing import add_member
from dure.cli.network.hosting.life import (
    find_member,
    kill_node,
    remove_network,
    revive_node,
    start_nodes,
    stop_nodes,
)
from dure.cli.network.hosting.playing import send_something
from dure.cli.network.hosting.spoiling.copying import (
    Copy,
    change_byte,
    describe_copy,
    describe_parts,
    take_copy,
)
from dure.cli.network.hosting.spoiling.judging import judge_copy
from dure.cli.network.hosting.upgrading import list_contracts, upgrade_contract
from dure.cli.network.hosting.views import (
    BlockParts,
    ContractLines,
    CopyAnswer,
    Judgement,
    LogTail,
    NetworkList,
    NetworkView,
)
from dure.cli.network.hosting.watching import (
    describe_line,
    list_folders,
    read_log_tail,
    watch_network,
)
from dure.cli.operating.folders import find_data
from dure.console.admin import acts
from dure.core.errors import ConfigurationError, NotFound

HOUR_MS: Final = 3_600_000
LEFT_LENGTH_MAX: Final = 1_000
"""Of the names that the audit log keeps of what a removed network's folder still holds."""


class Host:
    """All networks in one folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._copies: dict[str, Copy] = {}
        self._telling: dict[type[acts.AnyAct], Callable[[Any], Mapping[str, str]]] = {
            acts.Create: self._create,
            acts.Remove: self._remove,
        }
        self._done: dict[type[acts.AnyAct], Callable[[Any], object]] = {
            acts.Start: lambda act: start_nodes(self._find(act.network)),
            acts.Stop: lambda act: stop_nodes(self._find(act.network)),
            acts.AddMember: self._add_member,
            acts.Upgrade: self._upgrade,
            acts.Kill: lambda act: kill_node(self._find(act.network), act.node),
            acts.Revive: lambda act: revive_node(self._find(act.network), act.node),
            acts.Send: lambda act: send_something(self._find(act.network)),
            acts.TakeCopy: self._take_copy,
            acts.ChangeByte: self._change_byte,
            acts.DropCopy: lambda act: self._drop_copy(act.network),
        }

    def close(self) -> None:
        """Delete what was copied; networks go on."""
        for name in list(self._copies):
            self._drop_copy(name)

    def list_networks(self) -> NetworkList:
        """Return all networks, by name."""
        return NetworkList(
            networks=[describe_line(folder) for folder in list_folders(self._folder)],
            networks_max=acts.NETWORKS_MAX,
        )

    def watch(self, network: str) -> NetworkView:
        """Return a network as it stands now; raise `NotFound`."""
        return watch_network(self._find(network))

    def read_log(self, network: str, node: str) -> LogTail:
        """Return the end of a node's log; raise `NotFound`."""
        return read_log_tail(self._find(network), node)

    def list_contracts(self, network: str) -> ContractLines:
        """Return a running network's contracts; raise `NotFound` or `Unavailable`."""
        return list_contracts(self._find(network))

    def perform(self, act: acts.AnyAct) -> Mapping[str, str]:
        """Do it, or raise why it cannot be done; return what it came to beside what was asked."""
        if type(act) in self._telling:
            return self._telling[type(act)](act)
        self._done[type(act)](act)
        return {}

    def show_copy(self, network: str) -> CopyAnswer:
        """Return what was copied of a network; raise `NotFound` where there is no such network."""
        self._find(network)
        copy = self._copies.get(network)
        return CopyAnswer(copy=None if copy is None else describe_copy(copy))

    def show_parts(self, network: str, height: int) -> BlockParts:
        """Return a block of the copy as bytes; raise `NotFound`."""
        return describe_parts(self._find_copy(network), height)

    def judge_copy(self, network: str) -> Judgement:
        """Return what the spoilt block comes to; raise `NotFound`."""
        return judge_copy(self._find_copy(network), self._find(network))

    def _find(self, name: str) -> Path:
        """Return a network's folder; raise `NotFound`."""
        for folder in list_folders(self._folder):
            if folder.name == name:
                return folder
        raise NotFound(f"there is no network {name} on this host", network=name)

    def _create(self, act: acts.Create) -> Mapping[str, str]:
        swept = sweep_unready(self._folder)
        folders = list_folders(self._folder)
        if len(folders) >= acts.NETWORKS_MAX:
            message = f"a host has at most {acts.NETWORKS_MAX} networks here: remove one first"
            raise ConfigurationError(message)
        wanted = Wanted(
            kind=act.kind,
            engine=act.engine,
            organisations=act.organisations,
            rule=act.rule,
            approvers=act.approvers,
            voting_ms=act.voting_hours * HOUR_MS,
            test=act.test,
        )
        create_network(self._folder / act.network, wanted, self._list_ports())
        return {"swept": ", ".join(swept)} if swept else {}

    def _remove(self, act: acts.Remove) -> Mapping[str, str]:
        left = remove_network(self._find(act.network))
        self._drop_copy(act.network)
        return {"left": ", ".join(left)[:LEFT_LENGTH_MAX]} if left else {}

    def _add_member(self, act: acts.AddMember) -> None:
        folder = self._find(act.network)
        network = load_network(folder)
        is_new = all(member.name != act.organisation for member in network.members)
        if is_new and len(network.members) >= acts.ORGANISATIONS_MAX:
            message = f"a network has at most {acts.ORGANISATIONS_MAX} organisations here"
            raise ConfigurationError(message)
        add_member(folder, act.organisation, ports_taken=self._list_ports())

    def _upgrade(self, act: acts.Upgrade) -> None:
        folder = self._find(act.network)
        upgrade_contract(folder, act.contract, act.source, act.class_name, act.arguments)

    def _take_copy(self, act: acts.TakeCopy) -> None:
        folder = self._find(act.network)
        member = find_member(load_network(folder), act.node)
        taken = take_copy(folder, member.name, find_data(folder / member.name))
        self._drop_copy(act.network)
        self._copies[act.network] = taken

    def _change_byte(self, act: acts.ChangeByte) -> None:
        self._copies[act.network] = change_byte(
            self._find_copy(act.network),
            act.height,
            act.part,
            act.offset,
            flip=act.flip,
            mend_checksum=act.mend_checksum,
        )

    def _drop_copy(self, network: str) -> None:
        copy = self._copies.pop(network, None)
        if copy is not None:
            copy.drop()

    def _find_copy(self, network: str) -> Copy:
        copy = self._copies.get(network)
        if copy is None:
            raise NotFound(f"nothing of {network} was copied yet", network=network)
        return copy

    def _list_ports(self) -> frozenset[int]:
        return list_ports([load_network(folder) for folder in list_folders(self._folder)])
